/** The real datapath: one worker that reflects and one that sends, each started when it is first needed. */
import { isIP, isIPv6 } from 'node:net';
import type { TestCounters } from '../twamp/counters.ts';
import { NewestTlvs, type TlvReport } from '../twamp/newest-tlvs.ts';
import { PacingHistogram } from '../twamp/pacing.ts';
import type { PacingError } from '../twamp/pacing.ts';
import { PADDING_OCTETS_MAX, TTL_INITIAL } from '../twamp/packets.ts';
import { SampleRing } from '../twamp/samples.ts';
import { DatapathError } from './datapath.ts';
import type {
  Capabilities,
  Datapath,
  LightReflector,
  LightRequest,
  LightSettings,
  Reflector,
  ReflectorRequest,
  Sender,
  SenderRequest,
  SenderRun,
} from './datapath.ts';
import type { RunMessage, WorkerRole } from './link.ts';
import { SessionThread } from './session-thread.ts';
import type { OpenedSession, SessionEvents } from './session-thread.ts';

export class WorkerDatapath implements Datapath {
  readonly #workerUrl: URL;
  readonly #report: (error: DatapathError) => void;
  readonly #threads = new Map<WorkerRole, SessionThread>();
  #closed = false;

  /** `workerUrl`: the bundled `worker.ts`. `report` hears why a worker has failed. */
  constructor(workerUrl: URL, report: (error: DatapathError) => void = noEvent) {
    this.#workerUrl = workerUrl;
    this.#report = report;
  }

  async openReflector(request: ReflectorRequest): Promise<Reflector> {
    const thread = this.#thread('reflector', request);
    const { vrf, localAddress, wantedPort, ports, remoteAddress, remotePort, dscp, onFailed } = request;
    const { mode, keys, paddingToReflect, octetsPerSecondMax, stamp } = request;
    const opened = await thread.open(
      {
        vrf,
        localAddress,
        wantedPort,
        ports,
        remoteAddress,
        remotePort,
        dscp,
        mode,
        keys,
        paddingToReflect,
        octetsPerSecondMax,
        stamp,
      },
      { ...noEvents, failed: onFailed ?? noEvent },
    );
    return new WorkerReflector(thread, opened);
  }

  async openLight(request: LightRequest): Promise<LightReflector> {
    const { vrf, localAddress, port, dscp, stamp, rules, onFailed } = request;
    const remoteAddress = isIPv6(localAddress) ? '::' : '0.0.0.0';
    const thread = this.#thread('reflector', { localAddress, remoteAddress });
    const local = { vrf, localAddress, wantedPort: port, ports: { first: port, last: port } };
    const opened = await thread.open(
      { ...local, remoteAddress, remotePort: 0, dscp, stamp, light: rules },
      { ...noEvents, failed: onFailed ?? noEvent },
    );
    return new WorkerLightReflector(thread, opened);
  }

  async openSender(request: SenderRequest): Promise<Sender> {
    const thread = this.#thread('sender', request);
    const { vrf, localAddress, ports, remoteAddress, dscp, ttl = TTL_INITIAL } = request;
    const progress = new RunProgress(thread);
    const opened = await thread.open(
      { vrf, localAddress, wantedPort: 0, ports, remoteAddress, remotePort: 0 },
      progress,
    );
    return new WorkerSender(thread, opened, progress, { dscp, ttl });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#threads.values()].map((thread) => thread.terminate()));
  }

  /** The thread of a role: a new one if there is none yet, or if the last one failed. */
  #thread(role: WorkerRole, request: Ends): SessionThread {
    if (this.#closed) throw new DatapathError('failed', 'the datapath is closed');
    refuseUnboundable(request);
    let thread = this.#threads.get(role);
    if (thread === undefined || thread.gone) {
      thread = startThread(this.#workerUrl, role, this.#report);
      this.#threads.set(role, thread);
    }
    return thread;
  }
}

/** Throws DatapathError. */
function startThread(...parts: ConstructorParameters<typeof SessionThread>): SessionThread {
  try {
    return new SessionThread(...parts);
  } catch (error) {
    throw new DatapathError('no-thread', String(error));
  }
}

type Ends = Pick<SenderRequest, 'localAddress' | 'remoteAddress'>;

/** Throws DatapathError for what no socket of ours can be bound to. */
function refuseUnboundable({ localAddress, remoteAddress }: Ends): void {
  const family = isIP(localAddress);
  if (family !== 0 && family === isIP(remoteAddress)) return;
  throw new DatapathError('address-unavailable', `${localAddress} and ${remoteAddress} are of no one family`);
}

function noEvent(): void {
  // A reflector has no samples and no run; not everybody asks why a worker failed.
}

/** Of a session that has no run. */
const noEvents = { samples: noEvent, done: noEvent, cut: noEvent };

/** What both kinds of session have in common: a port, counters, and an end. */
class WorkerSession {
  readonly localPort: number;
  readonly capabilities: Capabilities;
  protected readonly thread: SessionThread;
  protected readonly session: number;
  #stopped: Promise<void> | undefined;
  /** The last values, taken before the session's number goes to another. */
  #lastCounters: TestCounters | undefined;
  #lastPacketMonoNanos = 0;

