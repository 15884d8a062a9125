/** A round of test sessions with one peer: requested one by one, started together, run, stopped. */
import { NANOS_PER_MILLI } from '../clock.ts';
import { DatapathError } from '../datapath/datapath.ts';
import type { Datapath, PortRange, SampleBatch, Sender, SenderEnd, SenderRun } from '../datapath/datapath.ts';
import { ipVersionOf } from '../twamp/address-field.ts';
import { ntpFromWallNanos } from '../twamp/timestamp.ts';
import { abortable, ClientConnection, type ClientParts, type ServerAddress } from './client.ts';
import { MeasurementError } from './measurement-error.ts';
import type { AgreedSession, Peer } from './peer.ts';
import { RoundTripSums } from './round-trips.ts';
import type { RoutingInstance } from './routing-instances.ts';
import type { ControlRow, EndReason, LiveRow, SessionRegistry } from './sessions.ts';
import type { ControlOptions, Endpoint } from './transport.ts';

/** What is to be sent in one session of a round. */
export interface SessionPlan {
  /** Undefined: the address that the peer sees us at. */
  readonly localAddress?: string | undefined;
  /** Undefined: the peer's own. */
  readonly remoteAddress?: string | undefined;
  /** Where test packets are sent from. */
  readonly ports: PortRange;
  /** Of test packets and of their replies. */
  readonly dscp: number;
  /** Undefined: 255. */
  readonly ttl?: number | undefined;
  readonly count: number;
  readonly intervalNanos: number;
  readonly exponential?: boolean | undefined;
  readonly paddingOctets: number;
  readonly paddingFill?: SenderRun['paddingFill'];
  /** What packets of STAMP ask. */
  readonly tlvs?: SenderRun['tlvs'];
  /** Of our stamps; undefined: as the peer has agreed. */
  readonly timestampFormat?: SenderRun['timestampFormat'];
  /** How long a reply is waited for. */
  readonly timeoutNanos: number;
  readonly onSamples: (samples: SampleBatch) => void;
}

/** A session that was accepted. */
export interface RoundSession {
  readonly plan: SessionPlan;
  readonly sender: Sender;
  readonly local: Endpoint;
  readonly reflector: Endpoint;
  /** 32 hexadecimal digits; undefined: sessions of the peer have none. */
  readonly sid: string | undefined;
  /** What its packets look like. */
  readonly packets: AgreedSession['packets'];
  /** Replies that came and were counted, but were not handed over; known once the session has ended. */
  readonly samplesLost: number;
}

/** All but `complete` are cut short. */
export type RoundEnding = 'complete' | 'interrupted' | 'connection-lost' | 'datapath-failed';

export const endReasons: Readonly<Record<RoundEnding, EndReason>> = {
  complete: 'stopped',
  interrupted: 'interrupted',
  'connection-lost': 'connection-closed',
  'datapath-failed': 'datapath-failed',
};

/** Where a round takes place. */
export interface RoundPlace {
  readonly peer: Peer;
  /** The row of the control connection; undefined: there is none. */
  readonly control: ControlRow | undefined;
  readonly instance: RoutingInstance;
}

/** A place with a Server. */
export interface ServerPlace extends RoundPlace {
  readonly peer: ClientConnection;
  readonly control: ControlRow;
}

export interface RoundParts extends ClientParts {
  readonly datapath: Datapath;
  readonly registry: SessionRegistry;
}

/** From the first request to the first packet, so that the answers to it are over when packets flow. */
export const START_DELAY_NANOS = 250 * NANOS_PER_MILLI;

