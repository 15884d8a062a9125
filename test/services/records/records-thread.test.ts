/** Calls to the workers that have the stored sessions, as the main thread makes them. */
import { EventEmitter, getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { defaultMapping } from '../../../src/services/mapping-settings.ts';
import { ImportError } from '../../../src/services/records/import.ts';
import { CLOSE, type RecordsAsked, type RecordsMessage } from '../../../src/services/records/records-link.ts';
import { RecordsThread } from '../../../src/services/records/records-thread.ts';
import type { WorkerPort } from '../../../src/services/worker-calls.ts';
import { StoreError } from '../../../src/store/database.ts';

class Port extends EventEmitter implements WorkerPort {
  readonly asked: (RecordsAsked | typeof CLOSE)[] = [];
  readonly transferred: ArrayBuffer[] = [];

  postMessage(message: RecordsAsked | typeof CLOSE, transfer: readonly ArrayBuffer[] = []): void {
    this.asked.push(message);
    this.transferred.push(...transfer);
  }
  ref(): void {}
  unref(): void {}

  /** What was asked for, in a word each. */
  get words(): string[] {
    return this.asked.map((each) => (each === CLOSE ? CLOSE : each.type));
  }

  count(word: string): number {
    return this.words.filter((each) => each === word).length;
  }

  says(message: { readonly type: RecordsMessage['type']; readonly [name: string]: unknown }): void {
    const [first] = this.asked;
    this.emit('message', { ...message, call: (first as RecordsAsked).call });
  }
}

function started() {
  const ports: Port[] = [];
  const thread = new RecordsThread(() => {
    const port = new Port();
    ports.push(port);
    return port;
  });
  return { thread, ports };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));
const state = { state: 'live' } as const;
const search = { ...state, filter: {}, limit: 5 };
const imported = { name: 'x', replace: false, nowWallNanos: 0n, mapping: defaultMapping };

describe('a question', () => {
  test('is asked with its request, and answered with its result', async () => {
    const { thread, ports } = started();
    const buffer = new ArrayBuffer(8);
    const answer = thread.ask('rank', { ...search, rows: 1, before: buffer }, undefined, [buffer]);
    const [port] = ports as [Port];
    expect(port.asked).toEqual([
      { type: 'begin', call: 1, work: 'rank', request: { ...search, rows: 1, before: buffer } },
      { type: 'next', call: 1 },
    ]);
    expect(port.transferred).toEqual([buffer]);
    port.says({ type: 'done', result: 'ranked' });
    expect(await answer).toBe('ranked');
    expect(port.words).toEqual(['begin', 'next']);
  });

  test('and what is written have workers of their own', async () => {
    const { thread, ports } = started();
    const answers = [
      thread.ask('status', state),
      thread.write('move', undefined),
      thread.ask('status', state),
    ];
    expect(ports.map(({ words }) => words)).toEqual([
      ['begin', 'next', 'begin', 'next'],
      ['begin', 'next'],
    ]);
    const failed = Promise.allSettled(answers);
    for (const port of ports) port.emit('error', new Error('out of memory'));
    for (const port of ports) port.emit('exit', 1);
    expect((await failed).map((each) => each.status === 'rejected' && String(each.reason))).toEqual(
      Array(3).fill('Error: the records worker has failed: out of memory'),
    );
  });
});

