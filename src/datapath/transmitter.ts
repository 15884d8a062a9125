/** The last steps of a packet, at both ends: it is stamped as of when it will be on the wire, and sent. */
import { createStamp } from '../twamp/packets.ts';
import type { Arena, Stamp } from '../twamp/packets.ts';
import type { HeldDescriptors } from './held-descriptors.ts';
import { advance } from './kernel-clock.ts';
import type { KernelClock } from './kernel-clock.ts';
import type { KernelSocket } from './kernel-socket.ts';
import type { Libc } from './libc.ts';
import type { MessageBatch } from './message-batch.ts';
import { Rehearsal } from './rehearsal.ts';
import { SendCost } from './send-cost.ts';

/** Writes the stamp into the packet at an offset: T1 or T3. */
export type StampPacket = (arena: Arena, offset: number, stamp: Stamp) => void;

/**
 * Why the kernel will not cut a datagram here: it cannot make the checksums of the segments (some devices, IPsec), one
 * is longer than the path takes, or all of them are longer than a datagram can be.
 */
const unsegmentable: ReadonlySet<string> = new Set(['EIO', 'EINVAL', 'EMSGSIZE']);

export class Transmitter {
  readonly rehearsal: Rehearsal;
  readonly #libc: Libc;
  readonly #clock: KernelClock;
  readonly #stampPacket: StampPacket;
  readonly #cost: SendCost;
  readonly #stamp = createStamp();

  constructor(libc: Libc, clock: KernelClock, descriptors: HeldDescriptors, stampPacket: StampPacket) {
    this.#libc = libc;
    this.#clock = clock;
    this.#stampPacket = stampPacket;
    this.#cost = new SendCost(clock);
    this.rehearsal = new Rehearsal(libc, descriptors, (batch, socket) => {
      this.send(batch, socket, 0, 1);
      return this.#stamp;
    });
  }

  /** Stamps and sends the packets in slots `first` to `end` − 1 of a batch, and returns how many left. */
  send(batch: MessageBatch, socket: KernelSocket, first: number, end: number): number {
    this.#cost.begin(end - first);
    this.#stampAll(batch, first, end, this.#cost.nanos);
    const left = Math.max(batch.send(socket, first, end - first), 0);
    this.#cost.end(left);
    return left;
  }

  /** The same of packets that are all `octets` octets long: as one datagram, where the kernel cuts it. */
  sendTrain(batch: MessageBatch, socket: KernelSocket, first: number, end: number, octets: number): number {
    if (end - first > 1 && socket.segments) {
      // One datagram all the way to the device: they leave together.
      this.#stampAll(batch, first, end, 0);
      const left = batch.sendSegmented(socket, first, end - first, octets);
      if (left >= 0 || !unsegmentable.has(this.#libc.errorName())) return Math.max(left, 0);
      socket.segments = false;
    }
    return this.send(batch, socket, first, end);
  }

  /** The first as of when it will be on the wire, each of the others `spacingNanos` later than that before it. */
  #stampAll(batch: MessageBatch, first: number, end: number, spacingNanos: number): void {
    const stamp = this.#stamp;
    this.#clock.readWall(stamp);
    advance(stamp, this.rehearsal.lagNanos);
    for (let slot = first; slot < end; slot++) {
      if (slot > first) advance(stamp, spacingNanos);
      this.#stampPacket(batch.arena, batch.offset(slot), stamp);
    }
  }
}
