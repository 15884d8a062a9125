/** The sending worker over system calls: paced by the kernel's clock, replies stamped by the kernel. */
import { NANOS_PER_MILLI, NANOS_PER_SECOND, systemRandom } from '../clock.ts';
import type { CounterTable } from '../twamp/counters.ts';
import { PacingHistogram } from '../twamp/pacing.ts';
import { SEQUENCE, formOf } from '../twamp/packet-forms.ts';
import { createPadding } from '../twamp/padding.ts';
import { SampleRing } from '../twamp/samples.ts';
import { SenderCore } from '../twamp/sender.ts';
import { writeNtp } from '../twamp/timestamp.ts';
import { KernelErrorEstimate } from './error-estimate.ts';
import { KernelClock } from './kernel-clock.ts';
import { KernelLoop, WAIT_MILLIS_MAX } from './kernel-loop.ts';
import type { KernelSocket } from './kernel-socket.ts';
import { KernelSockets } from './kernel-sockets.ts';
import { c } from '../native/layouts.ts';
import type { Libc } from '../native/libc.ts';
import { REHEARSALS, workerCounters } from './link.ts';
import type { RunMessage, SenderMessage, WorkerMessage, WorkerStart } from './link.ts';
import { MessageBatch, createAncillary } from './message-batch.ts';
import { PunctualWait } from './punctual-wait.ts';
import { familyOf } from './socket-address.ts';
import { Transmitter } from './transmitter.ts';
import type { Completion } from './transmitter.ts';

/** Replies received by one call. */
const RECEIVE_PACKETS = 64;

/** What one session sends in a row when it is behind, before replies are read again. */
const BURST_PACKETS = 16;

/** How long samples may wait for more to share their wake-up of the main thread. */
const SAMPLES_WAIT_NANOS = 25 * NANOS_PER_MILLI;

/**
 * Waiting for sockets and for the main thread goes by whole milliseconds. It ends at least this long before a
 * packet is due; the rest is an exact wait, in which nothing is heard.
 */
const EXACT_WAIT_NANOS = 0.5 * NANOS_PER_MILLI;

/** Replies may wait, because the kernel has stamped them. */
const READ_NANOS = 250_000;

/** How much later than asked this thread may be woken: none. The kernel's default is 50 µs. */
const TIMER_SLACK_NANOS = 1;

/** The lowest there is: above everything that is not real-time. */
const REAL_TIME_PRIORITY = 1;

/** Packets a second; beyond it a real-time thread would take the processor from who is to answer and to read. */
const REAL_TIME_RATE_MAX = 10_000;

interface Run {
  readonly session: number;
  readonly core: SenderCore;
  readonly socket: KernelSocket;
  readonly packetsPerSecond: number;
}

/** Requests of a rehearsal belong to no run; like those of one, they are stamped. */
const rehearsed: Completion = {
  session: REHEARSALS,
  seals: false,
  complete: ({ view }, offset, stamp) => {
    writeNtp(view, offset + formOf({}).sender.timestamp, stamp.unixSeconds, stamp.nanos);
    return view.getUint32(offset + SEQUENCE);
  },
};

export class KernelSender {
  readonly #libc: Libc;
  readonly #post: (message: WorkerMessage) => void;
  readonly #clock: KernelClock;
  readonly #counters: CounterTable;
  readonly #sockets: KernelSockets;
  readonly #transmitter: Transmitter;
  readonly #errorEstimate: KernelErrorEstimate;
  readonly #loop: KernelLoop;
  readonly #wait: PunctualWait;
  readonly #replies: MessageBatch;
  readonly #requests: MessageBatch;
  readonly #ancillary = createAncillary();
  readonly #runs = new Map<number, Run>();
  #realTime = false;
  /** When the main thread is to be told of samples; Infinity: there are none. */
  #announceMonoNanos = Infinity;
  /** When replies were last looked for. */
  #readMonoNanos = 0;

