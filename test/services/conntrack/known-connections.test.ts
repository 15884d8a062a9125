/** What is kept in mind of connections: by key, anew in place of what was known, and no more than there is room for. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KNOWN_OCTETS_MAX, KnownConnections } from '../../../src/services/conntrack/known-connections.ts';

const octets = (length: number, value = length): Uint8Array => new Uint8Array(length).fill(value & 255);

test('as a map would have them, in rounds', () => {
  const steps = fc.array(
    fc.record({
      does: fc.constantFrom('put', 'remove', 'round'),
      key: fc.nat(12),
      length: fc.integer({ min: 1, max: KNOWN_OCTETS_MAX }),
    }),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(steps, (all) => {
      const known = new KnownConnections(16);
      const model = new Map<number, { length: number; round: number }>();
      let round = 0;
      for (const { does, key, length } of all) {
        if (does === 'put') {
          known.put(key, octets(length));
          model.set(key, { length, round });
        } else if (does === 'remove') {
          known.remove(key);
          model.delete(key);
        } else {
          known.beginRound();
          round += 1;
        }
      }
      expect(known.size).toBe(model.size);
      for (const [key, { length }] of model) expect(known.get(key)).toEqual(octets(length));
      const missing = [...model].filter((each) => each[1].round < round).map(([key]) => key);
      expect([...known.missing()].toSorted()).toEqual(missing.toSorted());
      expect(known.isPartial).toBe(false);
    }),
  );
});

test('at its limits, and over them', () => {
  const known = new KnownConnections(2);
  known.put(1, octets(KNOWN_OCTETS_MAX));
  known.put(2, octets(1));
  known.put(2, octets(2));
  expect([known.size, known.isPartial]).toEqual([2, false]);
  known.put(3, octets(3));
  expect([known.size, known.isPartial, known.get(3)]).toEqual([2, true, undefined]);
  known.remove(1);
  known.put(3, octets(3));
  expect([known.get(1), known.get(3)]).toEqual([undefined, octets(3)]);
  const long = new KnownConnections(2);
  long.put(1, octets(KNOWN_OCTETS_MAX + 1));
  expect([long.size, long.isPartial]).toEqual([0, true]);
});
