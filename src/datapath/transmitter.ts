/** The last steps of a packet, at both ends: it is stamped as of when it will be on the wire, and sent. */
import { NO_SEQUENCE, type CounterTable } from '../twamp/counters.ts';
import { createStamp } from '../twamp/packets.ts';
import type { Arena, Stamp } from '../twamp/packets.ts';
import type { HeldDescriptors } from './held-descriptors.ts';
import { advance } from './kernel-clock.ts';
import type { KernelClock } from './kernel-clock.ts';
import type { KernelSocket } from './kernel-socket.ts';
import type { Libc } from '../native/libc.ts';
import type { MessageBatch } from './message-batch.ts';
import { Rehearsal } from './rehearsal.ts';
import { SealCost } from './seal-cost.ts';
import { SendCost } from './send-cost.ts';

/** What is left to be done to packets of one kind, and whose they are. */
export interface Completion {
  /** As which they are counted. */
  readonly session: number;
  /** Packets are sealed after they were stamped, and that takes its time. */
  readonly seals: boolean;
  /** Writes the stamp into the packet at an offset, T1 or T3, and returns its Sequence Number. */
  complete(arena: Arena, offset: number, stamp: Stamp): number;
}

/** As many as the largest batch has. */
const SLOTS_MAX = 64;

/** Sealed packets that leave together: few, because each is stamped before all of them are sealed. */
const SEALED_TRAIN_PACKETS_MAX = 4;

/**
 * Why the kernel will not cut a datagram here: it cannot make the checksums of the segments (some devices, IPsec), one
 * is longer than the path takes, or all of them are longer than a datagram can be.
 */
const unsegmentable: ReadonlySet<string> = new Set(['EIO', 'EINVAL', 'EMSGSIZE']);

export class Transmitter {
  readonly rehearsal: Rehearsal;
  readonly #libc: Libc;
  readonly #clock: KernelClock;
  readonly #counters: CounterTable;
  /** By slot, of the packets completed last. */
  readonly #sequences = new Uint32Array(SLOTS_MAX);
  /** The Sequence Number that left last before those. */
  #leftBefore = NO_SEQUENCE;
  /** How many packets the last call has completed: a sealed one cannot be completed again, whether it left or not. */
  completed = 0;
  readonly #cost: SendCost;
  readonly #sealing: SealCost;
  readonly #stamp = createStamp();

  /** `rehearsed`: what is done to the packets of a rehearsal, the same as to unsealed ones. */
  constructor(
    libc: Libc,
    clock: KernelClock,
    descriptors: HeldDescriptors,
    counters: CounterTable,
    rehearsed: Completion,
  ) {
    this.#libc = libc;
    this.#clock = clock;
    this.#counters = counters;
    this.#cost = new SendCost(clock);
    this.#sealing = new SealCost(clock);
    this.rehearsal = new Rehearsal(libc, descriptors, (batch, socket) => {
      this.send(batch, socket, rehearsed, 0, 1);
      return this.#stamp;
    });
  }

  /**
   * Completes and sends packets of a batch, in slots `first` to `end` − 1 at the most, and returns how many left. A
   * sealed one leaves alone: it could not be stamped again.
   */
  send(batch: MessageBatch, socket: KernelSocket, packets: Completion, first: number, end: number): number {
    const count = packets.seals ? 1 : end - first;
    this.#cost.begin(count);
    this.#completeAll(batch, packets, first, count, this.#cost.nanos);
    const sent = batch.send(socket, first, count);
    this.#cost.end(Math.max(sent, 0));
    return this.#settle(packets, first, count, sent);
  }

  /** The same of packets that are all `octets` octets long: as one datagram, where the kernel cuts it. */
  sendTrain(
    batch: MessageBatch,
    socket: KernelSocket,
    packets: Completion,
    first: number,
    end: number,
    octets: number,
  ): number {
    const count = end - first;
    if (count > 1 && socket.segments) {
      // One datagram all the way to the device: they leave together.
      const together = packets.seals ? Math.min(count, SEALED_TRAIN_PACKETS_MAX) : count;
      this.#completeAll(batch, packets, first, together, 0);
      let sent = batch.sendSegmented(socket, first, together, octets);
      socket.segments = sent >= 0 || !unsegmentable.has(this.#libc.errorName());
      if (!socket.segments && packets.seals) sent = batch.send(socket, first, together);
      const left = this.#settle(packets, first, together, sent);
      if (socket.segments || packets.seals) return left;
    }
    return this.send(batch, socket, packets, first, end);
  }

  /** Stamps and counts them: the first as of when it will be on the wire, each of the others `spacingNanos` later than that before it. */
  #completeAll(
    batch: MessageBatch,
    packets: Completion,
    first: number,
    count: number,
    spacingNanos: number,
  ): void {
    const stamp = this.#stamp;
    if (packets.seals) this.#sealing.begin();
    this.#clock.readWall(stamp);
    advance(stamp, this.rehearsal.lagNanos + (packets.seals ? count * this.#sealing.nanos : 0));
    for (let slot = first; slot < first + count; slot++) {
      if (slot > first) advance(stamp, spacingNanos);
      this.#sequences[slot] = packets.complete(batch.arena, batch.offset(slot), stamp);
    }
    if (packets.seals) this.#sealing.end(count);
    this.completed = count;
    this.#leftBefore = this.#counters.lastSequenceSent(packets.session);
    this.#counters.noteSent(packets.session, this.#sequences[first + count - 1]!, count);
  }

  /** Of `count` packets that were completed `sent` were sent, none if negative. Returns how many left. */
  #settle({ session }: Completion, first: number, count: number, sent: number): number {
    const left = Math.max(sent, 0);
    if (left < count) {
      const lastLeft = left > 0 ? this.#sequences[first + left - 1]! : this.#leftBefore;
      this.#counters.takeBackSent(session, count - left, this.#sequences[first + count - 1]!, lastLeft);
    }
    return left;
  }
}
