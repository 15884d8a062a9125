/** The TWAMP engine: the Server and the Control-Client that the configuration asks for, and measurements of our own. */
import type { Clock, Random, Timers } from '../clock.ts';
import { ApplyError, type Finding, type Findings, type Participant } from '../config/commit.ts';
import type { Configuration } from '../config/configuration.ts';
import type { Secrets } from '../config/secrets.ts';
import { inTurns } from '../config/turns.ts';
import type { Datapath } from '../datapath/datapath.ts';
import type { RpmStore } from '../store/rpm-results.ts';
import type { TwampFilter, TwampRow, TwampState, TwampStore } from '../store/twamp-sessions.ts';
import { secretsInTurns, verifyKeyChains, type DeriveKey } from './key-chains.ts';
import { LightReflectors, type RunningLight } from './light.ts';
import { lightPlansOf, verifyLight } from './light-services.ts';
import { DATA_PORTS, portsOf } from './ports.ts';
import { InstanceWatch } from './instance-watch.ts';
import {
  embodied,
  present,
  routingInstancesOf,
  verifyRoutingInstances,
  type RoutingInstances,
} from './routing-instances.ts';
import type { RoundTrips } from './round-trips.ts';
import { RpmClient } from './rpm-client.ts';
import { verifyRpmClient } from './rpm-client-rules.ts';
import type { RpmConnection } from './rpm-connection.ts';
import type { MeshConnections } from './rpm-settings.ts';
import { runningServer, Server } from './server.ts';
import type { Refusal } from './server-accounts.ts';
import { SERVER_PATH, verifyServer } from './server-rules.ts';
import type { ServerStatus } from './server-status.ts';
import { SessionRegistry, type Selection } from './sessions.ts';
import type { Transport } from './transport.ts';
import { measure } from './twping.ts';
import type { ClientSettings, Measurement, MeasurementOptions, TwpingRequest } from './twping.ts';

export interface EngineParts {
  readonly clock: Clock & Timers;
  readonly random: Random;
  readonly transport: Transport;
  readonly datapath: Datapath;
  readonly store: TwampStore;
  readonly results: RpmStore;
  /** Opens the secrets of the configuration. */
  readonly secrets: Secrets;
  readonly deriveKey: DeriveKey;
  /** Hears of what goes wrong by no fault of a peer, such as counters that could not be stored. */
  readonly report: (error: unknown) => void;
}

const CLIENT_PATH: readonly string[] = ['services', 'rpm', 'twamp', 'client'];

export class Engine implements Participant {
  readonly #parts: EngineParts;
  readonly #registry: SessionRegistry;
  readonly #server: Server;
  readonly #rpm: RpmClient;
  readonly #light: LightReflectors;
  readonly #watch: InstanceWatch;
  /** In force; before anything is, what was to be at the start. */
  #configuration: Configuration | undefined;
  /** Fulfilled when no configuration is being put in force. */
  #settled: Promise<unknown> = Promise.resolve();
  #instances: RoutingInstances = routingInstancesOf(new Map());
  #client: ClientSettings = { secrets: new Map(), ports: DATA_PORTS };
  #meshed: MeshConnections = new Map();
  #isClosed = false;
  readonly #measurements = new Map<Promise<unknown>, AbortController>();

