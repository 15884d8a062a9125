/** How long a session lives after each of its packets, as Linux lets it, and what is known of it then. */
import { describe, expect, test } from 'vitest';
import { Packet } from '../../../src/services/capture/packet.ts';
import { TcpHeader, TrackedSession } from '../../../src/services/capture/tracked-session.ts';
import { ipProtocol } from '../../../src/services/ip-protocols.ts';
import {
  call,
  icmp,
  ip,
  link,
  tcp,
  tcpFlags,
  udp,
  type Octets,
  type Segment,
} from '../../support/captures.ts';

const A = '10.0.0.1';
const B = '10.0.0.2';
const { syn, fin, rst, ack } = tcpFlags;

interface Seen {
  /** Milliseconds since the beginning. */
  readonly at?: number;
  readonly place?: number;
  /** Octets that were captured. */
  readonly captured?: number;
}

function packetOf(octets: Octets, { at = 0, place = 0, captured = octets.length }: Seen = {}): Packet {
  const packet = new Packet();
  const [seconds, nanos] = [1000 + Math.floor(at / 1000), (at % 1000) * 1e6];
  const frame = { octets, start: 0, end: captured, wireOctets: octets.length, linkType: link.raw };
  packet.read({ ...frame, number: 1, interface: place, seconds, nanos });
  packet.setKey();
  return packet;
}

/** A session, packet by packet; `>` is what its initiator sends. */
class Followed {
  session: TrackedSession | undefined;

  /** How long it lives now; undefined where the packet was counted before. */
  take(packet: Packet): number | undefined {
    this.session ??= new TrackedSession(packet, 1, packet.isSwapped);
    const header = new TcpHeader();
    const isTcp = packet.protocol === ipProtocol.tcp;
    const isCounted = this.session.take(packet, isTcp && header.read(packet) ? header : undefined);
    return isCounted ? this.session.lifetimeSeconds : undefined;
  }

  send(who: '>' | '<', protocol: number, octets: Octets, seen?: Seen): number | undefined {
    return this.take(packetOf(who === '>' ? ip(protocol, A, B, octets) : ip(protocol, B, A, octets), seen));
  }

  tcp(who: '>' | '<', segment: Segment, seen?: Seen): number | undefined {
    const [from, to] = who === '>' ? [1000, 80] : [80, 1000];
    return this.send(who, ipProtocol.tcp, tcp(from, to, segment), seen);
  }
}

const data = (length: number): { readonly data: Octets } => ({ data: new Uint8Array(length) });

/** A connection that is established: what the initiator says next is 101, the responder 501. */
function established(): Followed {
  const followed = new Followed();
  followed.tcp('>', { sequence: 100, flags: syn });
  followed.tcp('<', { sequence: 500, acknowledged: 101, flags: syn | ack });
  followed.tcp('>', { sequence: 101, acknowledged: 501 });
  return followed;
}

const LASTING = 432_000;
const STALLED = 300;

