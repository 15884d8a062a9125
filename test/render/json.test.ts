/** Tests of data as JSON text. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { json } from '../../src/render/json.ts';

test('any JSON value is written as JSON.stringify indents it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(json(value)).toBe(JSON.stringify(value, undefined, 2));
    }),
  );
});

test('a bigint is a number with all its digits', () => {
  expect(json({ started: 1_763_829_600_123_456_789n })).toBe('{\n  "started": 1763829600123456789\n}');
});

test('an undefined property is left out, an undefined element and NaN are null', () => {
  expect(json({ a: undefined, b: [undefined, NaN] })).toBe('{\n  "b": [\n    null,\n    null\n  ]\n}');
  expect(json({ a: undefined })).toBe('{}');
  expect(json(undefined)).toBe('null');
});

test('properties keep the order they were written in', () => {
  expect(Object.keys(JSON.parse(json({ vrf: 1, 'connection-id': 2, address: 3 })) as object)).toEqual([
    'vrf',
    'connection-id',
    'address',
  ]);
});
