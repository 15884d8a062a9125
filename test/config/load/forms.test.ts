/** Every form that a configuration is written in, read back: any configuration is the same then. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareLines, same } from '../../../src/config/compare.ts';
import type { LoadForm } from '../../../src/config/load/load.ts';
import { bracesLines, documentOf, setLines } from '../../../src/config/text.ts';
import { EMPTY_TREE, type ConfigTree } from '../../../src/config/tree.ts';
import type { Grammar } from '../../../src/grammar/node.ts';
import { json } from '../../../src/render/json.ts';
import { xml } from '../../../src/render/xml.ts';
import { kinds, markedTreesOf } from '../../support/configuration.ts';
import { grammars } from '../../support/grammar.ts';
import { load } from '../../support/load.ts';
import { many } from '../../support/many.ts';

const joined = (pieces: Iterable<unknown>, separator = '') => [...pieces].join(separator);

const writers: Readonly<Record<Exclude<LoadForm, 'patch'>, (schema: Grammar, tree: ConfigTree) => string>> = {
  braces: (schema, tree) => joined(bracesLines(schema, tree), '\n'),
  lines: (schema, tree) => joined(setLines(schema, tree), '\n'),
  json: (schema, tree) => joined(json({ configuration: documentOf(schema, tree) })),
  xml: (schema, tree) => joined(xml({ configuration: documentOf(schema, tree) })),
};

const isSame = (
  schema: Grammar,
  text: string,
  tree: ConfigTree,
  before: ConfigTree,
  mode: 'merge' | 'patch',
) => {
  const back = load(text, { schema, before, mode });
  if (!same(schema, back, tree))
    expect(joined(setLines(schema, back), '\n')).toBe(joined(setLines(schema, tree), '\n'));
};

/** Random configurations of the product are large. */
describe.each([
  ['a schema of every kind', kinds, 100],
  ['the product', grammars.schema, 10],
])('any configuration of %s', (_, schema, numRuns) => {
  test.each(Object.entries(writers))('is the same when it is loaded from %s', (form, write) => {
    fc.assert(
      fc.property(markedTreesOf(schema), (tree) => {
        const back = load(write(schema, tree), { schema, form: form as LoadForm });
        if (!same(schema, back, tree)) expect(writers.lines(schema, back)).toBe(writers.lines(schema, tree));
      }),
      { numRuns: many(numRuns) },
    );
  });

  test('is told to be in the form that it is in', () => {
    fc.assert(
      fc.property(markedTreesOf(schema), (tree) => {
        for (const write of Object.values(writers))
          isSame(schema, write(schema, tree), tree, EMPTY_TREE, 'merge');
      }),
      { numRuns: many(20) },
    );
  });

  test('becomes any other by the patch that compares the two', () => {
    fc.assert(
      fc.property(markedTreesOf(schema), markedTreesOf(schema), (before, after) => {
        const patch = joined(compareLines(schema, before, after), '\n');
        isSame(schema, patch, after, before, 'patch');
      }),
      { numRuns: many(numRuns) },
    );
  });
});
