/** A Datapath of the real cores over simulated UDP, which keeps a journal of what truly happened. */
import type { Clock, Timers } from '../../src/clock.ts';
import type {
  Capabilities,
  Datapath,
  LightReflector,
  PortRange,
  Reflector,
  ReflectorRequest,
  Sender,
  SenderRequest,
  SenderRun,
} from '../../src/datapath/datapath.ts';
import { NewestTlvs } from '../../src/twamp/newest-tlvs.ts';
import { DatapathError } from '../../src/datapath/datapath.ts';
import { NANOS_PER_MILLI, type Timer } from '../../src/clock.ts';
import type { Endpoint } from '../../src/engine/transport.ts';
import { CounterTable } from '../../src/twamp/counters.ts';
import { createArena, type Stamp } from '../../src/twamp/packets.ts';
import { PacingHistogram } from '../../src/twamp/pacing.ts';
import { createPadding } from '../../src/twamp/padding.ts';
import { NO_REPLY, ReflectorCore } from '../../src/twamp/reflector.ts';
import { SampleRing } from '../../src/twamp/samples.ts';
import { SenderCore } from '../../src/twamp/sender.ts';
import { encodeErrorEstimate } from '../../src/twamp/timestamp.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { stampAt } from '../support/test-packets.ts';
import type { Datagram, DatagramListener, SimulatedUdp } from './simulated-udp.ts';

/** A test packet that left; instants are readings of the clocks that stamped it. */
export interface Sent {
  readonly sequence: number;
  readonly t1: bigint;
  readonly monoNanos: number;
  /** Its copies that were reflected. */
  readonly visits: Visit[];
  /** Writes down that a copy of a reply is back. */
  readonly answer: (visit: Visit, ttl: number) => Reply;
}

/** One copy that was reflected, and the copies of its reply that came back. */
export interface Visit {
  readonly reflectorSequence: number;
  readonly t2: bigint;
  t3: bigint;
  readonly ttl: number;
  readonly replies: Reply[];
}

export interface Reply {
  readonly t4: bigint;
  readonly monoNanos: number;
  readonly ttl: number;
  /** Counts up over all replies that arrive: their true order. */
  readonly order: number;
  /** The sender was still running when it came. */
  taken: boolean;
}

/** All that a sender sent. */
export interface Journal {
  readonly localPort: number;
  readonly sent: Sent[];
  /** When the sender was stopped before its run had ended. */
  cutMonoNanos: number | undefined;
}

/** How long a socket takes to be bound, since the real one is bound in another thread. */
const BIND_NANOS_MAX = 50_000;
const PROCESSING_NANOS_MAX = 50_000;
/** How long samples wait to be handed over. */
const SAMPLES_WAIT_NANOS = 5 * NANOS_PER_MILLI;
const PACKET_OCTETS_MAX = 2048;
const capabilities: Capabilities = { stamps: 'kernel', dscp: true, ttl: true };

/** What both ends say of their stamps. */
export const ERROR_ESTIMATE = encodeErrorEstimate({ synchronised: false, errorNanos: 1000 });

export class SimulatedDatapath implements Datapath {
  readonly journals: Journal[] = [];
  readonly #udp: SimulatedUdp;
  readonly #clock: Clock & Timers;
  readonly #random: SeededRandom;
  /** Ports are given in turn, so that each names one session of the whole run. */
  #nextPort = 0;
  #arrivals = 0;
  /** What is to be told to those whose worker fails. */
  readonly #reflecting = new Map<Socket, () => void>();
  readonly #sending = new Map<Socket, () => void>();

  constructor(udp: SimulatedUdp, clock: Clock & Timers, random: SeededRandom) {
    this.#udp = udp;
    this.#clock = clock;
    this.#random = random;
  }

