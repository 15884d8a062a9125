/** Sessions of two captures that belong together, and what the router between them has done. */
import { describe, expect, test } from 'vitest';
import { Pairing, type PairedConnection } from '../../../src/services/capture/pairing.ts';
import type { CapturedSession } from '../../../src/services/capture/session-tracker.ts';
import { connectionStatus, type Connection } from '../../../src/services/conntrack/connection.ts';
import { connection, INSIDE, OUTSIDE, tuple } from '../../support/tracked-connection.ts';

const { confirmed, seenReply, assured, sourceNat } = connectionStatus;
const PUBLIC = '198.51.100.1 6000';

interface Seen {
  readonly protocol?: number;
  readonly fingerprint?: number;
  readonly hops?: number;
  readonly masterHops?: number;
  /** Milliseconds since the beginning. */
  readonly at?: number;
  readonly id?: number;
  readonly connection?: Partial<Connection>;
}

function seen(source: string, destination: string, options: Seen = {}): CapturedSession {
  const { protocol = 6, fingerprint = 1, hops = 64, masterHops, at = 0, id = 1 } = options;
  return {
    connection: connection({
      ...{ id, status: confirmed },
      ...{
        original: tuple(source, destination, { protocol }),
        reply: tuple(destination, source, { protocol }),
      },
      ...{ originalCounters: { packets: id, octets: 1 }, replyCounters: { packets: -id, octets: 1 } },
      ...options.connection,
    }),
    ...{ fingerprint, hops, masterHops },
    ...{ startSeconds: 1000 + Math.floor(at / 1000), startNanos: (at % 1000) * 1e6 },
  };
}

function pair(
  inside: readonly CapturedSession[],
  outside: readonly CapturedSession[],
  max?: number,
): { readonly found: readonly PairedConnection[]; readonly unpaired: number } {
  const pairing = new Pairing(max);
  const found = [
    ...inside.map((session) => pairing.addInside(session)),
    ...outside.map((session) => pairing.addOutside(session)),
    ...pairing.end(),
  ].filter((each) => each !== undefined);
  return { found, unpaired: pairing.unpaired };
}

/** Of each connection, the ids of the sessions that it is made of, as its counters have them. */
const idsOf = (...args: Parameters<typeof pair>): string[] =>
  pair(...args).found.map(({ connection: { originalCounters, replyCounters }, isFromOutside }) =>
    isFromOutside === undefined
      ? `${originalCounters!.packets} alone`
      : [originalCounters!.packets, -replyCounters!.packets].toSorted((a, b) => a - b).join(' and '),
  );

describe('two that are one', () => {
  test('have the original of where they begin, the reply of the other side, and what either knows', () => {
    const inside = seen(INSIDE, OUTSIDE, {
      ...{ hops: 64, id: 1 },
      connection: { status: confirmed | seenReply, masterHelper: 'sip' },
    });
    const outside = seen(PUBLIC, OUTSIDE, {
      ...{ hops: 63, id: 2 },
      connection: { status: confirmed | assured, helper: 'ftp', timeoutSeconds: 9 },
    });
    const [{ connection, isFromOutside }] = pair([inside], [outside]).found as [PairedConnection];
    expect(isFromOutside).toBe(false);
    expect(connection).toMatchObject({
      ...{ id: 1, status: confirmed | seenReply | assured | sourceNat, timeoutSeconds: 30 },
      ...{ original: inside.connection.original, reply: outside.connection.reply },
      ...{ originalCounters: { packets: 1 }, replyCounters: { packets: -2 } },
      ...{ helper: 'ftp', masterHelper: 'sip', master: undefined },
    });
  });

  test('from outside, it is the other way round', () => {
    const inside = seen(OUTSIDE, INSIDE, { hops: 63, id: 1, connection: { helper: 'ftp' } });
    const outside = seen(OUTSIDE, PUBLIC, { hops: 64, id: 2, connection: { masterHelper: 'sip' } });
    const [{ connection, isFromOutside }] = pair([inside], [outside]).found as [PairedConnection];
    expect(isFromOutside).toBe(true);
    expect(connection).toMatchObject({
      ...{ original: outside.connection.original, reply: inside.connection.reply },
      ...{
        originalCounters: { packets: 2 },
        replyCounters: { packets: -1 },
        helper: 'ftp',
        masterHelper: 'sip',
      },
    });
  });

  test.each([
    ['fewer hops are behind the router, whenever', 63, 64, 0, 5, true],
    ['fewer hops are behind the router, whenever that is', 64, 63, 5, 0, false],
    ['of as many, the first is where it comes from', 64, 64, 5, 0, true],
    ['of as many, the first is where it comes from, or inside', 64, 64, 0, 5, false],
    ['of as many at once, it is from inside', 64, 64, 0, 0, false],
  ])('%s', (_, insideHops, outsideHops, insideAt, outsideAt, isFromOutside) => {
    const { found } = pair(
      [seen(INSIDE, OUTSIDE, { hops: insideHops, at: insideAt })],
      [seen(PUBLIC, OUTSIDE, { hops: outsideHops, at: outsideAt })],
    );
    expect(found.map((each) => each.isFromOutside)).toEqual([isFromOutside]);
  });

  test('the master is that of the side on which it came from further away', () => {
    const [one, two] = [tuple(INSIDE, OUTSIDE), tuple(PUBLIC, OUTSIDE)];
    const masterOf = (inside: number | undefined, outside: number | undefined, masters = [one, two]) =>
      pair(
        [
          seen(INSIDE, OUTSIDE, {
            ...(inside !== undefined && { masterHops: inside }),
            connection: { master: masters[0] },
          }),
        ],
        [
          seen(PUBLIC, OUTSIDE, {
            ...(outside !== undefined && { masterHops: outside }),
            connection: { master: masters[1] },
          }),
        ],
      ).found[0]!.connection.master;
    expect(masterOf(64, 63)).toBe(one);
    expect(masterOf(63, 64)).toBe(two);
    expect(masterOf(64, 64)).toBe(two);
    expect(masterOf(64, undefined)).toBe(one);
    expect(masterOf(undefined, 64)).toBe(two);
    expect(masterOf(undefined, undefined)).toBe(two);
    expect(
      pair([seen(INSIDE, OUTSIDE, { connection: { master: one } })], [seen(PUBLIC, OUTSIDE)]).found[0]!
        .connection.master,
    ).toBe(one);
    expect(
      pair([seen(INSIDE, OUTSIDE)], [seen(PUBLIC, OUTSIDE, { masterHops: 3, connection: { master: two } })])
        .found[0]!.connection.master,
    ).toBe(two);
    expect(
      pair(
        [seen(INSIDE, OUTSIDE, { masterHops: 3 })],
        [seen(PUBLIC, OUTSIDE, { connection: { master: two } })],
      ).found[0]!.connection.master,
    ).toBe(two);
  });
});

