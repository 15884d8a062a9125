/** The verbs of configuration mode, and `show configuration`. */
import type { Candidate } from '../config/candidate.ts';
import { compareLines } from '../config/compare.ts';
import { EditError } from '../config/edit-error.ts';
import { commentOf, marksAt, withMarks, type MarkChange } from '../config/marks.ts';
import { visibleTree } from '../config/privileges.ts';
import { kindOf, treeOfParts } from '../config/statements.ts';
import { bracesLines, documentOf, setLines, statementLines } from '../config/text.ts';
import { EMPTY_TREE, getAt, isTree, schemaAlong, setAt, type ConfigTree, type Path } from '../config/tree.ts';
import type { Statement } from '../grammar/match.ts';
import { levelsAlong, statementAt } from '../grammar/meaning.ts';
import type { GrammarNode } from '../grammar/node.ts';
import { withHashedPasswords } from './passwords.ts';
import { Refusal } from './refusal.ts';
import { act, show, textOf, type Context, type Editing, type Session, type View } from './command.ts';
import type { Leaving } from './dialogs.ts';

/** Thrown by a verb that needs configuration mode; the grammar offers them nowhere else. */
export function editingOf({ session }: Context): Editing {
  if (!session.editing) throw new Error('a configuration verb ran in operational mode');
  return session.editing;
}

type Statements = { readonly statements: readonly Statement[] };

export const set = act<Statements>(async (context, { statements }) => {
  const { candidate } = editingOf(context);
  const kept = await withHashedPasswords(context.session, statements);
  candidate.set(kept, (privilege) => context.session.can(privilege));
  return undefined;
});

export const deleteCommand = act<Statements>((context, { statements }) => {
  editingOf(context).candidate.delete(statements, (privilege) => context.session.can(privilege));
  return undefined;
});

export const deactivate = act<Statements>((context, { statements }) => {
  mark(context, statements, { inactive: true });
  return undefined;
});

export const activate = act<Statements>((context, { statements }) => {
  mark(context, statements, { inactive: false });
  return undefined;
});

export const annotate = act<Statements & { readonly comment: string }>((context, args) => {
  const comment = commentOf(args.comment);
  if (comment === undefined) throw new EditError('comment-ends', args.statements[0]!.path);
  mark(context, args.statements, { comment });
  return undefined;
});

function mark(context: Context, statements: readonly Statement[], change: MarkChange): void {
  const can = (privilege: string) => context.session.can(privilege);
  editingOf(context).candidate.mark(statements, change, can);
}

export const edit = act<Statements>((context, { statements }) => {
  goTo(context, statements[0]!);
  return undefined;
});

/** A level keeps the words that led to it: a dialect's words lead on in that dialect. */
function goTo(context: Context, { alias, path }: Statement): void {
  const editing = editingOf(context);
  editing.entered.push(editing.path);
  editing.path = alias?.spelling ?? path;
}

/** A path alone, as in DNOS: it sets a leaf, makes an entry of a list and goes there, or goes to a container. */
export const enter = act<Statements>((context, { statements }) => {
  const [statement] = statements as [Statement, ...Statement[]];
  const { candidate } = editingOf(context);
  const can = (privilege: string) => context.session.can(privilege);
  const kind = kindOf(context.router.configuration.schema, statement);
  if (kind !== 'container') candidate.set(statements, can);
  if (kind !== 'leaf') goTo(context, statement);
  return undefined;
});

export const top = act((context) => {
  const editing = editingOf(context);
  editing.path = [];
  editing.entered.length = 0;
  return undefined;
});

export const up = act<{ readonly levels?: number }>((context, { levels = 1 }) => {
  goUp(context, levels);
  return undefined;
});

function goUp(context: Context, levels: number): void {
  const editing = editingOf(context);
  const along = levelsAlong(context.router.configuration.schema, editing.path);
  editing.path = along.at(-1 - levels)?.spelling ?? [];
}

export const configure = act(({ session }) => {
  if (session.editing) throw new Refusal('already-configuring');
  const candidate = session.openCandidate();
  session.editing = { candidate, path: [], entered: [] };
  return session.dialogs.entered(candidate.changed);
});

export async function exitOneLevel(context: Context): Promise<string | undefined> {
  const editing = editingOf(context);
  if (editing.path.length === 0) return leaveConfiguration(context);
  const entered = editing.entered.pop();
  switch (context.session.dialogs.exit) {
    case 'up':
      goUp(context, 1);
      break;
    case 'back':
      editing.path = entered ?? [];
      break;
    case 'top':
      editing.path = [];
      break;
  }
  return undefined;
}

export const exitLevel = act<Record<string, never>>(exitOneLevel);

export const exitConfiguration = act<Record<string, never>>(leaveConfiguration);

export const exitDiscard = act<Record<string, never>>((context) => {
  discard(context);
  return leave(context);
});

/** Leaves configuration mode, unless there are changes and the answer is to stay. */
export async function leaveConfiguration(context: Context): Promise<string | undefined> {
  const { session } = context;
  const { candidate } = editingOf(context);
  switch (candidate.changed ? await askAboutChanges(session) : 'keep') {
    case 'stay':
      return undefined;
    case 'commit':
      return linesOf(await commitCandidate(context, candidate, undefined), leave(context));
    case 'discard':
      discard(context);
      return leave(context);
    case 'keep':
      return leave(context);
  }
}

