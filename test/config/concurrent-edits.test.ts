/** Three logins edit and commit as it pleases chance: nothing that was acknowledged is ever lost unsaid. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PendingCommit, Revision, RevisionArchive } from '../../src/config/archive.ts';
import type { Candidate } from '../../src/config/candidate.ts';
import { CommitError, type Participant } from '../../src/config/commit.ts';
import { ConfigurationDatabase, type EditMode } from '../../src/config/database.ts';
import { fromArchive } from '../../src/config/text.ts';
import { EMPTY_TREE, getAt, type ConfigTree, type Path } from '../../src/config/tree.ts';
import { SLICE_NANOS } from '../../src/config/turns.ts';
import { kinds } from '../support/configuration.ts';
import { many } from '../support/many.ts';
import { testSecrets } from '../support/secrets.ts';
import { VirtualTime } from '../support/virtual-time.ts';

const MINUTE_NANOS = 60e9;
const all = (): boolean => true;

/** Statements with one value each, of every kind of container, and values for them. */
const LEAVES = [
  { path: ['system', 'host-name'], values: ['a', 'b'] },
  { path: ['system', 'banner'], values: ['a', 'b'] },
  { path: ['server', 'port'], values: [1, 2] },
  { path: ['server', 'client', 'x', 'type'], values: ['allow', 'deny'] },
  { path: ['server', 'client', 'y', 'limits', 'rate'], values: [1, 2] },
] as const;

const valuesOf = (tree: ConfigTree): unknown[] => LEAVES.map(({ path }) => getAt(tree, path));

/** Leaves that differ. */
function differences(one: ConfigTree, other: ConfigTree): number[] {
  const [before, after] = [valuesOf(one), valuesOf(other)];
  return before.flatMap((value, leaf) => (value === after[leaf] ? [] : [leaf]));
}

/** A candidate, and what its editors know. */
interface Draft {
  readonly candidate: Candidate;
  /** Leaves that they have edited and not committed. */
  edits: Set<number>;
  /** Conflicts that they were told of: what differs there is theirs, whether they have edited it or not. */
  told: readonly Path[];
  /** The latest revision that they have seen, or been told of. */
  seen: number;
  /** Commits under way. */
  committing: number;
  /** It was edited meanwhile. */
  touched: boolean;
}

/** Whether a commit of the draft may change the leaf. */
function owns({ edits, told }: Draft, leaf: number): boolean {
  const { path } = LEAVES[leaf]!;
  return edits.has(leaf) || told.some((above) => above.every((word, depth) => word === path[depth]));
}

/** The archive, which knows who may have changed what. */
class Ledger implements RevisionArchive {
  readonly revisions: Revision[] = [];
  readonly drafts = new Map<string, Draft>();
  pending: readonly PendingCommit[] = [];
  tree: ConfigTree = EMPTY_TREE;
  /** The values of each revision; before the first there are none. */
  readonly #values = [valuesOf(EMPTY_TREE)];
  /** Changed by what nobody has confirmed. */
  #unconfirmed = new Set<number>();

  /** What should never have been archived; thrown here it would only fail a commit. */
  violation: unknown;

  append(revision: Omit<Revision, 'number'>, pending: readonly PendingCommit[]): number {
    try {
      return this.#append(revision, pending);
    } catch (error) {
      this.violation ??= error;
      throw error;
    }
  }

