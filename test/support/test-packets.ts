/** Test packets and samples built by field, and the vectors' packets, for tests of the test endpoints. */
import { readFileSync } from 'node:fs';
import { SEQUENCE, formOf } from '../../src/twamp/packet-forms.ts';
import type { PacketMode, SenderForm } from '../../src/twamp/packet-forms.ts';
import { sealOf } from '../../src/twamp/packet-seal.ts';
import { createArena } from '../../src/twamp/packets.ts';
import type { Arena, Stamp } from '../../src/twamp/packets.ts';
import type { SampleRing } from '../../src/twamp/samples.ts';
import type { TestKeys } from '../../src/twamp/test-keys.ts';
import { NTP_UNIX_SECONDS } from '../../src/twamp/timestamp.ts';
import { openVectors, readVector } from './twamp-vectors.ts';
import type { TwampVector } from './twamp-vectors.ts';

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
  /** DSCP and ECN of the packet and of its reply; undefined: not known. */
  readonly senderTrafficClass?: number | undefined;
  readonly replyTrafficClass?: number | undefined;
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
  const { reflector } = formOf({});
  const { view } = createArena(reflector.padding);
  const ntp = (wallNanos: bigint): bigint =>
    (((wallNanos + BigInt(NTP_UNIX_SECONDS) * 1_000_000_000n) << 32n) / 1_000_000_000n) & (2n ** 64n - 1n);
  view.setUint32(SEQUENCE, fields.reflectorSequence);
  view.setBigUint64(reflector.timestamp, ntp(fields.t3));
  view.setUint16(reflector.errorEstimate, fields.reflectorErrorEstimate);
  view.setBigUint64(reflector.receiveTimestamp, ntp(fields.t2));
  view.setUint32(reflector.senderSequence, fields.sequence);
  view.setBigUint64(reflector.senderTimestamp, ntp(fields.t1));
  view.setUint16(reflector.senderErrorEstimate, fields.senderErrorEstimate);
  view.setUint8(reflector.senderTtl, fields.senderTtl);
  const { replyTtl, senderTrafficClass, replyTrafficClass } = fields;
  ring.push(
    view,
    0,
    reflector,
    stampAt(fields.t4),
    replyTtl,
    undefined,
    senderTrafficClass,
    replyTrafficClass,
  );
}

/** Octets at the start of an arena that has room for a reply of any form to them. */
export function arenaOf(octets: Uint8Array): Arena {
  const arena = createArena(Math.max(octets.length, 112));
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

interface TestKeysOfVector {
  readonly mode: number;
  readonly sessionKeys: HexKeys;
  readonly sessions: readonly { readonly port: number; readonly sid: string; readonly testKeys: HexKeys }[];
}

interface HexKeys {
  readonly aesKey: string;
  readonly hmacKey: string;
}

/** Of the vectors whose test packets are keyed. */
export const recordedTestKeys = JSON.parse(
  readFileSync(new URL('../vectors/twamp/test-keys.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, TestKeysOfVector>>;

/** The vectors that have test packets, in all modes. */
export const testVectors = [
  ...openVectors,
  'twping-twampd-mixed',
  'twping3-twampd-mixed-3sessions',
  ...Object.keys(recordedTestKeys),
];

export function keysOfHex({ aesKey, hmacKey }: HexKeys): TestKeys {
  return { aesKey: Buffer.from(aesKey, 'hex'), hmacKey: Buffer.from(hmacKey, 'hex') };
}

/** A copy of a recorded packet in clear; throws if its HMAC is wrong. */
export function opened(octets: Uint8Array, packets: PacketMode, form: SenderForm): DataView {
  const { view } = arenaOf(octets);
  if (sealOf(packets)?.open(view, 0, form) === false) throw new Error('a recorded HMAC is wrong');
  return view;
}

/** A test session of a vector: what its sender and its reflector sent, each in order. */
export interface RecordedSession {
  readonly packets: PacketMode;
  readonly requests: readonly RecordedPacket[];
  readonly replies: readonly RecordedPacket[];
}

export function recordedSessions(name: string): RecordedSession[] {
  const bySender = new Map<
    number,
    RecordedSession & { requests: RecordedPacket[]; replies: RecordedPacket[] }
  >();
  for (const { hex, ttl, wallNanos, source, destination } of (readVector(name) as TestVector).test) {
    const packet = { octets: Buffer.from(hex, 'hex'), ttl, wallNanos: BigInt(wallNanos) };
    // The first packet of a session is its sender's.
    const replies = bySender.get(destination.port)?.replies;
    const requests = bySender.get(source.port)?.requests;
    if (replies) replies.push(packet);
    else if (requests) requests.push(packet);
    else
      bySender.set(source.port, {
        packets: packetsOf(name, destination.port),
        requests: [packet],
        replies: [],
      });
  }
  return [...bySender.values()];
}

function packetsOf(name: string, reflectorPort: number): PacketMode {
  const recorded = recordedTestKeys[name];
  if (recorded === undefined) return {};
  const { testKeys } = recorded.sessions.find(({ port }) => port === reflectorPort)!;
  return { mode: recorded.mode, keys: keysOfHex(testKeys) };
}
