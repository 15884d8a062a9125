/** Test packets and samples built by field, and the vectors' packets, for tests of the test endpoints. */
import { createArena, reflectorPacket } from '../../src/twamp/packets.ts';
import type { Arena, Stamp } from '../../src/twamp/packets.ts';
import type { SampleRing } from '../../src/twamp/samples.ts';
import { NTP_UNIX_SECONDS } from '../../src/twamp/timestamp.ts';
import { readVector } from './twamp-vectors.ts';
import type { TwampVector, openVectors } from './twamp-vectors.ts';

/** What a reply says, with wall instants in nanoseconds since 1970. */
export interface ReplyFields {
  readonly sequence: number;
  readonly reflectorSequence: number;
  readonly t1: bigint;
  readonly t2: bigint;
  readonly t3: bigint;
  readonly t4: bigint;
  readonly senderTtl: number;
  readonly replyTtl: number;
  readonly senderErrorEstimate: number;
  readonly reflectorErrorEstimate: number;
}

export const someReply: ReplyFields = {
  sequence: 0,
  reflectorSequence: 0,
  t1: 1_800_000_000_000_000_000n,
  t2: 1_800_000_000_000_010_000n,
  t3: 1_800_000_000_000_012_000n,
  t4: 1_800_000_000_000_030_000n,
  senderTtl: 255,
  replyTtl: 64,
  senderErrorEstimate: 1,
  reflectorErrorEstimate: 1,
};

/** A stamp of `wallNanos`; its mono instant is 0. */
export function stampAt(wallNanos: bigint): Stamp {
  return {
    unixSeconds: Number(wallNanos / 1_000_000_000n),
    nanos: Number(wallNanos % 1_000_000_000n),
    monoNanos: 0,
  };
}

/** The stamp that is written as this NTP timestamp, to the last bit. */
export function stampOfNtp(view: DataView, offset: number): Stamp {
  const fraction = view.getUint32(offset + 4);
  return {
    unixSeconds: view.getUint32(offset) - NTP_UNIX_SECONDS,
    nanos: ((fraction + 0.5) * 1e9) / 2 ** 32,
    monoNanos: 0,
  };
}

/** Pushes a reply as if it had just been received. */
export function pushReply(ring: SampleRing, fields: ReplyFields): void {
  const arena = createArena(reflectorPacket.padding);
  const { view } = arena;
  const ntp = (wallNanos: bigint): bigint =>
    (((wallNanos + BigInt(NTP_UNIX_SECONDS) * 1_000_000_000n) << 32n) / 1_000_000_000n) & (2n ** 64n - 1n);
  view.setUint32(reflectorPacket.sequence, fields.reflectorSequence);
  view.setBigUint64(reflectorPacket.timestamp, ntp(fields.t3));
  view.setUint16(reflectorPacket.errorEstimate, fields.reflectorErrorEstimate);
  view.setBigUint64(reflectorPacket.receiveTimestamp, ntp(fields.t2));
  view.setUint32(reflectorPacket.senderSequence, fields.sequence);
  view.setBigUint64(reflectorPacket.senderTimestamp, ntp(fields.t1));
  view.setUint16(reflectorPacket.senderErrorEstimate, fields.senderErrorEstimate);
  view.setUint8(reflectorPacket.senderTtl, fields.senderTtl);
  ring.push(arena, 0, stampAt(fields.t4), fields.replyTtl);
}

/** Octets at the start of an arena that has room for a reply to them. */
export function arenaOf(octets: Uint8Array): Arena {
  const arena = createArena(Math.max(octets.length, reflectorPacket.padding));
  arena.bytes.set(octets);
  return arena;
}

export interface RecordedPacket {
  readonly octets: Uint8Array;
  readonly ttl: number;
  readonly wallNanos: bigint;
}

interface TestVector extends TwampVector {
  readonly test: readonly {
    readonly wallNanos: string;
    readonly source: { readonly port: number };
    readonly destination: { readonly port: number };
    readonly ttl: number;
    readonly hex: string;
  }[];
}

/** A test session of a vector: what its sender and its reflector sent, each in order. */
export interface RecordedSession {
  readonly requests: readonly RecordedPacket[];
  readonly replies: readonly RecordedPacket[];
}

export function recordedSessions(name: (typeof openVectors)[number]): RecordedSession[] {
  const bySender = new Map<number, { requests: RecordedPacket[]; replies: RecordedPacket[] }>();
  for (const { hex, ttl, wallNanos, source, destination } of (readVector(name) as TestVector).test) {
    const packet = { octets: Buffer.from(hex, 'hex'), ttl, wallNanos: BigInt(wallNanos) };
    // The first packet of a session is its sender's.
    const replies = bySender.get(destination.port)?.replies;
    const requests = bySender.get(source.port)?.requests;
    if (replies) replies.push(packet);
    else if (requests) requests.push(packet);
    else bySender.set(source.port, { requests: [packet], replies: [] });
  }
  return [...bySender.values()];
}
