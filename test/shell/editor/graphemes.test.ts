/** Clusters and widths agree with the segmenter and string-width, which they avoid where they can. */
import fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { clusterEnd, clustersOf, clusterStart, printable } from '../../../src/shell/editor/graphemes.ts';

const segmenter = new Intl.Segmenter();

/** Texts that mix plain letters with everything that joins its neighbours. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'a',
        'é',
        'я',
        '日',
        '한',
        '\u0301',
        '\u200d',
        '👩',
        '👩‍🚀',
        '🇩',
        '🇪',
        '\ufe0f',
        '❤',
        '\u0600',
        'क',
        '्',
        'ᄀ',
        'ᅡ',
        '\uff9e',
      ),
      fc.string({ unit: 'binary', maxLength: 3 }),
    ),
    { maxLength: 30 },
  )
  .map((parts) => printable(parts.join('')));

test('every cluster is the segmenter’s, as wide as string-width says, and a tab is drawn as a blank', () => {
  fc.assert(
    fc.property(text, (it) => {
      expect([...clustersOf(it)]).toEqual(
        [...segmenter.segment(it)].map(({ segment, index }) => {
          const drawn = segment === '\t' ? ' ' : segment;
          return { text: drawn, offset: index, width: stringWidth(drawn) };
        }),
      );
    }),
    { numRuns: 2000 },
  );
});

test('every offset finds the cluster it lies in', () => {
  fc.assert(
    fc.property(text, (it) => {
      for (const { text: cluster, offset } of clustersOf(it)) {
        for (let inside = offset; inside < offset + cluster.length; inside++) {
          expect([clusterStart(it, inside), clusterEnd(it, inside)]).toEqual([
            offset,
            offset + cluster.length,
          ]);
        }
      }
      expect([clusterStart(it, -1), clusterEnd(it, it.length)]).toEqual([0, it.length]);
    }),
  );
});

test.each([
  ['controls', 'a\x1b[31m\x00\x7f\x9bb', 'a[31mb'],
  ['line separators', 'a\u2028\u2029b', 'ab'],
  ['bidirectional controls', 'a\u202e\u2066b', 'ab'],
  ['blanks of no width, which web pages leave in what is copied', '\ufeffa\u200bb\u2060c', 'abc'],
  ['lone surrogates', 'a\ud800b', 'ab'],
  ['nothing of letters, marks and emoji sequences', 'e\u0301日👩‍🚀', 'e\u0301日👩‍🚀'],
])('printable takes away %s', (_, input, output) => {
  expect(printable(input)).toBe(output);
});
