/** The Server: listeners in each routing instance, the connections they bring, and the limits on both. */
import { NANOS_PER_SECOND, type Clock, type Random, type Timers } from '../clock.ts';
import type { Configuration } from '../config/configuration.ts';
import { secondsOf } from '../config/minutes.ts';
import { inTurns } from '../config/turns.ts';
import type { Datapath } from '../datapath/datapath.ts';
import type { Secrets } from '../config/secrets.ts';
import { modeFeatures, modes } from '../twamp/protocol.ts';
import { ntpFromWallNanos } from '../twamp/timestamp.ts';
import { refuseConnection, refuseSession } from './admission.ts';
import type { Arrival, ConnectionRefusal, SessionRefusal } from './admission.ts';
import { ClientList } from './client-list.ts';
import { secretsInTurns, type DeriveKey } from './key-chains.ts';
import { portsOf } from './ports.ts';
import { LingeringReflectors } from './reflector-session.ts';
import { ServerAccounts, type ClientAccount } from './server-accounts.ts';
import { ServerConnection, type ConnectionOwner } from './server-connection.ts';
import type { ServerStatus } from './server-status.ts';
import type { EndReason, SessionRegistry } from './sessions.ts';
import { SERVER_PATH } from './server-rules.ts';
import { sameInstance, type RoutingInstance, type RoutingInstances } from './routing-instances.ts';
import { TransportError } from './transport.ts';
import type { ControlOptions, Listener, Stream, Transport, TransportErrorCode } from './transport.ts';

/** The statement `services rpm twamp server`, defaults filled in. */
export type ServerConfiguration = NonNullable<Configuration['services']['rpm']['twamp']['server']>;

/** The Server that there is to be, undefined: none. */
export function runningServer({ services }: Configuration): ServerConfiguration | undefined {
  const { server } = services.rpm.twamp;
  return server?.['admin-state'] === 'enabled' ? server : undefined;
}

/** What the Server is made of. */
export interface ServerParts {
  readonly clock: Clock & Timers;
  readonly random: Random;
  readonly transport: Transport;
  readonly datapath: Datapath;
  readonly registry: SessionRegistry;
  readonly secrets: Secrets;
  readonly deriveKey: DeriveKey;
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

/** Where to listen. */
interface Place {
  readonly instance: RoutingInstance;
  /** 0: any free one. */
  readonly port: number;
}

interface Listening {
  readonly place: Place;
  readonly listener: Listener;
}

const NANOS_PER_HOUR = 3600 * NANOS_PER_SECOND;

export class Server implements ConnectionOwner {
  readonly clock: Clock & Timers;
  readonly random: Random;
  readonly datapath: Datapath;
  readonly registry: SessionRegistry;
  readonly lingering: LingeringReflectors;
  readonly accounts = new ServerAccounts();
  readonly report: (error: unknown) => void;
  readonly #transport: Transport;
  readonly #secrets: Secrets;
  readonly #deriveKey: DeriveKey;
  /** Stands in for the secret of a KeyID that nobody has: to be told so takes as long as to be told of a wrong secret. */
  #nobodysSecret: string | undefined;
  readonly #startTime: bigint;
  readonly #listeners = new Map<string, Listening>();
  readonly #connections = new Set<ServerConnection>();
  /** Of all connections, those that are being opened among them. */
  #sessions = 0;
  #configuration: ServerConfiguration | undefined;
  /** By routing instance. */
  #clientLists: ReadonlyMap<string, ClientList> = new Map();
  #secretOf: ReadonlyMap<string, string> = new Map();

  constructor(parts: ServerParts) {
    this.clock = parts.clock;
    this.random = parts.random;
    this.datapath = parts.datapath;
    this.registry = parts.registry;
    this.report = parts.report;
    this.#transport = parts.transport;
    this.#secrets = parts.secrets;
    this.#deriveKey = parts.deriveKey;
    this.lingering = new LingeringReflectors(parts.clock);
    this.#startTime = ntpFromWallNanos(parts.clock.wallNanos());
  }

