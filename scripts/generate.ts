/**
 * Writes what follows from tables: from grammar/*.cli what each handler is given, the shape of the configuration and its JSON schema,
 * from the law of the control connection its drawing, from the options of the program its manual page, from the metrics their
 * table; and the captures that come with the program.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { readGrammar } from '../src/grammar/notation.ts';
import { configurationSchema } from './configuration-schema.ts';
import { readGrammars } from '../src/shell/grammars.ts';
import { controlDrawing } from './control-drawing.ts';
import { manPage } from './man-page.ts';
import { metricsTable } from './metrics-page.ts';
import { exampleCaptureFiles } from './example-captures.ts';
import { referencePage } from '../src/commands/reference.ts';
import { rolesPage } from './roles.ts';
import { statementsPage } from './statements.ts';
import { isLeaf, type GrammarNode, type ValueSlot } from '../src/grammar/node.ts';

const root = join(import.meta.dirname, '..');
const read = (name: string) =>
  readGrammar(readFileSync(join(root, 'grammar', name), 'utf8'), `grammar/${name}`);

/** Argument name to TypeScript type; optional ones end in `?`. */
type Arguments = ReadonlyMap<string, { readonly type: string; readonly required: boolean }>;

function argumentsOf(node: GrammarNode, inherited: Arguments, found: Map<string, Arguments[]>): void {
  const path = new Map(inherited);
  if (node.value && !node.option)
    path.set(node.value.name, { type: node.value.type.typescript, required: true });
  if (node.kind === 'tree')
    path.set(path.has('statements') ? 'target' : 'statements', {
      type: 'readonly Statement[]',
      required: true,
    });
  const own = new Map(path);
  for (const option of node.children.filter((child) => child.option)) {
    const name = option.slot ?? option.value?.name ?? option.name;
    const type = option.value?.type.typescript ?? (option.slot === undefined ? 'true' : `'${option.name}'`);
    const sibling = own.get(name)?.type;
    own.set(name, {
      type: sibling === undefined ? type : `${sibling} | ${type}`,
      required: option.defaultText !== undefined,
    });
  }
  if (node.handler !== undefined) found.set(node.handler, [...(found.get(node.handler) ?? []), own]);
  for (const child of node.children) if (!child.option && !child.aliasOf) argumentsOf(child, path, found);
}

/** One handler reached by several lines is given what all of them give; the rest is optional. */
function interfaceOf(variants: readonly Arguments[]): string {
  const names = [...new Set(variants.flatMap((variant) => [...variant.keys()]))];
  const properties = names.map((name) => {
    const required = variants.every((variant) => variant.get(name)?.required);
    const types = new Set(variants.flatMap((variant) => variant.get(name)?.type ?? []));
    return `readonly '${name}'${required ? '' : '?'}: ${[...types].join(' | ')};`;
  });
  return properties.length === 0 ? 'Record<string, never>' : `{ ${properties.join(' ')} }`;
}

function handlersOf(...files: string[]): string {
  const found = new Map<string, Arguments[]>();
  for (const file of files) argumentsOf(read(file), new Map(), found);
  const rows = [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, variants]) => `'${name}': ${interfaceOf(variants)};`);
  return rows.join('\n');
}

function configurationType(node: GrammarNode): string {
  const rows = node.children
    .filter((child) => !child.aliasOf)
    .map((child) => {
      const optional =
        child.presence || (child.value?.arity === 'one' && child.defaultText === undefined) || isFlag(child);
      return `/** ${child.help}. */\nreadonly '${child.name}'${optional ? '?' : ''}: ${statementType(child)};`;
    });
  return rows.length === 0 ? 'Record<string, never>' : `{ ${rows.join('\n')} }`;
}

function isFlag(node: GrammarNode): boolean {
  return isLeaf(node) && !node.value;
}

function statementType(node: GrammarNode): string {
  const value: ValueSlot | undefined = node.value;
  if (value?.arity === 'key') return `ReadonlyMap<string, ${configurationType(node)}>`;
  if (value?.arity === 'many') return `readonly (${value.type.typescript})[]`;
  if (value) return value.type.typescript;
  return isFlag(node) ? 'true' : configurationType(node);
}

const note = '// Generated from grammar/*.cli by scripts/generate.ts; edit those instead.\n';

const outputs: Readonly<Record<string, string>> = {
  'src/commands/arguments.ts': `${note}
import type { Statement } from '../grammar/match.ts';
/** What each handler of operational.cli and configuration.cli is given. */
export interface CommandArguments { ${handlersOf('operational.cli', 'configuration.cli')} }
/** What each handler of pipes.cli is given. */
export interface PipeArguments { ${handlersOf('pipes.cli')} }`,
  'src/config/configuration.ts': `${note}
/** The configuration in force, defaults filled in, as schema.cli describes it. */
export interface Configuration ${configurationType(read('schema.cli'))}`,
  'docs/schema/show-configuration.json': JSON.stringify(configurationSchema(read('schema.cli'))),
};

const stale: string[] = [];
function update(file: string, content: string | Uint8Array): void {
  const path = join(root, file);
  if (existsSync(path) && readFileSync(path).equals(Buffer.from(content))) return;
  stale.push(file);
  if (!process.argv.includes('--check')) writeFileSync(path, content);
}

for (const [file, source] of Object.entries(outputs)) {
  const options = await resolveConfig(join(root, file));
  update(file, await format(source, { ...options, filepath: file }));
}

/** Puts `text` where the page says that it is generated. */
function updatePart(file: string, part: string, text: string): void {
  const page = readFileSync(join(root, file), 'utf8');
  const place = new RegExp(`(?<=<!-- generated: ${part} -->\\n)[\\s\\S]*?(?=\\n<!-- end -->)`);
  if (!place.test(page)) throw new Error(`${file} has no place for ${part}`);
  update(
    file,
    page.replace(place, () => text),
  );
}

updatePart('docs/twamp.md', 'control states', controlDrawing());
updatePart('docs/metrics.md', 'metrics', metricsTable());

const grammarFile = (name: string): string => readFileSync(join(root, 'grammar', name), 'utf8');
const grammars = readGrammars(grammarFile);
update('docs/roles.md', rolesPage(grammars));
update('docs/commands.md', referencePage(grammars));
update('docs/configuration.md', statementsPage(grammars.schema));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
update('docs/dnrouter.1', manPage(version));

for (const [name, octets] of Object.entries(exampleCaptureFiles())) update(`docs/examples/${name}`, octets);

if (process.argv.includes('--check') && stale.length > 0) {
  console.error(`stale, run "npm run generate": ${stale.join(', ')}`);
  process.exitCode = 1;
}
