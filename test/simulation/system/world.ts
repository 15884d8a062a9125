/** One seed, one world: routers with people at them, a network that does its worst, and crashes. */
import { createHash } from 'node:crypto';
import type { Visitor } from '../../../src/access/logins.ts';
import { AUDIT_END, type AuditRow } from '../../../src/store/audit.ts';
import { REVISIONS_MAX } from '../../../src/store/revisions.ts';
import { quiet } from '../../support/quiet.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { VirtualNetwork } from '../../support/virtual-network.ts';
import { VirtualTime } from '../../support/virtual-time.ts';
import { pick, weighted } from '../random-choice.ts';
import { SimulatedUdp } from '../simulated-udp.ts';
import { clockOf, pathOf } from '../world.ts';
import { faults } from './faults.ts';
import { Host, OWNER, type Surroundings } from './host.ts';
import { checkHost } from './invariants.ts';
import { Journal, must, Violation } from './journal.ts';
import { configurationLines, openingLines, operationalLines, plaintexts, type Line } from './lines.ts';
import { Person, type Typed } from './person.ts';
import { lowLimits, scenes, type Stage } from './scenes.ts';
import { holds, rolesPage, statementRow, typed as typedRow } from './roles-page.ts';
import { addresses, firstLines, users } from './statements.ts';

const SECOND = 1e9;

/** What people and faults make happen, in this order until the world ends. */
const STEPS = 50;

const PEOPLE_MAX = 3;

/** Turns of the event loop after which what needs no time and no file is over. */
const TURNS = 6;

/** Longer than sessions linger, and connections that nobody hears of any more are kept. */
const AFTERWARDS_NANOS = 2 * 3600 * SECOND;

/** Most worlds are too short for 50. */
const revisionLimits = [2, 4, REVISIONS_MAX];

/** Rows of the record that are read at once. */
const AUDIT_ROWS = 10_000;

/** How long until the next step: mostly while packets fly, now and then until something times out. */
const pauses = [0, 0.0001, 0.002, 0.05, 0.05, 0.3, 1, 3, 40, 100].map((seconds) => seconds * SECOND);

/** Nobody else is there any more: what they have left is given up, and nothing is configured. */
const lastLines = [
  'clear system commit',
  'clear system commit',
  'configure',
  'rollback',
  'exit configuration-mode',
  'configure exclusive',
  'delete services',
  'delete system',
  'commit',
  'exit',
  'exit',
];

interface StepRow {
  readonly weight: number;
  readonly take: (world: World, host: Host) => Promise<void>;
}

const steps: readonly StepRow[] = [
  { weight: 30, take: (world, host) => world.someoneTypes(host) },
  { weight: 5, take: (world, host) => world.severalType(host) },
  { weight: 6, take: (world, host) => world.someoneComes(host) },
  { weight: 6, take: (world, host) => world.someoneTries(host) },
  { weight: 8, take: (world, host) => world.somethingFails(host) },
  { weight: 2, take: (world, host) => world.restarts(host) },
  { weight: 2, take: (world, host) => world.crashes(host) },
  { weight: 5, take: (world, host) => world.plays(host) },
];

export class World {
  readonly journal = new Journal();
  readonly time = new VirtualTime();
  readonly random: SeededRandom;
  readonly around: Surroundings;
  readonly hosts: readonly Host[];
  /** The step under way. */
  step = 0;
  /** What was found amid something else. */
  #violation: unknown;

  constructor(seed: number, files: Pick<Surroundings, 'directory' | 'importable'>) {
    const random = new SeededRandom(seed);
    const { time } = this;
    const path = pathOf(random);
    const network = new VirtualNetwork(time, random, { delayNanos: path.delayMinNanos, loss: 0 });
    const udp = new SimulatedUdp(time, random, path);
    this.random = random;
    this.around = { time, random, network, udp, revisionsMax: pick(random, revisionLimits), ...files };
    const count = 2 + random.below(2);
    this.hosts = addresses.slice(0, count).map((address) => new Host(address, this.around, clockOf(random)));
  }

  /** Throws Violation. */
  async run(): Promise<void> {
    for (const [index, host] of this.hosts.entries()) {
      const target =
        this.random.below(3) === 0 ? this.hosts[(index + 1) % this.hosts.length]!.address : undefined;
      await this.#found(host, [...firstLines(host.address, target), ...lowLimits(this.random)]);
    }
    for (this.step = 1; this.step <= STEPS; this.step += 1) {
      const host = pick(this.random, this.hosts);
      if (host.life === undefined) await this.#start(host);
      await weighted(this.random, steps).take(this, host);
      await this.#pass(pick(this.random, pauses));
    }
    await this.#end();
  }

