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

  /** Takes octets of any number, hears the frames that end in them. */
  take(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length && this.#damage === undefined;) {
      const piece = chunk.subarray(at, at + this.#room());
      this.#octets.set(piece, this.#end);
      this.#end += piece.length;
      at += piece.length;
      this.#cut();
    }
  }

  /** There is no more. */
  end(): void {
    if (this.#start < this.#end) this.#damage ??= 'cut';
  }

  /** Makes room behind what is there. */
  #room(): number {
    const kept = this.#octets;
    if (this.#start > kept.length / 2 || this.#end === kept.length) {
      if (this.#start === 0) this.#octets = new Uint8Array(2 * kept.length);
      this.#octets.set(kept.subarray(this.#start, this.#end));
      this.#end -= this.#start;
      this.#start = 0;
    }
    return this.#octets.length - this.#end;
  }

  #cut(): void {
    try {
      for (;;) {
        const used = this.#blocks.take(this.#octets, this.#start, this.#end, this.#frame, this.#hear);
        if (used === 0) return;
        this.#start += used;
      }
    } catch (error) {
      if (!(error instanceof DamageError)) throw error;
      this.#damage = 'damaged';
    }
  }
}
