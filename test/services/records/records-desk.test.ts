/** What has the stored sessions, as it is asked by messages: many searches in turn, and one that writes. */
import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { defaultMapping } from '../../../src/services/mapping-settings.ts';
import { RecordsDesk } from '../../../src/services/records/records-desk.ts';
import {
  CLOSE,
  type RecordsMessage,
  type RecordsWorks,
  type WorkName,
} from '../../../src/services/records/records-link.ts';
import { storedSession } from '../../../src/services/records/stored.ts';
import type { Ranking } from '../../../src/services/session-rates.ts';
import type { ServiceSession } from '../../../src/services/session.ts';
import { StoreError } from '../../../src/store/database.ts';
import { openServices } from '../../../src/store/state-directory.ts';
import type { ServiceSessionStore } from '../../../src/store/service-session-store.ts';
import { writeFormer } from '../../support/former-services.ts';
import { flow, session } from '../../support/service-sessions.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

class Port extends EventEmitter {
  readonly said: RecordsMessage[] = [];
  readonly transferred: ArrayBuffer[] = [];
  isClosed = false;
  #calls = 0;

  postMessage(message: unknown, transfer: readonly ArrayBuffer[] = []): void {
    this.said.push(message as RecordsMessage);
    this.transferred.push(...transfer);
    this.emit('said');
  }
  ref(): void {}
  unref(): void {}
  close(): void {
    this.isClosed = true;
    this.emit('said');
  }

