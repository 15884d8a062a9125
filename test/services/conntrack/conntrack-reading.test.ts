/** Dumps that a kernel says were interrupted, from a kernel that is the test's own. */
import { describe, expect, test, vi } from 'vitest';
import type {
  EndMessage,
  ReadingMessage,
  ReadRequest,
} from '../../../src/services/conntrack/conntrack-link.ts';
import { ConntrackReading, DUMP_RETRIES_MAX } from '../../../src/services/conntrack/conntrack-reading.ts';
import type { ConnectionSingles } from '../../../src/services/conntrack/connection-singles.ts';
import {
  ConnectionDecoder,
  ConnectionRow,
  cta,
  ctMessage,
  type ConnectionKey,
} from '../../../src/services/conntrack/ctnetlink.ts';
import { dumpPlan } from '../../../src/services/conntrack/dump-plan.ts';
import { SessionFilter } from '../../../src/services/filter.ts';
import { defaultMapping, type MappingSettings } from '../../../src/services/mapping-settings.ts';
import {
  messageFlag,
  Messages,
  messageType,
  RequestWriter,
} from '../../../src/services/conntrack/netlink.ts';
import type { Dump, Part } from '../../../src/services/conntrack/netlink-dump.ts';
import { RECEIVE_OCTETS } from '../../../src/services/conntrack/netlink-socket.ts';
import { sessionOfConnection } from '../../../src/services/mapping.ts';
import { CounterTable } from '../../../src/services/session-rates.ts';
import { sessionIdOf } from '../../../src/services/session-id.ts';
import { textsOf } from '../../../src/services/session-text.ts';
import type { SessionGroup } from '../../../src/services/session.ts';
import { newConnection, type ConnectionText } from '../../support/connections.ts';
import { deferred } from '../../support/deferred.ts';
import { quiet } from '../../support/quiet.ts';

const ROWS_OF_A_CALL = 50;

/** A table of `rows` connections, whose first `interruptions` dumps are interrupted. */
class Kernel implements Dump {
  readonly requests = new RequestWriter(new ArrayBuffer(4096));
  readonly octets = new Uint8Array(RECEIVE_OCTETS);
  readonly view = new DataView(this.octets.buffer);
  readonly #answers = new RequestWriter(this.octets.buffer);
  readonly #rows: number;
  readonly #interruptions: number;
  dumps = 0;
  #told = 0;

  constructor(rows: number, interruptions: number) {
    this.#rows = rows;
    this.#interruptions = interruptions;
  }

  begin(): Promise<void> {
    this.requests.clear();
    this.dumps += 1;
    this.#told = 0;
    return Promise.resolve();
  }

