/** A machine with a router on it: it is started, crashes, and is started again on what its disk has kept. */
import { AuditTrail } from '../../../src/access/audit-trail.ts';
import { absence } from '../../../src/access/absence.ts';
import { Histories } from '../../../src/access/histories.ts';
import { Reception } from '../../../src/access/reception.ts';
import { commands } from '../../../src/commands/commands.ts';
import { live } from '../../../src/commands/live.ts';
import { describeFinding } from '../../../src/commands/messages.ts';
import { SECRET_KEY_OCTETS } from '../../../src/config/secrets.ts';
import { fromArchive, setLines } from '../../../src/config/text.ts';
import { RecordsDesk } from '../../../src/services/records/records-desk.ts';
import type { WorkerPort } from '../../../src/services/worker-calls.ts';
import { ServiceSessionStore } from '../../../src/store/service-session-store.ts';
import { Revisions, type PendingCommit, type Revision } from '../../../src/store/revisions.ts';
import { inRouterFile, inSessionsFile, type State } from '../../../src/store/state-directory.ts';
import { composeRouter, grammars, type ComposedRouter } from '../../support/composition.ts';
import type { SeededRandom } from '../../support/seeded-random.ts';
import type { VirtualNetwork } from '../../support/virtual-network.ts';
import type { VirtualTime } from '../../support/virtual-time.ts';
import { HostClock, type ClockFaults } from '../host-clock.ts';
import { SimulatedDatapath } from '../simulated-datapath.ts';
import type { SimulatedUdp } from '../simulated-udp.ts';
import { AuditModel } from './audit-model.ts';
import { ConfigurationModel } from './configuration-model.ts';
import { Disk, emptyImage, type Image } from './disk.ts';
import { checkStarted } from './invariants.ts';
import { Ledger } from './ledger.ts';
import { LifeClock } from './life-clock.ts';
import type { Person } from './person.ts';
import { portPair, type End } from './port-pair.ts';
import { leavesOf, type Leaves } from './statements.ts';

/** What all simulated routers seal their secrets with. */
const SECRET_KEY = new Uint8Array(SECRET_KEY_OCTETS).fill(7);

/** Who has the console. */
export const OWNER = 'lab';

/** Where all are. */
export interface Surroundings {
  readonly time: VirtualTime;
  readonly random: SeededRandom;
  readonly network: VirtualNetwork;
  readonly udp: SimulatedUdp;
  /** Where files of logins are, and what is imported from. */
  readonly directory: string;
  /** How many sessions that is. */
  readonly importable: number;
  /** How many revisions a router keeps. */
  readonly revisionsMax: number;
}

/** The latest revision, null where there is none, and how many there are. */
export interface ArchiveEnd {
  readonly number: number;
  readonly text: string | null;
  readonly kept: number;
}

/** From a start to a crash or a stop. */
export interface Life extends ComposedRouter {
  readonly disk: Disk;
  readonly clock: LifeClock;
  readonly datapath: SimulatedDatapath;
  readonly reception: Reception;
  readonly audit: AuditTrail;
  readonly histories: Histories;
  /** Ends at workers that have the stored sessions. */
  readonly ports: End[];
  /** What went wrong by nobody's fault. */
  readonly reported: unknown[];
  /** What the file says of the archive. */
  readonly archive: () => ArchiveEnd;
  /** How many probes of test sessions are stored, by connection and session. */
  readonly probes: () => ReadonlyMap<string, number>;
  /** How many service sessions are stored. */
  readonly storedSessions: () => number;
}

/** Connections and sessions by limit. */
export interface ServerLoad {
  readonly load: Readonly<Record<string, number>>;
  readonly limits: Readonly<Record<string, number>>;
}

export interface ProbesLoad {
  readonly count: number;
  readonly limit: number;
}

/** The archive, which tells of every revision once it is on disk. */
class WatchedRevisions extends Revisions {
  onAppend: (number: number, revision: Omit<Revision, 'number'>, pending: readonly PendingCommit[]) => void =
    () => undefined;

  override append(revision: Omit<Revision, 'number'>, pending: readonly PendingCommit[] = []): number {
    const number = super.append(revision, pending);
    this.onAppend(number, revision, pending);
    return number;
  }
}

/** One database for all threads: it is closed when the disk is taken. */
class SharedStore extends ServiceSessionStore {
  override close(): void {
    // The others go on with it.
  }
}

export class Host {
  readonly address: string;
  readonly clock: HostClock;
  readonly model: ConfigurationModel;
  readonly auditModel = new AuditModel();
  readonly ledger = new Ledger();
  people: Person[] = [];
  /** The number of the revision that somebody was told of last. */
  acknowledged = 0;
  /** What the Server had at the step before. */
  load: ServerLoad | undefined;
  /** What there was of each test session at the step before, and what was to be kept of it. */
  probes: ReadonlyMap<string, ProbesLoad> = new Map();
  /** Ports that are bound without a session, since when. */
  idlePorts: ReadonlyMap<string, number> = new Map();
  life: Life | undefined;
  /** How long logins may be idle, and since when that is so. */
  idle = { minutes: 0, sinceMonoNanos: 0 };
  /** Since the step before, somebody may have decided about what is pending. */
  isDecided = false;
  /** The process has ended amid a write; whatever it still says, nobody hears. */
  isDying = false;
  diedMonoNanos = 0;
  /** What was found amid a commit. */
  violation: unknown;
  #image: Image = emptyImage;
  readonly #around: Surroundings;

