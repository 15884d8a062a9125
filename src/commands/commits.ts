/** The verbs that put the candidate in force, now, for a time or later, and those that go back. */
import { wallMillisOf, wallNanosOf } from '../clock.ts';
import type { Committer } from '../config/commit.ts';
import { nameable } from '../config/privileges.ts';
import { EMPTY_TREE, type ConfigTree } from '../config/tree.ts';
import { commitTimeMillis } from '../grammar/value-types.ts';
import { act, type Context, type Editing } from './command.ts';
import type { CommandArguments } from './arguments.ts';
import type { Question } from './dialogs.ts';
import { editorLines, USERS_EDITING } from './editors.ts';
import { Refusal } from './refusal.ts';

/** Minutes for which a commit is in force that nobody confirms. */
const CONFIRMED_MINUTES = 10;

/** Thrown by a verb that needs configuration mode; the grammar offers them nowhere else. */
export function editingOf({ session }: Context): Editing {
  if (!session.editing) throw new Error('a configuration verb ran in operational mode');
  return session.editing;
}

/** Whoever was told to leave configuration mode meanwhile changes nothing any more. */
export function mustStillEdit({ session, signal }: Context, editing: Editing): void {
  if (signal.aborted || session.editing !== editing) throw new Refusal('nothing-loaded');
}

export function leave({ session }: Context): string | undefined {
  session.leaveConfiguration();
  return session.dialogs.left;
}

export function linesOf(...lines: readonly (string | undefined)[]): string | undefined {
  const said = lines.filter((line) => line !== undefined);
  return said.length === 0 ? undefined : said.join('\n');
}

/** What Ctrl-C at a question answers; typed, it is the same. */
const NEVER_MIND = 'cancel';

/** Asks until the answer is one; undefined where nobody can be asked. `interrupted`: what Ctrl-C chooses. */
export async function choice<Choice extends string | boolean>(
  session: Context['session'],
  question: Question<Choice>,
  interrupted: Choice,
): Promise<Choice | undefined> {
  for (;;) {
    const answer = await session.ask(question.question, { interrupted: NEVER_MIND });
    if (answer === undefined) return undefined;
    const chosen = answered(question, answer);
    if (chosen !== undefined) return chosen;
    if (answer === NEVER_MIND) return interrupted;
  }
}

/** Undefined for an answer that is none. */
function answered<Choice extends string | boolean>(
  { answers, otherwise }: Question<Choice>,
  answer: string,
): Choice | undefined {
  const word = answer.trim().toLowerCase();
  if (word === '') return otherwise;
  return Object.entries<Choice>(answers).find(([choice]) => choice.startsWith(word))?.[1];
}

/** The tree of a revision, 0 being that in force. Rejects with CommitError `no-revision`. */
export async function revisionOf({ router: { configuration } }: Context, back: number): Promise<ConfigTree> {
  return back === 0 ? configuration.running : configuration.revision(back);
}

function committerOf({ session }: Context, comment?: string): Committer {
  return { user: session.user, can: (privilege) => session.can(privilege), comment };
}

interface CommitWishes {
  readonly comment?: string | undefined;
  readonly confirmedMinutes?: number;
}

export const commit = act<CommandArguments['commit']>((context, args) => commitAndQuit(context, args, {}));

export const commitConfirmed = act<CommandArguments['commit-confirmed']>((context, args) =>
  commitAndQuit(context, args, { confirmedMinutes: args.minutes ?? CONFIRMED_MINUTES }),
);

async function commitAndQuit(
  context: Context,
  args: { readonly 'and-quit'?: true; readonly comment?: string },
  wishes: CommitWishes,
): Promise<string | undefined> {
  const line = await commitCandidate(context, { ...wishes, comment: args.comment });
  return args['and-quit'] ? linesOf(line, leave(context)) : line;
}

