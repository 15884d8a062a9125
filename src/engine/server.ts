/** The Server: listeners in each routing instance, the connections they bring, and the limits on both. */
import { NANOS_PER_SECOND, type Clock, type Random, type Timers } from '../clock.ts';
import type { Configuration } from '../config/configuration.ts';
import type { Datapath } from '../datapath/datapath.ts';
import { modes } from '../twamp/protocol.ts';
import { ntpFromWallNanos } from '../twamp/timestamp.ts';
import { refuseConnection, refuseSession, type ConnectionRefusal, type SessionRefusal } from './admission.ts';
import { ClientList } from './client-list.ts';
import { LingeringReflectors } from './reflector-session.ts';
import { ServerConnection, type ConnectionOwner } from './server-connection.ts';
import type { EndReason, SessionRegistry } from './sessions.ts';
import { DEFAULT_ROUTING_INSTANCE, TransportError } from './transport.ts';
import type { Listener, Stream, Transport, TransportErrorCode } from './transport.ts';

/** The statement `services rpm twamp server`, defaults filled in. */
export type ServerConfiguration = NonNullable<Configuration['services']['rpm']['twamp']['server']>;

export type Refusal = ConnectionRefusal | SessionRefusal;

/** What the Server is made of. */
export interface ServerParts {
  readonly clock: Clock & Timers;
  readonly random: Random;
  readonly transport: Transport;
  readonly datapath: Datapath;
  readonly registry: SessionRegistry;
  /** Hears of what goes wrong by no fault of a peer. */
  readonly report: (error: unknown) => void;
}

/** A listener that is no more. */
export interface ClosedPort {
  readonly routingInstance: string;
  readonly port: number;
}

/** The Server cannot listen where it should; what ran before runs on. */
export class ListenError extends Error {
  readonly code: TransportErrorCode;
  readonly routingInstance: string;
  readonly port: number;

  constructor(cause: unknown, routingInstance: string, port: number) {
    super(cause instanceof Error ? cause.message : String(cause));
    this.name = 'ListenError';
    this.code = cause instanceof TransportError ? cause.code : 'failed';
    this.routingInstance = routingInstance;
    this.port = port;
  }
}

interface Listening {
  readonly wantedPort: number;
  readonly listener: Listener;
}

const NANOS_PER_MINUTE = 60 * NANOS_PER_SECOND;
const NANOS_PER_HOUR = 60 * NANOS_PER_MINUTE;

export class Server implements ConnectionOwner {
  readonly clock: Clock & Timers;
  readonly random: Random;
  readonly datapath: Datapath;
  readonly registry: SessionRegistry;
  readonly lingering: LingeringReflectors;
  readonly report: (error: unknown) => void;
  readonly #transport: Transport;
  readonly #startTime: bigint;
  readonly #listeners = new Map<string, Listening>();
  readonly #connections = new Set<ServerConnection>();
  readonly #refusals = new Map<Refusal, number>();
  #configuration: ServerConfiguration | undefined;
  #clientList = new ClientList(new Map());

  constructor(parts: ServerParts) {
    this.clock = parts.clock;
    this.random = parts.random;
    this.datapath = parts.datapath;
    this.registry = parts.registry;
    this.report = parts.report;
    this.#transport = parts.transport;
    this.lingering = new LingeringReflectors(parts.clock);
    this.#startTime = ntpFromWallNanos(parts.clock.wallNanos());
  }

  /** How often each refusal has been given. */
  get refusals(): ReadonlyMap<Refusal, number> {
    return this.#refusals;
  }

