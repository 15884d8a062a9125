/** The record: what is gathered, when it is written, and what happens when it cannot be. */
import { describe, expect, test } from 'vitest';
import {
  AUDIT_REPEAT_SECONDS,
  AUDIT_TEXT_CHARACTERS_MAX,
  AUDIT_WAITING_MAX,
  AuditTrail,
} from '../../src/access/audit-trail.ts';
import type { AuditChange, AuditEntry, AuditStore } from '../../src/store/audit.ts';
import { VirtualTime } from '../support/virtual-time.ts';

/** Keeps what is written, and is full when told to be. */
class Memory implements AuditStore {
  readonly writes: (readonly AuditChange[])[] = [];
  full = false;
  #lastId = 0;

  write(changes: readonly AuditChange[]): readonly number[] {
    if (this.full) throw new Error('disk full');
    this.writes.push(structuredClone(changes));
    return changes.map(({ id }) => id ?? (this.#lastId += 1));
  }

  page(): readonly never[] {
    return [];
  }
}

function open() {
  const [store, clock] = [new Memory(), new VirtualTime()];
  const [reported, forwarded] = [[] as unknown[], [] as AuditChange[]];
  const trail = new AuditTrail({
    store,
    clock,
    report: (error) => reported.push(error),
    forward: (change) => forwarded.push({ ...change }),
  });
  const record = (text: string, changes: Partial<AuditEntry> = {}): void =>
    trail.record({
      kind: 'command',
      user: 'ada',
      way: 'ssh',
      address: undefined,
      text,
      result: 'done',
      ...changes,
    });
  const written = () =>
    store.writes.map((changes) => changes.map(({ id, text, count }) => [id, text, count]));
  return { store, clock, trail, record, written, reported, forwarded };
}

describe('commands', () => {
  test('wait for others, 100 ms at most', async () => {
    const { clock, record, written } = open();
    record('a');
    record('b');
    await clock.pass(99e6);
    expect(written()).toEqual([]);
    record('c');
    await clock.pass(1e6);
    expect(written()).toEqual([
      [
        [undefined, 'a', 1],
        [undefined, 'b', 1],
        [undefined, 'c', 1],
      ],
    ]);
    await clock.pass(1e9);
    expect(written()).toHaveLength(1);
  });

  test('that repeat are one row, for a minute', async () => {
    const { clock, record, written, forwarded } = open();
    for (let times = 0; times < 10_000; times += 1) record(times % 2 === 0 ? 'a' : 'b');
    await clock.pass(1e9);
    record('a');
    record('a', { user: 'bob' });
    await clock.pass(AUDIT_REPEAT_SECONDS * 1e9);
    record('a');
    await clock.pass(1e9);
    expect(written()).toEqual([
      [
        [undefined, 'a', 5000],
        [undefined, 'b', 5000],
      ],
      [
        [1, 'a', 1],
        [undefined, 'a', 1],
      ],
      [[undefined, 'a', 1]],
    ]);
    expect(forwarded.map(({ count }) => count)).toEqual([5000, 5000, 1, 1, 1]);
  });

  test('from one source are one row, with the address of the first', async () => {
    const { clock, trail, store, reported } = open();
    for (const port of [1, 2, 3])
      trail.record(
        {
          kind: 'refusal',
          user: '',
          way: 'ssh',
          address: `192.0.2.1:${port}`,
          text: 'connection',
          result: 'rate-limit',
        },
        '192.0.2.1',
        10,
      );
    await clock.pass(1e9);
    expect(store.writes).toMatchObject([[{ address: '192.0.2.1:1', count: 30 }]]);
    expect(reported).toEqual([]);
  });

  test('have no controls of whoever typed them, and are one line', () => {
    const { trail, store, record } = open();
    record('show version | match "\x1b]0;x\x07\x9b"', { user: 'eve\n| login | root \t' });
    trail.flush();
    expect(store.writes).toMatchObject([
      [{ text: 'show version | match "\\x1b]0;x\\x07\\x9b"', user: 'eve\\x0a| login | root \\x09' }],
    ]);
  });

  test('are cut where they are too long', () => {
    const { trail, record, written } = open();
    record('x'.repeat(AUDIT_TEXT_CHARACTERS_MAX + 1));
    trail.flush();
    expect(written()).toEqual([[[undefined, 'x'.repeat(AUDIT_TEXT_CHARACTERS_MAX), 1]]]);
  });
});

test.each(['login', 'commit'] as const)('a %s is written at once, with what waits', (kind) => {
  const { record, written } = open();
  record('a');
  record('b', { kind });
  expect(written()).toEqual([
    [
      [undefined, 'a', 1],
      [undefined, 'b', 1],
    ],
  ]);
});

test('commits are rows of their own, however alike', () => {
  const { record, written } = open();
  record('commit', { kind: 'commit' });
  record('commit', { kind: 'commit' });
  expect(written()).toEqual([[[undefined, 'commit', 1]], [[undefined, 'commit', 1]]]);
});

describe('a disk that takes nothing', () => {
  test('is told of once, and what waits is written when it takes something again', () => {
    const { store, trail, record, written, reported, forwarded } = open();
    store.full = true;
    for (const text of ['a', 'b', 'c']) {
      record(text, { kind: 'login' });
      trail.flush();
    }
    expect(reported).toHaveLength(1);
    store.full = false;
    record('d', { kind: 'login' });
    expect(written()[0]!.map(([, text]) => text)).toEqual(['a', 'b', 'c', 'd']);
    expect(forwarded).toHaveLength(4);
  });

  test('costs no more memory than is allowed', () => {
    const { store, trail, record } = open();
    store.full = true;
    for (let index = 0; index < AUDIT_WAITING_MAX; index += 1) record(`line ${index}`);
    expect(trail.lost).toBe(0);
    record('one more');
    record('line 0');
    expect(trail.lost).toBe(1);
  });
});