  /** The first configuration, as the owner types it. */
  async #found(host: Host, lines: readonly string[]): Promise<void> {
    await this.#start(host);
    const owner = await this.#enter(host, OWNER, 'private');
    for (const line of ['configure', ...lines, 'commit', 'exit', 'exit']) {
      if (line === 'commit') owner.resume();
      const said = line.replace(plaintexts[0], '*****');
      await this.#still(
        this.#type(owner, {
          text: line,
          said,
          ...(line === 'configure' && { after: () => owner.beginEdits() }),
        }),
      );
    }
    host.acknowledged = host.model.latest;
    await this.#pass(0);
  }

  async someoneComes(host: Host): Promise<void> {
    const here = host.people.filter(({ isOut }) => !isOut);
    if (here.length >= PEOPLE_MAX) return;
    const user = pick(this.random, [OWNER, OWNER, ...users]);
    if (here.some((person) => person.user === user)) return;
    if (user !== OWNER && host.life!.accounts.identity(user) === undefined) return;
    await this.#enter(host, user, this.random.below(2) === 0 ? 'shared' : 'private');
  }

  async someoneTypes(host: Host): Promise<void> {
    const person = this.#free(host);
    if (person === undefined) return this.someoneComes(host);
    const line = this.#lineOf(person);
    const typing = this.#type(person, line);
    await (line.isStill ? this.#still(typing) : this.#turns());
  }

  /** All at once. */
  async severalType(host: Host): Promise<void> {
    const free = host.people.filter(({ isFree }) => isFree);
    for (const person of free) {
      const line = this.#lineOf(person);
      if (line.isStill !== true) void this.#type(person, line);
    }
    await this.#turns();
  }

  /** What a class may not do by docs/roles.md is refused, and changes nothing. */
  async someoneTries(host: Host): Promise<void> {
    const person = this.#free(host);
    if (person === undefined) return;
    const { className, isEditing } = person;
    const mayNot = (cell: string | undefined): boolean => cell === '-';
    const forbidden = rolesPage.commands.filter(({ cells }) => mayNot(cells.get(className)));
    const unchangeable = rolesPage.statements.filter(({ cells }) => cells.get(className) !== 'change');
    const setting = isEditing && unchangeable.length > 0 && this.random.below(2) === 0;
    const rows = setting ? unchangeable : forbidden;
    if (rows.length === 0) return;
    const row = typedRow(pick(this.random, rows));
    const text = setting ? `set ${row}` : isEditing ? `run ${row}` : row;
    const before = this.#stateOf(host);
    await this.#still(
      this.#type(person, {
        text,
        said: text.replace('whatever1', '*****'),
        after: ({ outcome }) => {
          must(outcome.status === 'failed', 'no privilege is exceeded', () => `${className}: ${text}`);
          must(
            before === this.#stateOf(host),
            'no privilege is exceeded',
            () => `${className} changed something: ${text}`,
          );
        },
      }),
    );
  }

  somethingFails(host: Host): Promise<void> {
    const { name, happen } = weighted(this.random, faults);
    const details = happen(host, this.around, this.random);
    this.journal.note(`${host.address} ${name} ${details}`);
    return Promise.resolve();
  }

  async plays(host: Host): Promise<void> {
    const { name, play } = weighted(this.random, scenes);
    this.journal.note(`${host.address} ${name}`);
    await play(host, this.#stage);
  }

  get #stage(): Stage {
    return {
      random: this.random,
      hosts: this.hosts,
      free: async (host, user) => {
        const here = host.people.filter((person) => person.user === user && !person.isOut);
        if (here.length > 0) return here.find(({ isFree }) => isFree);
        if (host.life === undefined) return undefined;
        if (user !== OWNER && host.life.accounts.identity(user) === undefined) return undefined;
        return this.#enter(host, user, 'private');
      },
      says: (person, line) => this.#still(this.#type(person, line)),
      begins: (person, line) => {
        void this.#type(person, line);
        return this.#turns();
      },
      pass: (nanos) => this.#pass(nanos),
    };
  }

  async restarts(host: Host): Promise<void> {
    this.journal.note(`${host.address} stops`);
    host.life!.disk.recover();
    await this.#closeBooks(host);
    await host.stop();
    await this.#turns();
  }

  async crashes(host: Host): Promise<void> {
    const isHeard = this.random.below(3) > 0;
    this.journal.note(`${host.address} crashes${isHeard ? '' : ', unheard'}`);
    this.#crash(host, isHeard);
    await this.#turns();
  }

  #crash(host: Host, isHeard: boolean): void {
    const { clock, auditModel, life, people } = host;
    const monoNanos = host.isDying ? host.diedMonoNanos : clock.monoNanos();
    for (const { line, user, deciding } of people) {
      if (line === undefined) continue;
      host.isDecided ||= deciding;
      auditModel.say({ user, text: line, status: undefined, monoNanos, mayBeMissing: true });
    }
    // Of what was being decided nobody has heard.
    if (host.isDecided && host.model.wayBack)
      host.model.wayBack = { ...host.model.wayBack, dueWallNanos: undefined };
    auditModel.cut(monoNanos, life!.disk.failures > 0);
    host.crash(isHeard);
  }

  async #start(host: Host): Promise<void> {
    const life = await host.start();
    this.journal.note(`${host.address} starts, revision ${host.model.latest}`);
    host.auditModel.check(auditRows(host));
    must(life.reported.length === 0, 'nothing goes wrong', () => String(life.reported[0]));
  }

  async #enter(host: Host, user: string, kind: 'shared' | 'private'): Promise<Person> {
    const { accounts } = host.life!;
    const identity =
      user === OWNER
        ? { ...accounts.owner(OWNER), directory: this.around.directory }
        : accounts.identity(user)!;
    const visitor: Visitor = { identity, origin: { way: 'ssh', address: '203.0.113.1:50000' } };
    const person = new Person(host, visitor, kind);
    host.people.push(person);
    this.journal.note(`${host.address} ${user} comes, ${kind}`);
    await this.#turns();
    return person;
  }

  #free(host: Host): Person | undefined {
    const free = host.people.filter(({ isFree }) => isFree);
    return free.length === 0 ? undefined : pick(this.random, free);
  }

  #lineOf(person: Person): Line {
    const { random } = this;
    if (person.isEditing) return weighted(random, configurationLines).make(person, random);
    if (holds(person.className, 'configure') && random.below(3) === 0)
      return { text: pick(random, openingLines), after: () => person.beginEdits() };
    return weighted(random, operationalLines).make(person, random);
  }

  async #type(person: Person, line: Line): Promise<void> {
    const { host, life, user, className } = person;
    const { text, said = text, after } = line;
    try {
      this.journal.note(`${host.address} ${user}: ${text}`);
      const typed = await person.type(text);
      if (host.life !== life) return;
      const { status } = typed.outcome;
      const monoNanos = host.clock.monoNanos();
      const isHeard = !host.isDying;
      host.auditModel.say({
        user,
        text: said,
        status: isHeard ? status : undefined,
        monoNanos,
        mayBeMissing: !isHeard,
      });
      if (!isHeard) return;
      this.journal.note(`  ${user}: ${status} ${digest(typed)}`);
      checkShown(className, typed, person);
      after?.(typed);
    } catch (error) {
      this.#violation ??= error;
    }
  }

  /** The time of the world stands still until it is over. */
  async #still(typing: Promise<void>): Promise<void> {
    let isOver = false as boolean;
    void typing.then(() => (isOver = true));
    while (!isOver) await quiet();
    await this.#turns();
  }

  async #turns(): Promise<void> {
    for (let count = 0; count < TURNS; count += 1) await quiet();
    this.#look();
  }

  async #pass(nanos: number): Promise<void> {
    const endNanos = this.time.monoNanos() + nanos;
    for (;;) {
      try {
        await this.time.pass(endNanos - this.time.monoNanos());
        break;
      } catch (error) {
        // A process that has ended amid a write says nothing any more.
        if (!this.hosts.some(({ isDying, life }) => isDying && life !== undefined)) throw error;
        this.#check();
      }
    }
    this.#check();
  }

  /** What must hold of every router. */
  #check(): void {
    this.#look();
    for (const host of this.hosts) checkHost(host, this.around);
    // To look at rows writes what waits, amid which a process may end.
    this.#look();
  }

  /** Who has died, and what was found meanwhile. */
  #look(): void {
    if (this.#violation !== undefined) throw asViolation(this.#violation);
    for (const host of this.hosts) {
      if (host.violation !== undefined) throw asViolation(host.violation);
      if (host.isDying && host.life !== undefined) {
        this.journal.note(`${host.address} has crashed amid a write`);
        this.#crash(host, true);
      }
      for (const { edits } of host.people.filter(({ isEditing }) => isEditing)) edits.during = [];
      host.model.shared.during = [];
      host.people = host.people.filter(({ isOut, line }) => !isOut || line !== undefined);
    }
  }

  /** What must not be changed by what is refused. */
  #stateOf({ life, model }: Host): string {
    const { router, logins } = life!;
    const { server } = router.engine;
    const { shared } = router.configuration;
    return JSON.stringify([
      model.latest,
      shared.changed,
      [...model.shared.tree],
      server.connections.length,
      [...server.refusals],
      logins.all.length,
      life!.storedSessions(),
    ]);
  }

  /** The record and the counters of a life that is about to end. */
  async #closeBooks(host: Host): Promise<void> {
    const { life, people, auditModel, ledger } = host;
    for (const person of people) person.cut();
    // Lines that are given up end at once; measurements are reported as far as they came.
    await this.#pass(5 * SECOND);
    if (host.life === undefined) return;
    life!.audit.flush();
    ledger.check(life!.router.engine.sessions({}, 'ended'), life!.datapath.journals);
    auditModel.check(auditRows(host));
  }

  /** Everybody goes, nothing is configured any more, and nothing is left. */
  async #end(): Promise<void> {
    for (const host of this.hosts) {
      if (host.life === undefined) await this.#start(host);
      host.life!.disk.recover();
      await this.#closeBooks(host);
      const owner = await this.#enter(host, OWNER, 'shared');
      for (const line of lastLines) {
        await this.#still(this.#type(owner, { text: line, ...this.#lastly(owner, line) }));
      }
    }
    await this.#pass(AFTERWARDS_NANOS);
    for (const host of this.hosts) {
      const { router } = host.life!;
      const live = [...router.engine.sessions({}, 'live')];
      must(live.length === 0, 'no session is leaked', () => `${live.length} rows`);
      const { clients } = router.engine.server;
      must(
        clients.every(({ sessions }) => sessions === 0),
        'counters add up',
        () => 'sessions of clients',
      );
      must(
        router.configuration.configuration.services.rpm.twamp.server === undefined,
        'no lock is leaked',
        () => 'nobody could commit',
      );
      await this.#closeBooks(host);
      checkDisk(host);
      const { clock } = host.life!;
      await host.stop();
      must(clock.pending === 0, 'no timer is leaked', () => `${clock.pending}`);
    }
    must(this.around.udp.bound.length === 0, 'no port is leaked', () => this.around.udp.bound.join(', '));
    must(
      this.around.network.openEnds === 0,
      'no connection is leaked',
      () => `${this.around.network.openEnds}`,
    );
  }

  #lastly(owner: Person, line: string): Pick<Line, 'after'> {
    if (line.startsWith('configure')) return { after: () => owner.isEditing && owner.beginEdits() };
    if (line === 'commit') owner.resume();
    return {};
  }
}