  constructor(libc: Libc, start: WorkerStart, post: (message: WorkerMessage) => void) {
    this.#libc = libc;
    this.#post = post;
    this.#clock = new KernelClock(libc, start.monoOriginNanos);
    this.#errorEstimate = new KernelErrorEstimate(libc);
    this.#counters = workerCounters(start.counters);
    this.#sockets = new KernelSockets(libc, start, post);
    const { descriptors } = this.#sockets;
    this.#transmitter = new Transmitter(libc, this.#clock, descriptors, this.#counters, rehearsed);
    this.#wait = new PunctualWait(this.#clock, this.#transmitter.rehearsal);
    this.#replies = new MessageBatch(libc, RECEIVE_PACKETS);
    this.#requests = new MessageBatch(libc, BURST_PACKETS);
    this.#loop = new KernelLoop(this.#sockets.ready, this.#clock, () => this.#step());
    libc.prctl(c.PR_SET_TIMERSLACK, TIMER_SLACK_NANOS);
  }

  handle(message: SenderMessage): void {
    const { session } = message;
    switch (message.type) {
      case 'open':
        this.#counters.reset(session);
        this.#transmitter.rehearsal.prepare(familyOf(message.request.localAddress));
        this.#sockets.open(message);
        this.#loop.run();
        break;
      case 'run':
        this.#run(message);
        break;
      case 'stop':
        this.#cut(session);
        this.#sockets.close(session);
        break;
    }
  }

