/** A worker's arena in slots of one datagram each: packets are received, rewritten and sent in place. */
import { createArena } from '../twamp/packets.ts';
import type { Arena } from '../twamp/packets.ts';

/** Holds the largest UDP datagram there is. */
const SLOT_OCTETS = 65_536;

/**
 * Packets that may be on their way into the kernel at once. They leave at once, but for a full socket buffer.
 */
const SLOTS = 64;

/** What `take` gives when every slot is in use. */
export const NO_SLOT = -1;

/** Hears what became of the packet with this Sequence Number, which was to be sent. */
export interface SendListener {
  sent(sequence: number): void;
  sendFailed(sequence: number): void;
}

type SendCallback = (error: Error | null) => void;

export class PacketSlots {
  readonly arena: Arena = createArena(SLOTS * SLOT_OCTETS);
  readonly #free = Array.from({ length: SLOTS }, (_, slot) => slot * SLOT_OCTETS);
  /** By slot, of the packet that is on its way. */
  readonly #sequences = new Uint32Array(SLOTS);
  /** One callback and one listener for each slot, so that a packet needs no closure of its own. */
  readonly #callbacks: SendCallback[];
  readonly #listeners: (SendListener | undefined)[] = Array.from({ length: SLOTS });

  constructor() {
    this.#callbacks = Array.from({ length: SLOTS }, (_, slot): SendCallback => {
      return (error) => this.#sendEnded(slot, error);
    });
  }

  /** The offset of a free slot in the arena, or NO_SLOT. */
  take(): number {
    return this.#free.pop() ?? NO_SLOT;
  }

  release(offset: number): void {
    this.#free.push(offset);
  }

  /**
   * What to call when the packet at `offset`, with this Sequence Number, has left or failed: tells `listener` and
   * frees the slot.
   */
  whenSent(offset: number, sequence: number, listener: SendListener): SendCallback {
    const slot = offset / SLOT_OCTETS;
    this.#sequences[slot] = sequence;
    this.#listeners[slot] = listener;
    return this.#callbacks[slot]!;
  }

  #sendEnded(slot: number, error: Error | null): void {
    const listener = this.#listeners[slot]!;
    const sequence = this.#sequences[slot]!;
    if (error) listener.sendFailed(sequence);
    else listener.sent(sequence);
    this.release(slot * SLOT_OCTETS);
  }
}
