/** Counters in shared memory. */
import { expect, test } from 'vitest';
import { CounterTable, NO_SEQUENCE, dropReasons } from '../../src/twamp/counters.ts';

test('what one thread counts, another reads over the same memory', () => {
  const written = new CounterTable(3);
  const read = new CounterTable(3, written.buffer);
  written.reset(1);
  written.noteReceived(1, 7, 'in-order', 1_000);
  written.noteReceived(1, 7, 'duplicate', 2_000);
  written.noteReceived(1, 5, 'reordered', 3_000);
  written.noteSent(1, 9);
  for (const reason of dropReasons) written.noteDropped(1, reason);
  written.noteDropped(1, 'wrong-source');
  written.setKernelDrops(1, 7);
  written.setKernelDrops(1, 8);

  expect(read.read(1)).toEqual({
    received: 3,
    sent: 1,
    dropped: {
      'wrong-source': 2,
      malformed: 1,
      'bad-hmac': 1,
      'not-active': 1,
      'receive-failed': 1,
      'send-failed': 1,
      loop: 1,
      'over-limit': 1,
    },
    kernelDrops: 8,
    duplicates: 1,
    reordered: 1,
    lastSequenceReceived: 5,
    lastSequenceSent: 9,
  });
  expect(read.received(1)).toBe(3);
  expect(read.lastPacketMonoNanos(1)).toBe(3_000);
});

test('what did not leave is taken back, and the last number is that of the last packet that left', () => {
  const table = new CounterTable(1);
  table.reset(0);
  expect(table.lastSequenceSent(0)).toBe(NO_SEQUENCE);
  table.noteSent(0, 4, 5);
  expect([table.read(0).sent, table.lastSequenceSent(0)]).toEqual([5, 4]);
  table.takeBackSent(0, 3, 4, 1);
  expect(table.read(0)).toMatchObject({ sent: 2, lastSequenceSent: 1 });
  table.takeBackSent(0, 2, 1, NO_SEQUENCE);
  expect(table.read(0)).toMatchObject({ sent: 0, lastSequenceSent: undefined });
  // 6 is taken back while 7 is on its way.
  table.noteSent(0, 6);
  table.noteSent(0, 7);
  table.takeBackSent(0, 1, 6, 5);
  expect(table.read(0)).toMatchObject({ sent: 1, lastSequenceSent: 7 });
});

test('[000/counters-reset] a reset session has no counts and no last numbers; others keep theirs', () => {
  const table = new CounterTable(3);
  for (const session of [0, 1, 2]) {
    table.reset(session);
    table.noteReceived(session, 0, 'in-order', 5);
    table.noteSent(session, 0);
    table.noteDropped(session, 'send-failed');
  }
  const neighbour = table.read(0);
  table.reset(1);
  expect(table.read(1)).toMatchObject({
    received: 0,
    sent: 0,
    lastSequenceReceived: undefined,
    lastSequenceSent: undefined,
  });
  expect(table.read(1).dropped['send-failed']).toBe(0);
  expect(table.lastPacketMonoNanos(1)).toBe(0);
  expect(table.read(0)).toEqual(neighbour);
  expect(table.read(2)).toEqual(neighbour);
});

test('counts go on beyond 32 bits', () => {
  const table = new CounterTable(1);
  table.reset(0);
  new Float64Array(table.buffer)[0] = 2 ** 32;
  table.noteReceived(0, 0, 'in-order', 1);
  expect(table.read(0).received).toBe(2 ** 32 + 1);
});
