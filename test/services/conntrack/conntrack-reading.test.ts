/** Dumps that a kernel says were interrupted, from a kernel that is the test's own. */
import { expect, test } from 'vitest';
import type {
  EndMessage,
  ReadingMessage,
  ReadRequest,
} from '../../../src/services/conntrack/conntrack-link.ts';
import { ConntrackReading, DUMP_RETRIES_MAX } from '../../../src/services/conntrack/conntrack-reading.ts';
import type { ConnectionSingles } from '../../../src/services/conntrack/connection-singles.ts';
import { ctMessage, type ConnectionKey } from '../../../src/services/conntrack/ctnetlink.ts';
import { dumpPlan } from '../../../src/services/conntrack/dump-plan.ts';
import { SessionFilter } from '../../../src/services/filter.ts';
import { defaultMapping } from '../../../src/services/mapping-settings.ts';
import {
  messageFlag,
  Messages,
  messageType,
  RequestWriter,
} from '../../../src/services/conntrack/netlink.ts';
import type { Dump, Part } from '../../../src/services/conntrack/netlink-dump.ts';
import { RECEIVE_OCTETS } from '../../../src/services/conntrack/netlink-socket.ts';
import type { SessionGroup } from '../../../src/services/session.ts';
import { newConnection } from '../../support/connections.ts';

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
    for (; this.#told < end; this.#told += 1) this.#row();
    // The kernel says it of the messages behind the change.
    const messages = new Messages(this.view).over(this.#answers.length);
    while (messages.next()) this.view.setUint16(messages.start + 6, flags, true);
    return this.#answers.length;
  }

  #row(): void {
    newConnection(this.#answers, 1, {
      original: { source: '10.0.0.1', destination: '10.0.0.2', protocol: 17, sourcePort: this.#told },
    });
  }
}

/** Removes what it is told to, each connection once. */
class Removals {
  readonly #removed = new Set<string>();
  #groups: SessionGroup[] = [];

  begin(): void {
    // Nothing is asked about masters.
  }

  mark({ tuple }: ConnectionKey, _id: number | undefined, group: SessionGroup): void {
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

async function read(kernel: Kernel, request: Partial<ReadRequest> = {}): Promise<Outcome> {
  const posted: ReadingMessage[] = [];
  let rows = 0;
  const post = (message: ReadingMessage): void => {
    posted.push(message);
    if (message.type !== 'rows') return;
    const messages = new Messages(new DataView(message.buffer)).over(message.octets);
    while (messages.next()) if (messages.type === ctMessage.new) rows += 1;
    reading.chunks.more(message.buffer);
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
    () => kernel,
    new Removals() as unknown as ConnectionSingles,
    post,
  );
  await reading.run();
  const end = posted.at(-1)!;
  if (end.type !== 'end') throw new Error(`it ended with ${end.type}`);
  return { rows, end };
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
