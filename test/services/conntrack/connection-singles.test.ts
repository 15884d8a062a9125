/** What is asked about single connections, of a kernel that is the test's own. */
import { describe, expect, test } from 'vitest';
import { SystemCallError } from '../../../src/native/libc.ts';
import { ConnectionSingles } from '../../../src/services/conntrack/connection-singles.ts';
import {
  ConnectionDecoder,
  ConnectionRow,
  cta,
  ctMessage,
  type ConnectionKey,
} from '../../../src/services/conntrack/ctnetlink.ts';
import {
  Attributes,
  HEADER_OCTETS,
  Messages,
  messageType,
  NetlinkError,
  RequestWriter,
} from '../../../src/services/conntrack/netlink.ts';
import type { NetlinkExchange } from '../../../src/services/conntrack/netlink-socket.ts';
import type { SessionGroup } from '../../../src/services/session.ts';
import { newConnection, type ConnectionText } from '../../support/connections.ts';

const ENOENT = 2;
const EPERM = 1;
const FD = 9;

/** Of the connection to that port. */
const connection = (port: number, rest: Partial<ConnectionText> = {}): ConnectionText => ({
  original: {
    source: '10.0.0.1',
    destination: '10.0.0.2',
    protocol: 6,
    sourcePort: 1,
    destinationPort: port,
  },
  ...rest,
});

function messageOf(told: ConnectionText, id: number): Uint8Array {
  const buffer = new ArrayBuffer(1024);
  const writer = new RequestWriter(buffer);
  newConnection(writer, 1, told, (more) => more.uint32(cta.id, id));
  return new Uint8Array(buffer, 0, writer.length);
}

function keyOf(told: ConnectionText): ConnectionKey {
  const message = messageOf(told, 0);
  const decoder = new ConnectionDecoder().over(new DataView(message.buffer));
  const row = new ConnectionRow();
  decoder.decode(0, message.length, row);
  return decoder.keyAt(decoder.originalPlace, row);
}

