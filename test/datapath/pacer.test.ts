/** The pacer's promises: never early, once for each instant, only for the last one asked. */
import { expect, test } from 'vitest';
import { Pacer } from '../../src/datapath/pacer.ts';

const monoNanos = (): number => performance.now() * 1e6;

/** Wakes at `inNanos` from now and says at what instant, beside the one that was asked for. */
function wakeIn(inNanos: number): Promise<{ askedNanos: number; wokenNanos: number }> {
  return new Promise((resolve) => {
    const pacer = new Pacer(monoNanos, () => resolve({ askedNanos, wokenNanos: monoNanos() }));
    const askedNanos = monoNanos() + inNanos;
    pacer.wakeAt(askedNanos);
  });
}

test.each([-5_000_000, 0, 300_000, 1_499_999, 1_500_001, 4_000_000])(
  'an instant %i ns from now is never early',
  async (inNanos) => {
    const { askedNanos, wokenNanos } = await wakeIn(inNanos);
    expect(wokenNanos).toBeGreaterThanOrEqual(askedNanos);
  },
);

test('it does not call back before the call that asked has returned', async () => {
  let returned = false;
  await new Promise<void>((resolve) => {
    const pacer = new Pacer(monoNanos, () => {
      expect(returned).toBe(true);
      resolve();
    });
    pacer.wakeAt(0);
    returned = true;
  });
});

test('a new instant replaces the one before, and Infinity asks for none', async () => {
  let wakes = 0;
  const replaced = new Pacer(monoNanos, () => (wakes += 1));
  const cancelled = new Pacer(monoNanos, () => expect.unreachable());
  for (const inNanos of [3_600e9, 2_000_000, 100_000]) {
    replaced.wakeAt(monoNanos() + inNanos);
    cancelled.wakeAt(monoNanos() + inNanos);
  }
  cancelled.wakeAt(Infinity);
  // Its own wake-up may be late on a busy machine; a second one would come within the 2 ms it was asked for before.
  await expect.poll(() => wakes).toBe(1);
  await wakeIn(5_000_000);
  expect(wakes).toBe(1);
});
