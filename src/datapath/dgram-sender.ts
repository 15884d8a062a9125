/** The sending worker over node:dgram: makes packets when they are due, takes replies, ends runs. */
import { systemRandom } from '../clock.ts';
import type { CounterTable } from '../twamp/counters.ts';
import { PacingHistogram } from '../twamp/pacing.ts';
import { TTL_UNKNOWN, createStamp } from '../twamp/packets.ts';
import { createPadding } from '../twamp/padding.ts';
import { SampleRing } from '../twamp/samples.ts';
import { SenderCore } from '../twamp/sender.ts';
import { Departures } from './departures.ts';
import type { DgramSocket, PacketHandler } from './dgram-socket.ts';
import { workerCounters } from './link.ts';
import type { RunMessage, SenderMessage, WorkerMessage, WorkerStart } from './link.ts';
import { Pacer } from './pacer.ts';
import { NO_SLOT } from './packet-slots.ts';
import { SocketTable } from './socket-table.ts';
import { USER_SPACE_ERROR_ESTIMATE, ThreadClock } from './thread-clock.ts';

/** What one session sends in a row when it is behind, before replies are read again. */
const BURST_PACKETS = 16;

/** How long samples may wait for more to share their wake-up of the main thread. */
const SAMPLES_WAIT_MILLIS = 5;

interface Run {
  readonly session: number;
  readonly core: SenderCore;
  readonly socket: DgramSocket;
}

export class DgramSender {
  readonly #post: (message: WorkerMessage) => void;
  readonly #clock: ThreadClock;
  readonly #counters: CounterTable;
  readonly #sockets: SocketTable;
  readonly #pacer: Pacer;
  readonly #runs = new Map<number, Run>();
  readonly #stamp = createStamp();
  /** A wake-up of the main thread is on its way. */
  #announcing = false;

  constructor(start: WorkerStart, post: (message: WorkerMessage) => void) {
    this.#post = post;
    this.#clock = new ThreadClock(start.monoOriginNanos);
    this.#counters = workerCounters(start.counters);
    this.#sockets = new SocketTable(post);
    this.#pacer = new Pacer(
      () => this.#clock.monoNanos(),
      () => this.#sendDue(),
    );
  }

  async handle(message: SenderMessage): Promise<void> {
    const { session } = message;
    switch (message.type) {
      case 'open':
        this.#counters.reset(session);
        await this.#sockets.open(message, this.#handler(session));
        break;
      case 'run':
        this.#run(message);
        break;
      case 'stop':
        this.#cut(session);
        await this.#sockets.close(session);
        break;
    }
  }

  #run(message: RunMessage): void {
    const { session } = message;
    const socket = this.#sockets.of(session);
    socket.remotePort = message.remotePort;
    socket.ttl = message.ttl;
    const plan = {
      ...message,
      padding: createPadding(message, systemRandom),
      errorEstimate: USER_SPACE_ERROR_ESTIMATE,
      exponential: message.exponential ? systemRandom : undefined,
    };
    const pacing = new PacingHistogram(message.pacing);
    const core = new SenderCore(plan, this.#counters, session, new SampleRing(message.ring), pacing);
    this.#runs.set(session, { session, core, socket });
    this.#sendDue();
  }

  #cut(session: number): void {
    const run = this.#runs.get(session);
    if (run === undefined) return;
    const awaitedFrom = run.core.awaitedFrom(this.#clock.monoNanos());
    this.#post({ type: 'cut', session, awaitedFrom });
    this.#runs.delete(session);
  }

  #handler(session: number): PacketHandler {
    const counters = this.#counters;
    const departures = new Departures(counters, session);
    return {
      arrived: () => this.#clock.read(this.#stamp),
      received: (_socket, offset, octets) => this.#take(session, offset, octets),
      receivedFromStranger: () => counters.noteDropped(session, 'wrong-source'),
      receiveFailed: () => counters.noteDropped(session, 'receive-failed'),
      sending: (sequence) => departures.leaving(sequence),
      sent: (sequence) => departures.left(sequence),
      sendFailed: (sequence) => {
        departures.failed(sequence);
        this.#giveUpOne(session);
      },
    };
  }

  #take(session: number, offset: number, octets: number): void {
    const { slots } = this.#sockets;
    const run = this.#runs.get(session);
    if (run === undefined) {
      this.#counters.noteDropped(session, 'not-active');
    } else {
      run.core.take(slots.arena, offset, octets, this.#stamp, TTL_UNKNOWN);
      this.#announceSamples();
      if (run.core.ended(this.#stamp.monoNanos)) this.#end(run);
    }
    slots.release(offset);
  }

  #giveUpOne(session: number): void {
    const run = this.#runs.get(session);
    run?.core.giveUpOne();
    if (run?.core.ended(this.#clock.monoNanos())) this.#end(run);
  }

  #announceSamples(): void {
    if (this.#announcing) return;
    this.#announcing = true;
    setTimeout(() => {
      this.#announcing = false;
      this.#post({ type: 'samples' });
    }, SAMPLES_WAIT_MILLIS);
  }

  #end(run: Run): void {
    this.#runs.delete(run.session);
    this.#post({ type: 'done', session: run.session });
  }

  /** Sends what is due on every run, ends the runs that have ended, and asks to be woken for the next. */
  #sendDue(): void {
    let deadlineMonoNanos = Infinity;
    for (const run of this.#runs.values()) {
      if (run.core.ended(this.#clock.monoNanos())) {
        this.#end(run);
        continue;
      }
      this.#sendDueOf(run);
      deadlineMonoNanos = Math.min(deadlineMonoNanos, run.core.deadlineMonoNanos);
    }
    this.#pacer.wakeAt(deadlineMonoNanos);
  }

  #sendDueOf({ core, socket }: Run): void {
    const { slots } = this.#sockets;
    const stamp = this.#stamp;
    for (let burst = 0; burst < BURST_PACKETS && !core.allMade; burst++) {
      if (this.#clock.monoNanos() < core.deadlineMonoNanos) return;
      const offset = slots.take();
      if (offset === NO_SLOT) return;
      this.#clock.read(stamp);
      const octets = core.makeInto(slots.arena, offset, stamp.monoNanos);
      this.#clock.read(stamp);
      socket.send(offset, octets, core.complete(slots.arena, offset, stamp));
    }
  }
}
