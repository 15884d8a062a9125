/** The commit: verify, apply, archive; whichever step fails, what ran before runs on. */
import { describe, expect, test, vi } from 'vitest';
import type { Candidate } from '../../src/config/candidate.ts';
import type { PendingCommit, Revision, RevisionArchive } from '../../src/config/archive.ts';
import {
  ApplyError,
  CommitError,
  type Committer,
  type Finding,
  type Findings,
  type Participant,
} from '../../src/config/commit.ts';
import { ConfigurationDatabase } from '../../src/config/database.ts';
import type { Configuration } from '../../src/config/configuration.ts';
import { ConfigTextError, setLines } from '../../src/config/text.ts';
import type { ConfigTree } from '../../src/config/tree.ts';
import { SLICE_NANOS } from '../../src/config/turns.ts';
import { statementsOf } from '../support/configuration.ts';
import { testSecrets } from '../support/secrets.ts';
import { classCan, grammars } from '../support/grammar.ts';
import { VirtualTime } from '../support/virtual-time.ts';

const { schema } = grammars;
const owner: Committer = { user: 'owner', can: () => true };
const SERVER = 'services rpm twamp server';

class Archive implements RevisionArchive {
  readonly revisions: Revision[] = [];
  pending: readonly PendingCommit[] = [];
  full = false;

  append(revision: Omit<Revision, 'number'>, pending: readonly PendingCommit[]): number {
    this.keep(pending);
    this.revisions.unshift({ ...revision, number: this.revisions.length });
    return this.revisions.length - 1;
  }

  get(back: number): Revision | undefined {
    return this.revisions[back];
  }

  list(): readonly Revision[] {
    return this.revisions;
  }

  keep(pending: readonly PendingCommit[]): void {
    if (this.full) throw new Error('disk full');
    this.pending = pending;
  }
}

const finding = (severity: Finding['severity'], code: string): Finding => ({
  severity,
  code,
  path: [],
  details: {},
});

/** A part that runs on a port, notes what it was told, and fails when asked to. */
class Part implements Participant {
  readonly name: string;
  readonly journal: string[];
  running: number | undefined;
  refusesPort: number | undefined;
  verdicts: readonly (Finding | undefined)[] = [];
  /** What `apply` waits for. */
  gate: Promise<void> = Promise.resolve();

  constructor(name: string, journal: string[]) {
    this.name = name;
    this.journal = journal;
  }

  verify(): Findings {
    return this.verdicts;
  }

  async apply({ services }: Configuration): Promise<readonly Finding[]> {
    await this.gate;
    const port = services.rpm.twamp.server?.port;
    if (port !== undefined && port === this.refusesPort) throw new Error(`${this.name}: port ${port} in use`);
    this.running = port;
    this.journal.push(`${this.name} ${port ?? 'off'}`);
    return [finding('notice', `${this.name}-applied`)];
  }
}

const databaseOf = (
  archive: Archive,
  participants: readonly Part[],
  clock: VirtualTime,
): ConfigurationDatabase =>
  new ConfigurationDatabase({ schema, archive, participants, clock, secrets: testSecrets });

function router() {
  const archive = new Archive();
  const journal: string[] = [];
  const [one, two, three] = ['one', 'two', 'three'].map((name) => new Part(name, journal)) as [
    Part,
    Part,
    Part,
  ];
  const clock = new VirtualTime();
  const database = databaseOf(archive, [one, two, three], clock);
  return { archive, journal, one, two, three, database, clock };
}

const edit = (candidate: Candidate, line: string): void => candidate.set(statementsOf(line), owner.can);
const written = (tree: ConfigTree) => [...setLines(schema, tree)];

/** A router whose server runs on port 1. */
async function runningRouter() {
  const parts = router();
  edit(parts.database.shared, `set ${SERVER} port 1`);
  await parts.database.commit(parts.database.shared, owner);
  parts.journal.length = 0;
  return parts;
}

