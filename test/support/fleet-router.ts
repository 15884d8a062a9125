/** A router of a fleet in a test: real store, real configuration, real clock. */
import { onTestFinished } from 'vitest';
import { SystemClock } from '../../src/clock.ts';
import type { BackoffLimits } from '../../src/engine/backoff.ts';
import { PATIENCE, type Patience } from '../../src/fleet/connection.ts';
import { openState, type State } from '../../src/store/state-directory.ts';
import type { TwampRow } from '../../src/store/twamp-sessions.ts';
import type { Shell } from '../../src/shell/shell.ts';
import { composeRouter, type ComposedRouter, type RouterParts } from './composition.ts';
import { fleetInThread } from './fleet-in-thread.ts';
import { passwordOf, type Postgresql } from './postgresql.ts';
import { recordsInThread } from './records-in-thread.ts';
import { openShell, run, runAll } from './router.ts';
import { SeededRandom } from './seeded-random.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { VirtualDatapath } from './virtual-datapath.ts';
import { VirtualNetwork } from './virtual-network.ts';
import { VirtualTime } from './virtual-time.ts';

const BACKOFF: BackoffLimits = { firstNanos: 50e6, longestNanos: 400e6 };
/** Of routers that are to find a database slow; others have the product's, which a busy machine does not wear out. */
export const IMPATIENT: Patience = { connectMillis: 500, answerMillis: 600 };

export interface FleetRouter extends ComposedRouter {
  readonly name: string;
  readonly state: State;
  readonly shell: Shell;
  readonly reported: readonly unknown[];
  close(): Promise<void>;
}

/** A clock that is so much ahead of the machine's. */
export class ShiftedClock extends SystemClock {
  aheadNanos = 0n;

  override wallNanos(): bigint {
    return super.wallNanos() + this.aheadNanos;
  }
}

/** Without any: a network of its own, where nothing is. */
type Sockets = Pick<RouterParts, 'transport' | 'datapath'>;

export interface FleetRouterOptions {
  readonly directory?: string;
  readonly clock?: ShiftedClock;
  readonly sockets?: Sockets;
  readonly patience?: Patience;
}

export async function startFleetRouter(
  name: string,
  {
    directory = temporaryDirectory(),
    clock = new ShiftedClock(),
    sockets,
    patience = PATIENCE,
  }: FleetRouterOptions = {},
): Promise<FleetRouter> {
  const state = openState(directory);
  const network = new VirtualNetwork(new VirtualTime(), new SeededRandom(1));
  const reported: unknown[] = [];
  const composed = composeRouter({
    state,
    clock,
    random: network.random,
    ...(sockets ?? { transport: network.host('192.0.2.1'), datapath: new VirtualDatapath(network) }),
    records: () => recordsInThread(state.servicesFile),
    conntrack: () => undefined,
    fleet: () => fleetInThread(state.fleetFile, { backoff: BACKOFF, patience }, clock),
    directory,
    report: (error) => reported.push(error),
    absence: (users, live) => ({
      rightsOf: (committer) => users.rightsOf(committer),
      over: (outcome) => live.announce(outcome),
    }),
  });
  const { router } = composed;
  await router.configuration.start();
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> =>
    (closing ??= (async () => {
      router.configuration.close();
      await router.services.close();
      await router.engine.close();
      await router.fleet.close();
      state.close();
    })());
  onTestFinished(close);
  // Of a router of a test, whose clock is a virtual one, only the router is used.
  const shell = await openShell({ router } as Parameters<typeof openShell>[0]);
  return { ...composed, name, state, shell, reported, close };
}

/** What lets a router publish there, and (with a role for it) read. */
export function fleetStatements(database: Postgresql, name: string, reader?: string): readonly string[] {
  const fleet = 'set system fleet postgresql';
  return [
    `set system host-name ${name}`,
    `${fleet} url ${database.url(name)}`,
    `${fleet} password "${passwordOf(name)}"`,
    `${fleet} tls disable`,
    `${fleet} interval 1`,
    ...(reader === undefined
      ? []
      : [`${fleet} reader user ${reader}`, `${fleet} reader password "${passwordOf(reader)}"`]),
  ];
}

export async function configure({ shell }: FleetRouter, ...lines: readonly string[]): Promise<void> {
  await runAll(shell, 'configure', ...lines, 'commit', 'exit');
}

/** What a line prints; how it went, where it failed. */
export async function typed({ shell }: FleetRouter, line: string): Promise<string> {
  const { text, outcome } = await run(shell, line);
  return outcome.status === 'done' ? text : JSON.stringify(outcome);
}

export async function data<Data>(router: FleetRouter, line: string): Promise<Data> {
  return JSON.parse(await typed(router, `${line} | display json`)) as Data;
}

/** Against what never comes; a busy machine is no failure. */
const WAIT_MILLIS_MAX = 60_000;

/** Asks again and again until it holds. */
export async function eventually<T>(ask: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  const end = performance.now() + WAIT_MILLIS_MAX;
  for (;;) {
    const value = await ask();
    if (holds(value)) return value;
    if (performance.now() > end) throw new Error(`never came to hold: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A row of the local table. */
export function sessionRow(sessionId: number, changes: Partial<TwampRow> = {}): TwampRow {
  return {
    type: 'data',
    role: 'server',
    vrf: 'default',
    connectionId: 1,
    sessionId,
    localAddress: '192.0.2.1',
    localPort: 10_000 + sessionId,
    remoteAddress: '198.51.100.7',
    remotePort: 20_000 + sessionId,
    startedWallNanos: 1_795_000_000_123_456_789n + BigInt(sessionId),
    endedWallNanos: undefined,
    endReason: undefined,
    sid: sessionId.toString(16).padStart(32, '0'),
    mode: 'unauthenticated',
    received: 10 * sessionId,
    sent: 10 * sessionId,
    dropped: 1,
    duplicates: 0,
    reordered: 0,
    lastSequenceReceived: 10 * sessionId - 1,
    lastSequenceSent: 10 * sessionId - 1,
    details: { dropped: { 'not-for-us': 1 }, stamps: 'kernel', kernelDrops: 0 },
    ...changes,
  };
}
