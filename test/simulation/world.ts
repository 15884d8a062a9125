/** One seed, one world: two whole routers with wrong clocks, and a network between them that does its worst. */
import { Sqlite } from '../../src/store/sqlite.ts';
import { Engine } from '../../src/engine/engine.ts';
import type { ServerConfiguration } from '../../src/engine/server.ts';
import type { Transport } from '../../src/engine/transport.ts';
import type { TwpingRequest } from '../../src/engine/twping.ts';
import { RpmResults } from '../../src/store/rpm-results.ts';
import { sessionsMigrations } from '../../src/store/state-directory.ts';
import { TwampSessions, type TwampRow } from '../../src/store/twamp-sessions.ts';
import { deriveKeyAtOnce, keyChainsOf, testSecrets } from '../support/secrets.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { VirtualNetwork, type Cut } from '../support/virtual-network.ts';
import { configurationOf, serverConfiguration, twpingRequest } from '../support/virtual-router.ts';
import { VirtualTime } from '../support/virtual-time.ts';
import { HostClock, type ClockFaults } from './host-clock.ts';
import { pick } from './random-choice.ts';
import { SimulatedDatapath } from './simulated-datapath.ts';
import { SimulatedUdp, type Path } from './simulated-udp.ts';

const MILLI = 1e6;
const SECOND = 1e9;

/** More than are written in most worlds, so that not every connection is cut. */
const CUT_MESSAGE_MAX = 60;

export class World {
  readonly random: SeededRandom;
  readonly time = new VirtualTime();
  readonly path: Path;
  readonly cut: Cut | undefined;
  readonly network: VirtualNetwork;
  readonly udp: SimulatedUdp;
  readonly routers: readonly [SimulatedRouter, SimulatedRouter];

  /** Unless a cut is given, the seed decides about that too. */
  constructor(seed: number, cut?: Cut) {
    const random = new SeededRandom(seed);
    this.random = random;
    this.path = pathOf(random);
    this.cut = cut ?? cutOf(random);
    const weather = { delayNanos: this.path.delayMinNanos, loss: 0, cut: this.cut };
    this.network = new VirtualNetwork(this.time, random, weather);
    this.udp = new SimulatedUdp(this.time, random, this.path);
    const routerAt = (address: string): SimulatedRouter => {
      const clock = new HostClock(this.time, clockOf(random));
      const datapath = new SimulatedDatapath(this.udp, clock, random);
      return new SimulatedRouter(address, clock, datapath, this.network.host(address), random);
    };
    this.routers = [routerAt('198.51.100.1'), routerAt('192.0.2.1')];
  }

  /** A measurement of the other router's. */
  request(to: SimulatedRouter): TwpingRequest {
    const { random } = this;
    return twpingRequest({
      host: to.address,
      count: 1 + random.below(30),
      sessionCount: 1 + random.below(3),
      intervalNanos: pick(random, [MILLI, 10 * MILLI, 100 * MILLI]),
      timeoutNanos: pick(random, [20 * MILLI, 200 * MILLI, 2 * SECOND]),
      paddingOctets: pick(random, [0, 27, 64, 1000]),
      user: pick(random, [undefined, ...keyedModes.map((mode) => ({ mode, keyId: 'ada' }))]),
      reflectOctets: pick(random, [true, false]),
      symmetricalSize: pick(random, [true, false]),
      timestampFormat: pick(random, ['ntp', 'ptpv2']),
    });
  }
}

const keyedModes = ['authenticated', 'encrypted', 'mixed'] as const;
const users = { ada: 'hunter2' };

/** A router that may be started anew over what it remembers. */
export class SimulatedRouter {
  readonly address: string;
  readonly datapath: SimulatedDatapath;
  /** What was reported as nobody's fault: there is nothing of the kind here. */
  readonly reported: unknown[] = [];
  readonly #clock: HostClock;
  readonly #transport: Transport;
  readonly #random: SeededRandom;
  readonly #database = new Sqlite(':memory:').exec(sessionsMigrations.join(''));
  engine: Engine;

  constructor(
    address: string,
    clock: HostClock,
    datapath: SimulatedDatapath,
    transport: Transport,
    random: SeededRandom,
  ) {
    this.address = address;
    this.datapath = datapath;
    this.#clock = clock;
    this.#transport = transport;
    this.#random = random;
    this.engine = this.#start();
  }

  async serve(changes: Partial<ServerConfiguration> = {}): Promise<void> {
    const server = serverConfiguration({
      'authentication-mode': ['none', ...keyedModes],
      'authentication-key-chain': keyChainsOf('server', users),
      ...changes,
    });
    await this.engine.apply(configurationOf(server, new Map(), users));
  }

  /** Ends the process, as it were, and begins another. */
  async restart(changes: Partial<ServerConfiguration>): Promise<void> {
    await this.engine.close();
    this.engine = this.#start();
    await this.serve(changes);
  }

  rows(which: 'live' | 'ended'): TwampRow[] {
    return [...this.engine.sessions({}, which)];
  }

  async close(): Promise<void> {
    await this.engine.close();
    this.#database.close();
  }

  #start(): Engine {
    return new Engine({
      clock: this.#clock,
      random: this.#random,
      transport: this.#transport,
      datapath: this.datapath,
      store: new TwampSessions(this.#database),
      results: new RpmResults(this.#database),
      secrets: testSecrets,
      deriveKey: deriveKeyAtOnce,
      report: (error) => this.reported.push(error),
    });
  }
}

export function pathOf(random: SeededRandom): Path {
  const hops = [0, 1, 5, 6, 30].slice(0, 1 + random.below(5));
  return {
    loss: pick(random, [0, 0, 0.05, 0.3]),
    duplication: pick(random, [0, 0, 0.05, 0.3]),
    delayMinNanos: 100_000 + random.below(30 * MILLI),
    delayRangeNanos: pick(random, [1, MILLI, 50 * MILLI, 300 * MILLI]),
    hops,
  };
}

export function clockOf(random: SeededRandom): ClockFaults {
  const steps = Array.from({ length: random.below(3) }, () => ({
    atNanos: random.below(3 * SECOND),
    byNanos: pick(random, [-3 * SECOND, -MILLI, 1000, 40 * MILLI, 5 * SECOND]),
  }));
  return { offsetNanos: random.below(10 * SECOND) - 5 * SECOND, driftPpm: random.below(401) - 200, steps };
}

function cutOf(random: SeededRandom): Cut | undefined {
  const message = random.below(CUT_MESSAGE_MAX);
  const cut = { message, share: pick(random, [0, random.fraction(), 1]), heard: random.below(3) > 0 };
  return random.below(2) === 0 ? undefined : cut;
}
