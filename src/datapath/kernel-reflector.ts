/** The reflecting worker over system calls: batches in, the reflecting core, batches out. */
import type { CounterTable } from '../twamp/counters.ts';
import { LightReflectorCore, SENDERS_MAX } from '../twamp/light-reflector.ts';
import { NO_REPLY, ReflectorCore } from '../twamp/reflector.ts';
import { NO_DSCP } from '../twamp/stamp-tlv-types.ts';
import { randomWord } from './random-word.ts';
import { KernelErrorEstimate } from './error-estimate.ts';
import { KernelClock } from './kernel-clock.ts';
import { KernelLoop, WAIT_MILLIS_MAX } from './kernel-loop.ts';
import type { KernelSocket } from './kernel-socket.ts';
import { KernelSockets } from './kernel-sockets.ts';
import type { Libc } from '../native/libc.ts';
import { REHEARSALS, SESSIONS_MAX, workerCounters } from './link.ts';
import type { OpenMessage, ReflectorMessage, WorkerMessage, WorkerStart } from './link.ts';
import { MessageBatch, createAncillary } from './message-batch.ts';
import type { Ancillary } from './message-batch.ts';
import { familyOf } from './socket-address.ts';
import { Transmitter } from './transmitter.ts';
import type { Completion } from './transmitter.ts';

/** Datagrams received by one call. */
const RECEIVE_PACKETS = 64;

/** Replies sent by one call: few enough that the stamp of the last is still close to the wire. */
const TRAIN_PACKETS_MAX = 16;

export class KernelReflector {
  readonly #libc: Libc;
  readonly #clock: KernelClock;
  readonly #counters: CounterTable;
  readonly #core: ReflectorCore;
  readonly #light: LightReflectorCore;
  readonly #errorEstimate: KernelErrorEstimate;
  readonly #sockets: KernelSockets;
  readonly #transmitter: Transmitter;
  readonly #loop: KernelLoop;
  readonly #batch: MessageBatch;
  readonly #ancillary: Ancillary;
  /** By session. */
  readonly #replies: Completion[] = [];
  /** By session: what replies are marked with; undefined: as the packet was. */
  readonly #dscp: (number | undefined)[] = [];

