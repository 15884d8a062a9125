/** A measurement with twping: test sessions against one Server, from the first connection to the figures. */
import { NANOS_PER_MILLI, NANOS_PER_SECOND, type Timer } from '../clock.ts';
import { DatapathError } from '../datapath/datapath.ts';
import type {
  Capabilities,
  Datapath,
  PacingError,
  PortRange,
  Sender,
  SenderEnd,
} from '../datapath/datapath.ts';
import { ipVersionOf } from '../twamp/address-field.ts';
import { Statistics, type Summary } from '../twamp/statistics.ts';
import { ntpFromWallNanos } from '../twamp/timestamp.ts';
import type { KeyedMode } from '../twamp/protocol.ts';
import { abortable, ClientConnection, type ClientParts, type Credentials } from './client.ts';
import { MeasurementError } from './measurement-error.ts';
import type { RoutingInstance, RoutingInstances } from './routing-instances.ts';
import type { EndReason, Ends, LiveRow, SessionRegistry } from './sessions.ts';
import type { Endpoint } from './transport.ts';

export interface TwpingRequest {
  /** A name or an address. */
  readonly host: string;
  readonly port: number;
  /** The name of the routing instance to measure in. */
  readonly routingInstance: string;
  /** Undefined: the one that the routing table picks. */
  readonly sourceAddress?: string | undefined;
  /** Of test packets and of their replies. */
  readonly dscp: number;
  /** Packets in each session. */
  readonly count: number;
  readonly sessionCount: number;
  readonly intervalNanos: number;
  readonly paddingOctets: number;
  /** How long a reply is waited for. */
  readonly timeoutNanos: number;
  /** Undefined: unauthenticated mode. */
  readonly user?: { readonly mode: KeyedMode; readonly keyId: string } | undefined;
  /** Where test packets are sent from; undefined: as configured. */
  readonly ports?: PortRange | undefined;
}

/** What the configuration says of our side. */
export interface ClientSettings {
  /** By KeyID. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Where test packets are sent from. */
  readonly ports: PortRange;
}

/** All sessions together. */
export interface Progress {
  readonly planned: number;
  readonly sent: number;
  readonly received: number;
  /** Until the results are there at the latest. */
  readonly remainingNanos: number;
}

export interface MeasuredSession {
  readonly sender: Endpoint;
  readonly reflector: Endpoint;
  /** 32 hexadecimal digits. */
  readonly sid: string;
  readonly summary: Summary;
  /** Replies that came and were counted, but are in no figure: we were too slow to take them. */
  readonly samplesLost: number;
  readonly instrument: Instrument;
}

/** What is known of the error of our own end. */
export interface Instrument {
  readonly stamps: Capabilities['stamps'];
  /** Undefined when nothing was sent. */
  readonly pacing: PacingError | undefined;
  /** Replies that the kernel dropped because we did not fetch them in time; undefined: it cannot tell. */
  readonly kernelDrops: number | undefined;
}

export interface Measurement {
  readonly sessions: readonly MeasuredSession[];
  /** All but `complete` are cut short: the figures are those so far. */
  readonly ending: 'complete' | 'interrupted' | 'connection-lost' | 'datapath-failed';
}

export interface MeasurementParts extends ClientParts {
  readonly datapath: Datapath;
  readonly registry: SessionRegistry;
  readonly instances: RoutingInstances;
  readonly client: ClientSettings;
}