  /** The port listened on in each routing instance. */
  get ports(): ReadonlyMap<string, number> {
    return new Map([...this.#listeners].map(([name, { listener }]) => [name, listener.port]));
  }

  get status(): ServerStatus {
    const connections = [...this.#connections].flatMap(({ status }) => status ?? []);
    return {
      configuration: this.#configuration,
      ports: this.ports,
      connections,
      halfOpen: this.#connections.size - connections.length,
      refusals: this.accounts.refusals,
      clients: this.accounts.clients,
    };
  }

  /**
   * Ends the connection of that id with its sessions, or, without an id, all connections, also half-open ones.
   * Gives the ids of those that were set up.
   */
  clearConnections(connectionId?: number): readonly number[] {
    const cleared = [...this.#connections].filter(
      (connection) => connectionId === undefined || connection.connectionId === connectionId,
    );
    for (const connection of cleared) connection.close('cleared');
    return cleared.flatMap((connection) => connection.connectionId ?? []);
  }

  /**
   * Runs by `configuration` from now on; undefined: not at all. Connections and sessions that are open stay,
   * whatever the limits say now; without a Server they end. Rejects with ListenError, having changed nothing.
   */
  async apply(
    configuration: ServerConfiguration | undefined,
    instances: RoutingInstances,
  ): Promise<readonly ClosedPort[]> {
    const wanted = placesOf(configuration, instances);
    const lists = configuration?.['client-list'] ?? new Map();
    const clientLists = new Map<string, ClientList>();
    for (const name of wanted.keys())
      clientLists.set(name, await inTurns(ClientList.inTurns(lists, name), this.clock));
    const keyChains = configuration?.['authentication-key-chain'] ?? new Map();
    const secretOf = await inTurns(secretsInTurns(keyChains, SERVER_PATH, this.#secrets), this.clock);
    const opened = await this.#openMissing(wanted, configuration);
    const closed: ClosedPort[] = [];
    for (const [routingInstance, { place, listener }] of [...this.#listeners]) {
      if (samePlace(place, wanted.get(routingInstance))) {
        listener.use(controlOptionsOf(configuration!));
        continue;
      }
      await listener.close();
      this.#listeners.delete(routingInstance);
      closed.push({ routingInstance, port: listener.port });
    }
    for (const [routingInstance, listening] of opened) this.#listeners.set(routingInstance, listening);
    this.#configuration = configuration;
    this.#clientLists = clientLists;
    this.#secretOf = secretOf;
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
    const load = { sessions: this.#sessions, sessionsOfConnection: connection.sessionCount };
    return refuseSession(load, this.#configuration!);
  }

  countSessions(change: number): void {
    this.#sessions += change;
  }

  deriveKey(keyId: string, salt: Uint8Array, count: number): Promise<Uint8Array> {
    // Drawn late: a short batch has no use for it, nor for Node's crypto, which that loads.
    this.#nobodysSecret ??= Buffer.from(this.random.octets(32)).toString('hex');
    return this.#deriveKey(this.#secretOf.get(keyId) ?? this.#nobodysSecret, salt, count);
  }

  ended(connection: ServerConnection): void {
    if (this.#connections.delete(connection)) connection.account.closeConnection();
  }

  /** Opens what is wanted and not yet there, all or nothing. */
  async #openMissing(
    wanted: ReadonlyMap<string, Place>,
    configuration: ServerConfiguration | undefined,
  ): Promise<ReadonlyMap<string, Listening>> {
    const opened = new Map<string, Listening>();
    for (const [name, place] of wanted) {
      if (samePlace(place, this.#listeners.get(name)?.place)) continue;
      const { instance, port } = place;
      try {
        const onStream = (stream: Stream): void => this.#welcome(stream, instance);
        const options = controlOptionsOf(configuration!);
        const listener = await this.#transport.listen({ vrf: instance.vrf, port }, options, onStream);
        opened.set(name, { place, listener });
      } catch (error) {
        for (const { listener } of opened.values()) await listener.close();
        throw new ListenError(error, name, port);
      }
    }
    return opened;
  }

  #welcome(stream: Stream, instance: RoutingInstance): void {
    // The listener is open a moment before the configuration it belongs to is in force.
    const configuration = this.#configuration;
    if (configuration === undefined) {
      stream.destroy();
      return;
    }
    const { address } = stream.remote;
    const { 'sender-port-range': senderPorts } = configuration;
    const allows = (client: string): boolean => this.#clientLists.get(instance.name)?.allows(client) ?? false;
    const serves = this.#addressesServedIn(instance, configuration);
    const account = this.accounts.of(address);
    const arrival = { allowed: allows(address), addressServed: serves(stream.local.address) };
    const refusal = this.#refusalOf(arrival, account, configuration);
    if (refusal !== undefined) this.accounts.refuseConnection(account, refusal);
    const connection = new ServerConnection(
      stream,
      {
        instance,
        account,
        modes: refusal === undefined ? modesOf(configuration) : 0,
        servwaitNanos: secondsOf(configuration['server-inactivity-timeout']) * NANOS_PER_SECOND,
        durationNanos: configuration['max-connection-duration'] * NANOS_PER_HOUR,
        startTime: this.#startTime,
        ports: portsOf(configuration['data-port-range']),
        senderPorts: senderPorts === undefined ? undefined : portsOf(senderPorts),
        octetsPerSecondMax: octetsPerSecondOf(configuration),
        refwaitNanos: secondsOf(configuration['reflector-inactivity-timeout']) * NANOS_PER_SECOND,
        allowsSender: (sender) => configuration['allow-third-party'] === true && allows(sender),
        serves,
      },
      this,
    );
    if (refusal !== undefined) return;
    this.#connections.add(connection);
    account.openConnection();
  }

  #refusalOf(
    arrival: Arrival,
    account: ClientAccount,
    configuration: ServerConfiguration,
  ): ConnectionRefusal | undefined {
    const refusalAmong = (connections: number): ConnectionRefusal | undefined =>
      refuseConnection(arrival, { connections, connectionsOfClient: account.connections }, configuration);
    const refusal = refusalAmong(this.#connections.size);
    if (refusal !== 'maximum-connections') return refusal;
    const silent = this.#silent;
    if (silent === undefined) return refusal;
    const other = refusalAmong(this.#connections.size - 1);
    if (other === undefined) {
      this.accounts.refuseConnection(silent.account, refusal);
      silent.close('refused');
    }
    return other;
  }

  /**
   * Not set up for longer than any other: it makes room, so that it takes more than open connections to keep clients out.
   */
  get #silent(): ServerConnection | undefined {
    for (const connection of this.#connections) if (connection.connectionId === undefined) return connection;
    return undefined;
  }

  /** Asked anew of each address: an interface's may change while nothing of the configuration does. */
  #addressesServedIn(
    { name, vrf }: RoutingInstance,
    { 'routing-instance-list': listed }: ServerConfiguration,
  ): (address: string) => boolean {
    const served = listed.get(name)?.['source-interface'];
    if (served === undefined) return () => true;
    return (address) => this.#transport.interfaceAddresses(vrf, served).includes(address);
  }

  #endAll(reason: EndReason): void {
    for (const connection of [...this.#connections]) connection.close(reason);
    this.lingering.clear();
  }
}

/** Where to listen: in every routing instance on one port, or in those listed, each on its own. */
function placesOf(
  configuration: ServerConfiguration | undefined,
  instances: RoutingInstances,
): ReadonlyMap<string, Place> {
  if (configuration === undefined) return new Map();
  const { port, 'routing-instance-list': listed } = configuration;
  const served = [...instances].filter(([name]) => listed.size === 0 || listed.has(name));
  return new Map(
    served.map(([name, instance]) => [name, { instance, port: listed.get(name)?.port ?? port }]),
  );
}

/** Undefined: no limit. */
function octetsPerSecondOf(configuration: ServerConfiguration): number | undefined {
  const kilobits = configuration['maximum-bandwidth-per-session'];
  return kilobits === 0 ? undefined : (kilobits * 1000) / 8;
}

/** The sum of the modes that are offered: the protections configured, and every feature. */
function modesOf({ 'authentication-mode': names }: ServerConfiguration): number {
  const protections = { none: modes.unauthenticated, ...modes };
  const bits = [...names.map((name) => protections[name]), ...Object.values(modeFeatures)];
  return bits.reduce((sum, bit) => sum | bit, 0);
}

function samePlace(one: Place, other: Place | undefined): boolean {
  return one.port === other?.port && sameInstance(one.instance, other.instance);
}

function controlOptionsOf(configuration: ServerConfiguration): ControlOptions {
  return {
    dscp: configuration['dscp-value'],
    keepidleSeconds: configuration['tcp-keepidle'],
    keepintvlSeconds: configuration['tcp-keepintvl'],
    keepcnt: configuration['tcp-keepcnt'],
  };
}