  constructor(libc: Libc, start: WorkerStart, post: (message: WorkerMessage) => void) {
    this.#libc = libc;
    this.#clock = new KernelClock(libc, start.monoOriginNanos);
    this.#counters = workerCounters(start.counters);
    this.#errorEstimate = new KernelErrorEstimate(libc);
    const errorEstimate = this.#errorEstimate.at(this.#clock.monoNanos());
    this.#core = new ReflectorCore(SESSIONS_MAX + 1, this.#counters, errorEstimate, SENDERS_MAX);
    this.#ancillary = createAncillary(this.#core.path.destination);
    this.#light = new LightReflectorCore(this.#core, this.#counters, randomWord());
    this.#sockets = new KernelSockets(libc, start, post);
    this.#transmitter = new Transmitter(
      libc,
      this.#clock,
      this.#sockets.descriptors,
      this.#counters,
      this.#repliesOf(REHEARSALS),
    );
    this.#batch = new MessageBatch(libc, RECEIVE_PACKETS);
    this.#loop = new KernelLoop(this.#sockets.ready, this.#clock, () => this.#step());
  }

  handle(message: ReflectorMessage): void {
    const { session } = message;
    switch (message.type) {
      case 'open':
        this.#open(message);
        break;
      case 'light':
        this.#light.use(session, message.stamp, message.light);
        this.#replies[session] = this.#repliesOf(session, this.#light);
        this.#dscp[session] = message.dscp;
        break;
      case 'start':
        this.#core.start(session);
        break;
      case 'stop':
        this.#sockets.close(session);
        break;
    }
  }

  #open(message: OpenMessage): void {
    const { session, request } = message;
    if (request.light) this.#light.open(session, request.stamp!, request.light);
    else this.#core.open(session, request);
    this.#replies[session] = this.#repliesOf(session, request.light && this.#light);
    this.#dscp[session] = request.dscp;
    this.#transmitter.rehearsal.prepare(familyOf(request.localAddress));
    this.#sockets.open(message);
    this.#loop.run();
  }

  #step(): void {
    const { ready } = this.#sockets;
    const entries = ready.wait(WAIT_MILLIS_MAX);
    for (let entry = 0; entry < entries; entry++) this.#serve(ready.session(entry));
  }

  /** Turns what has arrived for a session into replies, and sends them. */
  #serve(session: number): void {
    const batch = this.#batch;
    const socket = this.#sockets.of(session);
    const count = batch.receive(socket);
    if (count < 0) {
      if (this.#libc.errorName() !== 'EAGAIN') this.#counters.noteDropped(session, 'receive-failed');
      return;
    }
    const nowMonoNanos = this.#clock.monoNanos();
    this.#ancillary.stamp.monoNanos = nowMonoNanos;
    this.#core.errorEstimate = this.#errorEstimate.at(nowMonoNanos);
    this.#core.taiSeconds = this.#errorEstimate.taiSeconds;
    /** Of the train so far: its first slot, and the length of its replies. */
    let first = 0;
    let length = NO_REPLY;
    for (let slot = 0; slot < count; slot++) {
      const octets = this.#reflect(session, socket, slot);
      const dscp = this.#dscpOf(session);
      if (octets !== length || dscp !== socket.dscp || slot - first === TRAIN_PACKETS_MAX) {
        this.#send(session, socket, first, slot, length);
        first = slot;
        length = octets;
        if (octets !== NO_REPLY) socket.dscp = dscp;
      }
      if (socket.light) batch.composeAnswer(slot, octets, socket.family);
      else batch.compose(slot, octets, socket.family);
    }
    this.#send(session, socket, first, count, length);
  }

  /** Of the reply made last: as its packet asks, as configured, or as the packet was. */
  #dscpOf(session: number): number {
    const { replyDscp } = this.#core;
    if (replyDscp !== NO_DSCP) return replyDscp;
    return this.#dscp[session] ?? this.#ancillary.trafficClass >>> 2;
  }

  /** Makes the reply of a slot where the packet lies, and returns its length or NO_REPLY. */
  #reflect(session: number, socket: KernelSocket, slot: number): number {
    const batch = this.#batch;
    const ancillary = this.#ancillary;
    batch.takeAncillary(slot, ancillary);
    if (ancillary.drops !== 0) this.#counters.setKernelDrops(session, ancillary.drops);
    const offset = batch.offset(slot);
    if (socket.light) {
      const { source, destination } = this.#core.path;
      batch.readSource(slot, socket.family, source);
      destination.port = socket.localPort;
      return this.#light.reflectInto(
        batch.arena,
        session,
        source,
        offset,
        batch.received(slot),
        ancillary.stamp,
        ancillary.ttl,
        ancillary.trafficClass,
        offset,
      );
    }
    if (!batch.isFromRemote(slot, socket)) {
      this.#counters.noteDropped(session, 'wrong-source');
      return NO_REPLY;
    }
    return this.#core.reflectInto(
      batch.arena,
      session,
      offset,
      batch.received(slot),
      ancillary.stamp,
      ancillary.ttl,
      ancillary.trafficClass,
      offset,
    );
  }

  /** Sends a train: the replies in slots `first` to `end` − 1, all `octets` octets long. */
  #send(session: number, socket: KernelSocket, first: number, end: number, octets: number): void {
    if (octets === NO_REPLY) return;
    const { rehearsal } = this.#transmitter;
    const replies = this.#replies[session]!;
    // The time that takes lies between T2 and T3, and is part of no delay.
    if (first < end) rehearsal.warm(this.#ancillary.stamp.monoNanos);
    while (first < end) {
      const left = this.#transmitter.sendTrain(this.#batch, socket, replies, first, end, octets);
      // Whatever stopped the train stopped the first packet that did not leave.
      const settled = replies.seals ? this.#transmitter.completed : Math.max(left, 1);
      for (let packet = left; packet < settled; packet++) this.#counters.noteDropped(session, 'send-failed');
      first += settled;
    }
  }

  /** How the replies of an open session are completed. */
  #repliesOf(session: number, core: ReflectorCore | LightReflectorCore = this.#core): Completion {
    return {
      session,
      seals: this.#core.seals(session),
      complete: (arena, offset, stamp) => core.complete(arena, session, offset, stamp),
    };
  }
}
