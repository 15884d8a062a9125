import { expect, test } from 'vitest';
import { secondsOf } from '../../src/config/minutes.ts';

test('a number counts minutes, a text its seconds', () => {
  expect([secondsOf(15), secondsOf(0), secondsOf('90s')]).toEqual([900, 0, 90]);
});
