/** Tests of blocks of sessions: what was put in comes out, and a search finds what a look at each session does. */
import { describe, expect, it } from 'vitest';
import { SessionFilter, type FilterOptions } from '../../src/services/filter.ts';
import type { ServiceSession } from '../../src/services/session.ts';
import { queryOf } from '../../src/services/records/stored-source.ts';
import {
  Block,
  BlockBuilder,
  BLOCK_SESSIONS,
  type BlockColumn,
  type BlockHead,
  type BlockSession,
} from '../../src/store/service-block.ts';
import type { StoredAddress } from '../../src/store/stored-session.ts';
import { SeededRandom } from '../support/seeded-random.ts';

interface BlockOptions {
  /** Instead of what it has. */
  readonly ranges?: BlockHead['ranges'];
  readonly onRead?: (column: BlockColumn) => void;
}

function blockOf(
  sessions: readonly (readonly [number, BlockSession])[],
  { onRead, ...other }: BlockOptions = {},
): Block {
  const builder = new BlockBuilder();
  for (const [key, session] of sessions) builder.add(key, session);
  const { head, columns } = builder.encode();
  // As SQLite gives them: anywhere in a buffer.
  return new Block({ ...head, ...other }, (column) => {
    onRead?.(column);
    const shifted = new Uint8Array(columns[column].length + 1);
    shifted.set(columns[column], 1);
    return shifted.subarray(1);
  });
}

const random = new SeededRandom(7);
const pick = <T>(values: readonly T[]): T => values[random.below(values.length)]!;

const ipv6 = (last: number): Uint8Array =>
  Uint8Array.from([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last >>> 8, last & 0xff]);
const addresses: readonly StoredAddress[] = [
  0, 1, 0x0a000001, 0x0a0000ff, 0x0a000100, 0xc0000201, 0xffffffff,
];
const ports = [undefined, 0, 1, 53, 443, 65_535];

function randomSession(isIpv4: boolean): BlockSession {
  const address = (): StoredAddress =>
    isIpv4 || random.fraction() < 0.5 ? pick(addresses) : ipv6(pick([0, 1, 255, 256, 511]));
  const flow = () => ({
    protocol: pick([1, 6, 17, 58]),
    source: address(),
    sourcePort: isIpv4 ? pick([0, 53, 443]) : pick(ports),
    destination: address(),
    destinationPort: pick(ports),
  });
  return {
    alg: pick(['none', '0', 'DNS', 'ftp', '16']),
    application: pick([undefined, undefined, 'dns', 'tcp']),
    flows: Array.from({ length: pick([1, 2, 2, 2, 3]) }, flow),
  };
}

const prefixes = [
  undefined,
  '0.0.0.0/0',
  '0.0.0.0',
  '10.0.0.0/24',
  '10.0.0.0/8',
  '255.255.255.255',
  '::/0',
  '2001:db8::/120',
  '2001:db8::1',
  '2001:db8::100/120',
];

const randomOptions = (): FilterOptions => ({
  application: pick([undefined, undefined, 'dns', 'tcp', 'udp', 'ftp']),
  protocol: pick([undefined, undefined, 6, 17, 99]),
  sourcePrefix: pick(prefixes),
  destinationPrefix: pick(prefixes),
  sourcePort: pick([undefined, undefined, ...ports]),
  destinationPort: pick([undefined, undefined, ...ports]),
});

describe.each([true, false])('a block (of IPv4 alone: %s)', (isIpv4) => {
  const sessions = Array.from({ length: 501 }, (_, at): [number, BlockSession] => [
    2 ** 40 + 3 * at,
    randomSession(isIpv4),
  ]);
  const block = blockOf(sessions);

  it('has what was put into it', () => {
    expect([...block.all()]).toEqual(sessions);
  });

  it('finds what a look at each session finds', () => {
    let hits = 0;
    for (let round = 0; round < 600; round += 1) {
      const filter = new SessionFilter(randomOptions());
      const after = pick([0, 2 ** 40, 2 ** 40 + 700]);
      const wanted = sessions
        .filter(([key, session]) => key > after && filter.matches(session as unknown as ServiceSession))
        .map(([key]) => key);
      expect(block.find(queryOf(filter, 'live'), after), JSON.stringify(filter.options)).toEqual(wanted);
      hits += wanted.length;
    }
    expect(hits).toBeGreaterThan(1000);
  });
});

it('a block is full at so many sessions, and where keys are too far apart', () => {
  const builder = new BlockBuilder();
  const session = randomSession(true);
  expect(builder.isFullFor(2 ** 50)).toBe(false);
  builder.add(1, session);
  expect(builder.isFullFor(2 ** 32)).toBe(false);
  expect(builder.isFullFor(2 ** 32 + 1)).toBe(true);
  for (let key = 2; key < BLOCK_SESSIONS; key += 1) builder.add(key, session);
  expect(builder.isFullFor(BLOCK_SESSIONS)).toBe(false);
  builder.add(BLOCK_SESSIONS, session);
  expect(builder.isFullFor(BLOCK_SESSIONS + 1)).toBe(true);
});

describe('what a search reads', () => {
  const flow = (source: StoredAddress, sourcePort: number | undefined) => ({
    ...{ protocol: 6, source, sourcePort, destination: 0x0a000001, destinationPort: 443 },
  });
  const session = (...flows: BlockSession['flows']): BlockSession => ({
    alg: 'none',
    application: undefined,
    flows,
  });
  const sessions: readonly [number, BlockSession][] = [
    [1, session(flow(0x0a000005, 1024), flow(0x0a000009, undefined))],
    [2, session(flow(0x0a000006, 2048), flow(ipv6(7), 4096))],
  ];

  it.each<FilterOptions>([
    { protocol: 17 },
    { sourcePort: 1023 },
    { sourcePort: 4097 },
    { sourcePort: 0 },
    { destinationPort: 444 },
    { sourcePrefix: '10.0.0.0/30' },
    { sourcePrefix: '10.0.0.12/30' },
    { destinationPrefix: '2001:db8::/32' },
    { sourcePrefix: '2001:db9::/32' },
    { sourcePrefix: '2001:db7::/32' },
  ])('is nothing where no flow is in the range of %j', (options) => {
    const read: BlockColumn[] = [];
    const onRead = (column: BlockColumn): unknown => read.push(column);
    const query = queryOf(new SessionFilter(options), 'live');
    expect(blockOf(sessions, { onRead }).find(query, 0)).toEqual([]);
    expect(read).toEqual([]);
    // An older version has stored no ranges.
    expect(blockOf(sessions, { onRead, ranges: null }).find(query, 0)).toEqual([]);
    expect(read).toHaveLength(1);
  });

  it('begins with the column that has cleared the block before, and ends with the one that clears', () => {
    const reads: BlockColumn[][] = [];
    const query = queryOf(
      new SessionFilter({ protocol: 6, destinationPort: 443, sourcePort: 1500, sourcePrefix: '10.0.0.0/8' }),
      'live',
    );
    for (let block = 0; block < 2; block += 1) {
      const read: BlockColumn[] = [];
      expect(blockOf(sessions, { onRead: (column) => read.push(column) }).find(query, 0)).toEqual([]);
      reads.push(read);
    }
    expect(reads).toEqual([['protocol', 'destinationPort', 'sourcePort'], ['sourcePort']]);
  });
});