  async openReflector(request: ReflectorRequest): Promise<Reflector> {
    await this.#bindTime();
    const counters = new CounterTable(1);
    const core = new ReflectorCore(1, counters, ERROR_ESTIMATE);
    core.open(0, request);
    const from = { address: request.remoteAddress, port: request.remotePort };
    const socket = this.#bind(request.localAddress, request.ports, (source, datagram) => {
      if (source.address !== from.address || source.port !== from.port) {
        counters.noteDropped(0, 'wrong-source');
      } else this.#reflect(socket, core, counters, from, datagram);
    });
    this.#reflecting.set(socket, () => request.onFailed?.());
    return {
      localPort: socket.local.port,
      capabilities,
      start: () => core.start(0),
      counters: () => counters.read(0),
      lastPacketMonoNanos: () => counters.lastPacketMonoNanos(0),
      stop: () => {
        this.#reflecting.delete(socket);
        return socket.close();
      },
    };
  }

  /** The worker of that role fails: nothing that it had open goes on, and the next is opened by another. */
  failWorker(role: 'reflecting' | 'sending'): void {
    const open = role === 'reflecting' ? this.#reflecting : this.#sending;
    const all = [...open];
    open.clear();
    for (const [socket] of all) void socket.close();
    for (const [, tell] of all) tell();
  }

  openLight(): Promise<LightReflector> {
    return Promise.reject(new DatapathError('failed', 'the simulated routers have control connections'));
  }

  async openSender(request: SenderRequest): Promise<Sender> {
    await this.#bindTime();
    const counters = new CounterTable(1);
    counters.reset(0);
    const pacing = new PacingHistogram();
    let run: Run | undefined;
    const socket = this.#bind(request.localAddress, request.ports, (source, datagram) => {
      if (source.address !== request.remoteAddress || source.port !== run?.plan.remotePort) {
        counters.noteDropped(0, 'wrong-source');
      } else run.take(datagram);
    });
    const journal: Journal = { localPort: socket.local.port, sent: [], cutMonoNanos: undefined };
    this.journals.push(journal);
    this.#sending.set(socket, () => run?.fail());
    return {
      localPort: socket.local.port,
      capabilities,
      tlvs: () => new NewestTlvs().read(),
      pacing: () => pacing.read(),
      counters: () => counters.read(0),
      awaitedFrom: () => run?.awaitedFrom,
      start: (plan) => {
        const to = { address: request.remoteAddress, port: plan.remotePort };
        run = new Run(plan, counters, pacing, this.#clock, this.#random, (octets, sequence) => {
          const sent = this.#sent(sequence);
          journal.sent.push(sent);
          this.#udp.send(socket.local, to, octets, () => sent);
        });
        if (!socket.open()) run.fail();
      },
      stop: async () => {
        this.#sending.delete(socket);
        run?.cut();
        if (run?.awaitedFrom !== undefined) journal.cutMonoNanos ??= this.#clock.monoNanos();
        await socket.close();
      },
    };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** A packet that leaves now. */
  #sent(sequence: number): Sent {
    const clock = this.#clock;
    const answer = (visit: Visit, ttl: number): Reply => {
      const order = this.#arrivals++;
      const reply = { t4: clock.wallNanos(), monoNanos: clock.monoNanos(), ttl, order, taken: false };
      visit.replies.push(reply);
      return reply;
    };
    return { sequence, t1: clock.wallNanos(), monoNanos: clock.monoNanos(), visits: [], answer };
  }

  #reflect(
    socket: Socket,
    core: ReflectorCore,
    counters: CounterTable,
    to: Endpoint,
    { octets, ttl, trace }: Datagram,
  ): void {
    const sent = trace as Sent;
    const arena = createArena(PACKET_OCTETS_MAX);
    arena.bytes.set(octets);
    const t2 = this.#clock.wallNanos();
    const replyOctets = core.reflectInto(arena, 0, 0, octets.length, stampOf(this.#clock), ttl, 0, 0);
    if (replyOctets === NO_REPLY) return;
    const reflectorSequence = arena.view.getUint32(0);
    const visit: Visit = { reflectorSequence, t2, t3: t2, ttl, replies: [] };
    sent.visits.push(visit);
    const processingNanos = this.#random.below(PROCESSING_NANOS_MAX);
    this.#clock.at(this.#clock.monoNanos() + processingNanos, () => {
      if (!socket.open()) return;
      visit.t3 = this.#clock.wallNanos();
      counters.noteSent(0, core.complete(arena, 0, 0, stampOf(this.#clock)));
      this.#udp.send(socket.local, to, arena.bytes.slice(0, replyOctets), (replyTtl) =>
        sent.answer(visit, replyTtl),
      );
    });
  }

  #bindTime(): Promise<void> {
    const nanos = this.#random.below(BIND_NANOS_MAX);
    return new Promise((resolve) => this.#clock.at(this.#clock.monoNanos() + nanos, resolve));
  }

  #bind(address: string, { first, last }: PortRange, listener: DatagramListener): Socket {
    const count = last - first + 1;
    for (let tries = 0; tries < count; tries += 1) {
      const local = { address, port: first + (this.#nextPort++ % count) };
      let unbind = this.#udp.bind(local, listener);
      if (unbind === undefined) continue;
      const close = (): Promise<void> => {
        unbind?.();
        unbind = undefined;
        return Promise.resolve();
      };
      return { local, close, open: () => unbind !== undefined };
    }
    throw new DatapathError('ports-exhausted', `${first}-${last}`);
  }
}

/** A bound port. */
interface Socket {
  readonly local: Endpoint;
  /** Idempotent. */
  close(): Promise<void>;
  open(): boolean;
}

/** One run of a sender, on its own clock. */
class Run {
  readonly plan: SenderRun;
  readonly #core: SenderCore;
  readonly #counters: CounterTable;
  readonly #ring: SampleRing;
  readonly #clock: Clock & Timers;
  readonly #send: (octets: Uint8Array, sequence: number) => void;
  readonly #arena = createArena(PACKET_OCTETS_MAX);
  #next: Timer | undefined;
  #announcement: Timer | undefined;
  #over = false;
  awaitedFrom: number | undefined;

  constructor(
    plan: SenderRun,
    counters: CounterTable,
    pacing: PacingHistogram,
    clock: Clock & Timers,
    random: SeededRandom,
    send: (octets: Uint8Array, sequence: number) => void,
  ) {
    this.plan = plan;
    this.#counters = counters;
    this.#ring = SampleRing.create(plan.count);
    const padding = createPadding(plan, random);
    this.#core = new SenderCore(
      { ...plan, padding, errorEstimate: ERROR_ESTIMATE, exponential: plan.exponential ? random : undefined },
      counters,
      0,
      this.#ring,
      pacing,
    );
    this.#clock = clock;
    this.#send = send;
    this.#wait();
  }

  take({ octets, ttl, trace }: Datagram): void {
    if (this.#over) return;
    (trace as Reply).taken = true;
    this.#arena.bytes.set(octets);
    this.#core.take(this.#arena, 0, octets.length, stampOf(this.#clock), ttl);
    if (this.#core.ended(this.#clock.monoNanos())) this.#finish();
    else
      this.#announcement ??= this.#clock.at(this.#clock.monoNanos() + SAMPLES_WAIT_NANOS, () =>
        this.#handOver(),
      );
  }

  /** Ends it before its end; afterwards does nothing. */
  cut(): void {
    if (this.#over) return;
    this.awaitedFrom = this.#core.awaitedFrom(this.#clock.monoNanos());
    this.#stop();
  }

  /** Whoever ran it is gone. */
  fail(): void {
    if (this.#over) return;
    this.#stop();
    this.plan.onDone({ sent: this.#counters.read(0).sent, samplesLost: this.#ring.lost, failed: true });
  }

  #stop(): void {
    this.#over = true;
    this.#next?.cancel();
    this.#handOver();
  }

  #wait(): void {
    this.#next = this.#clock.at(this.#core.deadlineMonoNanos, () => {
      if (this.#core.ended(this.#clock.monoNanos())) this.#finish();
      else {
        if (!this.#core.allMade) this.#sendNext();
        this.#wait();
      }
    });
  }

  #sendNext(): void {
    const octets = this.#core.makeInto(this.#arena, 0, this.#clock.monoNanos());
    const sequence = this.#core.complete(this.#arena, 0, stampOf(this.#clock));
    this.#counters.noteSent(0, sequence);
    this.#send(this.#arena.bytes.slice(0, octets), sequence);
  }

  #handOver(): void {
    this.#announcement?.cancel();
    this.#announcement = undefined;
    this.#ring.drain((samples) => this.plan.onSamples(samples));
  }

  #finish(): void {
    this.#stop();
    this.plan.onDone({ sent: this.#counters.read(0).sent, samplesLost: this.#ring.lost });
  }
}

function stampOf(clock: Clock & Timers): Stamp {
  return { ...stampAt(clock.wallNanos()), monoNanos: clock.monoNanos() };
}