describe('of several with the same first packet', () => {
  const udp = { protocol: 17 };
  test('the one with the most ends unchanged is meant', () => {
    const insides = [
      seen('10.0.0.3 5000', '192.0.2.9 80', { id: 1 }),
      seen(INSIDE, '192.0.2.9 80', { id: 2 }),
      seen(INSIDE, OUTSIDE, { id: 3 }),
      seen('10.0.0.3 5000', OUTSIDE, { id: 4 }),
    ];
    expect(idsOf(insides, [seen(INSIDE, OUTSIDE, { id: 9 })])[0]).toBe('3 and 9');
    expect(idsOf(insides, [seen(PUBLIC, OUTSIDE, { id: 9, at: 1 })])[0]).toBe('3 and 9');
    expect(idsOf(insides.slice(0, 2), [seen(INSIDE, OUTSIDE, { id: 9 })])[0]).toBe('2 and 9');
    // An address with another port is another end.
    const ports = [seen('10.0.0.2 1', '192.0.2.1 81', { id: 1 }), seen('10.0.0.9 1', OUTSIDE, { id: 2 })];
    expect(idsOf(ports, [seen(INSIDE, OUTSIDE, { id: 9 })])[0]).toBe('2 and 9');
    const others = [seen('10.0.0.9 5000', '192.0.2.9 80', { id: 1 }), seen(INSIDE, '192.0.2.9 1', { id: 2 })];
    expect(idsOf(others, [seen(INSIDE, OUTSIDE, { id: 9 })])[0]).toBe('2 and 9');
  });

  test('then the one that is nearest in time', () => {
    const insides = [seen(INSIDE, OUTSIDE, { id: 1, at: 900 }), seen(INSIDE, OUTSIDE, { id: 2, at: 1100 })];
    expect(idsOf(insides, [seen(PUBLIC, OUTSIDE, { id: 9, at: 1050 })])[0]).toBe('2 and 9');
    expect(idsOf(insides, [seen(PUBLIC, OUTSIDE, { id: 9, at: 950 })])[0]).toBe('1 and 9');
    expect(idsOf(insides, [seen(PUBLIC, OUTSIDE, { id: 9, at: 20_000 })])[0]).toBe('2 and 9');
  });

  test('each is paired once', () => {
    const insides = [seen(INSIDE, OUTSIDE, { id: 1 }), seen(INSIDE, OUTSIDE, { id: 2, at: 1 })];
    const outsides = [seen(PUBLIC, OUTSIDE, { id: 8 }), seen(PUBLIC, OUTSIDE, { id: 9, at: 1 })];
    expect(idsOf(insides, outsides)).toEqual(['1 and 8', '2 and 9']);
  });

  test('datagrams are no more than a second apart, connections of TCP by any time', () => {
    const apart = (at: number, options: Seen) =>
      idsOf(
        [seen('10.0.0.3 1', '192.0.2.8 80', { ...options, id: 1 })],
        [seen('198.51.100.2 1', OUTSIDE, { ...options, id: 9, at })],
      );
    expect(apart(1000, udp)).toEqual(['1 and 9']);
    expect(apart(1001, udp)).toEqual(['1 alone', '9 alone']);
    expect(apart(1_000_000, {})).toEqual(['1 and 9']);
  });
});