  constructor(address: string, around: Surroundings, faults: ClockFaults) {
    this.address = address;
    this.#around = around;
    this.model = new ConfigurationModel(around.revisionsMax);
    this.clock = new HostClock(around.time, faults);
  }

  /** Starts the router on what the disk has. */
  async start(): Promise<Life> {
    const { random, network, udp, directory } = this.#around;
    const clock = new LifeClock(this.clock);
    const disk = new Disk(this.#image);
    disk.onCrash = () => {
      this.isDying = true;
      this.diedMonoNanos = clock.monoNanos();
    };
    this.isDying = false;
    const { router: routerFile, sessions, services } = disk.databases;
    const store = new SharedStore(services);
    const revisions = new WatchedRevisions(routerFile, undefined, this.#around.revisionsMax);
    const state: State = {
      ...inRouterFile(routerFile, revisions),
      ...inSessionsFile(sessions),
      ...{ services: store, servicesFile: '', fleetFile: '', secretKey: SECRET_KEY, notices: [] },
      close: () => undefined,
    };
    const reported: unknown[] = [];
    const report = (error: unknown): void => {
      if (!this.isDying) reported.push(error);
    };
    const ports: End[] = [];
    const datapath = new SimulatedDatapath(udp, clock, random);
    const composed = composeRouter({
      state,
      clock,
      random,
      transport: network.host(this.address),
      datapath,
      records: () => records(ports, () => new SharedStore(services)),
      conntrack: () => undefined,
      // No router of the simulation is of a fleet.
      fleet: () => {
        throw new Error('no fleet here');
      },
      directory,
      report,
      absence: (accounts, logins) => absence(accounts, () => ({ logins, audit, report })),
    });
    const { router, accounts, logins } = composed;
    const audit = new AuditTrail({ store: state.audit, clock, report, forward: () => undefined });
    const histories = new Histories({ store: state.histories, accounts, clock, report });
    const reception = new Reception({
      grammars,
      commands,
      live,
      router,
      describeFinding,
      clock,
      logins,
      audit,
      histories,
    });
    revisions.onAppend = (number, revision, pending) => this.#archived(number, revision, pending);
    const storedSessions = (): number =>
      store.sizes('live').reduce((sum, { sessions: count }) => sum + count, 0);
    const newest = routerFile.prepare<[], ArchiveEnd>(
      `SELECT coalesce(max(number), 0) AS number, count(*) AS kept,
         (SELECT text FROM revisions ORDER BY number DESC LIMIT 1) AS text FROM revisions`,
    );
    const archive = (): ArchiveEnd => newest.get()!;
    const counted = sessions.prepare<[], readonly [string, number]>(
      `SELECT connection || ' ' || session, count(*) FROM rpm_probes GROUP BY connection, session`,
    );
    const probes = (): ReadonlyMap<string, number> => new Map(counted.raw().all());
    const parts = {
      archive,
      disk,
      clock,
      datapath,
      reception,
      audit,
      histories,
      ports,
      reported,
      probes,
      storedSessions,
    };
    const life = { ...composed, ...parts };
    this.life = life;
    this.load = undefined;
    this.ledger.begin(router.engine.sessions({}, 'ended'));
    const { failures } = await this.#around.time.until(router.configuration.start());
    reported.push(...failures);
    checkStarted(this, life);
    return life;
  }

  /** Everything of the process is gone at once; others hear of it when its machine goes on. */
  crash(heard: boolean): void {
    const { network, udp } = this.#around;
    const { disk, clock } = this.life!;
    this.isDying = true;
    clock.end();
    network.vanish(this.address, heard);
    udp.vanish(this.address);
    this.#image = disk.take();
    this.people = [];
    this.life = undefined;
  }

  /** Ends as main.ts ends it. */
  async stop(): Promise<void> {
    const { router, audit, histories, disk, logins } = this.life!;
    logins.endAll();
    router.configuration.close();
    await this.#around.time.until(Promise.all([router.services.close(), router.engine.close()]));
    audit.flush();
    histories.flush();
    this.people = [];
    this.#image = disk.take();
    this.life = undefined;
  }

  get importable(): number {
    return this.#around.importable;
  }

  get image(): Image {
    return this.#image;
  }

  /** What the configuration makes of a user who is there: a viewer, unless it says more. */
  classOf(user: string): string {
    if (user === OWNER) return 'super-user';
    return this.model.running.get(`system login user ${user} class`) ?? 'viewer';
  }

  /** After which any login is to end; 0: never. */
  get idleMinutes(): number {
    return Number(this.model.running.get('system login idle-timeout') ?? 0);
  }

  /** What the archive says of a text. */
  leavesOf(text: string): Leaves {
    return leavesOf(setLines(grammars.schema, fromArchive(grammars.schema, text)));
  }

  #archived(number: number, revision: Omit<Revision, 'number'>, pending: readonly PendingCommit[]): void {
    const committer = this.people.find(({ user, committing }) => user === revision.user && committing);
    try {
      this.model.archived(number, revision, pending, committer?.edits, this.leavesOf(revision.text));
    } catch (error) {
      // The router would take it for a failure of its archive.
      this.violation ??= error;
    }
  }
}

function records(ports: End[], open: () => ServiceSessionStore): WorkerPort {
  const [near, far] = portPair();
  new RecordsDesk(far, open);
  ports.push(near);
  return near;
}