/** An answer that stays, whatever an empty one does. */
const NEVER_MIND = 'cancel';

async function askAboutChanges(session: Session): Promise<Leaving> {
  const { leaving } = session.dialogs;
  if (leaving === undefined) throw new Refusal('configuration-modified');
  const answer = await session.ask(leaving.question, { interrupted: NEVER_MIND });
  if (answer === undefined) {
    session.editing = undefined;
    throw new Refusal('uncommitted-changes');
  }
  const word = answer.trim().toLowerCase();
  if (word === '') return leaving.otherwise;
  return Object.entries(leaving.answers).find(([choice]) => choice.startsWith(word))?.[1] ?? 'stay';
}

function discard(context: Context): void {
  editingOf(context).candidate.reset(context.router.configuration.running);
}

function leave({ session }: Context): string | undefined {
  session.editing = undefined;
  return session.dialogs.left;
}

function linesOf(...lines: readonly (string | undefined)[]): string | undefined {
  const said = lines.filter((line) => line !== undefined);
  return said.length === 0 ? undefined : said.join('\n');
}

export const commit = act<{ readonly 'and-quit'?: true; readonly comment?: string }>(
  async (context, args) => {
    const { candidate } = editingOf(context);
    const line = await commitCandidate(context, candidate, args.comment);
    return args['and-quit'] ? linesOf(line, leave(context)) : line;
  },
);

async function commitCandidate(
  context: Context,
  candidate: Candidate,
  comment: string | undefined,
): Promise<string | undefined> {
  const { router, session } = context;
  const can = (privilege: string) => session.can(privilege);
  const { wallNanos, findings } = await router.configuration.commit(candidate, {
    user: session.user,
    can,
    comment,
  });
  for (const finding of findings) session.report(finding);
  if (wallNanos !== undefined) session.committed();
  const { dialogs } = session;
  return wallNanos === undefined ? dialogs.nothingToCommit : dialogs.committed(session.user, wallNanos);
}

export const commitCheck = act((context) => {
  const { router, session } = context;
  const can = (privilege: string) => session.can(privilege);
  const findings = router.configuration.check(editingOf(context).candidate, { user: session.user, can });
  for (const finding of findings) session.report(finding);
  return session.dialogs.checked;
});

export const rollback = act<{ readonly revision?: number }>((context, { revision = 0 }) => {
  const { router, session } = context;
  const tree = revision === 0 ? router.configuration.running : router.configuration.revision(revision);
  editingOf(context).candidate.replace(tree, (privilege) => session.can(privilege));
  return session.dialogs.rolledBack;
});

/** A part of a configuration, as somebody may see it. */
interface Shown {
  /** The whole visible tree. */
  readonly tree: ConfigTree;
  /** The part that was asked for. */
  readonly path: Path;
}

const configurationView: View<Shown> = {
  text: ({ tree, path }, { router }) => textOf(partLines(router.configuration.schema, tree, path)),
  json: ({ tree, path }, { router }) => ({
    configuration: documentOf(router.configuration.schema, part(tree, path)),
  }),
  set: ({ tree, path }, { router }) => textOf(setLines(router.configuration.schema, part(tree, path))),
  compare({ tree, path }, { router, session }, revision) {
    const { schema } = router.configuration;
    const other = revision === 0 ? router.configuration.running : router.configuration.revision(revision);
    const visible = visibleTree(schema, other, (privilege) => session.can(privilege));
    return textOf(compareLines(schema, part(visible, path), part(tree, path)));
  },
};

/** The tree with nothing in it but what stands at the path. */
export function part(tree: ConfigTree, path: Path): ConfigTree {
  const value = getAt(tree, path);
  return value === undefined
    ? EMPTY_TREE
    : withMarks(setAt(EMPTY_TREE, path, value), path, marksAt(tree, path));
}

function partLines(schema: GrammarNode, tree: ConfigTree, path: Path): Iterable<string> {
  const value = getAt(tree, path);
  const node = schemaAlong(schema, path).at(-1) ?? schema;
  if (value === undefined) return [];
  const isWholeList = node.value?.arity === 'key' && path.at(-1) === node.name;
  return isTree(value) && !isWholeList
    ? bracesLines(node, value)
    : statementLines(node, value, { marks: marksAt(tree, path) });
}

type Part = { readonly statements?: readonly Statement[] };

export const showCandidate = show<Part, Shown>((context, { statements }) => {
  const { candidate, path } = editingOf(context);
  const level = levelsAlong(context.router.configuration.schema, path).at(-1)!;
  return shown(context, candidate.tree, statements?.[0] ?? statementAt(level));
}, configurationView);

export const showConfiguration = show<Part, Shown>(
  (context, { statements }) =>
    shown(context, context.router.configuration.running, statements?.[0] ?? { path: [], value: undefined }),
  configurationView,
);

/** Of a place in a dialect, all that its lines say, wherever that stands. */
function shown({ router, session }: Context, whole: ConfigTree, { path, alias }: Statement): Shown {
  const tree = visibleTree(router.configuration.schema, whole, (privilege) => session.can(privilege));
  return alias === undefined ? { tree, path } : treeOfParts(tree, alias.parts);
}
