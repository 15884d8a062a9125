/** Tests of data as JSON text. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { json } from '../../src/render/json.ts';

const text = (value: unknown): string => Array.from(json(value), String).join('');

test('any JSON value is written as JSON.stringify indents it, with a line feed', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(text(value)).toBe(`${JSON.stringify(value, undefined, 2)}\n`);
    }),
  );
});

test('a bigint is a number with all its digits', () => {
  expect(text({ started: 1_763_829_600_123_456_789n })).toBe('{\n  "started": 1763829600123456789\n}\n');
});

test('an undefined property is left out, an undefined element and NaN are null', () => {
  expect(text({ a: undefined, b: [undefined, NaN] })).toBe('{\n  "b": [\n    null,\n    null\n  ]\n}\n');
  expect(text({ a: undefined })).toBe('{}\n');
  expect(text(undefined)).toBe('null\n');
});

test('properties keep the order they were written in', () => {
  expect(Object.keys(JSON.parse(text({ vrf: 1, 'connection-id': 2, address: 3 })) as object)).toEqual([
    'vrf',
    'connection-id',
    'address',
  ]);
});

test('an iterable is an array, and a function a property that is known when it is reached', () => {
  let rows = 0;
  const data = {
    rows: (function* () {
      for (const row of [{ id: 1 }, { id: 2 }]) {
        rows += 1;
        yield row;
      }
    })(),
    total: () => rows,
    none: () => undefined,
  };
  expect(JSON.parse(text(data))).toEqual({ rows: [{ id: 1 }, { id: 2 }], total: 2 });
});