describe('TCP', () => {
  test('from its beginning to its end', () => {
    const followed = new Followed();
    const lives = [
      followed.tcp('>', { sequence: 100, flags: syn }),
      followed.tcp('<', { sequence: 500, acknowledged: 101, flags: syn | ack }),
      followed.session!.isAssured,
      followed.tcp('>', { sequence: 101, acknowledged: 501 }),
      followed.session!.isAssured,
      followed.tcp('>', { sequence: 101, acknowledged: 501, flags: fin | ack }),
      followed.session!.isReopened,
      followed.tcp('<', { sequence: 501, acknowledged: 102 }),
      followed.tcp('<', { sequence: 501, acknowledged: 102, flags: fin | ack }),
      followed.tcp('>', { sequence: 102, acknowledged: 502 }),
      followed.session!.isReopened,
    ];
    expect(lives).toEqual([120, 60, false, LASTING, true, 120, false, 60, 30, 120, true]);
  });

  test.each<[what: string, segment: Segment, lives: number]>([
    ['a SYN', { flags: syn }, 120],
    ['a SYN-ACK', { flags: syn | ack }, 60],
    ['an ACK', {}, LASTING],
    ['a FIN', { flags: fin | ack }, LASTING],
    ['no flags', { flags: 0 }, LASTING],
    ['a RST', { flags: rst }, LASTING],
  ])('whose first packet is %s', (_, segment, lives) => {
    const followed = new Followed();
    expect(followed.tcp('>', segment)).toBe(lives);
    expect([followed.session!.isAssured, followed.session!.isReopened]).toEqual([false, false]);
  });

  test('that goes on is assured when both have been heard', () => {
    const followed = new Followed();
    const heard = (who: '>' | '<', segment: Segment = {}): boolean => {
      followed.tcp(who, segment);
      return followed.session!.isAssured;
    };
    expect([heard('>'), heard('>'), heard('<')]).toEqual([false, false, true]);
    const closing = new Followed();
    closing.tcp('>', {});
    closing.tcp('<', { flags: fin | ack });
    expect(closing.session!.isAssured).toBe(false);
    const opening = new Followed();
    opening.tcp('>', { flags: syn });
    opening.tcp('<', {});
    expect(opening.session!.isAssured).toBe(false);
  });

  test('of which a header was not captured stays as it was', () => {
    const followed = new Followed();
    const cut = { captured: 39 };
    expect(followed.tcp('>', { flags: syn }, cut)).toBe(LASTING);
    expect(followed.session!.isAssured).toBe(false);
    const closing = established();
    expect(closing.tcp('>', { sequence: 101, acknowledged: 501, flags: fin | ack })).toBe(120);
    expect(closing.tcp('>', { sequence: 102, acknowledged: 501 }, cut)).toBe(120);
    expect(closing.tcp('<', { flags: 0 })).toBe(120);
  });

  test('that is refused is forgotten; one that was answered, or is given up, is not', () => {
    const refused = new Followed();
    refused.tcp('>', { flags: syn });
    expect(refused.tcp('<', { flags: rst | ack })).toBe(0);
    const answered = established();
    expect(answered.tcp('<', { flags: rst })).toBe(10);
    expect(answered.session!.isReopened).toBe(true);
    const givenUp = new Followed();
    givenUp.tcp('>', { flags: syn });
    expect(givenUp.tcp('>', { flags: rst })).toBe(10);
  });

  test('with data that is not acknowledged is stalled, until the last of it is', () => {
    const followed = established();
    const says = (who: '>' | '<', sequence: number, acknowledged: number, rest: Segment = {}) =>
      followed.tcp(who, { sequence, acknowledged, ...rest });
    expect(says('>', 101, 501, data(10))).toBe(STALLED);
    expect(says('<', 501, 105)).toBe(STALLED);
    expect(says('<', 400, 111, { flags: syn })).toBe(STALLED);
    expect(says('<', 501, 111)).toBe(LASTING);
    expect(says('<', 501, 111, data(5))).toBe(STALLED);
    expect(says('>', 111, 505)).toBe(STALLED);
    expect(says('>', 111, 506)).toBe(LASTING);
    // Sent again, it is known already.
    expect(says('<', 501, 111, data(5))).toBe(LASTING);
  });

  test('whose numbers begin anew at zero goes on', () => {
    const followed = new Followed();
    followed.tcp('>', { sequence: 0xfffffff0, ...data(8) });
    expect(followed.tcp('>', { sequence: 0xfffffff8, ...data(16) })).toBe(STALLED);
    expect(followed.tcp('<', { sequence: 7, acknowledged: 8 })).toBe(LASTING);
  });

  test('without room at the receiver is stalled', () => {
    const followed = established();
    expect(followed.tcp('<', { sequence: 501, acknowledged: 101, window: 0 })).toBe(STALLED);
    expect(followed.tcp('<', { sequence: 501, acknowledged: 101, window: 1 })).toBe(LASTING);
  });

  test('is stalled at the fourth time of the same segment', () => {
    const followed = established();
    const same = { sequence: 101, acknowledged: 501 };
    expect([1, 2, 3, 4].map(() => followed.tcp('>', same))).toEqual([LASTING, LASTING, STALLED, STALLED]);
    expect(followed.tcp('<', { sequence: 501, acknowledged: 101 })).toBe(LASTING);
  });

  /** What the initiator has sent up to 1101, and is acknowledged. */
  const farAhead = (): Followed => {
    const followed = established();
    followed.tcp('>', { sequence: 101, acknowledged: 501, ...data(1000) });
    followed.tcp('<', { sequence: 501, acknowledged: 1101 });
    return followed;
  };

  test.each<[what: string, segments: (readonly ['>' | '<', Segment])[]]>([
    ['number', [10, 20, 30, 40, 50].map((sequence) => ['>', { sequence, acknowledged: 501 }])],
    ['acknowledgement', [1, 2, 3, 4, 5].map((acknowledged) => ['>', { sequence: 101, acknowledged }])],
    ['window', [1, 2, 3, 4, 5].map((window) => ['>', { sequence: 101, acknowledged: 501, window }])],
    ['length', [1, 2, 3, 4, 5].map((length) => ['>', { sequence: 101, acknowledged: 501, ...data(length) }])],
    ['sender', (['>', '<', '>', '<', '>'] as const).map((who) => [who, { sequence: 50, acknowledged: 50 }])],
  ])('segments with another %s each are not the same', (_, segments) => {
    const followed = farAhead();
    for (const [who, segment] of segments) expect(followed.tcp(who, segment)).toBe(LASTING);
  });

  test('other segments than those that acknowledge are not counted as sent again', () => {
    const followed = established();
    const closing = { sequence: 101, acknowledged: 501, flags: fin | ack };
    expect([1, 2, 3, 4, 5].map(() => followed.tcp('>', closing))).toEqual([120, 30, 30, 30, 30]);
    const between = farAhead();
    const same = { sequence: 101, acknowledged: 501 };
    for (let times = 0; times < 3; times += 1) between.tcp('>', same);
    expect(between.tcp('>', { ...same, flags: 0 })).toBe(LASTING);
    expect(between.tcp('>', same)).toBe(STALLED);
  });
});