describe('a commit that succeeds', () => {
  test('verifies, applies to every part in turn, and archives', async () => {
    const { archive, journal, one, database, clock } = router();
    one.verdicts = [finding('warning', 'careful')];
    edit(database.shared, `set ${SERVER} port 5`);
    const result = await database.commit(database.shared, { ...owner, comment: 'first' });
    expect(journal).toEqual(['one 5', 'two 5', 'three 5']);
    const wallNanos = clock.wallNanos();
    expect(result.wallNanos).toBe(wallNanos);
    expect(result.findings.map(({ code }) => code)).toEqual([
      'careful',
      'one-applied',
      'two-applied',
      'three-applied',
    ]);
    expect(archive.revisions).toMatchObject([
      { number: 0, wallNanos, user: 'owner', via: 'cli', comment: 'first' },
    ]);
    expect(written(await database.revision(0))).toEqual([`set ${SERVER} port 5`]);
    expect(written(database.running)).toEqual([`set ${SERVER} port 5`]);
    expect(database.configuration.services.rpm.twamp.server?.port).toBe(5);
    expect(database.shared.changed).toBe(false);
  });

  test('of nothing changed commits nothing', async () => {
    const { archive, journal, database } = await runningRouter();
    edit(database.shared, `set ${SERVER} port 1`);
    expect(await database.commit(database.shared, owner)).toEqual({
      wallNanos: undefined,
      findings: [],
      confirmed: false,
    });
    expect(journal).toEqual([]);
    expect(archive.revisions).toHaveLength(1);
  });
});

describe('a commit that fails changes nothing', () => {
  async function failedCommit(
    parts: Awaited<ReturnType<typeof runningRouter>>,
    committer = owner,
  ): Promise<unknown> {
    const { database } = parts;
    edit(database.shared, `set ${SERVER} port 2`);
    const error: unknown = await database
      .commit(database.shared, committer)
      .catch((thrown: unknown) => thrown);
    expect(written(database.running)).toEqual([`set ${SERVER} port 1`]);
    expect([parts.one.running, parts.two.running, parts.three.running]).toEqual([1, 1, 1]);
    expect(parts.archive.revisions).toHaveLength(1);
    expect(written(database.shared.tree)).toEqual([`set ${SERVER} port 2`]);
    return error;
  }

  test('when a part finds an error; all findings are told, and no part is touched', async () => {
    const parts = await runningRouter();
    parts.two.verdicts = [finding('warning', 'odd'), finding('error', 'wrong')];
    const error = await failedCommit(parts);
    expect(error).toBeInstanceOf(CommitError);
    expect(error).toMatchObject({ code: 'verify', findings: [{ code: 'odd' }, { code: 'wrong' }] });
    expect(parts.journal).toEqual([]);
  });

  test('when the committer may not make the change', async () => {
    const parts = await runningRouter();
    const error = await failedCommit(parts, { user: 'guest', can: classCan('system') });
    expect(error).toMatchObject({ code: 'forbidden', path: [...SERVER.split(' '), 'port'] });
    expect(parts.journal).toEqual([]);
  });

  test.each([
    ['one', []],
    ['two', ['one 2', 'one 1']],
    ['three', ['one 2', 'two 2', 'two 1', 'one 1']],
  ] as const)(
    'when part %s cannot apply it: those before are put back, the last first',
    async (name, journal) => {
      const parts = await runningRouter();
      parts[name].refusesPort = 2;
      expect(await failedCommit(parts)).toMatchObject({
        code: 'apply',
        cause: new Error(`${name}: port 2 in use`),
      });
      expect(parts.journal).toEqual(journal);
    },
  );

  test('when a part cannot apply it for a reason that it knows, which is told', async () => {
    const parts = await runningRouter();
    const known = finding('error', 'port-taken');
    parts.two.gate = Promise.reject(new ApplyError(known));
    const error = await failedCommit(parts);
    const cause = { name: 'ApplyError', message: 'port-taken', finding: known };
    expect(error).toMatchObject({ code: 'apply', cause });
  });

  test('when the archive cannot be written: every part is put back', async () => {
    const parts = await runningRouter();
    parts.archive.full = true;
    expect(await failedCommit(parts)).toMatchObject({ code: 'apply', cause: new Error('disk full') });
    expect(parts.journal.slice(3)).toEqual(['three 1', 'two 1', 'one 1']);
  });

  test('and can be tried again', async () => {
    const parts = await runningRouter();
    parts.archive.full = true;
    await failedCommit(parts);
    parts.archive.full = false;
    await parts.database.commit(parts.database.shared, owner);
    expect(written(parts.database.running)).toEqual([`set ${SERVER} port 2`]);
  });

  test('a part that cannot be put back does not keep the others from it, and is told of', async () => {
    const { database, archive, one, two, three } = await runningRouter();
    archive.full = true;
    edit(database.shared, `set ${SERVER} port 2`);
    two.refusesPort = 1;
    const error: unknown = await database.commit(database.shared, owner).catch((thrown: unknown) => thrown);
    const { cause } = error as CommitError;
    expect(cause).toBeInstanceOf(AggregateError);
    expect((cause as AggregateError).message).toBe(
      'a commit failed, and what ran before it could not be resumed',
    );
    expect((cause as AggregateError).errors).toEqual([
      new Error('disk full'),
      new Error('two: port 1 in use'),
    ]);
    expect([one.running, two.running, three.running]).toEqual([1, 2, 1]);
    expect(written(database.running)).toEqual([`set ${SERVER} port 1`]);
  });
});