  #run(message: RunMessage): void {
    const { session } = message;
    const socket = this.#sockets.of(session);
    socket.remotePort = message.remotePort;
    socket.dscp = message.dscp;
    socket.ttl = message.ttl;
    const plan = {
      ...message,
      padding: createPadding(message, systemRandom),
      errorEstimate: this.#errorEstimate.at(this.#clock.monoNanos()),
      exponential: message.exponential ? systemRandom : undefined,
      taiSeconds: this.#errorEstimate.taiSeconds,
    };
    const pacing = new PacingHistogram(message.pacing);
    const core = new SenderCore(plan, this.#counters, session, new SampleRing(message.ring), pacing);
    this.#runs.set(session, {
      session,
      core,
      socket,
      packetsPerSecond: NANOS_PER_SECOND / message.intervalNanos,
    });
    this.#schedule();
  }

  #cut(session: number): void {
    const run = this.#runs.get(session);
    if (run === undefined) return;
    const awaitedFrom = run.core.awaitedFrom(this.#clock.monoNanos());
    this.#post({ type: 'cut', session, awaitedFrom });
    this.#runs.delete(session);
    this.#schedule();
  }

  /** Waits for the next deadline, sends what is due, and takes the replies that are there. */
  #step(): void {
    const deadlineMonoNanos = this.#deadlineMonoNanos();
    const coarseNanos = deadlineMonoNanos - EXACT_WAIT_NANOS - this.#clock.monoNanos();
    const wholeMillis = Math.floor(coarseNanos / NANOS_PER_MILLI);
    if (wholeMillis > 0) {
      this.#read(wholeMillis);
      return;
    }
    this.#wait.until(deadlineMonoNanos);
    this.#sendDue();
    if (this.#clock.monoNanos() - this.#readMonoNanos >= READ_NANOS) this.#read(0);
  }

  /** Waits up to `waitMillis` for replies, and takes those that are there. */
  #read(waitMillis: number): void {
    const { ready } = this.#sockets;
    const untilAnnouncement = this.#announceMonoNanos - this.#readMonoNanos;
    const announceMillis = Math.max(Math.ceil(untilAnnouncement / NANOS_PER_MILLI), 0);
    const entries = ready.wait(Math.min(waitMillis, announceMillis, WAIT_MILLIS_MAX));
    this.#readMonoNanos = this.#clock.monoNanos();
    for (let entry = 0; entry < entries; entry++) this.#receive(ready.session(entry));
    this.#announceSamples();
  }

  #deadlineMonoNanos(): number {
    let deadlineMonoNanos = Infinity;
    for (const { core } of this.#runs.values()) {
      deadlineMonoNanos = Math.min(deadlineMonoNanos, core.deadlineMonoNanos);
    }
    return deadlineMonoNanos;
  }

  /** Sends what is due on every run, and ends the runs that have ended. */
  #sendDue(): void {
    for (const run of this.#runs.values()) {
      const nowMonoNanos = this.#clock.monoNanos();
      if (!run.core.ended(nowMonoNanos)) this.#sendDueOf(run, nowMonoNanos);
      // Also when the last packets could not be sent: nothing is awaited then.
      if (run.core.ended(nowMonoNanos)) this.#end(run);
    }
  }

  #sendDueOf({ session, core, socket }: Run, nowMonoNanos: number): void {
    const requests = this.#requests;
    core.errorEstimate = this.#errorEstimate.at(nowMonoNanos);
    let made = 0;
    while (made < BURST_PACKETS && !core.allMade && core.deadlineMonoNanos <= nowMonoNanos) {
      const octets = core.makeInto(requests.arena, requests.offset(made), nowMonoNanos);
      requests.address(made, socket);
      requests.compose(made, octets, socket.family);
      made += 1;
    }
    for (let first = 0; first < made;) {
      const left = this.#transmitter.send(requests, socket, core, first, made);
      // Whatever stopped the batch stopped the first packet that did not leave.
      if (left === 0) {
        this.#counters.noteDropped(session, 'send-failed');
        core.giveUpOne();
      }
      first += Math.max(left, 1);
    }
  }

  #receive(session: number): void {
    const replies = this.#replies;
    const socket = this.#sockets.of(session);
    const count = replies.receive(socket);
    if (count < 0) {
      if (this.#libc.errorName() !== 'EAGAIN') this.#counters.noteDropped(session, 'receive-failed');
      return;
    }
    const { stamp } = this.#ancillary;
    stamp.monoNanos = this.#readMonoNanos;
    const run = this.#runs.get(session);
    for (let slot = 0; slot < count; slot++) this.#take(session, run, socket, slot);
    if (run === undefined) return;
    this.#announceMonoNanos = Math.min(this.#announceMonoNanos, stamp.monoNanos + SAMPLES_WAIT_NANOS);
    if (run.core.ended(stamp.monoNanos)) this.#end(run);
  }

  #take(session: number, run: Run | undefined, socket: KernelSocket, slot: number): void {
    const replies = this.#replies;
    const ancillary = this.#ancillary;
    replies.takeAncillary(slot, ancillary);
    if (ancillary.drops !== 0) this.#counters.setKernelDrops(session, ancillary.drops);
    if (!replies.isFromRemote(slot, socket)) {
      this.#counters.noteDropped(session, 'wrong-source');
    } else if (run === undefined) {
      this.#counters.noteDropped(session, 'not-active');
    } else {
      const { stamp, ttl, trafficClass } = ancillary;
      run.core.take(replies.arena, replies.offset(slot), replies.received(slot), stamp, ttl, trafficClass);
    }
  }

  #announceSamples(): void {
    if (this.#announceMonoNanos > this.#readMonoNanos) return;
    this.#announceMonoNanos = Infinity;
    this.#post({ type: 'samples' });
  }

  #end(run: Run): void {
    this.#runs.delete(run.session);
    this.#schedule();
    this.#post({ type: 'done', session: run.session });
  }

  /** Asks that this thread run as soon as its time has come, while its runs are modest; done without if refused. */
  #schedule(): void {
    let rate = 0;
    for (const { packetsPerSecond } of this.#runs.values()) rate += packetsPerSecond;
    const realTime = rate > 0 && rate <= REAL_TIME_RATE_MAX;
    if (realTime === this.#realTime) return;
    this.#realTime = realTime;
    const parameters = this.#libc.memory(Int32Array.BYTES_PER_ELEMENT);
    new Int32Array(parameters.buffer)[0] = realTime ? REAL_TIME_PRIORITY : 0;
    this.#libc.sched_setscheduler(0, realTime ? c.SCHED_FIFO : c.SCHED_OTHER, parameters.address);
  }
}