export interface MeasurementOptions {
  /** Aborted when the person gives up: the sessions end, and what was measured so far is the result. */
  readonly signal: AbortSignal;
  /** Called when the sessions start and every second from then on. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** From the request to the first packet, so that the answers to it are over when packets flow. */
export const START_DELAY_NANOS = 250 * NANOS_PER_MILLI;

const endReasons: Readonly<Record<Measurement['ending'], EndReason>> = {
  complete: 'stopped',
  interrupted: 'interrupted',
  'connection-lost': 'connection-closed',
  'datapath-failed': 'datapath-failed',
};

/** Measures. Rejects with MeasurementError when not every session could be started, and with StoreError. */
export async function measure(
  request: TwpingRequest,
  parts: MeasurementParts,
  options: MeasurementOptions,
): Promise<Measurement> {
  const instance = parts.instances.get(request.routingInstance);
  if (instance === undefined)
    throw new MeasurementError('no-such-instance', { name: request.routingInstance });
  const credentials = credentialsOf(request.user, parts.client);
  const to = { ...request, vrf: instance.vrf, credentials };
  const connection = await ClientConnection.open(to, parts, options.signal);
  const twping = new Twping(request, instance, parts, connection);
  let reason: EndReason = 'refused';
  try {
    await abortable(twping.setUp(), options.signal);
    const measurement = await twping.run(options);
    reason = endReasons[measurement.ending];
    return measurement;
  } catch (error) {
    if (error instanceof MeasurementError && error.code === 'interrupted') reason = 'interrupted';
    throw error;
  } finally {
    await twping.close(reason);
  }
}

function credentialsOf(user: TwpingRequest['user'], { secrets }: ClientSettings): Credentials | undefined {
  if (user === undefined) return undefined;
  const secret = secrets.get(user.keyId);
  if (secret === undefined) throw new MeasurementError('no-such-user', { name: user.keyId });
  return { ...user, secret };
}

/** A session that was accepted. */
interface SenderSession {
  readonly sender: Sender;
  readonly local: Endpoint;
  readonly reflector: Endpoint;
  readonly sid: Uint8Array;
  readonly row: LiveRow;
  readonly statistics: Statistics;
  samplesLost: number;
}

class Twping {
  readonly #request: TwpingRequest;
  readonly #instance: RoutingInstance;
  readonly #parts: MeasurementParts;
  readonly #connection: ClientConnection;
  readonly #startWallNanos: bigint;
  readonly #startNanos: number;
  /** All that are bound, accepted or not. */
  readonly #senders: Sender[] = [];
  readonly #sessions: SenderSession[] = [];
  #control: LiveRow | undefined;
  #settingUp: Promise<void> = Promise.resolve();

  constructor(
    request: TwpingRequest,
    instance: RoutingInstance,
    parts: MeasurementParts,
    connection: ClientConnection,
  ) {
    this.#request = request;
    this.#instance = instance;
    this.#parts = parts;
    this.#connection = connection;
    this.#startWallNanos = parts.clock.wallNanos() + BigInt(START_DELAY_NANOS);
    this.#startNanos = parts.clock.monoNanos() + START_DELAY_NANOS;
  }

  /** Requests and starts the sessions: all of them, or it rejects. */
  setUp(): Promise<void> {
    this.#settingUp = this.#openSessions();
    return this.#settingUp;
  }

  /** Sends, waits, stops. */
  async run({ signal, onProgress }: MeasurementOptions): Promise<Measurement> {
    const ends = Promise.all(this.#sessions.map((session) => this.#start(session)));
    const finished = ends.then((all) => (all.some(({ failed }) => failed) ? 'datapath-failed' : 'complete'));
    const lost = this.#connection.ended.then(() => 'connection-lost' as const);
    const stopProgress = this.#reportProgress(onProgress);
    const ending = await abortable(Promise.race([finished, lost]), signal).catch(
      () => 'interrupted' as const,
    );
    stopProgress();
    // Hands over the samples that are still on their way to us.
    await this.#stopSenders();
    this.#connection.stopSessions(this.#sessions.length);
    return { sessions: this.#sessions.map((session) => this.#measured(session)), ending };
  }

  /** Whatever happened: ends what is still open. */
  async close(reason: EndReason): Promise<void> {
    const closed = this.#connection.close();
    // Given up in its midst, it fails with the connection, but may just have bound a port.
    await this.#settingUp.catch(() => undefined);
    await this.#stopSenders();
    for (const { row } of this.#sessions) row.end(reason);
    await closed;
    this.#control?.end(reason);
  }

  async #openSessions(): Promise<void> {
    const connection = this.#connection;
    const ends = this.#ends(connection.local, connection.remote);
    const control = this.#parts.registry.openControl(ends, () => connection.counters);
    this.#control = control;
    while (this.#sessions.length < this.#request.sessionCount) await this.#openSession(control);
    await connection.startSessions();
  }

  async #stopSenders(): Promise<void> {
    await Promise.all(this.#senders.map((sender) => sender.stop()));
  }

  async #openSession(control: LiveRow): Promise<void> {
    const { local, remote } = this.#connection;
    const sender = await this.#bind();
    this.#senders.push(sender);
    const { port, sid } = await this.#connection.requestSession({
      ipVersion: ipVersionOf(remote.address),
      // Those of the connection, as the Server sees them: right behind NAT too.
      senderAddress: undefined,
      receiverAddress: undefined,
      senderPort: sender.localPort,
      receiverPort: sender.localPort,
      paddingOctets: this.#request.paddingOctets,
      startTime: ntpFromWallNanos(this.#startWallNanos),
      timeoutNanos: this.#request.timeoutNanos,
      dscp: this.#request.dscp,
    });
    const own = { address: local.address, port: sender.localPort };
    const reflector = { address: remote.address, port };
    const ends = this.#ends(own, reflector);
    const row = this.#parts.registry.openData(control.connectionId, ends, sid, sender);
    this.#sessions.push({
      sender,
      local: own,
      reflector,
      sid,
      row,
      statistics: new Statistics(this.#request.timeoutNanos),
      samplesLost: 0,
    });
  }