/** The kernel and the socket to it: what is asked is answered by the next `receive`. */
class Table {
  readonly #request = new ArrayBuffer(16_384);
  readonly requests = new RequestWriter(this.#request);
  readonly octets = new Uint8Array(65_536);
  readonly view = new DataView(this.octets.buffer);
  readonly #messages = new Map<string, { readonly id: number; readonly message: Uint8Array }>();
  /** Octets of answers, one for each call. */
  readonly answers: Uint8Array[] = [];
  /** How many requests each call had. */
  readonly sent: number[] = [];
  refusal = ENOENT;

  add(told: ConnectionText, id = 7): this {
    this.#messages.set(nameOf(keyOf(told)), { id, message: messageOf(told, id) });
    return this;
  }

  send(fd: number): void {
    expect(fd).toBe(FD);
    const messages = new Messages(new DataView(this.#request)).over(this.requests.length);
    const parts: Uint8Array[] = [];
    let count = 0;
    while (messages.next()) {
      count += 1;
      parts.push(this.#answer(messages));
    }
    this.sent.push(count);
    this.requests.clear();
    if (parts.length > 0) this.answers.push(Buffer.concat(parts));
  }

  receive(fd: number): number {
    expect(fd).toBe(FD);
    const octets = this.answers.shift() ?? new Uint8Array();
    this.octets.set(octets);
    return octets.length;
  }

  #answer({ type, start, end, sequence }: Messages): Uint8Array {
    let tuple: Uint8Array = new Uint8Array();
    let zone = 0;
    let id: number | undefined;
    const view = new DataView(this.#request);
    const attributes = new Attributes(view).over(view, start + HEADER_OCTETS, end);
    while (attributes.next()) {
      if (attributes.type === cta.tupleOriginal) tuple = attributes.octets(attributes.end - attributes.at);
      else if (attributes.type === cta.zone) zone = attributes.uint16();
      else if (attributes.type === cta.id) id = attributes.uint32();
    }
    const name = nameOf({ family: 2, tuple, zone });
    const found = this.#messages.get(name);
    const isMeant = found !== undefined && (id === undefined || found.id === id);
    if (type === ctMessage.get && isMeant) return found.message;
    if (type === ctMessage.remove && isMeant && this.refusal === ENOENT) {
      this.#messages.delete(name);
      return errorOf(sequence, 0);
    }
    return errorOf(sequence, this.refusal);
  }
}

const nameOf = ({ tuple, zone }: ConnectionKey): string => `${zone} ${Buffer.from(tuple).toString('hex')}`;

function errorOf(sequence: number, errno: number): Uint8Array {
  const octets = new Uint8Array(HEADER_OCTETS);
  const view = new DataView(octets.buffer);
  view.setUint32(0, octets.length, true);
  view.setUint16(4, messageType.error, true);
  view.setUint32(8, sequence, true);
  view.setInt32(16, -errno, true);
  return octets;
}

const singlesOf = (table: Table): ConnectionSingles =>
  new ConnectionSingles(table as unknown as NetlinkExchange);

describe('the helper of a connection', () => {
  test('is asked for once, and by its zone', () => {
    const table = new Table()
      .add(connection(21, { helper: 'ftp' }))
      .add(connection(21, { helper: 'sip', zone: 5 }));
    const singles = singlesOf(table);
    for (let times = 0; times < 3; times += 1) {
      expect(singles.helperOf(FD, keyOf(connection(21)))).toBe('ftp');
      expect(singles.helperOf(FD, keyOf(connection(21, { zone: 5 })))).toBe('sip');
    }
    expect(table.sent).toEqual([1, 1]);
  });

  test('is none where it has none, or is no more, which is remembered until another reading begins', () => {
    const table = new Table().add(connection(80));
    const singles = singlesOf(table);
    const asked = () => [80, 21].map((port) => singles.helperOf(FD, keyOf(connection(port))));
    expect([...asked(), ...asked()]).toEqual([undefined, undefined, undefined, undefined]);
    expect(table.sent).toHaveLength(2);
    table.add(connection(21, { helper: 'ftp' }));
    expect(asked()).toEqual([undefined, undefined]);
    singles.begin();
    expect(asked()).toEqual([undefined, 'ftp']);
  });

  test('is kept of 1024, and asked for again beyond', () => {
    const table = new Table().add(connection(1, { helper: 'ftp' }));
    const singles = singlesOf(table);
    for (let port = 1; port <= 1024; port += 1) singles.helperOf(FD, keyOf(connection(port)));
    expect(singles.helperOf(FD, keyOf(connection(1)))).toBe('ftp');
    expect(table.sent).toHaveLength(1024);
    singles.helperOf(FD, keyOf(connection(2000)));
    expect(singles.helperOf(FD, keyOf(connection(1)))).toBe('ftp');
    expect(table.sent).toHaveLength(1026);
  });

  test('is none of an answer that is no message', () => {
    const table = new Table();
    const singles = singlesOf(table);
    table.answers.push(new Uint8Array(5));
    expect(singles.helperOf(FD, keyOf(connection(21)))).toBeUndefined();
    const cut = messageOf(connection(22), 1).slice(0, 40);
    new DataView(cut.buffer).setUint32(0, 40, true);
    table.answers.length = 0;
    table.answers.push(cut);
    expect(singles.helperOf(FD, keyOf(connection(22)))).toBeUndefined();
  });
});

test('a connection is there as long as it has its id', () => {
  const table = new Table().add(connection(80), 7);
  const singles = singlesOf(table);
  expect(singles.isThere(FD, messageOf(connection(80), 7))).toBe(true);
  expect(singles.isThere(FD, messageOf(connection(80), 8))).toBe(false);
  expect(singles.isThere(FD, messageOf(connection(81), 7))).toBe(false);
  const within = new Uint8Array(2000);
  within.set(messageOf(connection(80), 7), 100);
  expect(singles.isThere(FD, within.subarray(100, 100 + messageOf(connection(80), 7).length))).toBe(true);
});

describe('removals', () => {
  const group = (serviceSet: string): SessionGroup => ({
    interface: 'ms-0/0/0',
    aggregate: undefined,
    serviceSet,
  });

  test('give the groups of those that were there, and were no others by then', () => {
    const table = new Table().add(connection(1), 1).add(connection(2), 2).add(connection(3), 3);
    const singles = singlesOf(table);
    singles.mark(keyOf(connection(1)), 1, group('one'));
    singles.mark(keyOf(connection(2)), 9, group('two'));
    singles.mark(keyOf(connection(3)), undefined, group('three'));
    singles.mark(keyOf(connection(4)), 4, group('four'));
    expect(singles.remove(FD).map(({ serviceSet }) => serviceSet)).toEqual(['one', 'three']);
    expect(singles.remove(FD)).toEqual([]);
    expect(table.sent).toEqual([4]);
    expect(singles.isThere(FD, messageOf(connection(1), 1))).toBe(false);
    expect(singles.isThere(FD, messageOf(connection(2), 2))).toBe(true);
  });

  test('are sent 32 at a time', () => {
    const table = new Table();
    const singles = singlesOf(table);
    for (let port = 1; port <= 65; port += 1) {
      table.add(connection(port), port);
      singles.mark(keyOf(connection(port)), port, group(String(port)));
    }
    expect(singles.remove(FD).map(({ serviceSet }) => Number(serviceSet))).toEqual(
      Array.from({ length: 65 }, (_, at) => at + 1),
    );
    expect(table.sent).toEqual([32, 32, 1]);
  });

  test('come to an end where the kernel refuses', () => {
    const table = new Table().add(connection(1), 1);
    table.refusal = EPERM;
    const singles = singlesOf(table);
    singles.mark(keyOf(connection(1)), 1, group('one'));
    expect(() => singles.remove(FD)).toThrow(new SystemCallError('send', 'EPERM'));
  });

  test('are told by answers to them alone', () => {
    const table = new Table();
    const singles = singlesOf(table);
    singles.mark(keyOf(connection(1)), 1, group('one'));
    table.answers.push(errorOf(77, 0), messageOf(connection(1), 1));
    expect(singles.remove(FD)).toEqual([]);
  });

  test('are of keys as a kernel has them', () => {
    const singles = singlesOf(new Table());
    const key = (octets: number): ConnectionKey => ({ family: 2, tuple: new Uint8Array(octets), zone: 0 });
    singles.mark(key(256), 1, group('one'));
    expect(() => singles.mark(key(257), 1, group('one'))).toThrow(new NetlinkError('attribute-size'));
  });
});
