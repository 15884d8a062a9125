/** What holds of every router after every step. */
import { isDeepStrictEqual } from 'node:util';
import { archived } from '../../../src/config/text.ts';
import { runningServer } from '../../../src/engine/server.ts';
import type { ConfigTree } from '../../../src/config/tree.ts';
import { StoreError } from '../../../src/store/database.ts';
import type { TwampRow } from '../../../src/store/twamp-sessions.ts';
import { editsOf } from './configuration-model.ts';
import { setLines } from '../../../src/config/text.ts';
import { grammars } from '../../support/composition.ts';
import type { Host, Life, Surroundings } from './host.ts';
import { must } from './journal.ts';
import { differenceOf, leavesOf, sameLeaves, type Leaves } from './statements.ts';

type Check = (host: Host, life: Life, around: Surroundings) => void;

/** How long a reflector may still reflect when its session has ended; a little more than its 60 s. */
const LINGERING_NANOS = 62e9;

/** How far steps take a wall clock at the most. */
const STEPS_NANOS = 10_000_000_000n;

/** The wall clock is looked at every 30 s, and what could not be done is tried again after 60 s. */
const OVERDUE_NANOS = 31_000_000_000n;
const RETRIED_NANOS = 95_000_000_000n;

/** Logins are looked at every second. */
const IDLE_LOOKED_AT_NANOS = 2e9;

interface Read {
  readonly text: string;
  readonly leaves: Leaves;
}

/** A tree never changes. */
const reads = new WeakMap<ConfigTree, Read>();

function read(tree: ConfigTree): Read {
  let known = reads.get(tree);
  if (known === undefined) {
    known = { text: archived(tree), leaves: leavesOf(setLines(grammars.schema, tree)) };
    reads.set(tree, known);
  }
  return known;
}

