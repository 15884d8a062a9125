/** The lines of a grammar that can be typed to their end, as pages about it list them. */
import { standsAlone, type GrammarNode } from './node.ts';

export interface Line {
  /** The words that lead to it, values as `<name>`. */
  readonly words: readonly string[];
  readonly nodes: readonly GrammarNode[];
}

/** Lines of a grammar that `isEnd`, each with all that leads to it. */
function* linesBelow(
  node: GrammarNode,
  isEnd: (node: GrammarNode) => boolean,
  above: Line = { words: [], nodes: [] },
): IterableIterator<Line> {
  for (const child of node.children) {
    if (child.aliasOf || child.option || child.kind === 'tree' || child.inheritance) continue;
    const value = child.value ? [`<${child.value.name}>`] : [];
    const words = [...above.words, ...(child.kind === 'word' ? [child.name] : []), ...value];
    const line = { words, nodes: [...above.nodes, child] };
    if (isEnd(child)) yield line;
    yield* linesBelow(child, isEnd, line);
  }
}

export const commandLines = (grammar: GrammarNode): readonly Line[] => [
  ...linesBelow(grammar, ({ handler }) => handler !== undefined),
];

/** Also of the lines that only lead to a tree of statements, as `set` does. */
export const verbLines = (grammar: GrammarNode): readonly Line[] =>
  grammar.children
    .filter(({ aliasOf, kind }) => !aliasOf && kind === 'word')
    .map((node) => ({ words: [node.name], nodes: [node] }));

export const statementLines = (schema: GrammarNode): readonly Line[] => [...linesBelow(schema, standsAlone)];
