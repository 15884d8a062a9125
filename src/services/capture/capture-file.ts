/**
 * Cuts a capture into its frames as it is read: pcap (draft-ietf-opsawg-pcap, micro- and nanoseconds) and pcapng
 * (draft-ietf-opsawg-pcapng), of either byte order.
 */
import { DamageError, type Blocks, type Frame, type HearFrame } from './frame.ts';
import { PcapBlocks } from './pcap.ts';
import { PcapngBlocks } from './pcapng.ts';

/** Why there is no reading on. */
export type CaptureDamage =
  /** The file ends within a frame. */
  | 'cut'
  /** A length or a number in it cannot be. */
  | 'damaged';

/** Octets by which a capture is known. */
export const MAGIC_OCTETS = 4;

export type CaptureForm = 'pcap' | 'pcapng';

/** What a capture begins with tells its form; undefined for anything else. */
export function captureFormOf(beginning: Uint8Array): CaptureForm | undefined {
  if (beginning.length < MAGIC_OCTETS) return undefined;
  if (PcapngBlocks.isBeginning(beginning)) return 'pcapng';
  return PcapBlocks.isBeginning(beginning) ? 'pcap' : undefined;
}

/** Kept of a file in the beginning; it grows to what its largest block needs, which is bounded. */
const KEPT_OCTETS = 65_536;

/** Of a chunk, put behind a block that began before it, until that is whole. */
const PIECE_OCTETS = 4096;

export class CaptureFile {
  readonly #blocks: Blocks;
  readonly #hear: HearFrame;
  readonly #frame: Frame;
  /** What of a block is there, from `#start` to before `#end`. */
  #octets = new Uint8Array(KEPT_OCTETS);
  #start = 0;
  #end = 0;
  #damage: CaptureDamage | undefined;

  constructor(form: CaptureForm, hear: HearFrame) {
    this.#blocks = form === 'pcap' ? new PcapBlocks() : new PcapngBlocks();
    this.#hear = hear;
    const none = {
      number: 0,
      start: 0,
      end: 0,
      wireOctets: 0,
      linkType: 0,
      interface: 0,
      seconds: 0,
      nanos: 0,
    };
    this.#frame = { ...none, octets: this.#octets };
  }

  /** Frames so far. */
  get frames(): number {
    return this.#frame.number;
  }

  get damage(): CaptureDamage | undefined {
    return this.#damage;
  }

  /** Takes octets of any number, hears the frames that end in them. They are looked at where they are: only a block that is cut is kept. */
  take(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length && this.#damage === undefined;) {
      if (this.#start === this.#end) {
        at = this.#cut(chunk, at, chunk.length);
        this.#keep(chunk.subarray(at));
        return;
      }
      const piece = chunk.subarray(at, at + PIECE_OCTETS);
      this.#keep(piece);
      at += piece.length;
      this.#start = this.#cut(this.#octets, this.#start, this.#end);
      const left = this.#end - this.#start;
      if (left > piece.length) continue;
      // What began before the chunk has ended in it.
      at -= left;
      this.#start = this.#end;
    }
  }

  /** There is no more. */
  end(): void {
    if (this.#start < this.#end) this.#damage ??= 'cut';
  }

  #keep(octets: Uint8Array): void {
    const needed = this.#end - this.#start + octets.length;
    if (this.#end + octets.length > this.#octets.length) {
      const kept = this.#octets.subarray(this.#start, this.#end);
      if (needed > this.#octets.length) this.#octets = new Uint8Array(2 * needed);
      this.#octets.set(kept);
      this.#start = 0;
    }
    this.#octets.set(octets, this.#start + needed - octets.length);
    this.#end = this.#start + needed;
  }

  /** Hears the frames from `start` to before `end`; gives where it stopped. */
  #cut(octets: Uint8Array, start: number, end: number): number {
    let at = start;
    try {
      for (;;) {
        const used = this.#blocks.take(octets, at, end, this.#frame, this.#hear);
        if (used === 0) return at;
        at += used;
      }
    } catch (error) {
      if (!(error instanceof DamageError)) throw error;
      this.#damage = 'damaged';
      return at;
    }
  }
}