export async function commitCandidate(
  context: Context,
  { comment, confirmedMinutes }: CommitWishes = {},
): Promise<string | undefined> {
  const { router, session } = context;
  const { configuration } = router;
  const { candidate } = editingOf(context);
  if (!(await inSync(context))) return undefined;
  const committer = committerOf(context, comment);
  const result = await configuration.commit(candidate, committer, { confirmedMinutes });
  const { wallNanos, findings, confirmed } = result;
  for (const finding of findings) session.report(finding);
  if (wallNanos !== undefined || confirmed) session.committed();
  const isPending = configuration.pending('confirmed') !== undefined;
  return session.dialogs.committed({
    user: session.user,
    wallNanos,
    confirmed,
    confirmedMinutes: isPending ? confirmedMinutes : undefined,
  });
}

/** Whether to go on, where others have committed since the edits began. */
async function inSync({ router, session }: Context): Promise<boolean> {
  const { configuration } = router;
  const { candidate } = session.editing!;
  const latest = candidate.changed && candidate.outOfDate ? configuration.archive.list()[0] : undefined;
  const question = latest && session.dialogs.outOfSync(latest.user, latest.wallNanos);
  const resolution = question && (await choice(session, question, 'stop'));
  // Where nobody can be asked, only what is not in conflict is committed.
  if (resolution === undefined) return true;
  if (resolution !== 'stop') candidate.update();
  return resolution === 'commit';
}

export const commitCheck = act(async (context) => {
  const { router, session } = context;
  const committer = committerOf(context);
  const findings = await router.configuration.check(editingOf(context).candidate, committer);
  for (const finding of findings) session.report(finding);
  // As on Junos, whoever can still check has not cut themselves off.
  await router.configuration.confirm(committer);
  return session.dialogs.checked;
});

export const confirm = act(async (context) => {
  const { router, session } = context;
  if (!(await router.configuration.confirm(committerOf(context))))
    throw new Refusal('nothing-pending', { text: session.dialogs.nothingPending });
  session.committed();
  return session.dialogs.confirmed;
});

export const commitAt = act<CommandArguments['commit-at']>(async (context, { time, comment }) => {
  const { router, session } = context;
  const millis = commitTimeMillis(time, wallMillisOf(router.clock.wallNanos()));
  const dueWallNanos = millis === undefined ? undefined : wallNanosOf(millis);
  const { candidate } = editingOf(context);
  const committer = committerOf(context, comment);
  const findings = await router.configuration.commitAt(candidate, committer, session.kept, dueWallNanos);
  for (const finding of findings) session.report(finding);
  return linesOf(session.dialogs.putOff(dueWallNanos), leave(context));
});

export const clearSystemCommit = act(async (context) => {
  const { router, session } = context;
  const { dialogs, user } = session;
  switch (await router.configuration.clear(committerOf(context))) {
    case 'at':
      return dialogs.cleared;
    case 'confirmed':
      session.committed();
      return dialogs.wentBack(user, router.clock.wallNanos());
    case undefined:
      throw new Refusal('nothing-pending', { text: dialogs.nothingPending });
  }
});

export const loadFactoryDefault = act((context) => {
  const { session } = context;
  editingOf(context).candidate.change(
    () => EMPTY_TREE,
    (privilege) => session.can(privilege),
  );
  return session.dialogs.loaded;
});

export const rollback = act<CommandArguments['rollback']>(async (context, { revision = 0 }) => {
  const { session } = context;
  const editing = editingOf(context);
  const tree = await revisionOf(context, revision);
  mustStillEdit(context, editing);
  editing.candidate.replace(tree, (privilege) => session.can(privilege));
  return session.dialogs.rolledBack;
});

export const update = act((context) => {
  const { router, session } = context;
  const can = (privilege: string): boolean => session.can(privilege);
  for (const conflict of editingOf(context).candidate.update()) {
    const path = nameable(router.configuration.schema, conflict, can);
    session.report({ severity: 'warning', code: 'kept-own', path, details: {} });
  }
  return session.dialogs.updated;
});

export const status = act(({ router, session }) => {
  const { schema } = router.configuration;
  const can = (privilege: string): boolean => session.can(privilege);
  return [USERS_EDITING, ...editorLines(router.people.editors, { schema, can })].join('\n');
});
