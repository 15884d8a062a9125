/** Tests of waiting that can be given up. */
import { expect, test } from 'vitest';
import { inTime } from '../../src/shell/until-aborted.ts';

test('a wait ends with its promise, or with the signal, whichever comes first', async () => {
  const giveUp = new AbortController();
  expect(await inTime(Promise.resolve(1), giveUp.signal)).toBe(true);
  await expect(inTime(Promise.reject(new Error('gone')), giveUp.signal)).rejects.toThrow('gone');
  const forever = inTime(new Promise(() => undefined), giveUp.signal);
  giveUp.abort();
  expect(await forever).toBe(false);
  expect(await inTime(Promise.resolve(1), giveUp.signal)).toBe(false);
});

test('what fails after it was given up is nobody’s error', async () => {
  const giveUp = new AbortController();
  let fail!: (error: Error) => void;
  const given = inTime(new Promise((_, reject) => (fail = reject)), giveUp.signal);
  giveUp.abort();
  expect(await given).toBe(false);
  fail(new Error('too late'));
  await new Promise(setImmediate);
});
