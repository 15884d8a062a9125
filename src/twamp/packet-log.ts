/** Every packet of a test session, for who wants each and not the figures alone. */
import type { SampleBatch } from './samples.ts';
import { decodeErrorEstimate } from './timestamp.ts';

/** The most packets of a measurement that are logged, all its sessions together. */
export const LOGGED_PACKETS_MAX = 100_000;

/** Replies that are logged for each packet in the mean; duplicates beyond are counted. */
const REPLIES_PER_PACKET = 2;

/** What a reply says: wall nanoseconds since 1970 of the four instants, and nanoseconds between them. */
export interface LoggedReply {
  readonly reflectorSequence: number;
  readonly t1: bigint;
  readonly t2: bigint;
  readonly t3: bigint;
  readonly t4: bigint;
  readonly sendNanos: number;
  readonly reflectNanos: number;
  readonly processingNanos: number;
  readonly roundTripNanos: number;
  /** Of the round trip: both clocks, each read twice. */
  readonly errorNanos: number;
  /** Seen by the reflector. */
  readonly senderTtl: number;
  /** Undefined where the socket cannot tell. */
  readonly replyTtl: number | undefined;
}

/** Of the replies to one packet, the first is its answer; the others are copies made on one of the two ways. */
export type LoggedPacket =
  | { readonly sequence: number; readonly status: 'lost' | 'in-flight' }
  | ({
      readonly sequence: number;
      readonly status: 'answered' | 'send-duplicate' | 'reflect-duplicate';
    } & LoggedReply);

/** What was sent, to know what has no reply. */
export interface LoggedRun {
  /** Undefined: nothing was sent. */
  readonly lastSequenceSent: number | undefined;
  /** From this Sequence Number on a reply could still come; undefined: from none. */
  readonly awaitedFrom: number | undefined;
}

const TTL_UNKNOWN = -1;

/** The log of one session of `packets` packets; allocates nothing per packet. */
export class PacketLog {
  readonly #capacity: number;
  #length = 0;
  /** Replies for which there was no room. */
  omitted = 0;
  readonly #sequence: Uint32Array;
  readonly #reflectorSequence: Uint32Array;
  readonly #t1: BigInt64Array;
  readonly #sendNanos: Float64Array;
  readonly #reflectNanos: Float64Array;
  readonly #processingNanos: Float64Array;
  readonly #ttls: Int16Array;
  readonly #errorEstimates: Uint16Array;

  constructor(packets: number) {
    const capacity = packets * REPLIES_PER_PACKET;
    this.#capacity = capacity;
    this.#sequence = new Uint32Array(capacity);
    this.#reflectorSequence = new Uint32Array(capacity);
    this.#t1 = new BigInt64Array(capacity);
    this.#sendNanos = new Float64Array(capacity);
    this.#reflectNanos = new Float64Array(capacity);
    this.#processingNanos = new Float64Array(capacity);
    this.#ttls = new Int16Array(2 * capacity);
    this.#errorEstimates = new Uint16Array(2 * capacity);
  }

  add(samples: SampleBatch): void {
    for (let index = 0; index < samples.length; index++) {
      if (this.#length === this.#capacity) this.omitted += 1;
      else this.#addReply(this.#length++, samples, index);
    }
  }

  #addReply(at: number, samples: SampleBatch, index: number): void {
    this.#sequence[at] = samples.sequence(index);
    this.#reflectorSequence[at] = samples.reflectorSequence(index);
    this.#t1[at] = samples.sentWallNanos(index);
    this.#sendNanos[at] = samples.sendNanos(index);
    this.#reflectNanos[at] = samples.reflectNanos(index);
    this.#processingNanos[at] = samples.processingNanos(index);
    this.#ttls[2 * at] = samples.senderTtl(index);
    this.#ttls[2 * at + 1] = samples.replyTtl(index) ?? TTL_UNKNOWN;
    this.#errorEstimates[2 * at] = samples.senderErrorEstimate(index);
    this.#errorEstimates[2 * at + 1] = samples.reflectorErrorEstimate(index);
  }

  /** In the order of their Sequence Numbers; replies to one packet in the order in which they came. */
  *packets({ lastSequenceSent = -1, awaitedFrom = Infinity }: LoggedRun): Generator<LoggedPacket> {
    const inOrder = Uint32Array.from({ length: this.#length }, (_, index) => index);
    inOrder.sort((one, other) => this.#sequence[one]! - this.#sequence[other]!);
    let next = 0;
    for (let sequence = 0; sequence <= lastSequenceSent; sequence++) {
      if (this.#sequence[inOrder[next]!] !== sequence) {
        yield { sequence, status: sequence >= awaitedFrom ? 'in-flight' : 'lost' };
        continue;
      }
      const seen = new Set<number>();
      for (; this.#sequence[inOrder[next]!] === sequence; next++) {
        const reply = this.#reply(inOrder[next]!);
        const copied = seen.has(reply.reflectorSequence) ? 'reflect-duplicate' : 'send-duplicate';
        yield { sequence, status: seen.size === 0 ? 'answered' : copied, ...reply };
        seen.add(reply.reflectorSequence);
      }
    }
  }

  #reply(at: number): LoggedReply {
    const sendNanos = this.#sendNanos[at]!;
    const reflectNanos = this.#reflectNanos[at]!;
    const processingNanos = this.#processingNanos[at]!;
    const t1 = this.#t1[at]!;
    const after = (nanos: number): bigint => t1 + BigInt(Math.round(nanos));
    const errors = this.#errorEstimates.subarray(2 * at, 2 * at + 2);
    const replyTtl = this.#ttls[2 * at + 1]!;
    return {
      reflectorSequence: this.#reflectorSequence[at]!,
      t1,
      t2: after(sendNanos),
      t3: after(sendNanos + processingNanos),
      t4: after(sendNanos + processingNanos + reflectNanos),
      sendNanos,
      reflectNanos,
      processingNanos,
      roundTripNanos: sendNanos + reflectNanos,
      errorNanos: 2 * errors.reduce((sum, field) => sum + decodeErrorEstimate(field).errorNanos, 0),
      senderTtl: this.#ttls[2 * at]!,
      replyTtl: replyTtl === TTL_UNKNOWN ? undefined : replyTtl,
    };
  }
}
