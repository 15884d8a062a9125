/** The table of tuples: what a map by the words of the keys is, whatever the keys and the seed. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KEY_WORDS, TupleTable } from '../../../src/services/capture/tuple-table.ts';
import { many } from '../../support/many.ts';

const keyOf = (...words: readonly number[]): Uint32Array => {
  const key = new Uint32Array(KEY_WORDS);
  key.set(words);
  return key;
};
const nameOf = (key: Uint32Array): string => [...key].join(' ');

/** Few different ones, which differ in any of their words. */
const keys = fc
  .tuple(fc.nat(KEY_WORDS - 1), fc.constantFrom(0, 1, 0xffffffff), fc.nat(3))
  .map(([at, value, first]) => {
    const key = keyOf(first);
    key[at] = value;
    return key;
  });

test('has what was added and not removed', () => {
  fc.assert(
    fc.property(fc.integer(), fc.array(fc.tuple(keys, fc.boolean()), { maxLength: 60 }), (seed, steps) => {
      const table = new TupleTable<number>(seed);
      const wanted = new Map<string, { readonly entry: number; readonly value: number }>();
      steps.forEach(([key, isRemoved], value) => {
        const known = wanted.get(nameOf(key));
        expect(table.find(key)).toBe(known?.value);
        if (known === undefined) wanted.set(nameOf(key), { entry: table.add(key, value), value });
        else if (isRemoved) {
          table.remove(known.entry);
          wanted.delete(nameOf(key));
          expect(table.at(known.entry)).toBeUndefined();
        }
        expect(table.size).toBe(wanted.size);
      });
      for (const [name, { entry, value }] of wanted) {
        expect(entry).toBeLessThan(table.bound);
        expect(table.at(entry)).toBe(value);
        expect(Array.from({ length: KEY_WORDS }, (_, at) => table.word(entry, at)).join(' ')).toBe(name);
      }
    }),
    { numRuns: many(300) },
  );
});

test('grows, and uses the places of what was removed', () => {
  const table = new TupleTable<number>(1);
  const count = 5000;
  const entries = Array.from({ length: count }, (_, at) => table.add(keyOf(at, 7), at));
  expect(table.bound).toBe(count);
  for (let at = 0; at < count; at += 2) table.remove(entries[at]!);
  expect(table.size).toBe(count / 2);
  for (let at = 0; at < count; at += 1) expect(table.find(keyOf(at, 7))).toBe(at % 2 === 0 ? undefined : at);
  for (let at = 0; at < count; at += 2) table.add(keyOf(at, 8), -at);
  expect(table.bound).toBe(count);
  for (let at = 0; at < count; at += 1) {
    expect(table.find(keyOf(at, 8))).toBe(at % 2 === 0 ? -at : undefined);
    expect(table.find(keyOf(at, 7))).toBe(at % 2 === 0 ? undefined : at);
  }
});

test('two keys of the same hash are two', () => {
  const keyWith = (first: number, last: number): Uint32Array => {
    const key = keyOf(first);
    key[KEY_WORDS - 1] = last;
    return key;
  };
  const [one, other] = [keyWith(51_464, 0), keyWith(14_254, 2)];
  const table = new TupleTable<string>(1);
  const entry = table.add(one, 'one');
  expect(table.find(other)).toBeUndefined();
  table.add(other, 'other');
  expect([table.find(one), table.find(other)]).toEqual(['one', 'other']);
  table.remove(entry);
  expect([table.find(one), table.find(other)]).toEqual([undefined, 'other']);
});
