/** Samples: what a reply says, carried from the sending thread to its reader by a ring in shared memory. */
import { SEQUENCE } from './packet-forms.ts';
import type { ReflectorForm } from './packet-forms.ts';
import { TRAFFIC_CLASS_UNKNOWN, TTL_UNKNOWN } from './packets.ts';
import type { Stamp } from './packets.ts';
import { copyPtpAsNtp, formatOfEstimate, taiSecondsOf, wallNanosFromNtp, writeNtp } from './timestamp.ts';
import type { TimestampFormat } from './timestamp.ts';

/**
 * Replies in order of arrival. Indices run from 0 to `length` − 1; T1 .. T4 are RFC 5357's four instants of a
 * packet.
 */
export interface SampleBatch {
  readonly length: number;
  /** The Session-Sender's Sequence Number. */
  sequence(index: number): number;
  /** The Session-Reflector's own Sequence Number. */
  reflectorSequence(index: number): number;
  /** T1 as the reply repeats it, in wall nanoseconds since 1970. */
  sentWallNanos(index: number): bigint;
  /** T2 − T1: there, the error of both clocks included. */
  sendNanos(index: number): number;
  /** T4 − T3: back, the error of both clocks included. */
  reflectNanos(index: number): number;
  /** T3 − T2: in the reflector. */
  processingNanos(index: number): number;
  /** (T4 − T1) − (T3 − T2): there and back, free of the clocks' offset. */
  roundTripNanos(index: number): number;
  /** TTL the reflector saw on the sender's packet; 255 also where it could not see it. */
  senderTtl(index: number): number;
  /** TTL of the reply; undefined where the socket cannot tell. */
  replyTtl(index: number): number | undefined;
  /** DSCP and ECN of the sender's packet as the reflector saw them, and of the reply; undefined: not known. */
  senderTrafficClass(index: number): number | undefined;
  replyTrafficClass(index: number): number | undefined;
  /** The 16-bit Error Estimate fields. */
  senderErrorEstimate(index: number): number;
  reflectorErrorEstimate(index: number): number;
}

/** How the timestamps of a session's replies are to be read: in the ring all are NTP's. */
export interface TimestampReading {
  /** Of T1, and how far PTP's timescale was ahead of UTC for who wrote it. */
  readonly senderFormat: TimestampFormat;
  readonly taiSeconds: number;
  /** Whether Z tells the format of T2 and T3; otherwise it is NTP's. */
  readonly reflectorTellsFormat: boolean;
}

const ALL_NTP: TimestampReading = { senderFormat: 'ntp', taiSeconds: 0, reflectorTellsFormat: false };

/** The most samples a ring holds (1 MiB): a third of a second of a busy reader at 50,000 packets a second. */
export const RING_SAMPLES_MAX = 16_384;

/** The fewest: a network may make several copies of each of a few packets. */
export const RING_SAMPLES_MIN = 64;

/** Where a record has what the reply said and what the sender adds, in octets. */
const record = {
  sequence: 0,
  timestamp: 4,
  receiveTimestamp: 12,
  senderSequence: 20,
  senderTimestamp: 24,
  arrivalTimestamp: 32,
  errorEstimate: 40,
  senderErrorEstimate: 42,
  senderTtl: 44,
  replyTtl: 45,
  senderTrafficClass: 46,
  replyTrafficClass: 48,
} as const;

/** One cache line, so that writer and reader meet on none but the indices. */
const RECORD_OCTETS = 64;

const WRITTEN = 0;
const READ = 1;
const LOST = 2;
const INDEX_OCTETS = 64;

const NANOS_PER_SECOND = 1e9;
const NANOS_PER_FRACTION = 1e9 / 2 ** 32;

/** A ring between one writing and one reading thread. What finds it full is counted, not written. */
export class SampleRing {
  readonly buffer: SharedArrayBuffer;
  readonly #capacity: number;
  /** Running counts of records written, read and lost; they wrap at 2^32. */
  readonly #indices: Int32Array;
  readonly #records: DataView;
  readonly #batch: RingBatch;