/** Connects, sets up and registers. Rejects with MeasurementError or StoreError, and nothing is left open. */
export async function openPlace(
  to: Omit<ServerAddress, 'vrf'>,
  instance: RoutingInstance,
  parts: RoundParts,
  signal: AbortSignal,
  options?: ControlOptions,
): Promise<ServerPlace> {
  const address = { ...to, vrf: instance.vrf };
  const connection = await ClientConnection.open(address, parts, signal, options);
  try {
    const { local, remote, mode } = connection;
    const ends = { role: 'client', vrf: instance.name, local, remote, mode } as const;
    const control = parts.registry.openControl(ends, () => connection.counters);
    return { peer: connection, control, instance };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

type OpenSession = RoundSession & {
  readonly row: LiveRow;
  readonly roundTrips: RoundTripSums;
  samplesLost: number;
};

export class TestRound {
  readonly #place: RoundPlace;
  readonly #parts: RoundParts;
  readonly #startWallNanos: bigint;
  #startNanos: number;
  /** All that are bound, accepted or not. */
  readonly #senders: Sender[] = [];
  readonly #sessions: OpenSession[] = [];

  constructor(place: RoundPlace, parts: RoundParts, startDelayNanos = START_DELAY_NANOS) {
    this.#place = place;
    this.#parts = parts;
    this.#startWallNanos = parts.clock.wallNanos() + BigInt(startDelayNanos);
    this.#startNanos = parts.clock.monoNanos() + startDelayNanos;
  }

  /** When the first packets leave; known once the sessions are started. */
  get startNanos(): number {
    return this.#startNanos;
  }

  get sessions(): readonly RoundSession[] {
    return this.#sessions;
  }

  /** Binds a port and requests a session. Rejects with MeasurementError, `session-refused` among them. */
  async request(plan: SessionPlan): Promise<RoundSession> {
    const { peer, control, instance } = this.#place;
    const localAddress = plan.localAddress ?? peer.local.address;
    const remoteAddress = plan.remoteAddress ?? peer.remote.address;
    const sender = await this.#bind(plan, localAddress, remoteAddress);
    this.#senders.push(sender);
    const { port, sid, packets } = await peer.requestSession({
      ipVersion: ipVersionOf(remoteAddress),
      // Undefined are those of the connection, as the Server sees them: right behind NAT too.
      senderAddress: plan.localAddress,
      receiverAddress: plan.remoteAddress,
      senderPort: sender.localPort,
      receiverPort: sender.localPort,
      paddingOctets: plan.paddingOctets,
      startTime: ntpFromWallNanos(this.#startWallNanos),
      timeoutNanos: plan.timeoutNanos,
      dscp: plan.dscp,
    });
    const local = { address: localAddress, port: sender.localPort };
    const reflector = { address: remoteAddress, port };
    const ends = { role: 'client', vrf: instance.name, local, remote: reflector, mode: peer.mode } as const;
    const roundTrips = new RoundTripSums();
    const row = this.#parts.registry.openData(control?.connectionId, ends, sid, sender, roundTrips);
    const sidText = sid && Buffer.from(sid).toString('hex');
    const opened = { plan, sender, local, reflector, sid: sidText, row, packets, roundTrips };
    const session = { ...opened, samplesLost: 0 };
    this.#sessions.push(session);
    return session;
  }

  /** Starts the sessions that were accepted. Rejects with MeasurementError. */
  async start(): Promise<void> {
    await this.#place.peer.startSessions();
    this.#startNanos = Math.max(this.#startNanos, this.#parts.clock.monoNanos());
  }

  /** Sends, waits for the last replies, stops. */
  async run(signal: AbortSignal): Promise<RoundEnding> {
    const { peer } = this.#place;
    const ends = Promise.all(this.#sessions.map((session) => this.#send(session)));
    const finished = ends.then((all) => (all.some(({ failed }) => failed) ? 'datapath-failed' : 'complete'));
    const untilLost = peer.orEnded(finished).catch(() => 'connection-lost' as const);
    const ending = await abortable(untilLost, signal).catch(() => 'interrupted' as const);
    // Hands over the samples that are still on their way to us.
    await this.#stopSenders();
    peer.stopSessions(this.#sessions.length);
    return ending;
  }

  /** Whatever happened: frees the ports and makes the rows history. Idempotent. */
  async close(reason: EndReason): Promise<void> {
    await this.#stopSenders();
    for (const { row } of this.#sessions) row.end(reason);
  }

  async #stopSenders(): Promise<void> {
    await Promise.all(this.#senders.map((sender) => sender.stop()));
  }

  async #bind(plan: SessionPlan, localAddress: string, remoteAddress: string): Promise<Sender> {
    const { vrf } = this.#place.instance;
    const { ports, dscp, ttl } = plan;
    try {
      return await this.#parts.datapath.openSender({
        vrf,
        localAddress,
        ports,
        remoteAddress,
        dscp,
        ttl,
      });
    } catch (error) {
      throw errorOfDatapath(error, plan, localAddress);
    }
  }

  #send(session: OpenSession): Promise<SenderEnd> {
    const { plan } = session;
    return new Promise((resolve) => {
      session.sender.start({
        remotePort: session.reflector.port,
        ...session.packets,
        timestampFormat: plan.timestampFormat,
        tlvs: plan.tlvs,
        count: plan.count,
        intervalNanos: plan.intervalNanos,
        exponential: plan.exponential,
        paddingOctets: plan.paddingOctets,
        paddingFill: plan.paddingFill,
        startMonoNanos: this.#startNanos,
        timeoutNanos: plan.timeoutNanos,
        onSamples: (samples) => {
          session.roundTrips.add(samples);
          plan.onSamples(samples);
        },
        onDone: (end) => {
          session.samplesLost = end.samplesLost;
          resolve(end);
        },
      });
    });
  }
}

/** For what the datapath has rejected with. */
function errorOfDatapath(error: unknown, { ports }: SessionPlan, address: string): MeasurementError {
  const code = error instanceof DatapathError ? error.code : 'failed';
  if (code === 'ports-exhausted') return new MeasurementError(code, { ...ports });
  return new MeasurementError(code, code === 'address-unavailable' ? { address } : {});
}