/** No text has a secret in clear; what is sealed is shown to those alone who may see it. */
function checkShown(className: string, { text, outcome, line }: Typed, person: Person): void {
  const said = outcome.status === 'failed' ? `${text}${outcome.text}` : text;
  const all = `${said}\n${person.told.join('\n')}`;
  for (const secret of plaintexts)
    must(!all.includes(secret), 'no secret is shown', () => `${className}: ${line}`);
  const isSealed = /\$dn1\$|\$scrypt\$/.test(all);
  must(!isSealed || holds(className, 'secret'), 'no secret is shown', () => `${className}, sealed: ${line}`);
  if (!line.startsWith('show configuration') || !line.includes('display set')) return;
  for (const statement of text.split('\n')) {
    if (!statement.startsWith('set ')) continue;
    const row = statementRow(statement.slice('set '.length).split(' '));
    must(
      row?.cells.get(className) !== '-',
      'no privilege is exceeded',
      () => `${className} sees ${statement}`,
    );
  }
}

/** Nothing that was typed as a secret is anywhere in the files. */
function checkDisk(host: Host): void {
  for (const [name, database] of Object.entries(host.life!.disk.databases)) {
    const octets = database.serialize();
    for (const secret of plaintexts) must(!octets.includes(secret), 'no secret is kept', () => name);
  }
}

function auditRows(host: Host): readonly AuditRow[] {
  return host.life!.router.audit.page({}, AUDIT_END, AUDIT_ROWS);
}

function digest({ outcome, text }: Typed): string {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8);
  return outcome.status === 'failed' ? `${hash} ${outcome.text.trim().split('\n').at(-1)!.trim()}` : hash;
}

function asViolation(error: unknown): Error {
  if (error instanceof Violation) return error;
  return new Violation(
    'nothing goes wrong',
    error instanceof Error ? (error.stack ?? error.message) : String(error),
  );
}