describe('candidates beside each other', () => {
  test('a private candidate that a commit has overtaken takes up what does not concern its edits', async () => {
    const { database } = await runningRouter();
    const [mine, theirs] = [database.openPrivate(), database.openPrivate()];
    edit(mine, 'set system host-name mine');
    edit(theirs, `set ${SERVER} port 7`);
    await database.commit(theirs, owner);
    expect(mine.outOfDate).toBe(true);
    await database.commit(mine, owner);
    expect(written(database.running)).toEqual(['set system host-name mine', `set ${SERVER} port 7`]);
  });

  test('one that would overwrite what another has changed says so, and does when it is said again', async () => {
    const { database } = await runningRouter();
    const [mine, theirs] = [database.openPrivate(), database.openPrivate()];
    edit(mine, `set ${SERVER} port 6`);
    edit(theirs, `set ${SERVER} port 7`);
    edit(theirs, `set system host-name theirs`);
    await database.commit(theirs, owner);
    await expect(database.check(mine, owner)).rejects.toThrow(expect.objectContaining({ code: 'conflict' }));
    await expect(database.commit(mine, owner)).rejects.toMatchObject({
      code: 'conflict',
      findings: [{ path: [...SERVER.split(' '), 'port'] }],
    });
    expect(written(database.running)).toEqual(['set system host-name theirs', `set ${SERVER} port 7`]);
    expect(written(mine.tree)).toEqual(['set system host-name theirs', `set ${SERVER} port 6`]);
    await database.commit(mine, owner);
    expect(written(database.running)).toEqual(['set system host-name theirs', `set ${SERVER} port 6`]);
  });

  test('a shared candidate without edits follows the commits of private ones', async () => {
    const { database } = await runningRouter();
    const mine = database.openPrivate();
    edit(mine, 'set system host-name mine');
    await database.commit(mine, owner);
    edit(database.shared, `set ${SERVER} port 9`);
    await database.commit(database.shared, owner);
    expect(written(database.running)).toEqual(['set system host-name mine', `set ${SERVER} port 9`]);
  });

  test('commits run one at a time, in the order in which they were asked for', async () => {
    const { database, journal } = await runningRouter();
    const [first, second] = [database.openPrivate(), database.openPrivate()];
    edit(first, `set ${SERVER} port 2`);
    edit(second, `set ${SERVER} port 3`);
    const results = await Promise.allSettled([database.commit(first, owner), database.commit(second, owner)]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(journal).toEqual(['one 2', 'two 2', 'three 2']);
  });

  test('a failed commit does not hold up the next', async () => {
    const { database, one } = await runningRouter();
    one.refusesPort = 2;
    const [first, second] = [database.openPrivate(), database.openPrivate()];
    edit(first, `set ${SERVER} port 2`);
    edit(second, `set ${SERVER} port 3`);
    await Promise.allSettled([database.commit(first, owner), database.commit(second, owner)]);
    expect(written(database.running)).toEqual([`set ${SERVER} port 3`]);
  });

  test('while parts are being changed, everybody still sees what is in force', async () => {
    const { database, two } = await runningRouter();
    let open = (): void => undefined;
    two.gate = new Promise((resolve) => (open = resolve));
    edit(database.shared, `set ${SERVER} port 2`);
    const committing = database.commit(database.shared, owner);
    await Promise.resolve();
    expect(written(database.running)).toEqual([`set ${SERVER} port 1`]);
    expect(written(database.openPrivate().tree)).toEqual([`set ${SERVER} port 1`]);
    open();
    await committing;
    expect(written(database.running)).toEqual([`set ${SERVER} port 2`]);
  });

  test('edits made to the shared candidate during its commit are neither committed nor lost', async () => {
    const { database, two } = await runningRouter();
    let open = (): void => undefined;
    two.gate = new Promise((resolve) => (open = resolve));
    edit(database.shared, `set ${SERVER} port 2`);
    const committing = database.commit(database.shared, owner);
    await new Promise(setImmediate);
    edit(database.shared, 'set system host-name late');
    open();
    await committing;
    expect(written(database.running)).toEqual([`set ${SERVER} port 2`]);
    expect(database.shared.changed).toBe(true);
    await database.commit(database.shared, owner);
    expect(written(database.running)).toEqual(['set system host-name late', `set ${SERVER} port 2`]);
  });
});

describe('commit check', () => {
  test('says what a commit would, and applies nothing', async () => {
    const { database, one, journal } = await runningRouter();
    one.verdicts = [finding('warning', 'careful')];
    edit(database.shared, `set ${SERVER} port 2`);
    expect(await database.check(database.shared, owner)).toEqual([finding('warning', 'careful')]);
    one.verdicts = [finding('error', 'wrong')];
    await expect(database.check(database.shared, owner)).rejects.toThrow(CommitError);
    expect(journal).toEqual([]);
  });
});

test('others have their turn during a long commit, and see what was before until all of it is in force', async () => {
  const { archive, database, clock, one } = await runningRouter();
  const [before, lists] = [database.running, 500];
  // At every look at the clock, the slice is over.
  let looks = 0;
  clock.monoNanos = () => (looks += 1) * SLICE_NANOS;
  one.verdicts = [undefined, finding('warning', 'careful'), undefined];
  for (let list = 0; list < lists; list += 1) edit(database.shared, `set ${SERVER} client-list list-${list}`);
  const { tree } = database.shared;
  const progress = { isOver: false };
  const commit = database.commit(database.shared, owner).finally(() => (progress.isOver = true));
  let turns = 0;
  for (; !progress.isOver; turns += 1) {
    await new Promise(setImmediate);
    if (turns === lists) edit(database.shared, 'set system host-name meanwhile');
    expect(database.running).toBe(archive.revisions.length === 1 ? before : tree);
  }
  // Each list is read, and archived.
  expect(turns).toBeGreaterThan(2 * lists);
  expect((await commit).findings.map(({ code }) => code)).toContain('careful');
  expect(database.running).toBe(tree);
  expect(written(database.shared.tree)).toContain('set system host-name meanwhile');
  expect(database.shared.changed).toBe(true);
});

describe('revisions', () => {
  test('an older one can be made the candidate, and committed', async () => {
    const { database } = await runningRouter();
    edit(database.shared, `set ${SERVER} port 2`);
    await database.commit(database.shared, owner);
    database.shared.replace(await database.revision(1), owner.can);
    expect(database.shared.changed).toBe(true);
    await database.commit(database.shared, owner);
    expect(written(database.running)).toEqual([`set ${SERVER} port 1`]);
    expect(written(await database.revision(1))).toEqual([`set ${SERVER} port 2`]);
  });

  test('one that does not exist is an error that says so', async () => {
    await expect(router().database.revision(0)).rejects.toThrow(
      expect.objectContaining({ code: 'no-revision' }),
    );
  });

  test('the latest is in force when the router starts again', async () => {
    const { archive, clock } = await runningRouter();
    const again = databaseOf(archive, [], clock);
    expect(written(again.running)).toEqual([`set ${SERVER} port 1`]);
    expect(again.shared.changed).toBe(false);
  });

  test('one that this program does not understand is refused at start, with its path', () => {
    const archive = new Archive();
    archive.append(
      { wallNanos: 0n, user: 'x', via: 'cli', comment: undefined, text: '{"system":{"colour":"red"}}' },
      [],
    );
    const start = () => databaseOf(archive, [], new VirtualTime());
    expect(start).toThrow(ConfigTextError);
    expect(start).toThrow('system colour');
  });
});

test('at start every part is put in force, and what failed is given back', async () => {
  const { archive, clock } = await runningRouter();
  const journal: string[] = [];
  const [one, two, three] = ['one', 'two', 'three'].map((name) => new Part(name, journal)) as [
    Part,
    Part,
    Part,
  ];
  two.refusesPort = 1;
  three.verdicts = [finding('warning', 'careful')];
  const { findings, failures } = await databaseOf(archive, [one, two, three], clock).start();
  expect(journal).toEqual(['one 1', 'three 1']);
  expect(failures).toEqual([new Error('two: port 1 in use')]);
  expect(findings.map(({ code }) => code)).toEqual(['careful', 'one-applied', 'three-applied']);
});

test('why a commit was not made has no more to it than is told', () => {
  expect(new CommitError('locked')).toMatchObject({
    name: 'CommitError',
    message: 'locked',
    findings: [],
    path: [],
    who: '',
    dueWallNanos: undefined,
  });
});

describe('groups', () => {
  test('that are none keep a commit from being made', async () => {
    const { database } = router();
    edit(database.shared, 'set apply-groups nobody');
    await expect(database.commit(database.shared, owner)).rejects.toMatchObject({
      code: 'verify',
      findings: [
        { severity: 'error', code: 'unknown-group', path: ['apply-groups'], details: { name: 'nobody' } },
      ],
    });
  });

  test('are told beside what is found of what was inherited from them', async () => {
    const { database, one } = router();
    const found = (words: string): Finding => ({ ...finding('warning', 'odd'), path: words.split(' ') });
    one.verdicts = [found(`${SERVER} port`), found('system host-name')];
    edit(database.shared, 'set system host-name r1');
    const before = await database.commit(database.shared, owner);
    expect(before.findings.slice(0, 2).map(({ details }) => details)).toEqual([{}, {}]);
    edit(database.shared, `set groups g ${SERVER} port 5`);
    edit(database.shared, 'set apply-groups g');
    const { findings } = await database.commit(database.shared, owner);
    expect(findings.slice(0, 2).map(({ details }) => details)).toEqual([{ group: 'g' }, {}]);
  });
});

describe('who edits', () => {
  test('one may keep all others from the shared candidate, and nobody from a private one', async () => {
    const { database } = await runningRouter();
    const locked = { code: 'locked', who: 'ada' };
    const alone = database.open('exclusive', () => 'ada');
    expect(() => database.open('exclusive', () => 'bob')).toThrow(expect.objectContaining(locked));
    expect(() => edit(database.shared, `set ${SERVER} port 2`)).toThrow(expect.objectContaining(locked));
    const mine = database.open('private', () => 'bob');
    edit(mine, `set ${SERVER} port 3`);
    await expect(database.commit(mine, owner)).rejects.toMatchObject(locked);
    database.release(mine);
    expect(() => database.open('exclusive', () => 'bob')).toThrow(expect.objectContaining(locked));
    edit(alone, `set ${SERVER} port 4`);
    await database.commit(alone, owner);
    expect(written(database.running)).toEqual([`set ${SERVER} port 4`]);
    database.release(alone);
    expect(database.open('exclusive', () => 'bob')).not.toBe(alone);
  });

  test.each([
    ['exclusive', 'modified'],
    ['private', 'shared-modified'],
  ] as const)('%s needs a shared candidate without edits', async (mode, code) => {
    const { database } = await runningRouter();
    edit(database.shared, `set ${SERVER} port 2`);
    expect(() => database.open(mode, () => 'ada')).toThrow(expect.objectContaining({ code }));
    expect(database.open('shared', () => 'ada')).toBe(database.shared);
  });
});

test('behind the first revision is what a new router has, and behind that nothing', async () => {
  const { archive, database } = await runningRouter();
  archive.revisions[0] = { ...archive.revisions[0]!, number: 1 };
  expect(written(await database.revision(0))).toEqual([`set ${SERVER} port 1`]);
  expect(await database.revision(1)).toEqual(new Map());
  await expect(database.revision(2)).rejects.toMatchObject({ code: 'no-revision' });
  archive.revisions[0] = { ...archive.revisions[0], number: 7 };
  await expect(database.revision(1)).rejects.toMatchObject({ code: 'no-revision' });
});

const MINUTE = 60_000_000_000;

describe('a commit that is to be confirmed', () => {
  const committed = async (port: number, confirmedMinutes: number | undefined) => {
    const parts = await runningRouter();
    edit(parts.database.shared, `set ${SERVER} port ${port}`);
    const result = await parts.database.commit(parts.database.shared, owner, { confirmedMinutes });
    return { ...parts, result };
  };
  const guest: Committer = { user: 'guest', can: classCan('system') };

  test('stays when another commit confirms it, and that one says so', async () => {
    const { database, clock, result } = await committed(2, 10);
    expect(result.confirmed).toBe(false);
    expect(database.pending('confirmed')).toMatchObject({
      kind: 'confirmed',
      committer: { user: 'owner', configured: true, role: undefined },
    });
    edit(database.shared, 'set system host-name r1');
    expect(await database.commit(database.shared, owner)).toMatchObject({ confirmed: true });
    expect(database.pending('confirmed')).toBeUndefined();
    await clock.pass(20 * MINUTE);
    expect(written(database.running)).toEqual(['set system host-name r1', `set ${SERVER} port 2`]);
  });

  test('is put off by another that is to be confirmed, and by the same again', async () => {
    const { database } = await committed(2, 10);
    edit(database.shared, `set ${SERVER} port 3`);
    const more = await database.commit(database.shared, owner, { confirmedMinutes: 10 });
    expect(more.confirmed).toBe(false);
    const again = await database.commit(database.shared, owner, { confirmedMinutes: 20 });
    expect(again).toEqual({ wallNanos: undefined, findings: [], confirmed: false });
    expect(await database.clear(owner)).toBe('confirmed');
    expect(written(database.running)).toEqual([`set ${SERVER} port 1`]);
  });

  test('is decided about by whoever might have made it', async () => {
    const { database } = await committed(2, 10);
    const path = [...SERVER.split(' '), 'port'];
    await expect(database.confirm(guest)).rejects.toMatchObject({ code: 'forbidden', path });
    await expect(database.clear(guest)).rejects.toMatchObject({ code: 'forbidden', path });
    edit(database.shared, 'set system host-name r1');
    await expect(database.commit(database.shared, guest)).rejects.toMatchObject({ code: 'forbidden', path });
    expect(await database.confirm(owner)).toBe(true);
    expect(await database.confirm(owner)).toBe(false);
    expect(await database.clear(owner)).toBeUndefined();
  });

  test('stays where the router has been closed, until it starts again', async () => {
    const { archive, database, clock } = await committed(2, 10);
    await database.start();
    database.close();
    await clock.pass(20 * MINUTE);
    expect(written(database.running)).toEqual([`set ${SERVER} port 2`]);
    const over: object[] = [];
    const again = new ConfigurationDatabase({
      schema,
      archive,
      participants: [],
      clock,
      secrets: testSecrets,
      absence: { rightsOf: () => undefined, over: (outcome) => over.push(outcome) },
    });
    await again.start();
    expect(written(again.running)).toEqual([`set ${SERVER} port 1`]);
    expect(over).toMatchObject([{ kind: 'confirmed', user: 'owner', error: undefined }]);
    expect(archive.revisions[0]).toMatchObject({
      user: 'owner',
      via: 'other',
      comment: 'commit was not confirmed',
    });
    expect(again.pending('confirmed')).toBeUndefined();
    again.close();
  });

  test('that is not due when the router starts stays in force until it is', async () => {
    const { archive, database, clock } = await committed(2, 10);
    database.close();
    const again = databaseOf(archive, [], clock);
    await again.start();
    expect(written(again.running)).toEqual([`set ${SERVER} port 2`]);
    await clock.pass(11 * MINUTE);
    await vi.waitFor(() => expect(written(again.running)).toEqual([`set ${SERVER} port 1`]));
    again.close();
  });
});

describe('a commit that is put off', () => {
  const kept = { user: 'owner', configured: false, role: undefined };

  function waiting(can: Committer['can'] | undefined) {
    const archive = new Archive();
    const clock = new VirtualTime();
    const over: object[] = [];
    const database = new ConfigurationDatabase({
      schema,
      archive,
      participants: [],
      clock,
      secrets: testSecrets,
      absence: { rightsOf: () => can, over: (outcome) => over.push(outcome) },
    });
    return { archive, clock, database, over };
  }

  test('is to come, and to change something', async () => {
    const { database, clock } = waiting(owner.can);
    const at = (wallNanos: bigint | undefined) => database.commitAt(database.shared, owner, kept, wallNanos);
    await expect(at(undefined)).rejects.toMatchObject({ code: 'unchanged' });
    edit(database.shared, 'set system host-name late');
    await expect(at(clock.wallNanos())).rejects.toMatchObject({ code: 'past' });
    expect(await at(clock.wallNanos() + 1n)).toEqual([]);
    expect(database.pending('at')).toMatchObject({ kind: 'at', committer: kept });
    await expect(database.commit(database.shared, owner)).rejects.toMatchObject({
      code: 'scheduled',
      who: 'owner',
    });
    expect(await database.clear(owner)).toBe('at');
    expect(database.pending('at')).toBeUndefined();
  });

  test('is made when its time has come, unless somebody edits exclusively', async () => {
    const { database, clock, over } = waiting(owner.can);
    await database.start();
    edit(database.shared, 'set system host-name late');
    await database.commitAt(database.shared, owner, kept, clock.wallNanos() + BigInt(10 * MINUTE));
    database.shared.reset(database.running);
    const alone = database.open('exclusive', () => 'ada');
    await clock.pass(11 * MINUTE);
    expect(written(database.running)).toEqual([]);
    database.release(alone);
    await clock.pass(5 * MINUTE);
    await vi.waitFor(() => expect(written(database.running)).toEqual(['set system host-name late']));
    expect(over).toMatchObject([{ kind: 'at', user: 'owner', error: undefined }]);
    database.close();
  });

  test('by somebody who is there no longer is given up', async () => {
    const { database, clock, over } = waiting(undefined);
    await database.start();
    edit(database.shared, 'set system host-name late');
    await database.commitAt(database.shared, owner, kept, clock.wallNanos() + BigInt(MINUTE));
    await clock.pass(2 * MINUTE);
    await vi.waitFor(() => expect(over).toMatchObject([{ kind: 'at', error: { code: 'forbidden' } }]));
    expect(written(database.running)).toEqual([]);
    expect(database.pending('at')).toBeUndefined();
    database.close();
  });

  test('to the next start is made then', async () => {
    const { archive, database, clock } = waiting(owner.can);
    edit(database.shared, 'set system host-name late');
    await database.commitAt(database.shared, owner, kept, undefined);
    const again = new ConfigurationDatabase({
      schema,
      archive,
      participants: [],
      clock,
      secrets: testSecrets,
      absence: { rightsOf: () => owner.can, over: () => undefined },
    });
    await again.start();
    expect(written(again.running)).toEqual(['set system host-name late']);
    again.close();
  });
});

describe('what is amended', () => {
  const amend = (database: ConfigurationDatabase) =>
    database.amend(() => statementsOf('set system host-name amended'), owner);

  test('is in force beside edits that go on, and confirms nothing', async () => {
    const { database } = await runningRouter();
    edit(database.shared, `set ${SERVER} port 2`);
    await database.commit(database.shared, owner, { confirmedMinutes: 10 });
    edit(database.shared, `set ${SERVER} port 3`);
    await amend(database);
    expect(written(database.running)).toEqual(['set system host-name amended', `set ${SERVER} port 2`]);
    expect(written(database.shared.tree)).toEqual(['set system host-name amended', `set ${SERVER} port 3`]);
    expect(database.shared.outOfDate).toBe(false);
    expect(database.pending('confirmed')).toBeDefined();
    database.close();
  });

  test('is taken up later by edits that are out of date', async () => {
    const { database } = await runningRouter();
    edit(database.shared, `set ${SERVER} port 2`);
    const mine = database.openPrivate();
    edit(mine, `set ${SERVER} maximum-sessions 5`);
    await database.commit(mine, owner);
    await amend(database);
    expect(written(database.shared.tree)).toEqual([`set ${SERVER} port 2`]);
    await database.commit(database.shared, owner);
    expect(written(database.running)).toEqual([
      'set system host-name amended',
      `set ${SERVER} maximum-sessions 5`,
      `set ${SERVER} port 2`,
    ]);
  });
});
