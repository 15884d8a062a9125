/** The grammar files of the product, read and tied together. */
import { PRIVILEGES, readClasses, type Privileges } from '../grammar/classes.ts';
import { compiled, type CompiledLines } from '../grammar/compiled.ts';
import { addDialect } from '../grammar/dialect.ts';
import { addGroups } from '../grammar/groups.ts';
import { descendants, type Grammar, type GrammarNode } from '../grammar/node.ts';
import { NotationError, readDialectLines, readGrammar, readGrammarLines } from '../grammar/notation.ts';

export interface Grammars {
  readonly operational: Grammar;
  readonly configuration: Grammar;
  readonly schema: Grammar;
  readonly pipes: Grammar;
  /** Login classes by name. */
  readonly classes: ReadonlyMap<string, Privileges>;
}

/** Other vendors' words for the configuration, below grammar/. */
const DIALECTS = ['dialects/vyos.cli', 'dialects/dnos.cli'] as const;

/** Compiled lines by the name of their file. */
export type CompiledGrammars = Readonly<Record<string, CompiledLines>>;

/**
 * `read` gives the text of a file of grammar/; where it has been compiled as it is, it is not parsed again. Throws NotationError at
 * the first mistake.
 */
export function readGrammars(read: (name: string) => string, compiled: CompiledGrammars = {}): Grammars {
  const grammar = (name: string): Grammar => {
    const file = fileOf(name);
    const parsed = readGrammar(read(name), file, compiled[name]);
    checkPrivileges(parsed, file);
    return parsed;
  };
  const schema = grammar('schema.cli');
  addGroups(schema, grammar('groups.cli'));
  for (const name of DIALECTS) addDialect(schema, read(name), fileOf(name), compiled[name]);
  return {
    operational: grammar('operational.cli'),
    configuration: grammar('configuration.cli'),
    schema,
    pipes: grammar('pipes.cli'),
    classes: readClasses(read('classes.cli'), fileOf('classes.cli'), PRIVILEGES),
  };
}

const GRAMMARS = ['schema.cli', 'groups.cli', 'operational.cli', 'configuration.cli', 'pipes.cli'] as const;

/** For later calls of `readGrammars`. Throws NotationError at the first mistake. */
export function compileGrammars(read: (name: string) => string): CompiledGrammars {
  const compile = (names: readonly string[], readLines: typeof readGrammarLines): CompiledGrammars =>
    Object.fromEntries(
      names.map((name) => {
        const source = read(name);
        return [name, compiled(source, readLines(source, fileOf(name)))];
      }),
    );
  return { ...compile(GRAMMARS, readGrammarLines), ...compile(DIALECTS, readDialectLines) };
}

function fileOf(name: string): string {
  return `grammar/${name}`;
}

/** The tree of a link: a whole file, or, after a dot, no more than its commands that begin with one word. */
export function treeCalled(
  name: string,
  files: Readonly<Record<string, GrammarNode>>,
): GrammarNode | undefined {
  const [file = '', word] = name.split('.');
  const tree = files[file];
  if (tree === undefined || word === undefined) return tree;
  return { ...tree, children: tree.children.filter((child) => child.name === word) };
}

/** A misspelt privilege would hide a command from everybody. */
function checkPrivileges(grammar: GrammarNode, file: string): void {
  const known: readonly string[] = PRIVILEGES;
  for (const { privilege, modifyPrivilege, line } of descendants(grammar)) {
    const unknown = [privilege, modifyPrivilege].find((word) => word !== undefined && !known.includes(word));
    if (unknown !== undefined)
      throw new NotationError(file, line, `a privilege (${known.join(', ')}), not '${unknown}'`);
  }
}

/** Handler names with the help of the line that first names them. */
export function handlersOf(...grammars: readonly GrammarNode[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const grammar of grammars) {
    for (const { handler, help } of descendants(grammar)) {
      if (handler !== undefined && !found.has(handler)) found.set(handler, help);
    }
  }
  return found;
}
