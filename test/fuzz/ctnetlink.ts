/** Messages of connection tracking, as a kernel sends them or not. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  ConnectionDecoder,
  ConnectionRow,
  ctMessage,
  decodeStatistics,
  getRequest,
  removeRequest,
} from '../../src/services/conntrack/ctnetlink.ts';
import {
  Attributes,
  HEADER_OCTETS,
  Messages,
  NetlinkError,
  RequestWriter,
} from '../../src/services/conntrack/netlink.ts';
import { checkConnection } from './service-session.ts';
import { refusable, type FuzzTarget } from './target.ts';

const dump = join(import.meta.dirname, '../vectors/ctnetlink/dump.json');
const HEADER_OF_MESSAGE_OCTETS = 16;

/** What the request for a connection says is its tuple, byte for byte. */
function checkKey(decoder: ConnectionDecoder, row: ConnectionRow): void {
  const key = decoder.keyAt(decoder.originalPlace, row);
  const writer = new RequestWriter(new ArrayBuffer(HEADER_OCTETS + key.tuple.length + 64));
  getRequest(writer, 1, key);
  removeRequest(writer.clear(), 2, key, row.id);
  const buffer = new ArrayBuffer(HEADER_OCTETS + key.tuple.length + 64);
  const request = new RequestWriter(buffer);
  getRequest(request, 1, key);
  const attributes = new Attributes(new DataView(buffer)).over(
    new DataView(buffer),
    HEADER_OCTETS,
    request.length,
  );
  assert(attributes.next());
  assert.deepEqual(new Uint8Array(buffer, attributes.at, attributes.end - attributes.at), key.tuple);
}

export const target: FuzzTarget = {
  octetsMax: 2048,
  run: (octets) => {
    const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
    const messages = new Messages(view).over(octets.length);
    const decoder = new ConnectionDecoder().over(view);
    const again = new ConnectionRow();
    let count = 0;
    while (refusable(() => messages.next(), NetlinkError) === true) {
      count += 1;
      assert(messages.start < messages.end && messages.end <= octets.length);
      assert(Number.isInteger(messages.errno));
      if (messages.type === ctMessage.statistics)
        refusable(() => decodeStatistics(view, messages.start, messages.end), NetlinkError);
      const row = new ConnectionRow();
      const isDecoded = refusable(() => {
        decoder.decode(messages.start, messages.end, row);
        return true;
      }, NetlinkError);
      if (isDecoded !== true) continue;
      // A row that was used before is as good as a new one.
      decoder.decode(messages.start, messages.end, again);
      assert(isDeepStrictEqual(again, row));
      checkKey(decoder, row);
      checkConnection(row);
    }
    assert(count <= octets.length / HEADER_OF_MESSAGE_OCTETS);
  },
  seeds: () => {
    const { received, statistics } = JSON.parse(readFileSync(dump, 'utf8')) as {
      received: string[];
      statistics: string;
    };
    const messages = received.flatMap((hex) => [...each(Buffer.from(hex, 'hex'))]);
    return [...messages, Buffer.from(statistics, 'hex')];
  },
};

function* each(octets: Uint8Array): Generator<Uint8Array> {
  const messages = new Messages(new DataView(octets.buffer, octets.byteOffset, octets.length)).over(
    octets.length,
  );
  while (messages.next()) yield octets.slice(messages.start, messages.end);
}
