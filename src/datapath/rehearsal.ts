/** Rehearses sending: datagrams to ourselves, so that the one that counts finds its way warm and its length known. */
import type { Stamp } from '../twamp/packets.ts';
import { DatapathError } from './datapath.ts';
import type { HeldDescriptors } from './held-descriptors.ts';
import { nanosBetween } from './kernel-clock.ts';
import { KernelSocket } from './kernel-socket.ts';
import { c } from '../native/layouts.ts';
import type { Libc } from '../native/libc.ts';
import { MessageBatch, createAncillary } from './message-batch.ts';

/** After less than that the way is still warm, and who sends so often has no time to rehearse. */
const SILENCE_NANOS = 250_000;

/**
 * The first is as slow as what it is to spare the packet, and the later ones as fast as the packet will be: after one
 * alone the measured way was too long by up to 4 µs, and eight made the packet no faster than three.
 */
const ROUNDS = 3;

/** Before the first packet of all: the interpreter is slow, and this way is known from the start. Some 3 ms. */
const FIRST_ROUNDS = 100;

/** Until a measurement is forgotten. */
const MEASUREMENTS = 16;

/** Datagrams read in one go: ours, one that was delivered late, and what strangers send to the port. */
const BACKLOG_MAX = 8;

/** What is taken of the least measurement: at high rates, when nothing is rehearsed, the way is a little shorter. */
const CERTAIN_SHARE = 3 / 4;

/** As large as a reply without padding. */
const OCTETS = 41;

/** Of no service: the dynamic ports of RFC 6335. */
const ports = { first: 49_152, last: 65_535 } as const;

const loopbackOf = new Map<number, string>([
  [c.AF_INET, '127.0.0.1'],
  [c.AF_INET6, '::1'],
]);

export class Rehearsal {
  readonly #libc: Libc;
  readonly #descriptors: HeldDescriptors;
  readonly #batch: MessageBatch;
  readonly #ancillary = createAncillary();
  readonly #send: (batch: MessageBatch, socket: KernelSocket) => Stamp;
  /** By family, each connected with itself; undefined: this machine has no loopback address of that family. */
  readonly #sockets = new Map<number, KernelSocket | undefined>();
  readonly #measured = new Float64Array(MEASUREMENTS);
  #measurements = 0;
  #lastMonoNanos = -Infinity;
  #lagNanos = 0;

  /** `send` stamps and sends the first slot of a batch, the way that is to be rehearsed, and returns the stamp. */
  constructor(
    libc: Libc,
    descriptors: HeldDescriptors,
    send: (batch: MessageBatch, socket: KernelSocket) => Stamp,
  ) {
    this.#libc = libc;
    this.#send = send;
    this.#descriptors = descriptors;
    this.#batch = new MessageBatch(libc, 1);
  }

  /**
   * How long after the clock is read a packet passes the place where the kernel stamps packets: the least of the last
   * measurements, so that a stamp moved on by it is not later than the wire. 0 until it was measured.
   */
  get lagNanos(): number {
    return this.#lagNanos;
  }

  /** Makes packets of this family rehearsable. */
  prepare(family: number): void {
    if (this.#sockets.has(family)) return;
    const socket = open(this.#libc, loopbackOf.get(family)!);
    if (socket) this.#descriptors.holdRehearsal(this.#sockets.size, socket.fd);
    this.#sockets.set(family, socket);
    if (socket) for (let round = 0; round < FIRST_ROUNDS; round++) this.#rehearse(socket);
  }

  /** Something is about to be sent: rehearses it first if nothing was for long. Takes some 15 µs if so. */
  warm(nowMonoNanos: number): void {
    const silent = nowMonoNanos - this.#lastMonoNanos > SILENCE_NANOS;
    this.#lastMonoNanos = nowMonoNanos;
    if (!silent) return;
    for (const socket of this.#sockets.values()) {
      if (socket === undefined) continue;
      for (let round = 0; round < ROUNDS; round++) this.#rehearse(socket);
    }
  }

  #rehearse(socket: KernelSocket): void {
    const batch = this.#batch;
    batch.address(0, socket);
    batch.compose(0, OCTETS, socket.family);
    const stamped = this.#send(batch, socket);
    const { stamp } = this.#ancillary;
    stamp.unixSeconds = 0;
    for (let read = 0; read < BACKLOG_MAX && batch.receive(socket) === 1; read++) {
      batch.takeAncillary(0, this.#ancillary);
      if (!batch.isFromRemote(0, socket)) stamp.unixSeconds = 0;
    }
    // Nothing is known when a stranger's was the last, ours has not arrived yet, or the clock was set back.
    const lagNanos = this.#lagNanos + nanosBetween(stamped, stamp);
    if (lagNanos > 0) this.#note(lagNanos);
  }

  #note(lagNanos: number): void {
    const measured = this.#measured;
    measured[this.#measurements % MEASUREMENTS] = lagNanos;
    this.#measurements += 1;
    if (this.#measurements < MEASUREMENTS) return;
    let least = Infinity;
    for (let index = 0; index < MEASUREMENTS; index++) least = Math.min(least, measured[index]!);
    this.#lagNanos = least * CERTAIN_SHARE;
  }
}

function open(libc: Libc, address: string): KernelSocket | undefined {
  try {
    const socket = KernelSocket.open(libc, {
      vrf: { kind: 'default' },
      localAddress: address,
      remoteAddress: address,
      wantedPort: 0,
      remotePort: 0,
      ports,
    });
    socket.remotePort = socket.localPort;
    return socket;
  } catch (error) {
    if (!(error instanceof DatapathError)) throw error;
    return undefined;
  }
}