describe('those with other first packets', () => {
  const own = (fingerprint: number, id: number, at = 0): Seen => ({ fingerprint, id, at });

  test('belong together where one end of each is the same, and of no other', () => {
    expect(idsOf([seen(INSIDE, OUTSIDE, own(1, 1))], [seen(PUBLIC, OUTSIDE, own(2, 9))])).toEqual([
      '1 and 9',
    ]);
    expect(idsOf([seen(OUTSIDE, INSIDE, own(1, 1))], [seen(OUTSIDE, PUBLIC, own(2, 9))])).toEqual([
      '1 and 9',
    ]);
    // What comes from there is not what goes there.
    expect(idsOf([seen(INSIDE, OUTSIDE, own(1, 1))], [seen(OUTSIDE, PUBLIC, own(2, 9))])).toEqual([
      '1 alone',
      '9 alone',
    ]);
    const udp = { ...own(2, 9), protocol: 17 };
    expect(idsOf([seen(INSIDE, OUTSIDE, own(1, 1))], [seen(PUBLIC, OUTSIDE, udp)])).toEqual([
      '1 alone',
      '9 alone',
    ]);
  });

  test('of several to the same end at once, it cannot be told', () => {
    const insides = [seen(INSIDE, OUTSIDE, own(1, 1)), seen('10.0.0.3 1', OUTSIDE, own(3, 2))];
    const outside = seen(PUBLIC, OUTSIDE, own(2, 9));
    expect(idsOf(insides, [outside])).toEqual(['1 alone', '2 alone', '9 alone']);
    const outsides = [outside, seen('198.51.100.1 7', OUTSIDE, own(4, 8))];
    expect(idsOf(insides.slice(0, 1), outsides)).toEqual(['1 alone', '9 alone', '8 alone']);
  });

  test('one that has both ends alike is one', () => {
    expect(idsOf([seen(INSIDE, OUTSIDE, own(1, 1))], [seen(INSIDE, OUTSIDE, own(2, 9))])).toEqual([
      '1 and 9',
    ]);
  });

  test('others that began at another time are no question', () => {
    const insides = [0, 1500, 3000, 4500, 6000].map((at, index) =>
      seen(`10.0.0.${index} 1`, OUTSIDE, own(index + 10, index + 1, at)),
    );
    const of = (at: number) => idsOf(insides, [seen(PUBLIC, OUTSIDE, own(2, 9, at))])[0];
    expect([0, 400, 1500, 3100, 4400, 6000, 7000].map(of)).toEqual([
      '1 and 9',
      '1 and 9',
      '2 and 9',
      '3 and 9',
      '4 and 9',
      '5 and 9',
      '5 and 9',
    ]);
    expect([700, 7001].map(of)).toEqual(['1 alone', '1 alone']);
    expect(idsOf(insides.toReversed(), [seen(PUBLIC, OUTSIDE, own(2, 9, 3000))])[0]).toBe('3 and 9');
  });
});

describe('bounds', () => {
  test('of sessions that wait, on either side', () => {
    const insides = [1, 2, 3].map((id) => seen(INSIDE, OUTSIDE, { id, fingerprint: id }));
    const { found, unpaired } = pair(insides, [], 2);
    expect([found.length, unpaired]).toEqual([3, 1]);
    expect(found[0]!.connection.id).toBe(3);
    const outsides = [7, 8, 9].map((id) => seen(PUBLIC, '192.0.2.7 7', { id, fingerprint: id }));
    const others = pair([], outsides, 2);
    expect([others.found.map(({ connection }) => connection.id), others.unpaired]).toEqual([[9, 7, 8], 1]);
  });

  test('of sessions with the same first packet: those beyond are told by their ends', () => {
    const insides = Array.from({ length: 66 }, (_, at) =>
      seen(`10.0.1.${at} 1`, `192.0.2.${at} 80`, { id: at + 1 }),
    );
    const outside = (at: number) => seen(`198.51.100.${at} 1`, `192.0.2.${at} 80`, { id: 900 });
    const pairs = (at: number, more: Partial<Seen> = {}) =>
      idsOf(insides, [{ ...outside(at), ...more } as CapturedSession]).find((text) => text.includes('900'));
    expect(pairs(63)).toBe('64 and 900');
    expect(pairs(64)).not.toBe('65 and 900');
    // Of the 64 that are compared, one is taken, and it is not this one.
    expect(pairs(65)).not.toBe('66 and 900');
    expect(pairs(65, { fingerprint: 2 })).toBe('66 and 900');
  });
});
