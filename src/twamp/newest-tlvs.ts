/** What a reflector's TLVs have told a Session-Sender last, in memory that its thread shares with who reads it. */
import { readTlvs, type TlvAnswers } from './stamp-tlv-types.ts';
import { wallNanosFromPtp, wallNanosFromNtp, type TimestampFormat } from './timestamp.ts';

/** What was learnt of a reflector by the TLVs of its replies. */
export interface TlvReport {
  /** Of the newest reply whose TLVs could be believed. */
  readonly answers: TlvAnswers;
  /** When the reply of `answers.followUpTelemetry` truly left, in wall nanoseconds since 1970; undefined: not told. */
  readonly followUpWallNanos: bigint | undefined;
  /** Replies whose TLVs could not be believed, by our word or the reflector's. */
  readonly integrityFailures: number;
}

/** All TLVs there are but Extra Padding, once each. */
const TLVS_OCTETS_MAX = 256;

const HEAD_OCTETS = 16;
/** Words of the head. */
const OCTETS = 0;
const INTEGRITY_FAILURES = 1;
const PTPV2 = 2;
const TAI_SECONDS = 3;

export class NewestTlvs {
  readonly buffer: SharedArrayBuffer;
  readonly #head: Int32Array;
  readonly #tlvs: Uint8Array;

  /** Over the buffer of another thread. */
  constructor(buffer = new SharedArrayBuffer(HEAD_OCTETS + TLVS_OCTETS_MAX)) {
    this.buffer = buffer;
    this.#head = new Int32Array(buffer, 0, HEAD_OCTETS / Int32Array.BYTES_PER_ELEMENT);
    this.#tlvs = new Uint8Array(buffer, HEAD_OCTETS);
  }

  /** `format` and `taiSeconds` are those of the reply's own timestamps. */
  keep(bytes: Uint8Array, first: number, octets: number, format: TimestampFormat, taiSeconds: number): void {
    this.#head[OCTETS] = Math.min(octets, TLVS_OCTETS_MAX);
    this.#head[PTPV2] = format === 'ptpv2' ? 1 : 0;
    this.#head[TAI_SECONDS] = taiSeconds;
    for (let octet = 0; octet < this.#head[OCTETS]; octet++) this.#tlvs[octet] = bytes[first + octet]!;
  }

  noteFailure(): void {
    this.#head[INTEGRITY_FAILURES]! += 1;
  }

  /** Whole only while nobody writes: once the run has ended. */
  read(): TlvReport {
    const tlvs = this.#tlvs.slice(0, this.#head[OCTETS]);
    const answers = readTlvs(new DataView(tlvs.buffer, tlvs.byteOffset, tlvs.length), 0, tlvs.length);
    const { timestamp = 0n } = answers.followUpTelemetry ?? {};
    return {
      answers,
      followUpWallNanos: timestamp === 0n ? undefined : this.#wallNanosOf(timestamp),
      integrityFailures: this.#head[INTEGRITY_FAILURES]!,
    };
  }

  #wallNanosOf(timestamp: bigint): bigint {
    if (this.#head[PTPV2] === 0) return wallNanosFromNtp(timestamp);
    return wallNanosFromPtp(timestamp, this.#head[TAI_SECONDS]!);
  }
}