  async #bind(): Promise<Sender> {
    const { local, remote } = this.#connection;
    try {
      return await this.#parts.datapath.openSender({
        vrf: this.#instance.vrf,
        localAddress: local.address,
        ports: this.#request.ports ?? this.#parts.client.ports,
        remoteAddress: remote.address,
        dscp: this.#request.dscp,
      });
    } catch (error) {
      throw new MeasurementError(error instanceof DatapathError ? error.code : 'failed');
    }
  }

  #start(session: SenderSession): Promise<SenderEnd> {
    const { count, intervalNanos, paddingOctets, timeoutNanos } = this.#request;
    return new Promise((resolve) => {
      session.sender.start({
        remotePort: session.reflector.port,
        ...this.#connection.packetMode(session.sid),
        count,
        intervalNanos,
        paddingOctets,
        startMonoNanos: Math.max(this.#startNanos, this.#parts.clock.monoNanos()),
        timeoutNanos,
        onSamples: (samples) => session.statistics.add(samples),
        onDone: (end) => {
          session.samplesLost = end.samplesLost;
          resolve(end);
        },
      });
    });
  }

  #measured({ sender, local, reflector, sid, statistics, samplesLost }: SenderSession): MeasuredSession {
    const counters = sender.counters();
    const { stamps } = sender.capabilities;
    return {
      sender: local,
      reflector,
      sid: Buffer.from(sid).toString('hex'),
      summary: statistics.summary({ sent: counters.sent }),
      samplesLost,
      instrument: {
        stamps,
        pacing: sender.pacing(),
        kernelDrops: stamps === 'kernel' ? counters.kernelDrops : undefined,
      },
    };
  }

  /** Gives the function that ends the reports. */
  #reportProgress(onProgress: MeasurementOptions['onProgress']): () => void {
    const { clock } = this.#parts;
    const { count, sessionCount, intervalNanos, timeoutNanos } = this.#request;
    const endNanos = Math.max(this.#startNanos, clock.monoNanos()) + count * intervalNanos + timeoutNanos;
    let timer: Timer | undefined;
    const report = (): void => {
      const counters = this.#sessions.map(({ sender }) => sender.counters());
      const nowNanos = clock.monoNanos();
      onProgress?.({
        planned: count * sessionCount,
        sent: counters.reduce((sum, { sent }) => sum + sent, 0),
        received: counters.reduce((sum, { received }) => sum + received, 0),
        remainingNanos: Math.max(0, endNanos - nowNanos),
      });
      timer = clock.at(nowNanos + NANOS_PER_SECOND, report);
    };
    if (onProgress !== undefined) report();
    return () => timer?.cancel();
  }

  #ends(local: Endpoint, remote: Endpoint): Ends {
    return { role: 'client', vrf: this.#instance.name, local, remote };
  }
}
