/** Turns a TWAMP capture into a vector: `tsx test/support/extract-capture.ts FILE.pcap > NAME.json`. */
import { readFileSync } from 'node:fs';
import { readPcap, type Datagram, type Endpoint } from './pcap.ts';

const [file] = process.argv.slice(2);
const datagrams = [...readPcap(readFileSync(file!))];
const segments = inOrder(datagrams.filter(({ protocol }) => protocol === 'tcp'));
const [first] = segments;
if (first === undefined) throw new Error('no TCP payload');

// The Server speaks first.
const [server, client] = [first.source, first.destination];
const vector = {
  client,
  server,
  control: merged(segments).map(({ source, payload }) => ({
    from: same(source, server) ? 'server' : 'control-client',
    hex: hex(payload),
  })),
  test: datagrams
    .filter(({ protocol }) => protocol === 'udp')
    .map(({ wallNanos, source, destination, ttl, trafficClass, payload }) => ({
      wallNanos: String(wallNanos),
      source,
      destination,
      ttl,
      trafficClass,
      hex: hex(payload),
    })),
};
process.stdout.write(`${JSON.stringify(vector, null, 2)}\n`);

/** Segments with payload, each once; a capture with a hole is refused. */
function inOrder(all: Datagram[]): Datagram[] {
  const expected = new Map<number, number>();
  return all.filter(({ source, sequence, payload }) => {
    const next = expected.get(source.port) ?? sequence;
    if (payload.length === 0 || sequence < next) return false;
    if (sequence > next) throw new Error(`octets missing before sequence ${sequence}`);
    expected.set(source.port, sequence + payload.length);
    return true;
  });
}

/** Neighbouring segments of one direction joined, so that an element is what one end said in its turn. */
function merged(all: Datagram[]): Datagram[] {
  const turns: Datagram[] = [];
  for (const segment of all) {
    const last = turns.at(-1);
    if (last !== undefined && same(last.source, segment.source)) {
      turns[turns.length - 1] = { ...last, payload: Buffer.concat([last.payload, segment.payload]) };
    } else turns.push(segment);
  }
  return turns;
}

function same(one: Endpoint, other: Endpoint): boolean {
  return one.address === other.address && one.port === other.port;
}

function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex');
}