const checks: Readonly<Record<string, Check>> = {
  'an acknowledged commit is kept': ({ model, acknowledged }, { archive }) => {
    const latest = archive().number;
    must(latest >= acknowledged, 'an acknowledged commit is kept', () => `${latest} after ${acknowledged}`);
    must(latest === model.latest, 'an acknowledged commit is kept', () => `${latest}, not ${model.latest}`);
  },
  'running is archived': ({ model }, { router, archive }) => {
    const { text, leaves } = read(router.configuration.running);
    const latest = archive();
    must(
      text === (latest.text ?? read(new Map()).text),
      'running is archived',
      () => `revision ${latest.number}`,
    );
    must(sameLeaves(leaves, model.running), 'running is archived', () => differenceOf(leaves, model.running));
  },
  'revisions are bounded': (_, { archive }, { revisionsMax }) => {
    must(archive().kept <= revisionsMax, 'limits hold', () => `${archive().kept} revisions`);
  },
  'the engine does what runs': ({ address }, { router, accounts }, { network }) => {
    const { configuration } = router.configuration;
    const wanted = runningServer(configuration);
    const { server, ports } = router.engine;
    must(isDeepStrictEqual(server.configuration, wanted), 'the engine does what runs', () => 'the Server');
    const listening = network.listening
      .filter((name) => name.startsWith(`${address} `))
      .map((name) => Number(name.split(' ')[1]));
    const expected = wanted === undefined ? [] : [wanted.port];
    must(
      isDeepStrictEqual([...ports.values()], expected),
      'the engine does what runs',
      () => `ports ${listed([...ports.values()])}`,
    );
    must(
      isDeepStrictEqual(listening, expected),
      'the engine does what runs',
      () => `listens on ${listed(listening)}`,
    );
    const users = [...configuration.system.login.user.keys()];
    must(
      isDeepStrictEqual(accounts.users, users),
      'the engine does what runs',
      () => `users ${listed(accounts.users)}`,
    );
    // One without test sessions has nothing to do.
    const connections = [...configuration.services.rpm.twamp.client['control-connection']]
      .filter(([, { 'test-session': tests }]) => tests.size > 0)
      .map(([name]) => name);
    must(
      isDeepStrictEqual([...router.engine.rpmConnections.keys()].toSorted(), connections.toSorted()),
      'the engine does what runs',
      () => `connections ${listed([...router.engine.rpmConnections.keys()])}`,
    );
  },
  'limits hold': (host, { router }) => {
    const { server } = router.engine;
    const { configuration, connections, halfOpen } = server;
    const all = connections.length + halfOpen;
    const sessions = connections.map((connection) => connection.sessions.length);
    const load: Readonly<Record<string, number>> = {
      'maximum-connections': all,
      'maximum-connections-per-client': Math.max(0, ...server.clients.map((client) => client.connections)),
      'maximum-sessions': sessions.reduce((sum, count) => sum + count, 0),
      'maximum-sessions-per-connection': Math.max(0, ...sessions),
    };
    const before = host.load;
    host.load = { load, limits: (configuration ?? {}) as unknown as Record<string, number> };
    if (configuration === undefined) {
      must(all === 0, 'limits hold', () => `${all} connections without a Server`);
      return;
    }
    // What was there when a limit was lowered may stay, and shrink.
    for (const [name, count] of Object.entries(load)) {
      const limit = Math.max(host.load.limits[name]!, before?.limits[name] ?? 0);
      const bound = Math.max(limit, before?.load[name] ?? 0);
      must(count <= bound, 'limits hold', () => `${name}: ${count} > ${bound}`);
    }
  },
  'histories are bounded': (host, { router, probes }) => {
    const { 'control-connection': connections } =
      router.configuration.configuration.services.rpm.twamp.client;
    const before = host.probes;
    host.probes = new Map(
      [...probes()].map(([name, count]) => {
        const known = before.get(name);
        const entry = connections.get(name.split(' ')[0]!);
        const limit = entry
          ? Math.max(entry['history-size'], entry['moving-average-size'])
          : (known?.limit ?? 0);
        // What was there when a size was lowered stays until the next are written.
        const bound = Math.max(limit, known?.limit ?? 0, known?.count ?? 0);
        must(count <= bound, 'limits hold', () => `${name}: ${count} probes > ${bound}`);
        return [name, { count, limit }];
      }),
    );
  },
  'accounts add up': (_, { router }) => {
    const { clients, connections, halfOpen } = router.engine.server;
    const counted = clients.reduce((sum, client) => sum + client.connections, 0);
    const all = connections.length + halfOpen;
    must(counted === all, 'counters add up', () => `${counted} connections of clients, ${all} in all`);
    for (const client of clients)
      must(client.sessions >= 0, 'counters add up', () => `${client.sessions} sessions`);
  },
  'rows are what runs': (_, life) => {
    const { router, disk } = life;
    // What a disk did not take is written as soon as it takes something again.
    if (disk.isFaulty) return;
    const rows = rowsOf(life).filter(({ role }) => role === 'server');
    const { connections } = router.engine.server;
    const ids = (type: string): readonly (number | undefined)[] =>
      rows
        .filter((row) => row.type === type)
        .map((row) => (type === 'control' ? row.connectionId : row.sessionId));
    const running = connections.map(({ connectionId }) => connectionId);
    const sessions = connections.flatMap((connection) =>
      connection.sessions.map(({ sessionId }) => sessionId),
    );
    const sameIds = (one: readonly unknown[], other: readonly unknown[]): boolean =>
      isDeepStrictEqual(one.toSorted(), other.toSorted());
    must(
      sameIds(ids('control'), running),
      'rows are what runs',
      () => `connections ${listed(ids('control'))} / ${listed(running)}`,
    );
    must(
      sameIds(ids('data'), sessions),
      'rows are what runs',
      () => `sessions ${listed(ids('data'))} / ${listed(sessions)}`,
    );
  },
  'no port is leaked': (host, life, { udp, time }) => {
    const now = time.monoNanos();
    const bound = udp.bound.filter((name) => name.startsWith(`${host.address} `));
    const rows = bound.length === 0 ? [] : rowsOf(life);
    const live = new Set(rows.map(({ localAddress, localPort }) => `${localAddress} ${localPort}`));
    const idle = bound.filter((name) => !live.has(name));
    const since = new Map(idle.map((name) => [name, host.idlePorts.get(name) ?? now]));
    host.idlePorts = since;
    for (const [name, nanos] of since) {
      must(now - nanos < LINGERING_NANOS, 'no port is leaked', () => `${name} for ${(now - nanos) / 1e9} s`);
    }
  },
  'logins are people': (host, { logins }) => {
    const inside = host.people.filter((person) => !person.isOut && person.live !== undefined);
    must(
      logins.all.length === inside.length,
      'no login is leaked',
      () => `${logins.all.length} logins of ${inside.length} people`,
    );
    for (const person of host.people) {
      must(person.failure === undefined, 'nothing goes wrong', () => String(person.failure));
    }
    for (const person of host.people) {
      if (!person.isHere) continue;
      const expected = host.classOf(person.user);
      must(
        expected === person.className,
        'no privilege is exceeded',
        () => `${person.user} is ${person.className}, not ${expected}`,
      );
    }
    const now = host.clock.monoNanos();
    if (host.idle.minutes !== host.idleMinutes)
      host.idle = { minutes: host.idleMinutes, sinceMonoNanos: now };
    const { minutes, sinceMonoNanos } = host.idle;
    // Whoever has been idle for longer when it is lowered is out when that is looked at, every second.
    if (minutes === 0 || now - sinceMonoNanos < IDLE_LOOKED_AT_NANOS) return;
    for (const { idleSeconds, login } of logins.all) {
      must(idleSeconds <= minutes * 60 + 2, 'limits hold', () => `${login.user} idle for ${idleSeconds} s`);
    }
  },
  'what is due is done': (host, { router, disk }) => {
    const { configuration } = router;
    const pending = configuration.pending('confirmed');
    if (pending === undefined) {
      const due = host.model.wayBack?.dueWallNanos;
      must(
        due === undefined || host.isDecided || host.clock.wallNanos() > due - STEPS_NANOS,
        'what is pending stays pending',
        () => 'an unconfirmed commit is neither confirmed nor taken back',
      );
      host.model.wayBack = undefined;
    }
    host.isDecided = host.people.some(({ deciding }) => deciding);
    if (configuration.pending('at') === undefined) host.model.putOff = undefined;
    const late = host.clock.wallNanos() - (pending?.dueWallNanos ?? host.clock.wallNanos());
    const allowed = disk.failures > 0 ? RETRIED_NANOS : OVERDUE_NANOS;
    must(late < allowed || disk.isFaulty, 'what is due is done', () => `${late / 1_000_000_000n} s late`);
  },
  'nothing goes wrong': (_, { reported, disk }) => {
    // Of a disk that fails its users hear, or nobody is there to hear of it.
    if (disk.failures > 0) reported.splice(0, Infinity, ...reported.filter((error) => !isOfDisk(error)));
    must(reported.length === 0, 'nothing goes wrong', () => reported.map(messageOf).join('; '));
  },
};