  /** Gives the number of the call. */
  begin<Name extends WorkName>(work: Name, request: RecordsWorks[Name]['request']): number {
    this.#calls += 1;
    this.emit('message', { type: 'begin', call: this.#calls, work, request });
    return this.#calls;
  }

  ask(type: 'next' | 'stop', call: number): void {
    this.emit('message', { type, call });
  }

  give(call: number, octets: Uint8Array | undefined): void {
    this.emit('message', { type: 'chunk', call, octets });
  }

  of(call: number): RecordsMessage[] {
    return this.said.filter((each) => each.call === call);
  }

  /** The next message of the call that is none of those before. */
  async next(call: number): Promise<RecordsMessage> {
    const before = this.of(call).length;
    this.ask('next', call);
    return this.heard(call, before);
  }

  async heard(call: number, before: number): Promise<RecordsMessage> {
    while (this.of(call).length <= before) await new Promise((resolve) => this.once('said', resolve));
    return this.of(call)[before]!;
  }

  async result<Name extends WorkName>(work: Name, request: RecordsWorks[Name]['request']): Promise<unknown> {
    const message = await this.next(this.begin(work, request));
    return message.type === 'done' ? message.result : message;
  }
}

function opened(write?: (file: string) => void) {
  const file = join(temporaryDirectory(), 'services.db');
  write?.(file);
  const store = openServices(file);
  onTestFinished(() => store.close());
  const port = new Port();
  let openings = 0;
  new RecordsDesk(port, () => {
    openings += 1;
    return openServices(file);
  });
  onTestFinished(() => void port.emit('message', CLOSE));
  return { port, store, openings: () => openings };
}

const telnet = (id: number, rest: Partial<ServiceSession> = {}): ServiceSession =>
  session([flow(6, '10.0.0.1:1', '10.1.0.1:23')], { id, ...rest });
const many = (count: number): ServiceSession[] => Array.from({ length: count }, (_, at) => telnet(at + 1));
const keep = (store: ServiceSessionStore, sessions: readonly ServiceSession[]): void =>
  store.insert(sessions.map(storedSession), undefined);

const all = { state: 'live', filter: {}, limit: Infinity } as const;
const settle = () => new Promise((resolve) => setImmediate(resolve));
const lengthOf = (message: RecordsMessage): number | string =>
  message.type === 'batch' ? (message.batch as readonly unknown[]).length : message.type;

test('searches give batches when they are asked for, in turn, of one store', async () => {
  const { port, store, openings } = opened();
  keep(store, many(300));
  const [one, other] = [port.begin('select', all), port.begin('select', { ...all, limit: 2 })];
  await settle();
  expect([port.said, openings()]).toEqual([[], 0]);
  expect(lengthOf(await port.next(one))).toBe(256);
  expect(lengthOf(await port.next(other))).toBe(2);
  expect(lengthOf(await port.next(one))).toBe(44);
  expect(await port.next(one)).toEqual({ type: 'done', call: one, result: undefined });
  expect(await port.next(other)).toEqual({ type: 'done', call: other, result: undefined });
  expect(openings()).toBe(1);
  // What is over says nothing more.
  const said = port.said.length;
  port.ask('next', one);
  port.ask('stop', one);
  port.give(one, undefined);
  await settle();
  expect(port.said).toHaveLength(said);
});

test('asked for ahead, the end is said once', async () => {
  const { port, store } = opened();
  keep(store, many(1));
  const call = port.begin('select', all);
  for (let ahead = 0; ahead < 4; ahead += 1) port.ask('next', call);
  await port.heard(call, 1);
  await settle();
  expect(port.of(call).map(({ type }) => type)).toEqual(['batch', 'done']);
});

test('drawn, they are text; filters, counts, ranks and the status are those of the store', async () => {
  const { port, store } = opened();
  keep(store, [telnet(1), telnet(2, { serviceSet: 'other' }), telnet(3, { endedWallNanos: 1n })]);
  const form = { extensive: false, isNamed: false };
  const drawn = await port.next(port.begin('draw', { ...all, filter: { serviceSet: 'other' }, form }));
  expect(Buffer.from((drawn as { readonly batch: Uint8Array }).batch).toString()).toMatch(
    /^ms-0.*\nSession: 2,/,
  );
  expect(await port.result('count', { state: 'live', filter: { protocol: 6 } })).toMatchObject([
    { serviceSet: 'default', sessions: 1 },
    { serviceSet: 'other', sessions: 1 },
  ]);
  expect(await port.result('status', { state: 'ended' })).toMatchObject({ method: 'store', sessions: 1 });
  const rank = { state: 'live', filter: {}, rows: 1, before: undefined } as const;
  const first = (await port.result('rank', rank)) as Ranking;
  expect(first.sums).toEqual({ sessions: 2, packets: 2, octets: 120, untold: 0 });
  expect(first.highest.octets).toHaveLength(1);
  expect(port.transferred).toEqual([first.counters]);
  expect(await port.result('rank', { ...rank, before: first.counters })).toMatchObject({
    sums: { octets: 0 },
  });
});

test('sessions are removed, and those that have ended recorded, as many as are to be kept', async () => {
  const { port, store } = opened();
  keep(store, [telnet(1), telnet(2, { serviceSet: 'other' })]);
  expect(await port.result('clear', { state: 'live', filter: { serviceSet: 'other' } })).toMatchObject([
    { serviceSet: 'other', sessions: 1 },
  ]);
  expect(store.sizes('live')).toMatchObject([{ serviceSet: 'default', sessions: 1 }]);
  const ended = (from: number, to: number) =>
    many(to)
      .slice(from - 1)
      .map((each) => ({ ...each, endedWallNanos: 1n }));
  await port.result('record', { sessions: ended(1, 3000), kept: undefined });
  expect(store.sizes('ended')).toMatchObject([{ sessions: 3000 }]);
  await port.result('record', { sessions: ended(3001, 3002), kept: 5 });
  const ids = store.recordedAfter(0, 10).map(([, { id }]) => id);
  expect(ids).toEqual([2998, 2999, 3000, 3001, 3002]);
});

const LINES = ['1', '2', '3'].map((id) =>
  Buffer.from(
    `${JSON.stringify({ 'session-id': Number(id), flow: [{ protocol: 6, 'source-address': '10.0.0.1', 'destination-address': '10.0.0.2' }] })}\n`,
  ),
);
const imports = { name: 'file', replace: false, nowWallNanos: 5n, mapping: defaultMapping };

test('a file is asked for two chunks ahead, and one more with each that is read', async () => {
  const { port, store } = opened();
  const call = port.begin('import', imports);
  port.ask('next', call);
  await port.heard(call, 1);
  await settle();
  const wanted = () => port.of(call).filter(({ type }) => type === 'wants').length;
  expect(wanted()).toBe(2);
  port.give(call, LINES[0]);
  await port.heard(call, 2);
  expect(wanted()).toBe(3);
  port.give(call, LINES[1]);
  port.give(call, LINES[2]);
  port.give(call, undefined);
  await port.heard(call, 5);
  expect(port.of(call).map(({ type }) => type)).toEqual([...Array<string>(5).fill('wants'), 'done']);
  expect(port.of(call).at(-1)).toMatchObject({ result: { form: 'json-lines', sessions: 3, refused: 0 } });
  expect(store.imports()).toEqual([{ name: 'file', importedWallNanos: 5n }]);
});

test('what writes waits for what writes before it, and searches for nobody', async () => {
  const { port, store } = opened();
  keep(store, many(2));
  const [first, second] = [port.begin('import', imports), port.begin('clear', { state: 'live', filter: {} })];
  port.ask('next', first);
  port.ask('next', second);
  await port.heard(first, 1);
  expect(lengthOf(await port.next(port.begin('select', all)))).toBe(2);
  await settle();
  expect(port.of(second)).toEqual([]);
  port.ask('stop', first);
  expect(await port.heard(first, 2)).toEqual({ type: 'failed', call: first, failure: { kind: 'stopped' } });
  expect(await port.heard(second, 0)).toMatchObject({ type: 'done', result: [{ sessions: 2 }] });
  // Nor is the turn lost to one that was given up before it came.
  const third = port.begin('import', imports);
  port.ask('stop', third);
  port.ask('next', third);
  expect(await port.heard(third, 2)).toMatchObject({ type: 'failed' });
  expect(await port.result('clear', { state: 'live', filter: {} })).toEqual([]);
});

test('errors are told by their kind', async () => {
  const { port, store } = opened();
  const failed = async (work: 'import' | 'count', ...chunks: (Uint8Array | undefined)[]) => {
    const call = work === 'import' ? port.begin('import', imports) : port.begin('count', all);
    for (const chunk of chunks) port.give(call, chunk);
    port.ask('next', call);
    for (let at = 0; ; at += 1) {
      const message = await port.heard(call, at);
      if (message.type === 'failed') return message.failure;
    }
  };
  expect(await failed('import', Buffer.from('rubbish\n'), undefined)).toEqual({
    ...{ kind: 'import', code: 'nothing', details: { refused: 1 } },
  });
  store.close();
  const problem = { code: 'full', file: 'x' } as unknown as StoreError['problem'];
  const bad = new Port();
  let thrown: unknown = new StoreError(problem);
  new RecordsDesk(bad, () => {
    throw thrown;
  });
  const told = () => bad.result('status', { state: 'live' });
  expect(await told()).toMatchObject({ failure: { kind: 'store', problem } });
  thrown = new Error('why');
  expect(await told()).toMatchObject({
    failure: { kind: 'other', message: expect.stringMatching(/^Error: why\n +at /) as string },
  });
  thrown = Object.assign(new Error('why'), { stack: undefined });
  expect(await told()).toMatchObject({ failure: { kind: 'other', message: 'why' } });
  thrown = 'words';
  expect(await told()).toMatchObject({ failure: { kind: 'other', message: 'words' } });
});

test('sessions of an older version are moved, until it is told to stop', async () => {
  const { port, store } = opened((file) => writeFormer(file, 24_000));
  const first = port.begin('move', undefined);
  port.ask('next', first);
  while (store.formerSessions() === 24_000) await settle();
  port.ask('stop', first);
  expect(await port.heard(first, 0)).toMatchObject({ type: 'failed', failure: { kind: 'stopped' } });
  expect(store.formerSessions()).toBeGreaterThan(0);
  expect(await port.result('move', undefined)).toBeUndefined();
  expect(store.formerSessions()).toBe(0);
});

test('closed, it gives up what is under way, and closes the store and the port', async () => {
  const { port, store } = opened();
  keep(store, many(600));
  const search = port.begin('select', all);
  await port.next(search);
  const importing = port.begin('import', imports);
  port.ask('next', importing);
  await port.heard(importing, 1);
  port.give(importing, LINES[0]);
  port.emit('message', CLOSE);
  while (!port.isClosed) await new Promise((resolve) => port.once('said', resolve));
  for (const call of [search, importing])
    expect(port.of(call).at(-1)).toEqual({ type: 'failed', call, failure: { kind: 'stopped' } });
  expect(store.imports()).toEqual([]);
  const idle = new Port();
  new RecordsDesk(idle, () => {
    throw new Error('opened');
  });
  idle.emit('message', CLOSE);
  while (!idle.isClosed) await new Promise((resolve) => idle.once('said', resolve));
  expect(idle.said).toEqual([]);
});
