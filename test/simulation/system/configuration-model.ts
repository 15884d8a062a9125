/** What must become of a router's configuration, worked out from what people typed and were told. */
import type { PendingCommit, Revision } from '../../../src/store/revisions.ts';
import { must } from './journal.ts';
import { differenceOf, merged, sameLeaves, type Leaves } from './statements.ts';

/** Edits that start from a configuration. */
export interface Edits {
  base: Leaves;
  tree: Leaves;
  /** As it was during this step, the latest last: whatever was read in it. */
  during: Leaves[];
}

export function editsOf(running: Leaves): Edits {
  return { base: running, tree: running, during: [] };
}

export function edit(edits: Edits, tree: Leaves): void {
  edits.during.push(edits.tree);
  edits.tree = tree;
}

export interface Change {
  readonly base: Leaves;
  readonly tree: Leaves;
}

const NOTHING: Leaves = new Map();

export class ConfigurationModel {
  /** By number. */
  readonly revisions = new Map<number, Leaves>();
  shared = editsOf(NOTHING);
  /** What an unconfirmed commit goes back by. */
  wayBack: (Change & Pick<PendingCommit, 'dueWallNanos'>) | undefined;
  putOff: Change | undefined;
  readonly #kept: number;

  /** `kept`: how many revisions there are at the most. */
  constructor(kept: number) {
    this.#kept = kept;
  }

  get latest(): number {
    return Math.max(0, ...this.revisions.keys());
  }

  get running(): Leaves {
    return this.revisions.get(this.latest) ?? NOTHING;
  }

  /** The leaves of a revision so many commits before the latest. */
  revision(back: number): Leaves | undefined {
    const number = this.latest - back;
    return number === 0 ? NOTHING : this.revisions.get(number);
  }

  /** A revision was archived. `edits`: of whoever was committing; `actual`: what it says. */
  archived(
    number: number,
    { via }: Pick<Revision, 'via'>,
    pending: readonly PendingCommit[],
    edits: Edits | undefined,
    actual: Leaves,
  ): void {
    must(number === this.latest + 1, 'commits in order', () => `revision ${number} after ${this.latest}`);
    const { running } = this;
    const isPutOff = via === 'cli' && this.putOff !== undefined;
    const possible = isPutOff ? [merge(this.putOff!, running)] : this.#possible(via, edits, running);
    const found = possible.find((leaves) => sameLeaves(leaves, actual));
    must(
      found !== undefined,
      'a commit is what was edited',
      () => `revision ${number} (${via}): ${possible.map((each) => differenceOf(each, actual)).join(' or ')}`,
    );
    this.revisions.set(number, found);
    this.revisions.delete(number - this.#kept);
    const confirmed = pending.find(({ kind }) => kind === 'confirmed');
    this.wayBack = confirmed && {
      base: found,
      tree: this.wayBack?.tree ?? running,
      dueWallNanos: confirmed.dueWallNanos,
    };
    if (!pending.some(({ kind }) => kind === 'at')) this.putOff = undefined;
    if (edits !== undefined && via === 'cli' && !isPutOff) {
      edits.tree = merged(edits.base, edits.tree, found);
      edits.base = found;
      edits.during = [];
    }
    const { shared } = this;
    if (sameLeaves(shared.tree, shared.base) || sameLeaves(shared.tree, found)) this.shared = editsOf(found);
  }

  /** What edits may have become by a commit that came to nothing: it takes up what others have committed, or nothing. */
  keeps({ base, tree, during }: Edits, actual: Change): boolean {
    const trees = [tree, ...during];
    const isUntouched = sameLeaves(actual.base, base) && trees.some((each) => sameLeaves(actual.tree, each));
    if (isUntouched) return true;
    return [...this.revisions.values()]
      .filter((running) => sameLeaves(actual.base, running))
      .some((running) => trees.some((each) => sameLeaves(actual.tree, merged(base, each, running))));
  }

  #possible(via: string, edits: Edits | undefined, running: Leaves): readonly Leaves[] {
    if (via === 'other') return this.wayBack === undefined ? [] : [merge(this.wayBack, running)];
    if (edits === undefined) return [];
    return [edits.tree, ...edits.during].map((tree) => merged(edits.base, tree, running));
  }
}

function merge({ base, tree }: Change, running: Leaves): Leaves {
  return merged(base, tree, running);
}