  next(): Promise<readonly Part[]> {
    return Promise.resolve([{ start: 0, end: this.#answer() }]);
  }

  end(): Promise<void> {
    return Promise.resolve();
  }

  #answer(): number {
    const flags = this.dumps <= this.#interruptions ? messageFlag.interrupted : 0;
    this.#answers.clear();
    if (this.#told === this.#rows) return this.#answers.begin(messageType.done, flags, 1, 0).length;
    const end = Math.min(this.#told + ROWS_OF_A_CALL, this.#rows);
    for (; this.#told < end; this.#told += 1) this.row(this.#answers, this.#told);
    // The kernel says it of the messages behind the change.
    const messages = new Messages(this.view).over(this.#answers.length);
    while (messages.next()) this.view.setUint16(messages.start + 6, flags, true);
    return this.#answers.length;
  }

  protected row(answers: RequestWriter, at: number): void {
    newConnection(answers, 1, {
      original: { source: '10.0.0.1', destination: '10.0.0.2', protocol: 17, sourcePort: at },
    });
  }
}

/** A table of these connections, whose ids are 1 and up; each has carried as many packets as its id is. */
class TableOf extends Kernel {
  readonly #connections: readonly ConnectionText[];

  constructor(connections: readonly ConnectionText[], interruptions = 0) {
    super(connections.length, interruptions);
    this.#connections = connections;
  }

  protected override row(answers: RequestWriter, at: number): void {
    newConnection(answers, 1, this.#connections[at]!, (more) => {
      more.uint32(cta.id, at + 1);
      more.nested(cta.countersOriginal, () => more.uint32(3, 1).uint32(4, 60));
      more.nested(cta.countersReply, () => more.uint32(3, at).uint32(4, 1000 - at));
    });
  }
}

/** Removes what it is told to, each connection once. */
class Removals {
  readonly #removed = new Set<string>();
  #groups: SessionGroup[] = [];
  /** In the order in which they were marked. */
  readonly ids: (number | undefined)[] = [];

  begin(): void {
    // What is known of masters, it knows.
  }

  /** Of any master. */
  helperOf(): string {
    return 'ftp';
  }

  mark({ tuple }: ConnectionKey, id: number | undefined, group: SessionGroup): void {
    this.ids.push(id);
    const key = Buffer.from(tuple).toString('hex');
    if (!this.#removed.has(key)) this.#groups.push(group);
    this.#removed.add(key);
  }

  remove(): readonly SessionGroup[] {
    return this.#groups.splice(0);
  }
}

interface Outcome {
  readonly rows: number;
  readonly end: EndMessage;
}

/** What a chunk of rows has. */
function rowsOf(message: ReadingMessage): readonly ConnectionRow[] {
  if (message.type !== 'rows') return [];
  const view = new DataView(message.buffer);
  const messages = new Messages(view).over(message.octets);
  const decoder = new ConnectionDecoder().over(view);
  const rows: ConnectionRow[] = [];
  while (messages.next()) {
    if (messages.type !== ctMessage.new) continue;
    const row = new ConnectionRow();
    decoder.decode(messages.start, messages.end, row);
    row.masterHelper = message.masterHelpers.get(rows.length);
    rows.push(row);
  }
  return rows;
}

interface Played extends Outcome {
  readonly all: readonly ConnectionRow[];
  readonly text: string;
  readonly last: ReadingMessage;
  readonly posted: readonly ReadingMessage[];
}

async function read(kernel: Kernel, request: Partial<ReadRequest> = {}): Promise<Outcome> {
  const played = await play(kernel, request);
  if (played.last.type !== 'end') throw new Error(`it ended with ${played.last.type}`);
  return played;
}

interface Walking {
  readonly makeDump?: () => Kernel;
  readonly walksAtOnce?: number;
  readonly started?: (reading: ConntrackReading) => void;
}

async function play(
  kernel: Kernel,
  request: Partial<ReadRequest> = {},
  singles = new Removals(),
  { makeDump = () => kernel, walksAtOnce = 1, started }: Walking = {},
): Promise<Played> {
  const posted: ReadingMessage[] = [];
  const all: ConnectionRow[] = [];
  let text = '';
  const post = (message: ReadingMessage): void => {
    posted.push(message);
    all.push(...rowsOf(message));
    if (message.type === 'text') text += Buffer.from(message.buffer, 0, message.octets).toString();
    if (message.type === 'rows' || message.type === 'text') reading.chunks.more(message.buffer);
  };
  const reading = new ConntrackReading(
    {
      type: 'read',
      call: 1,
      work: 'select',
      sockets: [{ dumps: [-1], single: -1 }],
      filter: {},
      plan: dumpPlan(new SessionFilter({}).criteria, defaultMapping),
      mapping: defaultMapping,
      limit: Infinity,
      ...request,
    },
    makeDump,
    singles as unknown as ConnectionSingles,
    post,
    walksAtOnce,
  );
  started?.(reading);
  await reading.run();
  const last = posted.at(-1)!;
  return { rows: all.length, all, text, last, end: last as EndMessage, posted };
}

const countOf = ({ end }: Outcome): number => end.counts.reduce((sum, { sessions }) => sum + sessions, 0);

test('an interrupted dump is done again, and its sessions are there once', async () => {
  const kernel = new Kernel(60, DUMP_RETRIES_MAX);
  const { rows, end } = await read(kernel);
  expect(rows).toBe(60);
  expect(end.interrupted).toBe(false);
  expect(kernel.dumps).toBe(1 + DUMP_RETRIES_MAX);
});

test('one that is interrupted each time is shown, and that is told', async () => {
  const kernel = new Kernel(60, 1 + DUMP_RETRIES_MAX);
  const { rows, end } = await read(kernel);
  expect(rows).toBe(60);
  expect(end.interrupted).toBe(true);
  expect(kernel.dumps).toBe(1 + DUMP_RETRIES_MAX);
});

test('one whose sessions the reader has in part goes on, and that is told', async () => {
  const kernel = new Kernel(5000, 1);
  const { rows, end } = await read(kernel);
  expect(rows).toBe(5000);
  expect(end.interrupted).toBe(true);
  expect(kernel.dumps).toBe(1);
});

test('counts are those of the dump that was whole, however many sessions there are', async () => {
  const outcome = await read(new Kernel(5000, 2), { work: 'count' });
  expect(countOf(outcome)).toBe(5000);
  expect(outcome.end.interrupted).toBe(false);
});

test('a limit is reached by the sessions of the dump that was whole', async () => {
  const kernel = new Kernel(60, 1);
  const { rows, end } = await read(kernel, { limit: 100 });
  expect(rows).toBe(60);
  expect(end.interrupted).toBe(false);
  const few = await read(new Kernel(60, 1), { limit: 10 });
  expect(few.rows).toBe(10);
});

test('what an interrupted dump has removed is counted, and the rest is removed by the next', async () => {
  const outcome = await read(new Kernel(120, 2), { work: 'clear' });
  expect(countOf(outcome)).toBe(120);
  expect(outcome.end.interrupted).toBe(false);
});

describe('what is read', () => {
  const to = (destinationPort: number, rest: Partial<ConnectionText> = {}): ConnectionText => ({
    original: { source: '10.0.0.1', destination: '10.0.0.2', protocol: 6, sourcePort: 5000, destinationPort },
    ...rest,
  });
  const ids = (rows: readonly ConnectionRow[]) => rows.map(({ id }) => id);
  const rule = { marks: [], zones: [], prefixes: [] };
  const byZone: MappingSettings = {
    ...defaultMapping,
    interfaces: [
      { name: 'ms-1/0/0', aggregate: undefined, rule: { ...rule, zones: [1] } },
      { name: 'ms-2/0/0', aggregate: undefined, rule: { ...rule, zones: [2] } },
    ],
  };
  const zones = [2, 1, 0, 2, 1].map((zone, at) => to(at + 1, { zone }));

  test('stands together by interface and set, which takes a pass for each', async () => {
    const kernel = new TableOf(zones);
    const { all, end } = await play(kernel, { mapping: byZone });
    expect(ids(all)).toEqual([3, 2, 5, 1, 4]);
    expect(kernel.dumps).toBe(3);
    expect(end.counts).toEqual([]);
    const one = await play(new TableOf(zones), { mapping: byZone, filter: { interface: 'ms-2/0/0' } });
    expect(ids(one.all)).toEqual([1, 4]);
  });

  test('is no more than the limit, and then nothing more is dumped', async () => {
    const kernel = new TableOf(zones);
    expect(ids((await play(kernel, { mapping: byZone, limit: 1 })).all)).toEqual([3]);
    expect(kernel.dumps).toBe(1);
  });

  test('is counted by interface and set', async () => {
    const { end, all } = await play(new TableOf(zones), { mapping: byZone, work: 'count' });
    expect(all).toEqual([]);
    expect(end.counts.map((count) => [count.interface, count.sessions])).toEqual([
      ['ms-0/0/0', 1],
      ['ms-1/0/0', 2],
      ['ms-2/0/0', 2],
    ]);
  });

  test('of several namespaces is read of one after the other', async () => {
    const sockets = [1, 2, 3].map((fd) => ({ dumps: [fd], single: fd }));
    const { all } = await play(new TableOf([to(1), to(2)]), { sockets });
    expect(ids(all)).toEqual([1, 2, 1, 2, 1, 2]);
  });

  test('has the helper of its master', async () => {
    const master = to(21).original;
    const { all } = await play(new TableOf([to(21, { helper: 'ftp' }), to(1025, { master }), to(80)]));
    expect(all.map(({ helper, masterHelper }) => [helper, masterHelper])).toEqual([
      ['ftp', undefined],
      [undefined, 'ftp'],
      [undefined, undefined],
    ]);
  });

  const ftp = [to(21, { helper: 'ftp' }), to(80), to(1025, { master: to(21).original }), to(1026)];
  const filter = { application: 'ftp' };

  test('by its application is what that is of, or its master', async () => {
    expect(ids((await play(new TableOf(ftp), { filter })).all)).toEqual([1, 3]);
    expect(countOf(await read(new TableOf(ftp), { filter, work: 'count' }))).toBe(2);
  });

  test('and removed by its application, what is expected goes before its master', async () => {
    const singles = new Removals();
    const { end } = await play(new TableOf(ftp), { filter, work: 'clear' }, singles);
    expect(singles.ids).toEqual([3, 1, 3]);
    expect(end.counts.map(({ sessions }) => sessions)).toEqual([2]);
    const others = new Removals();
    await play(new TableOf(ftp), { filter: { destinationPort: 1026 }, work: 'clear' }, others);
    expect(others.ids).toEqual([4]);
  });

  test.each([
    { extensive: false, isNamed: false },
    { extensive: true, isNamed: true },
  ])('is drawn as %o', async (form) => {
    for (const interruptions of [0, 2]) {
      const rows = (await play(new TableOf(ftp))).all;
      const sessions = rows.map((row) => sessionOfConnection(row, defaultMapping));
      const batches = (async function* () {
        yield await Promise.resolve(sessions);
      })();
      let wanted = '';
      for await (const pieces of textsOf(batches, form)) wanted += pieces.join('');
      const { text, rows: count } = await play(new TableOf(ftp, interruptions), { work: 'draw', form });
      expect(text).toBe(wanted);
      expect(count).toBe(0);
    }
  });

  test('is ranked by what it has carried, which is counted from the reading before', async () => {
    const connections = [to(1), to(2), to(3)];
    const ranked = async (before?: ArrayBuffer) => {
      const { posted } = await play(new TableOf(connections), { work: 'rank', limit: 2, before });
      const found = posted.find(({ type }) => type === 'ranked');
      if (found?.type !== 'ranked') throw new Error('nothing was ranked');
      return found;
    };
    const first = await ranked();
    expect(first.sums).toEqual({ sessions: 3, packets: 6, octets: 3177, untold: 0 });
    const figures = (order: 'octets' | 'packets', { highest } = first) =>
      highest[order].map(({ packets, octets }) => [packets, octets]);
    expect(figures('packets')).toEqual([
      [3, 1058],
      [2, 1059],
    ]);
    expect(figures('octets')).toEqual([
      [1, 1060],
      [2, 1059],
    ]);
    const { octets } = first.highest.packets[0]!.item;
    const row = new ConnectionRow();
    new ConnectionDecoder().over(new DataView(octets.buffer)).decode(0, octets.length, row);
    expect(row.id).toBe(3);
    const counters = new CounterTable(first.counters);
    expect(counters.at(counters.find(sessionIdOf(row))!)).toBe(3);
    const second = await ranked(first.counters);
    expect(second.sums).toEqual({ sessions: 3, packets: 0, octets: 0, untold: 0 });
  });

  test('is ranked as nothing where nothing was counted', async () => {
    const { posted } = await play(new Kernel(2, 0), { work: 'rank', limit: 2 });
    expect(posted[0]).toMatchObject({ type: 'ranked', sums: { sessions: 2, packets: 0, octets: 0 } });
  });

  test('is ranked once, also of a dump that is interrupted', async () => {
    const kernel = new TableOf([to(1)], 1);
    const { end } = await play(kernel, { work: 'rank', limit: 2 });
    expect(kernel.dumps).toBe(1);
    expect(end.interrupted).toBe(true);
  });
});

describe('dumps of a plan', () => {
  /** Says what becomes of it; it begins, and gives its first rows, when it may. */
  class Told extends Kernel {
    readonly #name: string;
    readonly #log: string[];
    mayBegin: Promise<unknown> = Promise.resolve();
    mayTell: Promise<unknown> = Promise.resolve();

    constructor(name: string, log: string[], rows: number) {
      super(rows, 0);
      this.#name = name;
      this.#log = log;
    }

    override async begin(): Promise<void> {
      this.#log.push(`${this.#name} begins`);
      await this.mayBegin;
      this.#log.push(`${this.#name} has begun`);
      await super.begin();
    }

    override async next(): Promise<readonly Part[]> {
      await this.mayTell;
      const parts = await super.next();
      if (this.view.getUint16(4, true) === messageType.done) this.#log.push(`${this.#name} is over`);
      return parts;
    }

    override end(): Promise<void> {
      this.#log.push(`${this.#name} is ended`);
      return super.end();
    }
  }

  /** The first has more rows than the others. */
  function walking(walksAtOnce: number, request: Partial<ReadRequest> = {}) {
    const log: string[] = [];
    const dumps = ['a', 'b', 'c'].map((name, at) => new Told(name, log, at === 0 ? 5000 : 10)) as [
      Told,
      Told,
      Told,
    ];
    const [any] = dumpPlan(new SessionFilter({}).criteria, defaultMapping);
    const left: Kernel[] = [...dumps];
    const start = (started?: Walking['started']) =>
      play(
        dumps[0],
        { sockets: [{ dumps: [1, 2, 3], single: -1 }], plan: [any!, any!, any!], work: 'count', ...request },
        undefined,
        { makeDump: () => left.shift()!, walksAtOnce, ...(started && { started }) },
      );
    return { log, dumps, start };
  }

  const oneByOne = ['a', 'b', 'c'].flatMap((name) => [
    ...[`${name} begins`, `${name} has begun`, `${name} is over`],
  ]);
  const ended = ['a is ended', 'b is ended', 'c is ended'];

  test('are read one after the other where there is no processor for another, or a limit', async () => {
    for (const { log, start } of [walking(1), walking(2, { limit: 1_000_000 })]) {
      expect(countOf(await start())).toBe(5020);
      expect(log).toEqual([...oneByOne, ...ended]);
    }
  });

  test('begin beside the first once that has, one at a time, and are read in their order', async () => {
    const { log, start } = walking(2);
    expect(countOf(await start())).toBe(5020);
    expect(log).toEqual([
      ...['a begins', 'a has begun', 'b begins', 'b has begun', 'c begins', 'c has begun'],
      ...['a is over', 'b is over', 'c is over', ...ended],
    ]);
  });

  test('do not wait for long for one that does not begin', async () => {
    const { log, dumps, start } = walking(2);
    const first = deferred();
    dumps[0].mayBegin = first.promise;
    const played = start();
    await vi.waitFor(() => expect(log.at(-1)).toBe('c has begun'), 10_000);
    expect(log.slice(0, 2)).toEqual(['a begins', 'b begins']);
    first.resolve(undefined);
    expect(countOf(await played)).toBe(5020);
  });

  test('begin no more when nobody wants them', async () => {
    const { log, dumps, start } = walking(2, { work: 'select' });
    const [second, rows] = [deferred(), deferred()];
    dumps[1].mayBegin = second.promise;
    dumps[0].mayTell = rows.promise;
    let reading: ConntrackReading | undefined;
    const played = start((begun) => (reading = begun));
    await vi.waitFor(() => expect(log.at(-1)).toBe('b begins'), 10_000);
    reading!.chunks.stop();
    second.resolve(undefined);
    await vi.waitFor(() => expect(log.at(-1)).toBe('b has begun'), 10_000);
    await quiet();
    rows.resolve(undefined);
    await played;
    expect(log).toEqual([
      ...['a begins', 'a has begun', 'b begins', 'b has begun', 'a is ended', 'b is ended'],
    ]);
  });

  test('may be none', async () => {
    const { log, start } = walking(2, { plan: [] });
    expect(countOf(await start())).toBe(0);
    expect(log).toEqual([]);
  });
});

describe('a kernel that', () => {
  class Refusing extends Kernel {
    readonly #errno: number;

    constructor(errno: number) {
      super(0, 0);
      this.#errno = errno;
    }

    override next(): Promise<readonly Part[]> {
      const octets = 36;
      this.octets.fill(0, 0, octets);
      this.view.setUint32(0, octets, true);
      this.view.setUint16(4, messageType.error, true);
      this.view.setInt32(16, -this.#errno, true);
      return Promise.resolve(this.#errno === 0 ? [] : [{ start: 0, end: octets }]);
    }
  }

  test('refuses is told with why', async () => {
    expect((await play(new Refusing(1))).last).toEqual({
      ...{ type: 'failed', call: 1, systemCall: 'recv', code: 'EPERM' },
    });
  });

  test('says nothing has failed', async () => {
    expect((await play(new Refusing(0))).last).toMatchObject({ type: 'failed', code: 'EAGAIN' });
  });

  test('says what cannot be decoded is told of each such message, and the others are read', async () => {
    class Broken extends Kernel {
      protected override row(answers: RequestWriter, at: number): void {
        if (at % 3 !== 1) super.row(answers, at);
        else answers.begin(ctMessage.new, 0, 1, at === 1 ? 2 : 7);
      }
    }
    const { rows, end } = await play(new Broken(9, 2));
    expect(rows).toBe(6);
    expect([...end.undecodable]).toEqual([
      ['attribute-missing', 1],
      ['address-family', 2],
    ]);
  });
});