  /** Ends the rows that a router which died left live. Throws StoreError. */
  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#registry = new SessionRegistry(parts.store, parts.clock, parts.report);
    this.#server = new Server({ ...parts, registry: this.#registry });
    this.#rpm = new RpmClient({ ...parts, registry: this.#registry });
    this.#light = new LightReflectors(parts.datapath, parts.report);
    const { clock, transport, report } = parts;
    const again = (): Promise<unknown> => this.#inTurn(() => this.#follow(this.#configuration!));
    this.#watch = new InstanceWatch({ clock, transport, report, again });
  }

  *verify(configuration: Configuration): Findings {
    const { services, 'routing-instances': instances } = configuration;
    const { server, client } = services.rpm.twamp;
    const { transport, secrets } = this.#parts;
    const names = routingInstancesOf(instances);
    yield* verifyRoutingInstances(instances, transport);
    if (server !== undefined) yield* verifyServer(server, { instances: names, transport, secrets });
    yield* verifyLight(configuration, names, secrets);
    yield* verifyKeyChains(client['authentication-key-chain'], CLIENT_PATH, secrets);
    yield* verifyRpmClient(client, { instances: names, transport });
  }

  /** Rejects with ListenError, having changed nothing. */
  apply(configuration: Configuration): Promise<readonly Finding[]> {
    return this.#inTurn(async () => {
      if (this.#configuration === undefined) {
        // What cannot be had as the router starts is had when its namespaces and devices come.
        this.#configuration = configuration;
        const { 'routing-instances': instances } = configuration;
        const { transport, report } = this.#parts;
        for (const finding of verifyRoutingInstances(instances, transport)) report(new ApplyError(finding));
        this.#watch.follow(routingInstancesOf(instances));
      }
      const findings = await this.#follow(configuration);
      this.#configuration = configuration;
      return findings;
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#settled.then(work);
    this.#settled = done.catch(() => undefined);
    return done;
  }

  async #follow(configuration: Configuration): Promise<readonly Finding[]> {
    const configured = routingInstancesOf(configuration['routing-instances']);
    const instances = embodied(configured, this.#instances, this.#parts.transport);
    // Those that cannot be had as the router starts keep it from serving nowhere else; no commit passes with one.
    const served = present(instances, this.#parts.transport);
    const { services } = configuration;
    const { client } = services.rpm.twamp;
    const server = runningServer(configuration);
    const { clock, secrets } = this.#parts;
    const plans = await inTurns(lightPlansOf(configuration, served, secrets), clock);
    const clientSecrets = await inTurns(
      secretsInTurns(client['authentication-key-chain'], CLIENT_PATH, secrets),
      clock,
    );
    const opened = await this.#light.open(plans);
    const closed = await this.#server.apply(server, served).catch(async (error: unknown) => {
      await this.#light.stop(opened);
      throw error;
    });
    await this.#light.use(plans, opened);
    this.#instances = instances;
    this.#watch.follow(instances);
    this.#client = { secrets: clientSecrets, ports: portsOf(client['data-port-range']) };
    this.#measureBy(configuration);
    return closed.map(({ routingInstance, port }) => ({
      severity: 'notice',
      code: server ? 'port-closed' : 'server-closed',
      path: SERVER_PATH,
      details: { 'routing-instance': routingInstance, port },
    }));
  }

  #measureBy({ services }: Configuration): void {
    const sender = services['simple-twamp']['session-sender'];
    this.#rpm.apply(services.rpm.twamp.client, sender, this.#instances, this.#client.secrets, this.#meshed);
  }

  /** Runs these from now on beside what is configured, as a commit would: what is new starts, what is gone ends. */
  useMeshed(meshed: MeshConnections): Promise<void> {
    return this.#inTurn(() => {
      this.#meshed = meshed;
      if (this.#configuration !== undefined && !this.#isClosed) this.#measureBy(this.#configuration);
      return Promise.resolve();
    });
  }

  /** The port listened on in each routing instance. */
  get ports(): ReadonlyMap<string, number> {
    return this.#server.ports;
  }

  /** Reflectors of TWAMP Light and STAMP. */
  get light(): readonly RunningLight[] {
    return this.#light.running;
  }

  /** Names of the routing instances there are. */
  get routingInstances(): readonly string[] {
    return [...this.#instances.keys()];
  }

  /** How often the Server has refused a connection or a session, by reason. */
  get refusals(): ReadonlyMap<Refusal, number> {
    return this.#server.accounts.refusals;
  }

  get server(): ServerStatus {
    return this.#server.status;
  }

  /** Ends one of the Server's connections, or all; gives the ids of those that ended. */
  clearConnections(connectionId?: number): readonly number[] {
    return this.#server.clearConnections(connectionId);
  }

  /**
   * Lets the counters of live rows count from 0; of all rows: also what the Server has accepted and refused. Gives
   * how many rows those are.
   */
  clearStatistics(selection: Selection): number {
    if (selection.connectionId === undefined) this.#server.accounts.clear();
    return this.#registry.clear(selection);
  }

  /** KeyIDs that twping can use. */
  get clientKeyIds(): readonly string[] {
    return [...this.#client.secrets.keys()];
  }

  /** Control connections of `services rpm twamp client` and of meshes, by name. */
  get rpmConnections(): ReadonlyMap<string, RpmConnection> {
    return this.#rpm.connections;
  }

  /** Control connections and test sessions of both roles, in display order. Throws StoreError. */
  sessions(filter: TwampFilter, which: TwampState): IterableIterator<TwampRow> {
    return this.#registry.select(filter, which);
  }

  /** Of a live row of `sessions`, as it is now; undefined: no replies come to us. */
  roundTrips(row: Pick<TwampRow, 'connectionId' | 'sessionId'>): RoundTrips | undefined {
    return this.#registry.roundTrips(row);
  }

  /** Measures. Rejects with MeasurementError or StoreError. */
  async twping(request: TwpingRequest, options: MeasurementOptions): Promise<Measurement> {
    const closing = new AbortController();
    const signal = AbortSignal.any([options.signal, closing.signal]);
    const measurement = measure(
      request,
      { ...this.#parts, registry: this.#registry, instances: this.#instances, client: this.#client },
      { ...options, signal },
    );
    this.#measurements.set(measurement, closing);
    try {
      return await measurement;
    } finally {
      this.#measurements.delete(measurement);
    }
  }

  /** Interrupts measurements, ends connections and sessions, and closes the datapath. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#watch.close();
    await this.#settled;
    for (const closing of this.#measurements.values()) closing.abort();
    await Promise.allSettled(this.#measurements.keys());
    await this.#rpm.close();
    await this.#server.close();
    await this.#light.stop();
    this.#registry.close();
    await this.#parts.datapath.close();
  }
}