  constructor(thread: SessionThread, opened: OpenedSession) {
    this.thread = thread;
    this.session = opened.session;
    this.localPort = opened.localPort;
    this.capabilities = opened.capabilities;
  }

  counters(): TestCounters {
    return this.#lastCounters ?? this.thread.counters.read(this.session);
  }

  lastPacketMonoNanos(): number {
    if (this.#lastCounters) return this.#lastPacketMonoNanos;
    return this.thread.counters.lastPacketMonoNanos(this.session);
  }

  stop(): Promise<void> {
    this.#stopped ??= this.thread.stop(this.session, () => {
      this.#lastPacketMonoNanos = this.lastPacketMonoNanos();
      this.#lastCounters = this.counters();
    });
    return this.#stopped;
  }
}

class WorkerReflector extends WorkerSession implements Reflector {
  start(): void {
    this.thread.post({ type: 'start', session: this.session });
  }
}

class WorkerLightReflector extends WorkerSession implements LightReflector {
  use({ dscp, stamp, rules }: LightSettings): void {
    this.thread.post({ type: 'light', session: this.session, dscp, stamp, light: rules });
  }
}

/** What the test packets of a sender carry in their IP header. */
type Marking = Pick<RunMessage, 'dscp' | 'ttl'>;

class WorkerSender extends WorkerSession implements Sender {
  readonly #progress: RunProgress;
  readonly #marking: Marking;
  readonly #pacing = new PacingHistogram();
  readonly #newestTlvs = new NewestTlvs();

  constructor(thread: SessionThread, opened: OpenedSession, progress: RunProgress, marking: Marking) {
    super(thread, opened);
    this.#progress = progress;
    this.#marking = marking;
  }

  start(run: SenderRun): void {
    if (run.paddingOctets > PADDING_OCTETS_MAX) {
      throw new RangeError(`paddingOctets ${run.paddingOctets} is above ${PADDING_OCTETS_MAX}`);
    }
    const ring = SampleRing.create(run.count);
    this.#progress.begin(this.session, run, ring);
    const { remotePort, count, intervalNanos, exponential = false, startMonoNanos, timeoutNanos } = run;
    const { mode, keys, timestampFormat, stamp, paddingOctets, paddingFill, serverOctets, tlvs } = run;
    const plan = { remotePort, count, intervalNanos, exponential, startMonoNanos, timeoutNanos };
    this.thread.post({
      ...plan,
      ...{ mode, keys, timestampFormat, stamp, paddingOctets, paddingFill, serverOctets, tlvs },
      type: 'run',
      session: this.session,
      ...this.#marking,
      ring: ring.buffer,
      pacing: this.#pacing.buffer,
      newestTlvs: this.#newestTlvs.buffer,
    });
  }

  tlvs(): TlvReport {
    return this.#newestTlvs.read();
  }

  pacing(): PacingError | undefined {
    return this.#pacing.read();
  }

  awaitedFrom(): number | undefined {
    return this.#progress.awaitedFrom;
  }

  override stop(): Promise<void> {
    this.#progress.cancel();
    return super.stop();
  }
}

/** Hands the samples and the end of a sender's run to whom they are for. */
class RunProgress implements SessionEvents {
  readonly #thread: SessionThread;
  #active: { readonly session: number; readonly run: SenderRun; readonly ring: SampleRing } | undefined;
  /** The end has been told, or is wanted no more. */
  #ended = false;
  awaitedFrom: number | undefined;

  constructor(thread: SessionThread) {
    this.#thread = thread;
  }

  begin(session: number, run: SenderRun, ring: SampleRing): void {
    if (this.#active) throw new Error('a sender runs once');
    this.#active = { session, run, ring };
    if (this.#thread.gone) this.failed();
  }

  cancel(): void {
    this.#ended = true;
  }

  samples(): void {
    this.#active?.ring.drain(this.#active.run.onSamples);
  }

  cut(awaitedFrom: number): void {
    this.awaitedFrom = awaitedFrom;
  }

  done(): void {
    this.#end({});
  }

  failed(): void {
    this.#end({ failed: true });
  }

  #end(failure: { readonly failed?: boolean }): void {
    if (!this.#active || this.#ended) return;
    this.#ended = true;
    const { session, run, ring } = this.#active;
    run.onDone({ sent: this.#thread.counters.read(session).sent, samplesLost: ring.lost, ...failure });
  }
}
