/** Sketches of delays: how exact they are, merged and written. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DelaySketch, RELATIVE_ACCURACY } from '../../src/fleet/sketch.ts';

function sketchOf(values: readonly number[]): DelaySketch {
  const sketch = new DelaySketch();
  for (const value of values) sketch.add(value);
  return sketch;
}

const nanos = fc.oneof(fc.integer({ min: -1e9, max: 1e9 }), fc.constantFrom(0, 1, -1, 1e12, -1e12));
const some = fc.array(nanos, { maxLength: 200 });

test('what is read is what was written', () => {
  fc.assert(
    fc.property(some, (values) => {
      const sketch = sketchOf(values);
      const again = DelaySketch.read(sketch.write());
      expect(again.figures).toEqual(sketch.figures);
      expect(again.count).toBe(values.length);
      expect(again.write()).toBe(sketch.write());
    }),
  );
});

test('merged, they are as one of all values', () => {
  fc.assert(
    fc.property(some, some, (one, other) => {
      const merged = sketchOf(one);
      merged.merge(DelaySketch.read(sketchOf(other).write()));
      const { mean, ...figures } = merged.figures ?? { mean: 0 };
      const { mean: meanOfAll, ...ofAll } = sketchOf([...one, ...other]).figures ?? { mean: 0 };
      expect(figures).toEqual(ofAll);
      expect(mean).toBeCloseTo(meanOfAll, 3);
    }),
  );
});

test('merging changes nothing of what is merged', () => {
  const [one, other] = [sketchOf([]), sketchOf([-5, 7])];
  const before = other.write();
  one.merge(other);
  one.add(-6);
  one.add(8);
  expect(other.write()).toBe(before);
});

test('percentiles are within the accuracy of values that there were', () => {
  fc.assert(
    fc.property(fc.array(nanos, { minLength: 1, maxLength: 200 }), (values) => {
      const sorted = values.toSorted((a, b) => a - b);
      const figures = sketchOf(values).figures!;
      for (const [percent, got] of [
        [50, figures.p50],
        [95, figures.p95],
        [99, figures.p99],
      ] as const) {
        const rank = (percent / 100) * (sorted.length - 1);
        const near = [sorted[Math.floor(rank)]!, sorted[Math.ceil(rank)]!];
        const error = Math.min(
          ...near.map((value) => Math.abs(got - value) - RELATIVE_ACCURACY * Math.abs(value)),
        );
        expect(error).toBeLessThanOrEqual(1e-6);
      }
    }),
  );
});

test('none has no figures; what is cut is no sketch', () => {
  expect(new DelaySketch().figures).toBeUndefined();
  const written = Buffer.from(sketchOf([1e6, 2e6]).write(), 'base64');
  expect(() => DelaySketch.read(written.subarray(0, -1))).toThrow('cut');
});
