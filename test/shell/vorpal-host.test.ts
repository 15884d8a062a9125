/** vorpal as a headless dispatcher: what it must not do to the process, and what it must do with jobs. */
import { expect, it } from 'vitest';
import { VorpalHost } from '../../src/shell/vorpal-host.ts';

const open = () => VorpalHost.open([['show-version', 'Display the version']]);

it('leaves the process as it was', async () => {
  const before = ['SIGINT', 'SIGTERM', 'exit'].map((event) => process.listenerCount(event));
  const stdin = process.stdin.eventNames().length;
  for (let logins = 0; logins < 20; logins += 1) await open();
  expect(['SIGINT', 'SIGTERM', 'exit'].map((event) => process.listenerCount(event))).toEqual(before);
  expect(process.stdin.eventNames()).toHaveLength(stdin);
  expect('abc'.at(-1)).toBe('c');
  expect(JSON.stringify(new Map([[1, 2]]))).toBe('{}');
});

it('runs jobs one after the other and gives their results', async () => {
  const host = await open();
  const running: number[] = [];
  const job = (number: number) => async () => {
    running.push(number);
    await new Promise(setImmediate);
    running.push(number);
    return number;
  };
  expect(await Promise.all([1, 2, 3].map((number) => host.dispatch('show-version', job(number))))).toEqual([
    1, 2, 3,
  ]);
  expect(running).toEqual([1, 1, 2, 2, 3, 3]);
});

it('hands a failure to the caller and goes on', async () => {
  const host = await open();
  const failure = new Error('undefine me --help | x');
  await expect(host.dispatch('show-version', () => Promise.reject(failure))).rejects.toBe(failure);
  expect(await host.dispatch('show-version', () => Promise.resolve('next'))).toBe('next');
});

it('refuses what is not registered instead of waiting for ever', async () => {
  const host = await open();
  await expect(host.dispatch('no-such-command', () => Promise.resolve(1))).rejects.toThrow();
});