describe('a header of TCP', () => {
  const read = (segment: Segment, seen?: Seen) => {
    const header = new TcpHeader();
    const isWhole = header.read(packetOf(ip(ipProtocol.tcp, A, B, tcp(1, 2, segment)), seen));
    return isWhole ? header : undefined;
  };

  test('says what the segment is, and what number is behind it', () => {
    expect(read({ sequence: 100, acknowledged: 7, window: 9, ...data(10) })).toMatchObject({
      ...{ segment: 'ack', sequence: 100, acknowledged: 7, isAcknowledging: true, window: 9 },
      ...{ dataAt: 40, dataOctets: 10, end: 110 },
    });
    expect(read({ sequence: 100, flags: syn, ...data(10) })).toMatchObject({
      end: 111,
      isAcknowledging: false,
    });
    expect(read({ sequence: 100, flags: fin, ...data(10) })).toMatchObject({ end: 111 });
    expect(read({ sequence: 100, flags: syn | fin })).toMatchObject({ end: 102 });
    expect(read({ sequence: 0xffffffff, ...data(2) })).toMatchObject({ end: 1 });
  });

  test('says how much data there was, and has to be captured itself', () => {
    expect(read(data(10), { captured: 40 })).toMatchObject({ dataOctets: 10 });
    expect(read(data(10), { captured: 39 })).toBeUndefined();
  });
});

describe('other protocols', () => {
  test('UDP is a stream when it has been answered and has lasted longer than two seconds', () => {
    const of = (...steps: readonly (readonly ['>' | '<', number])[]) => {
      const followed = new Followed();
      return steps.map(([who, at]) => {
        const [from, to] = who === '>' ? [1, 2] : [2, 1];
        return followed.send(who, ipProtocol.udp, udp(from, to), { at });
      });
    };
    expect(of(['>', 700], ['<', 800], ['>', 2700], ['>', 2701])).toEqual([30, 30, 30, 120]);
    expect(of(['>', 200], ['>', 2300], ['<', 9000], ['<', 9001])).toEqual([30, 30, 30, 120]);
    expect(of(['>', 900], ['<', 1000], ['>', 2950])).toEqual([30, 30, 120]);
  });

  test('a tunnel lives longer when it has been answered', () => {
    const followed = new Followed();
    const lives = (['>', '>', '<', '>'] as const).map((who) => [
      followed.send(who, ipProtocol.gre, call(0)),
      followed.session!.isAssured,
    ]);
    expect(lives).toEqual([
      [30, false],
      [30, false],
      [180, true],
      [180, true],
    ]);
  });

  test('SCTP by its first chunk', () => {
    const chunk = (from: number, to: number, type: number): Octets =>
      Uint8Array.from([0, from, 0, to, 0, 0, 0, 0, 0, 0, 0, 0, type, 0, 0, 4]);
    const followed = new Followed();
    const lives = (who: '>' | '<', type: number, captured = 36) => [
      followed.send(who, ipProtocol.sctp, who === '>' ? chunk(1, 2, type) : chunk(2, 1, type), { captured }),
      followed.session!.isAssured,
    ];
    expect(lives('>', 1)).toEqual([3, false]);
    expect(lives('<', 2)).toEqual([3, false]);
    expect(lives('>', 10)).toEqual([3, false]);
    expect(lives('<', 11)).toEqual([210, true]);
    expect(lives('>', 7, 32)).toEqual([210, true]);
    expect(lives('>', 7, 33)).toEqual([3, true]);
  });

  test('and any other', () => {
    expect(new Followed().send('>', ipProtocol.icmp, icmp(8, 1))).toBe(30);
    expect(new Followed().send('>', ipProtocol.esp, new Uint8Array(8))).toBe(600);
  });
});

test('a packet is counted where its direction was first seen', () => {
  const followed = new Followed();
  const sends = (who: '>' | '<', place: number) => {
    const [from, to] = who === '>' ? [1, 2] : [2, 1];
    return followed.send(who, ipProtocol.udp, udp(from, to), { place });
  };
  expect([sends('>', 1), sends('>', 2), sends('<', 2), sends('<', 1), sends('>', 1)]).toEqual([
    ...[30, undefined, 30, undefined, 30],
  ]);
  const { original, reply, isReplied } = followed.session!;
  expect([original.frames, original.octets, reply.frames, reply.octets, isReplied]).toEqual([
    2,
    56,
    1,
    28,
    true,
  ]);
});

test('a session is over when its time has passed, to the nanosecond', () => {
  const followed = new Followed();
  followed.send('>', ipProtocol.udp, udp(1, 2), { at: 5 });
  const { session } = followed;
  expect(
    [
      [1029, 999_999_999],
      [1030, 5_000_000],
      [1030, 5_000_001],
      [1031, 0],
    ].map(([seconds, nanos]) => session!.isOverAt(seconds!, nanos!)),
  ).toEqual([false, false, true, true]);
});