  /** The port listened on in each routing instance. */
  get ports(): ReadonlyMap<string, number> {
    return new Map([...this.#listeners].map(([name, { listener }]) => [name, listener.port]));
  }

  /**
   * Runs by `configuration` from now on; undefined: not at all. Connections and sessions that are open stay,
   * whatever the limits say now; without a Server they end. Rejects with ListenError, having changed nothing.
   */
  async apply(configuration: ServerConfiguration | undefined): Promise<readonly ClosedPort[]> {
    const wanted = configuration === undefined ? new Map<string, number>() : portsOf(configuration);
    const opened = await this.#openMissing(wanted);
    const closed: ClosedPort[] = [];
    for (const [routingInstance, { wantedPort, listener }] of [...this.#listeners]) {
      if (wanted.get(routingInstance) === wantedPort) continue;
      await listener.close();
      this.#listeners.delete(routingInstance);
      closed.push({ routingInstance, port: listener.port });
    }
    for (const [routingInstance, listening] of opened) this.#listeners.set(routingInstance, listening);
    this.#configuration = configuration;
    this.#clientList = new ClientList(configuration?.['client-list'] ?? new Map());
    if (configuration === undefined) this.#endAll('server-removed');
    return closed;
  }

  /** Ends everything. */
  async close(): Promise<void> {
    for (const { listener } of this.#listeners.values()) await listener.close();
    this.#listeners.clear();
    this.#endAll('router-stopped');
  }

  refuseSession(connection: ServerConnection): SessionRefusal | undefined {
    const sessions = [...this.#connections].reduce((sum, { sessionCount }) => sum + sessionCount, 0);
    return refuseSession({ sessions, sessionsOfConnection: connection.sessionCount }, this.#configuration!);
  }

  countRefusal(refusal: Refusal): void {
    this.#refusals.set(refusal, (this.#refusals.get(refusal) ?? 0) + 1);
  }

  ended(connection: ServerConnection): void {
    this.#connections.delete(connection);
  }

  /** Opens what is wanted and not yet there, all or nothing. */
  async #openMissing(wanted: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, Listening>> {
    const opened = new Map<string, Listening>();
    for (const [routingInstance, port] of wanted) {
      if (this.#listeners.get(routingInstance)?.wantedPort === port) continue;
      try {
        const onStream = (stream: Stream): void => this.#welcome(stream, routingInstance);
        const listener = await this.#transport.listen({ routingInstance, port }, onStream);
        opened.set(routingInstance, { wantedPort: port, listener });
      } catch (error) {
        for (const { listener } of opened.values()) await listener.close();
        throw new ListenError(error, routingInstance, port);
      }
    }
    return opened;
  }

  #welcome(stream: Stream, routingInstance: string): void {
    // The listener is open a moment before the configuration it belongs to is in force.
    const configuration = this.#configuration;
    if (configuration === undefined) {
      stream.destroy();
      return;
    }
    const { address } = stream.remote;
    const connectionsOfClient = [...this.#connections].filter(
      (c) => c.stream.remote.address === address,
    ).length;
    const load = { connections: this.#connections.size, connectionsOfClient };
    const refusal = refuseConnection(this.#clientList.allows(address), load, configuration);
    if (refusal !== undefined) this.countRefusal(refusal);
    const connection = new ServerConnection(
      stream,
      {
        routingInstance,
        modes: refusal === undefined ? modes.unauthenticated : 0,
        servwaitNanos: configuration['server-inactivity-timeout'] * NANOS_PER_MINUTE,
        durationNanos: configuration['max-connection-duration'] * NANOS_PER_HOUR,
        startTime: this.#startTime,
      },
      this,
    );
    if (refusal === undefined) this.#connections.add(connection);
  }

  #endAll(reason: EndReason): void {
    for (const connection of [...this.#connections]) connection.close(reason);
    this.lingering.clear();
  }
}

/** Where to listen: in every routing instance on one port, or in those listed, each on its own. */
function portsOf(configuration: ServerConfiguration): ReadonlyMap<string, number> {
  const { port, 'routing-instance-list': instances } = configuration;
  if (instances.size === 0) return new Map([[DEFAULT_ROUTING_INSTANCE, port]]);
  return new Map([...instances].map(([name, instance]) => [name, instance.port ?? port]));
}