  /** Over the buffer of another thread's ring. */
  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#capacity = (buffer.byteLength - INDEX_OCTETS) / RECORD_OCTETS;
    this.#indices = new Int32Array(buffer, 0, INDEX_OCTETS / Int32Array.BYTES_PER_ELEMENT);
    this.#records = new DataView(buffer, INDEX_OCTETS);
    this.#batch = new RingBatch(this.#records, this.#capacity);
  }

  /** A ring for `samples` samples that nobody reads meanwhile, within RING_SAMPLES_MIN and RING_SAMPLES_MAX. */
  static create(samples: number): SampleRing {
    let capacity = RING_SAMPLES_MIN;
    while (capacity < samples && capacity < RING_SAMPLES_MAX) capacity *= 2;
    return new SampleRing(new SharedArrayBuffer(INDEX_OCTETS + capacity * RECORD_OCTETS));
  }

  /**
   * Writes the reply that lies at `offset` in `form`; `stamp` is T4, `ttl` that of the reply or TTL_UNKNOWN; what is
   * not known of traffic classes is TRAFFIC_CLASS_UNKNOWN.
   */
  push(
    view: DataView,
    offset: number,
    form: ReflectorForm,
    stamp: Stamp,
    ttl: number,
    reading: TimestampReading = ALL_NTP,
    senderTrafficClass = TRAFFIC_CLASS_UNKNOWN,
    replyTrafficClass = TRAFFIC_CLASS_UNKNOWN,
  ): void {
    const written = Atomics.load(this.#indices, WRITTEN);
    if ((written - Atomics.load(this.#indices, READ)) >>> 0 >= this.#capacity) {
      Atomics.add(this.#indices, LOST, 1);
      return;
    }
    const records = this.#records;
    const at = (written & (this.#capacity - 1)) * RECORD_OCTETS;
    records.setUint32(at + record.sequence, view.getUint32(offset + SEQUENCE));
    const { senderFormat, taiSeconds, reflectorTellsFormat } = reading;
    const estimate = view.getUint16(offset + form.errorEstimate);
    const format = reflectorTellsFormat ? formatOfEstimate(estimate) : 'ntp';
    const t2 = offset + form.receiveTimestamp;
    const theirs = taiSecondsOf(view, t2, stamp.unixSeconds);
    copyAsNtp(view, offset + form.timestamp, records, at + record.timestamp, format, theirs);
    copyAsNtp(view, t2, records, at + record.receiveTimestamp, format, theirs);
    records.setUint32(at + record.senderSequence, view.getUint32(offset + form.senderSequence));
    const t1 = offset + form.senderTimestamp;
    copyAsNtp(view, t1, records, at + record.senderTimestamp, senderFormat, taiSeconds);
    writeNtp(records, at + record.arrivalTimestamp, stamp.unixSeconds, stamp.nanos);
    records.setUint16(at + record.errorEstimate, estimate);
    records.setUint16(at + record.senderErrorEstimate, view.getUint16(offset + form.senderErrorEstimate));
    records.setUint8(at + record.senderTtl, view.getUint8(offset + form.senderTtl));
    records.setUint8(at + record.replyTtl, ttl);
    records.setInt16(at + record.senderTrafficClass, senderTrafficClass);
    records.setInt16(at + record.replyTrafficClass, replyTrafficClass);
    Atomics.store(this.#indices, WRITTEN, written + 1);
  }

  /**
   * Gives everything written so far to `take`, unless that is nothing. The batch is valid during the call
   * only.
   */
  drain(take: (samples: SampleBatch) => void): void {
    const read = Atomics.load(this.#indices, READ);
    const written = Atomics.load(this.#indices, WRITTEN);
    if (written === read) return;
    this.#batch.reset(read, (written - read) >>> 0);
    try {
      take(this.#batch);
    } finally {
      Atomics.store(this.#indices, READ, written);
    }
  }

  /** Samples that found the ring full. */
  get lost(): number {
    return Atomics.load(this.#indices, LOST) >>> 0;
  }
}

function copyAsNtp(
  from: DataView,
  fromOffset: number,
  to: DataView,
  toOffset: number,
  format: TimestampFormat,
  taiSeconds: number,
): void {
  if (format === 'ptpv2') {
    copyPtpAsNtp(from, fromOffset, to, toOffset, taiSeconds);
    return;
  }
  to.setUint32(toOffset, from.getUint32(fromOffset));
  to.setUint32(toOffset + 4, from.getUint32(fromOffset + 4));
}

/** The unread records of a ring. */
class RingBatch implements SampleBatch {
  readonly #records: DataView;
  readonly #mask: number;
  #first = 0;
  #length = 0;

  constructor(records: DataView, capacity: number) {
    this.#records = records;
    this.#mask = capacity - 1;
  }

  reset(first: number, length: number): void {
    this.#first = first;
    this.#length = length;
  }

  get length(): number {
    return this.#length;
  }

  sequence(index: number): number {
    return this.#records.getUint32(this.#at(index) + record.senderSequence);
  }

  reflectorSequence(index: number): number {
    return this.#records.getUint32(this.#at(index) + record.sequence);
  }

  sentWallNanos(index: number): bigint {
    return wallNanosFromNtp(this.#records.getBigUint64(this.#at(index) + record.senderTimestamp));
  }

  sendNanos(index: number): number {
    return this.#span(index, record.senderTimestamp, record.receiveTimestamp);
  }

  reflectNanos(index: number): number {
    return this.#span(index, record.timestamp, record.arrivalTimestamp);
  }

  processingNanos(index: number): number {
    return this.#span(index, record.receiveTimestamp, record.timestamp);
  }

  roundTripNanos(index: number): number {
    return this.#span(index, record.senderTimestamp, record.arrivalTimestamp) - this.processingNanos(index);
  }

  senderTtl(index: number): number {
    return this.#records.getUint8(this.#at(index) + record.senderTtl);
  }

  replyTtl(index: number): number | undefined {
    const ttl = this.#records.getUint8(this.#at(index) + record.replyTtl);
    return ttl === TTL_UNKNOWN ? undefined : ttl;
  }

  senderTrafficClass(index: number): number | undefined {
    return this.#trafficClass(index, record.senderTrafficClass);
  }

  replyTrafficClass(index: number): number | undefined {
    return this.#trafficClass(index, record.replyTrafficClass);
  }

  senderErrorEstimate(index: number): number {
    return this.#records.getUint16(this.#at(index) + record.senderErrorEstimate);
  }

  reflectorErrorEstimate(index: number): number {
    return this.#records.getUint16(this.#at(index) + record.errorEstimate);
  }

  #trafficClass(index: number, field: number): number | undefined {
    const trafficClass = this.#records.getInt16(this.#at(index) + field);
    return trafficClass === TRAFFIC_CLASS_UNKNOWN ? undefined : trafficClass;
  }

  #at(index: number): number {
    return ((this.#first + index) & this.#mask) * RECORD_OCTETS;
  }

  /**
   * Nanoseconds from one NTP timestamp to another. Seconds are subtracted apart, so that no digit of a double
   * is lost.
   */
  #span(index: number, from: number, to: number): number {
    const records = this.#records;
    const at = this.#at(index);
    const seconds = (records.getUint32(at + to) - records.getUint32(at + from)) | 0;
    const fraction = records.getUint32(at + to + 4) - records.getUint32(at + from + 4);
    return seconds * NANOS_PER_SECOND + fraction * NANOS_PER_FRACTION;
  }
}
