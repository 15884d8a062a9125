/** The tables of docs/configuration.md: every statement, with all that schema.cli and the dialects say of it. */
import { effects } from '../src/grammar/effects.ts';
import type { GrammarNode } from '../src/grammar/node.ts';
import { statementLines, type Line } from '../src/grammar/lines.ts';

const introduction = `# The configuration, statement by statement

Written by \`npm run generate\` from \`grammar/schema.cli\` and \`grammar/dialects\`. A statement is typed behind \`set\` in configuration mode, and
loaded in any form ([operations.md](operations.md#configurations-as-texts)). \`<name>\` is a value; a list's entries have what stands below \`<name>\`.
*View* and *change* are the privileges that are needed ([roles.md](roles.md)); *live* says what a commit that changes the statement
does to what runs (\`test/engine/effects.test.ts\` changes each statement of TWAMP on a router that runs). Each statement has an example in [commands.md](commands.md). Values are refused beyond the range with a message that names it; \`test/commands/ranges.test.ts\` tries both ends
of each.

## What a change does to what runs
`;

const HEADER = ['Statement', 'Meaning', 'Values', 'Default', 'View', 'Change', 'Live', 'Other words'];

/** The page, whole; `schema` has the dialects in it. */
export function statementsPage(schema: GrammarNode): string {
  const others = new Map<GrammarNode, string[]>();
  for (const [node, words] of otherWords(schema, [])) others.set(node, [...(others.get(node) ?? []), words]);
  const sections = schema.children
    .filter(({ aliasOf }) => !aliasOf)
    .map(({ name }) => {
      const rows = statementLines(schema).filter(({ words }) => words[0] === name);
      return [
        `\n## ${name}\n`,
        tableRow(HEADER),
        tableRow(HEADER.map(() => '---')),
        ...rows.map((row) => tableRow(cellsOf(row, others.get(row.nodes.at(-1)!) ?? []))),
      ];
    });
  const legend = Object.entries(effects).map(([word, text]) => `- \`${word}\`: ${text}`);
  return [introduction, ...legend, ...sections.flat(), ''].join('\n');
}

function cellsOf({ words, nodes }: Line, others: readonly string[]): readonly string[] {
  const node = nodes.at(-1)!;
  const { privilege = 'configure', modifyPrivilege = privilege, value, defaultText, effect } = node;
  return [
    code(words.join(' ')),
    node.help,
    value === undefined ? '' : `${value.type.expects}${value.arity === 'many' ? ' (several)' : ''}`,
    defaultText === undefined ? '' : code(defaultText),
    code(privilege),
    code(modifyPrivilege),
    effect === undefined ? '' : code(effect),
    others.map(code).join('<br>'),
  ];
}

/** Lines that say a statement in other words than its own, with the line of the canonical tree. */
function* otherWords(
  parent: GrammarNode,
  above: readonly string[],
): IterableIterator<readonly [GrammarNode, string]> {
  for (const child of parent.children) {
    const value = child.value ? [`<${child.value.name}>`] : [];
    const words = [...above, ...(child.kind === 'word' ? [child.name] : []), ...value];
    const said =
      child.meaning === undefined ? child.aliasOf : child.meaning.own && child.meaning.target.at(-1)!.node;
    if (said) yield [said, words.join(' ')];
    yield* otherWords(child, words);
  }
}

function code(text: string): string {
  return `\`${text}\``;
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