describe('a search', () => {
  test('asks two batches ahead, and one more with each that is read', async () => {
    const { thread, ports } = started();
    const batches = thread.search('select', search, new AbortController().signal);
    const first = batches.next();
    const [port] = ports as [Port];
    expect(port.words).toEqual(['begin', 'next', 'next']);
    port.says({ type: 'batch', batch: ['a'] });
    port.says({ type: 'batch', batch: ['b'] });
    expect(await first).toEqual({ done: false, value: ['a'] });
    expect(port.count('next')).toBe(3);
    expect(await batches.next()).toEqual({ done: false, value: ['b'] });
    expect(port.count('next')).toBe(4);
    const last = batches.next();
    port.says({ type: 'done', result: undefined });
    expect(await last).toEqual({ done: true, value: undefined });
    expect(port.count('stop')).toBe(0);
  });

  test('that fails is over', async () => {
    const { thread, ports } = started();
    const batches = thread.search('select', search, new AbortController().signal);
    const first = batches.next();
    ports[0]!.says({ type: 'failed', failure: { kind: 'other', message: 'why' } });
    await expect(first).rejects.toThrow('why');
    expect(ports[0]!.count('stop')).toBe(0);
  });

  test('may be over before anybody reads it', async () => {
    const { thread, ports } = started();
    const batches = thread.search('select', search, new AbortController().signal);
    ports[0]!.emit('exit', 1);
    await expect(batches.next()).rejects.toThrow('the records worker has failed: it has ended');
  });

  test('that is left early is stopped', async () => {
    const { thread, ports } = started();
    const batches = thread.search('select', search, new AbortController().signal);
    const first = batches.next();
    ports[0]!.says({ type: 'batch', batch: ['a'] });
    await first;
    await batches.return(undefined);
    expect(ports[0]!.words.at(-1)).toBe('stop');
  });
});

describe('what is aborted', () => {
  test.each([false, true])(
    'is told to stop, and rejects with the reason once that was done',
    async (isBefore) => {
      const { thread, ports } = started();
      const abort = new AbortController();
      if (isBefore) abort.abort(new Error('enough'));
      const answer = thread.ask('count', search, abort.signal);
      const heard = answer.catch((error: unknown) => error);
      if (!isBefore) abort.abort(new Error('enough'));
      await settle();
      expect(ports[0]!.words).toEqual(['begin', 'next', 'stop']);
      ports[0]!.says({ type: 'failed', failure: { kind: 'stopped' } });
      expect(await heard).toBe(abort.signal.reason);
    },
  );

  test('may have been finished before', async () => {
    const { thread, ports } = started();
    const abort = new AbortController();
    const answer = thread.ask('count', search, abort.signal);
    abort.abort();
    ports[0]!.says({ type: 'done', result: [] });
    expect(await answer).toEqual([]);
  });

  test('later says nothing any more', async () => {
    const { thread, ports } = started();
    const abort = new AbortController();
    const other = thread.ask('count', search);
    const answer = thread.write('clear', search, abort.signal);
    ports[1]!.says({ type: 'done', result: [] });
    await answer;
    abort.abort();
    expect(ports[1]!.count('stop')).toBe(0);
    ports[0]!.says({ type: 'done', result: [] });
    await other;
  });

  test('may have failed before, with an error of its own', async () => {
    const { thread, ports } = started();
    const abort = new AbortController();
    const answer = thread.ask('count', search, abort.signal);
    abort.abort();
    ports[0]!.says({ type: 'failed', failure: { kind: 'other', message: 'a bad disk' } });
    await expect(answer).rejects.toThrow('a bad disk');
  });

  test('is heard of no longer than a call goes on', async () => {
    const { thread, ports } = started();
    const abort = new AbortController();
    const answer = thread.ask('count', search, abort.signal);
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(1);
    ports[0]!.says({ type: 'done', result: [] });
    await answer;
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(0);
  });

  test('is stopped though nobody asked for it', async () => {
    const { thread, ports } = started();
    const answer = thread.ask('count', search);
    ports[0]!.says({ type: 'failed', failure: { kind: 'stopped' } });
    await expect(answer).rejects.toThrow('the records worker was told to stop');
  });
});

