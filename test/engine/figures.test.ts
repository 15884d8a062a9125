/** Figures since a clear: counts begin at 0, what is no count stays, and nothing that was counted is lost. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { figuresOf, NO_FIGURES, since } from '../../src/engine/figures.ts';
import { dropReasons, type TestCounters } from '../../src/twamp/counters.ts';

const packets = fc.nat(1e9);
const counters: fc.Arbitrary<TestCounters> = fc.record({
  received: packets,
  sent: packets,
  kernelDrops: packets,
  duplicates: packets,
  reordered: packets,
  lastSequenceReceived: fc.option(packets, { nil: undefined }),
  lastSequenceSent: fc.option(packets, { nil: undefined }),
  dropped: fc.record(Object.fromEntries(dropReasons.map((reason) => [reason, packets]))),
});
const figures = (read: TestCounters, stamps: 'kernel' | 'user-space' = 'kernel') =>
  figuresOf({ counters: () => read, capabilities: { stamps, dscp: true, ttl: true } });

describe('figures since a clear', () => {
  test('that nobody asked for are those of the counters', () => {
    fc.assert(
      fc.property(counters, (read) => {
        expect(since(figures(read), NO_FIGURES)).toEqual(figures(read));
      }),
    );
  });

  test('are those of what was counted since, in whatever order it came', () => {
    fc.assert(
      fc.property(counters, counters, (before, more) => {
        const after = sum(before, more);
        const counted = since(figures(after), figures(before));
        expect(counted).toEqual(figures(more));
        expect(Object.values(counted.details!.dropped).reduce((one, other) => one + other)).toBe(
          counted.dropped,
        );
      }),
    );
  });

  test('do not tell of kernel drops that nobody can count', () => {
    const read = fc.sample(counters, { numRuns: 1, seed: 1 })[0]!;
    expect(
      since(figures(read, 'user-space'), figures(read, 'user-space')).details?.kernelDrops,
    ).toBeUndefined();
  });
});

/** What the counters are when `more` has been counted beyond `before`. */
function sum(before: TestCounters, more: TestCounters): TestCounters {
  const dropped = Object.fromEntries(
    dropReasons.map((reason) => [reason, before.dropped[reason] + more.dropped[reason]]),
  ) as TestCounters['dropped'];
  return {
    ...more,
    dropped,
    received: before.received + more.received,
    sent: before.sent + more.sent,
    kernelDrops: before.kernelDrops + more.kernelDrops,
    duplicates: before.duplicates + more.duplicates,
    reordered: before.reordered + more.reordered,
  };
}