  #append(revision: Omit<Revision, 'number'>, pending: readonly PendingCommit[]): number {
    const number = this.revisions.length + 1;
    const after = fromArchive(kinds, revision.text);
    const changed = differences(this.tree, after);
    if (revision.via === 'other') {
      for (const leaf of changed) expect(this.#unconfirmed).toContain(leaf);
    } else {
      const draft = this.drafts.get(revision.comment!)!;
      for (const leaf of changed) {
        expect(owns(draft, leaf), 'a commit changes what its editors changed, and nothing else').toBe(true);
        // What has come and gone meanwhile is no longer there to be overwritten.
        expect(this.#values.at(-1)![leaf], 'nobody overwrites unsaid what another has committed').toBe(
          this.#values[draft.seen]![leaf],
        );
      }
      const waits = pending.some(({ kind }) => kind === 'confirmed');
      expect(waits, 'a commit confirms, unless it is to be confirmed itself').toBe(
        revision.comment!.endsWith('confirmed'),
      );
      if (!draft.touched) expect(valuesOf(after)).toEqual(valuesOf(draft.candidate.tree));
      draft.seen = number;
    }
    this.#values.push(valuesOf(after));
    const isUnconfirmed = pending.some(({ kind }) => kind === 'confirmed');
    this.#unconfirmed = new Set(isUnconfirmed ? [...this.#unconfirmed, ...changed] : []);
    this.tree = after;
    this.pending = pending;
    this.revisions.unshift({ ...revision, number });
    return number;
  }

  get(back: number): Revision | undefined {
    return this.revisions[back];
  }

  list(): readonly Revision[] {
    return this.revisions;
  }

  keep(pending: readonly PendingCommit[]): void {
    if (!pending.some(({ kind }) => kind === 'confirmed')) this.#unconfirmed.clear();
    this.pending = pending;
  }
}

/** Takes its time, and cannot run by every configuration. */
function partOf(ledger: { readonly tree: ConfigTree }): Participant {
  let applied = 0;
  return {
    verify: () => [],
    async apply() {
      applied += 1;
      await new Promise(setImmediate);
      if (applied % 7 === 0 && ledger.tree.size > 0) throw new Error('cannot');
      return [];
    },
  };
}

/** Whatever is done in slices is interrupted again and again. */
class HurriedTime extends VirtualTime {
  #readings = 0;

  override monoNanos(): number {
    this.#readings += 1;
    return super.monoNanos() + (this.#readings % 2) * SLICE_NANOS;
  }
}

class Scene {
  readonly time = new HurriedTime();
  readonly ledger = new Ledger();
  readonly database = new ConfigurationDatabase({
    schema: kinds,
    archive: this.ledger,
    participants: [partOf(this.ledger)],
    clock: this.time,
    secrets: testSecrets,
  });
  readonly #shared = this.#draft(this.database.shared);
  readonly #editing = new Map<number, Draft>();
  readonly #commits: Promise<void>[] = [];
  acknowledged = 0;

  #draft(candidate: Candidate): Draft {
    const seen = this.ledger.revisions.length;
    return { candidate, edits: new Set(), told: [], seen, committing: 0, touched: false };
  }

  enter(login: number, mode: EditMode): void {
    if (this.#editing.has(login)) return;
    try {
      const candidate = this.database.open(mode, () => `login ${login}`);
      if (mode === 'shared' && !candidate.changed) this.#shared.seen = this.ledger.revisions.length;
      this.#editing.set(login, mode === 'shared' ? this.#shared : this.#draft(candidate));
    } catch (error) {
      expect(error).toBeInstanceOf(CommitError);
    }
  }

  leave(login: number): void {
    const draft = this.#editing.get(login);
    if (draft) this.database.release(draft.candidate);
    this.#editing.delete(login);
  }

  edit(login: number, leaf: number, choice: 0 | 1 | undefined): void {
    const draft = this.#editing.get(login);
    if (!draft) return;
    const { path, values } = LEAVES[leaf]!;
    // A candidate that nobody has edited is what is in force, also what came to be meanwhile.
    if (differences(draft.candidate.tree, this.ledger.tree).length === 0)
      draft.seen = this.ledger.revisions.length;
    try {
      if (choice === undefined) draft.candidate.delete([{ path, value: undefined }], all);
      else draft.candidate.set([{ path, value: values[choice] }], all);
      draft.edits.add(leaf);
      draft.touched ||= draft.committing > 0;
    } catch {
      // There is nothing to delete, or somebody edits exclusively.
    }
  }

  update(login: number): void {
    const draft = this.#editing.get(login);
    if (!draft) return;
    draft.told = [...draft.told, ...draft.candidate.update()];
    draft.seen = this.ledger.revisions.length;
    if (draft.committing > 0) draft.touched = true;
    else this.#takeStock(draft);
  }

  /** Everything that is left to commit is somebody's. */
  #takeStock(draft: Draft): void {
    const left = differences(draft.candidate.base, draft.candidate.tree);
    const unowned = left.filter((leaf) => !owns(draft, leaf));
    if (unowned.length > 0) this.ledger.violation ??= new Error(`nobody's edits: ${unowned.join(' ')}`);
    draft.edits = new Set(left);
    draft.told = [];
  }

