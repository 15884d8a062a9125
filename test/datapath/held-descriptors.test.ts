/** File descriptors that outlive the thread which opened them. */
import { closeSync, fstatSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { HeldDescriptors } from '../../src/datapath/held-descriptors.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const isOpen = (fd: number): boolean => {
  try {
    fstatSync(fd);
    return true;
  } catch {
    return false;
  }
};

test('what a worker holds is closed after it, once, and what it has forgotten is not', () => {
  const descriptors = new HeldDescriptors();
  const inWorker = new HeldDescriptors(descriptors.buffer);
  const [kept, forgotten, epoll, wake] = [0, 0, 0, 0].map(() => openSync('/dev/null', 'w'));
  onTestFinished(() => closeSync(forgotten!));
  inWorker.holdSocket(0, kept!);
  inWorker.holdSocket(7, forgotten!);
  inWorker.forgetSocket(7);
  inWorker.holdOwn(epoll!, wake!);
  descriptors.closeAll();
  expect([kept, forgotten, epoll, wake].map((fd) => isOpen(fd!))).toEqual([false, true, false, false]);
  const next = openSync('/dev/null', 'r');
  onTestFinished(() => closeSync(next));
  descriptors.closeAll();
  expect(isOpen(next)).toBe(true);
});

test('a worker that does not wait in the kernel needs no waking', () => {
  expect(() => new HeldDescriptors().wake()).not.toThrow();
});

test('a worker that was woken is not woken again before it has looked', () => {
  const path = join(temporaryDirectory(), 'wake');
  const wake = openSync(path, 'w');
  const descriptors = new HeldDescriptors();
  const inWorker = new HeldDescriptors(descriptors.buffer);
  inWorker.holdOwn(openSync('/dev/null', 'r'), wake);
  onTestFinished(() => descriptors.closeAll());
  const wakeUps = (): number => statSync(path).size / 8;
  descriptors.wake();
  descriptors.wake();
  expect(wakeUps()).toBe(1);
  inWorker.noteAwake();
  descriptors.wake();
  expect(wakeUps()).toBe(2);
});