test('an error of the worker is one of the main thread', async () => {
  const failing = async (failure: object): Promise<unknown> => {
    const { thread, ports } = started();
    const answer = thread.ask('status', state);
    ports[0]!.says({ type: 'failed', failure });
    return answer.then(
      () => undefined,
      (error: unknown) => error,
    );
  };
  const problem = { code: 'full', file: 'x' };
  const [stored, refused, other] = [
    await failing({ kind: 'store', problem }),
    await failing({ kind: 'import', code: 'empty', details: { file: 'x' } }),
    await failing({ kind: 'other', message: 'Error: why' }),
  ];
  expect(stored).toBeInstanceOf(StoreError);
  expect(stored).toMatchObject({ problem });
  expect(refused).toBeInstanceOf(ImportError);
  expect(refused).toMatchObject({ code: 'empty', details: { file: 'x' } });
  expect(other).toMatchObject({ message: 'Error: why' });
});

describe('a file that is imported', () => {
  test('is given chunk by chunk as it is wanted, its buffers handed over where they are its own', async () => {
    const { thread, ports } = started();
    const whole = Uint8Array.of(1, 2);
    const part = new Uint8Array(8).subarray(2, 4);
    let isReturned = false;
    async function* chunks(): AsyncGenerator<Uint8Array | undefined> {
      try {
        yield await Promise.resolve(whole);
        yield part;
        yield undefined;
      } finally {
        isReturned = true;
      }
    }
    const answer = thread.write('import', imported, undefined, chunks());
    const [port] = ports as [Port];
    await settle();
    expect(port.count('chunk')).toBe(0);
    for (let given = 1; given <= 4; given += 1) {
      port.says({ type: 'wants' });
      await settle();
      expect(port.count('chunk')).toBe(given);
    }
    expect(port.asked.slice(2)).toEqual(
      [whole, part, undefined, undefined].map((octets) => ({ type: 'chunk', call: 1, octets })),
    );
    expect(port.transferred).toEqual([whole.buffer]);
    expect(isReturned).toBe(true);
    port.says({ type: 'done', result: 'imported' });
    expect(await answer).toBe('imported');
  });

  test('is closed when the import ends before it does', async () => {
    const { thread, ports } = started();
    let isReturned = false;
    const chunks: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: false, value: new Uint8Array(1) }),
        return: () => {
          isReturned = true;
          return Promise.resolve({ done: true, value: undefined });
        },
      }),
    };
    const answer = thread.write('import', imported, undefined, chunks);
    ports[0]!.says({ type: 'failed', failure: { kind: 'other', message: 'why' } });
    await expect(answer).rejects.toThrow('why');
    expect(isReturned).toBe(true);
  });

  test('need not be one that can be closed', async () => {
    const { thread, ports } = started();
    const next = () => Promise.resolve({ done: false, value: new Uint8Array(1) });
    const answer = thread.write('import', imported, undefined, { [Symbol.asyncIterator]: () => ({ next }) });
    ports[0]!.says({ type: 'done', result: 'imported' });
    expect(await answer).toBe('imported');
  });

  test('that cannot be read ends it with its own error', async () => {
    const { thread, ports } = started();
    // eslint-disable-next-line require-yield
    async function* chunks(): AsyncGenerator<Uint8Array> {
      await Promise.resolve();
      throw new Error('a bad disk');
    }
    const answer = thread.write('import', imported, undefined, chunks());
    const heard = answer.catch((error: unknown) => error);
    ports[0]!.says({ type: 'wants' });
    await settle();
    expect(ports[0]!.words).toEqual(['begin', 'next', 'stop']);
    ports[0]!.says({ type: 'failed', failure: { kind: 'stopped' } });
    expect(await heard).toMatchObject({ message: 'a bad disk' });
  });
});

test('closed, both workers are told so and waited for', async () => {
  const { thread, ports } = started();
  const answers = [thread.ask('status', state), thread.write('move', undefined)];
  for (const port of ports) port.says({ type: 'done', result: undefined });
  await Promise.all(answers);
  let isClosed = false;
  const closing = thread.close().then(() => (isClosed = true));
  expect(ports.map(({ words }) => words.at(-1))).toEqual([CLOSE, CLOSE]);
  ports[0]!.emit('exit', 0);
  await settle();
  expect(isClosed).toBe(false);
  ports[1]!.emit('exit', 0);
  await closing;
});
