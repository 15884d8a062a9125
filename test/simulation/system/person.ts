/** Somebody at a shell of a router: types a line when the one before is over, is cut off, or leaves. */
import { setLines } from '../../../src/config/text.ts';
import type { ConfigTree } from '../../../src/config/tree.ts';
import { grammars } from '../../support/composition.ts';
import { differenceOf, leavesOf, type Leaves } from './statements.ts';
import type { Visitor } from '../../../src/access/logins.ts';
import { aborted } from '../../../src/access/abort.ts';
import type { LiveLogin } from '../../../src/access/logins.ts';
import type { CandidateKind, Contact } from '../../../src/shell/login.ts';
import type { Outcome, Shell } from '../../../src/shell/shell.ts';
import { editsOf, type Change, type Edits } from './configuration-model.ts';
import type { Host, Life } from './host.ts';
import { must } from './journal.ts';

/** A line that is over. */
export interface Typed {
  readonly line: string;
  readonly outcome: Outcome;
  /** All that was shown. */
  readonly text: string;
}

export class Person {
  readonly user: string;
  readonly kind: CandidateKind;
  readonly host: Host;
  readonly life: Life;
  shell: Shell | undefined;
  live: LiveLogin | undefined;
  /** The line under way. */
  line: string | undefined;
  /** What their login was told beside its lines. */
  readonly told: string[] = [];
  isOut = false;
  /** Why it went wrong to let them in or out: it never does. */
  failure: unknown;
  /** Of a candidate of their own. */
  #ownEdits: Edits | undefined;
  readonly #gone = new AbortController();
  #interrupt = new AbortController();

  constructor(host: Host, visitor: Visitor, kind: CandidateKind) {
    this.user = visitor.identity.user;
    this.kind = kind;
    this.host = host;
    this.life = host.life!;
    const work = (shell: Shell, live: LiveLogin): Promise<void> => this.#work(shell, live);
    this.life.reception.receive(visitor, kind, this.#contact, work).then(
      () => (this.isOut = true),
      (error: unknown) => {
        this.isOut = true;
        this.failure = error;
      },
    );
  }

  /** Whether there is somebody to type. */
  get isHere(): boolean {
    return !this.isOut && this.shell !== undefined && !this.shell.login.left && !this.#gone.signal.aborted;
  }

  get isFree(): boolean {
    return this.isHere && this.line === undefined;
  }

  get className(): string {
    return this.live!.login.className;
  }

  get isEditing(): boolean {
    return this.shell?.login.editing !== undefined;
  }

  /** Whether the line under way decides about what is pending. */
  get deciding(): boolean {
    return /^(run )?(commit|clear system commit)/.test(this.line ?? '');
  }

  /** Whether a revision of this user may come of the line under way. */
  get committing(): boolean {
    return this.line?.startsWith('commit') === true;
  }

  /** Those of the candidate that is open. */
  get edits(): Edits {
    const editing = this.shell?.login.editing;
    const isShared = editing !== undefined && editing.mode === 'shared';
    return isShared ? this.host.model.shared : this.#ownEdits!;
  }

  /** A candidate of their own begins. */
  beginEdits(): void {
    this.#ownEdits = editsOf(this.host.model.running);
  }

  /** What was edited beside the model is in it from now on. */
  resume(): void {
    const { candidate, edits } = this;
    if (candidate === undefined) return;
    edits.base = candidate.base;
    edits.tree = candidate.tree;
    edits.during = [];
  }

  /** After a commit, also one that was refused or changed nothing: nothing of what was edited is lost. */
  committed(): void {
    const { candidate, edits } = this;
    if (candidate === undefined) return;
    must(
      this.host.model.keeps(edits, candidate),
      'what was edited is kept',
      () => `${this.user}: ${differenceOf(edits.tree, candidate.tree)}`,
    );
    this.resume();
  }

  /** What is edited, as the router has it. */
  get candidate(): Change | undefined {
    const candidate = this.shell?.login.editing?.candidate;
    const leaves = (tree: ConfigTree): Leaves => leavesOf(setLines(grammars.schema, tree));
    return candidate && { base: leaves(candidate.base), tree: leaves(candidate.tree) };
  }

  async type(line: string): Promise<Typed> {
    const { shell, live } = this;
    let text = '';
    this.line = line;
    live!.touch();
    const outcome = await shell!.execute(line, {
      sink: { write: (piece) => void (text += piece) },
      nextSignal: () => (this.#interrupt = new AbortController()).signal,
      interrupt: () => this.interrupt(),
    });
    this.host.isDecided ||= this.deciding;
    this.line = undefined;
    if (shell!.login.left) this.#gone.abort();
    return { line, outcome, text };
  }

  /** Ctrl-C. */
  interrupt(): void {
    this.#interrupt.abort();
  }

  /** The terminal is gone. */
  cut(): void {
    this.#gone.abort();
  }

  async #work(shell: Shell, live: LiveLogin): Promise<void> {
    this.shell = shell;
    this.live = live;
    await aborted(AbortSignal.any([this.#gone.signal, live.ended]));
    shell.interrupt();
  }

  get #contact(): Contact {
    return {
      ask: () => Promise.resolve(undefined),
      tell: (line) => void this.told.push(line),
      announce: (line) => void this.told.push(line),
      progress: () => undefined,
      watch: () => Promise.resolve(false),
    };
  }
}
