/** Every form that a configuration is written in, read back: any configuration is the same then. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareLines } from '../../../src/config/compare.ts';
import type { LoadForm } from '../../../src/config/load/load.ts';
import { bracesLines, documentOf, setLines } from '../../../src/config/text.ts';
import { EMPTY_TREE, equal, type ConfigTree } from '../../../src/config/tree.ts';
import type { Grammar } from '../../../src/grammar/node.ts';
import { json } from '../../../src/render/json.ts';
import { xml } from '../../../src/render/xml.ts';
import { kinds, treesOf } from '../../support/configuration.ts';
import { grammars } from '../../support/grammar.ts';
import { load } from '../../support/load.ts';

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
  if (!equal(back, tree))
    expect(joined(setLines(schema, back), '\n')).toBe(joined(setLines(schema, tree), '\n'));
};

describe.each([
  ['a schema of every kind', kinds],
  ['the product', grammars.schema],
])('any configuration of %s', (_, schema) => {
  test.each(Object.entries(writers))('is the same when it is loaded from %s', (form, write) => {
    fc.assert(
      fc.property(treesOf(schema), (tree) => {
        const back = load(write(schema, tree), { schema, form: form as LoadForm });
        if (!equal(back, tree)) expect(writers.lines(schema, back)).toBe(writers.lines(schema, tree));
      }),
    );
  });

  test('is told to be in the form that it is in', () => {
    fc.assert(
      fc.property(treesOf(schema), (tree) => {
        for (const write of Object.values(writers))
          isSame(schema, write(schema, tree), tree, EMPTY_TREE, 'merge');
      }),
      { numRuns: 20 },
    );
  });

  test('becomes any other by the patch that compares the two', () => {
    fc.assert(
      fc.property(treesOf(schema), treesOf(schema), (before, after) => {
        const patch = joined(compareLines(schema, before, after), '\n');
        isSame(schema, patch, after, before, 'patch');
      }),
    );
  });
});
