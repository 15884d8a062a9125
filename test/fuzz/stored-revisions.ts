/** Revisions as they are archived: what is read of one is archived as it was, and can be written. */
import assert from 'node:assert/strict';
import { same } from '../../src/config/compare.ts';
import { archived, ConfigTextError, fromArchive, setLines } from '../../src/config/text.ts';
import { kinds } from '../support/configuration.ts';
import { grammars } from '../support/grammar.ts';
import { load } from '../support/load.ts';
import { vector } from './loads.ts';
import { octetsOf, refusable, textOf, type FuzzTarget } from './target.ts';

const schemas = [grammars.schema, kinds];

export const target: FuzzTarget = {
  octetsMax: 2048,
  words: [
    ...[
      '"__proto__"',
      '"@"',
      '"@name"',
      '"constructor"',
      '[["',
      '"]]',
      '{}',
      '[]',
      'true',
      'null',
      '1e400',
      '-0',
    ],
    ...['"system"', '"services"', '"rpm"', '"twamp"', '"server"', '"inactive"', '"comment"', '"host-name"'],
  ],
  run: (octets) => {
    const text = textOf(octets);
    for (const schema of schemas) {
      const tree = refusable(() => fromArchive(schema, text), ConfigTextError, SyntaxError);
      if (tree === undefined) continue;
      const again = archived(tree);
      assert(same(schema, fromArchive(schema, again), tree), again);
      assert.equal(archived(fromArchive(schema, again)), again);
      for (const line of setLines(schema, tree)) assert(!line.includes('\n'), JSON.stringify(line));
    }
  },
  seeds: () => [
    octetsOf(archived(load(vector('junos.conf'), { schema: grammars.schema }))),
    octetsOf(
      archived(
        load('inactive: server { port 900; client c { limits { rate 5; } } }\n/* a */\ntags [ "x y" z ];', {
          schema: kinds,
        }),
      ),
    ),
  ],
};