  commit(login: number, confirmedMinutes: number | undefined): void {
    const draft = this.#editing.get(login);
    if (!draft) return;
    const comment = `${this.ledger.drafts.size}${confirmedMinutes === undefined ? '' : ' confirmed'}`;
    this.ledger.drafts.set(comment, draft);
    draft.committing += 1;
    const committer = { user: `login ${login}`, can: all, comment };
    const over = this.database
      .commit(draft.candidate, committer, { confirmedMinutes })
      .then(({ wallNanos }) => {
        if (wallNanos !== undefined) this.acknowledged += 1;
      })
      .catch((error: unknown) => {
        expect(error).toBeInstanceOf(CommitError);
        const { code, findings } = error as CommitError;
        if (code !== 'conflict') return;
        // Whoever is told of a conflict has seen what the others did.
        draft.seen = this.ledger.revisions.length;
        draft.told = [...draft.told, ...findings.map(({ path }) => path)];
      })
      .finally(() => {
        draft.committing -= 1;
        if (draft.committing > 0) return;
        draft.touched = false;
        this.#takeStock(draft);
      });
    this.#commits.push(over);
  }

  async end(): Promise<void> {
    await Promise.all(this.#commits);
    await this.time.pass(3 * MINUTE_NANOS);
    expect(this.ledger.violation).toBeUndefined();
    const byLogins = this.ledger.revisions.filter(({ via }) => via === 'cli');
    expect(byLogins).toHaveLength(this.acknowledged);
    expect(valuesOf(this.database.running)).toEqual(valuesOf(this.ledger.tree));
    this.database.close();
  }
}

type Step = (scene: Scene) => Promise<void> | void;

const login = fc.nat(2);
const leaf = fc.nat(LEAVES.length - 1);
const named = (name: string, step: Step): Step => Object.assign(step, { toString: () => name });

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc
    .tuple(login, fc.constantFrom<EditMode[]>('shared', 'private', 'exclusive', 'private'))
    .map(([who, mode]) => named(`${who} enters ${mode}`, (scene) => scene.enter(who, mode))),
  {
    weight: 3,
    arbitrary: fc
      .tuple(login, leaf, fc.constantFrom(0, 1, 0, 1, undefined))
      .map(([who, which, choice]) =>
        named(`${who} edits ${which} to ${choice}`, (scene) => scene.edit(who, which, choice)),
      ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(login, fc.constantFrom(undefined, undefined, 1, 2))
      .map(([who, minutes]) =>
        named(`${who} commits ${minutes ?? ''}`, (scene) => scene.commit(who, minutes)),
      ),
  },
  login.map((who) => named(`${who} updates`, (scene) => scene.update(who))),
  login.map((who) => named(`${who} leaves`, (scene) => scene.leave(who))),
  fc.nat(3).map((turns) =>
    named(`${turns} turns`, async () => {
      for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
    }),
  ),
  fc.constant(named('a minute', (scene) => scene.time.pass(MINUTE_NANOS))),
);

test('no acknowledged commit is lost, overwritten unsaid, or taken back but by its own end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 10, maxLength: 60 }), async (script) => {
      const scene = new Scene();
      await scene.database.start();
      for (const step of script) await step(scene);
      await scene.end();
    }),
    { numRuns: Number(process.env['CONCURRENT_EDITS'] ?? many(300)) },
  );
}, 600_000);