const isOfDisk = (error: unknown): boolean =>
  error instanceof StoreError || (error instanceof Error && error.cause instanceof StoreError);

/** Control connections and test sessions that live. */
function rowsOf({ router }: Life): readonly TwampRow[] {
  return [...router.engine.sessions({}, 'live')];
}

const listed = (items: readonly unknown[]): string => items.map(String).join(' ');

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

const isDying = (host: Host): boolean => host.isDying;

export function checkHost(host: Host, around: Surroundings): void {
  const { life } = host;
  if (life === undefined || host.isDying) return;
  for (const check of Object.values(checks)) {
    try {
      check(host, life, around);
    } catch (error) {
      // To look at rows writes what waits, amid which it may end.
      if (!isDying(host)) throw error;
    }
  }
}

/** When a router has started on what was left: everything that was acknowledged, and nothing else. */
export function checkStarted(host: Host, { router }: Life): void {
  const { archive } = router.configuration;
  const { model } = host;
  const known = archive.list().map(({ number }) => number);
  const expected = [...model.revisions.keys()].toSorted((one, other) => other - one);
  must(
    isDeepStrictEqual(known, expected),
    'an acknowledged commit is kept',
    () => `${listed(known)} / ${listed(expected)}`,
  );
  for (const [back, number] of known.entries()) {
    const leaves = host.leavesOf(archive.get(back)!.text);
    const wanted = model.revisions.get(number)!;
    must(
      sameLeaves(leaves, wanted),
      'an acknowledged commit is kept',
      () => `${number}: ${differenceOf(leaves, wanted)}`,
    );
  }
  model.shared = editsOf(model.running);
}
