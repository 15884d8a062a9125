/** The verbs of configuration mode, and `show configuration`. */
import { CommitError } from '../config/commit.ts';
import type { EditMode } from '../config/database.ts';
import { compareLines } from '../config/compare.ts';
import { EditError } from '../config/edit-error.ts';
import { commentOf, marksAt, withMarks, type MarkChange } from '../config/marks.ts';
import { withInherited } from '../config/inheritance.ts';
import { visibleTree } from '../config/privileges.ts';
import { deleteStatement, kindOf, matchesIn, treeOfParts } from '../config/statements.ts';
import { bracesLines, documentOf, INHERITED_NOTE, setLines, statementLines } from '../config/text.ts';
import {
  EMPTY_TREE,
  getAt,
  isTree,
  schemaAlong,
  setAt,
  treeOf,
  type ConfigTree,
  type Path,
} from '../config/tree.ts';
import type { Statement } from '../grammar/match.ts';
import { levelsAlong, statementAt, topOf } from '../grammar/meaning.ts';
import type { GrammarNode } from '../grammar/node.ts';
import { awaited } from '../render/data.ts';
import { withHashedPasswords } from './passwords.ts';
import { Refusal } from './refusal.ts';
import { act, show, textOf, type Context, type Session, type View } from './command.ts';
import { choice, commitCandidate, editingOf, leave, linesOf, mustStillEdit, revisionOf } from './commits.ts';
import type { Leaving, Question } from './dialogs.ts';
import { anybody, editorLines, otherEditors, USERS_EDITING } from './editors.ts';

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

const EVERYTHING: Question<boolean> = {
  question: 'Delete everything under this level? [yes,no] (no) ',
  answers: { yes: true, no: false },
  otherwise: false,
};

/** `delete` alone, as on Junos: whoever cannot be asked deletes nothing. */
export const deleteLevel = act(async (context) => {
  const { session, router } = context;
  const editing = editingOf(context);
  const { candidate, path } = editing;
  const { schema } = router.configuration;
  const isMeant = await choice(session, EVERYTHING, false);
  if (isMeant === undefined) throw new Refusal('delete-unasked');
  if (!isMeant) return undefined;
  mustStillEdit(context, editing);
  const level = statementAt(levelsAlong(schema, path).at(-1)!);
  const without = (tree: ConfigTree): ConfigTree =>
    level.path.length === 0 ? EMPTY_TREE : (deleteStatement(schema, tree, level) ?? tree);
  candidate.change(without, (privilege) => session.can(privilege));
  return undefined;
});

/** As Junos has it: more of what is to be deleted is not shown. */
const MATCHES_SHOWN = 8;

/** `wildcard delete`, as on Junos: what the last word matches goes when asked. */
export const wildcardDelete = act<Statements>(async (context, { statements }) => {
  const { session, show } = context;
  const editing = editingOf(context);
  const can = (privilege: string): boolean => session.can(privilege);
  const matched = matchesIn(editing.candidate.tree, statements[0]!);
  if (matched.length === 0) throw new EditError('no-match', []);
  const names = matched.slice(0, MATCHES_SHOWN).map(({ path, value = path.at(-1)! }) => String(value));
  await show(names.map((name) => `  matched: ${name}\n`).join(''));
  const question = `Delete ${matched.length} objects? [yes,no] (no) `;
  const isMeant = await choice(session, { ...EVERYTHING, question }, false);
  if (isMeant === undefined) throw new Refusal('delete-unasked');
  if (!isMeant) return undefined;
  mustStillEdit(context, editing);
  editing.candidate.delete(matched, can);
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

export const configure = act<{ readonly mode?: 'exclusive' | 'private' }>(async (context, { mode }) => {
  const { router, session, show } = context;
  if (session.editing) throw new Refusal('already-configuring');
  const { schema } = router.configuration;
  const can = (privilege: string): boolean => session.can(privilege);
  const others = editorLines(otherEditors(router, session), { schema, can });
  const who = (): string => {
    const own = router.people.editors.filter((editor) => editor.session === session);
    return editorLines(own, { schema, can: anybody }).join('\n') || `  ${session.user}`;
  };
  try {
    const { candidate, mode: entered } = session.enterConfiguration(mode, who);
    return session.dialogs.entered({ mode: entered, changed: candidate.changed, editors: others });
  } catch (error) {
    const isModified = error instanceof CommitError && error.code.endsWith('modified');
    if (isModified && others.length > 0) await show(`${[USERS_EDITING, ...others].join('\n')}\n`);
    throw error;
  }
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
  const { candidate, mode } = editingOf(context);
  switch (candidate.changed ? await askAboutChanges(context.session, mode) : 'keep') {
    case 'stay':
      return undefined;
    case 'commit':
      return linesOf(await commitCandidate(context), leave(context));
    case 'discard':
      discard(context);
      return linesOf(context.session.dialogs.discarded, leave(context));
    case 'keep':
      return leave(context);
  }
}

async function askAboutChanges(session: Session, mode: EditMode): Promise<Leaving> {
  const leaving = session.dialogs.leaving(mode);
  if (leaving === undefined) throw new Refusal('configuration-modified');
  const chosen = await choice(session, leaving, 'stay');
  if (chosen === undefined) {
    session.leaveConfiguration();
    throw new Refusal('uncommitted-changes');
  }
  return chosen;
}

/** `discard` of VyOS. */
export const discardChanges = act<Record<string, never>>((context) => {
  const { candidate } = editingOf(context);
  if (!candidate.changed) return 'No changes have been discarded';
  discard(context);
  return 'Changes have been discarded';
});

function discard(context: Context): void {
  editingOf(context).candidate.reset(context.router.configuration.running);
}

/** A part of a configuration, as somebody may see it. */
export interface Shown {
  /** The whole visible tree. */
  readonly tree: ConfigTree;
  /** The part that was asked for. */
  readonly path: Path;
}

export const configurationView: View<Shown> = {
  text: ({ tree, path }, { router }) => textOf(partLines(router.configuration.schema, tree, path)),
  json: ({ tree, path }, { router }) => ({
    configuration: documentOf(router.configuration.schema, part(tree, path)),
  }),
  inheritance({ tree, path }, { router }, comments) {
    const { schema } = router.configuration;
    const lines = partLines(schema, withInherited(schema, tree), path);
    return textOf(comments ? lines : withoutNotes(lines));
  },
  set({ tree, path }, { router, session }, relative) {
    const { schema } = router.configuration;
    const level = relative ? levelsAlong(schema, session.editing?.path ?? []).at(-1)! : topOf(schema);
    // Lines of a dialect's level are not canonical, and what stands elsewhere is not said from here.
    const isBelow = !level.node.meaning && level.path.every((word, index) => word === path[index]);
    if (!isBelow) return textOf(setLines(schema, part(tree, path)));
    const below = part(treeOf(getAt(tree, level.path)), path.slice(level.path.length));
    return textOf(setLines(level.node, below));
  },
  *compare({ tree, path }, context, revision) {
    const { router, session } = context;
    const { schema } = router.configuration;
    const other = yield* awaited(revisionOf(context, revision));
    const visible = visibleTree(schema, other, (privilege) => session.can(privilege));
    yield* textOf(compareLines(schema, part(visible, path), part(tree, path)));
  },
};

function* withoutNotes(lines: Iterable<string>): Iterable<string> {
  for (const line of lines) if (!INHERITED_NOTE.test(line)) yield line;
}

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

/** As VyOS' `show configuration commands`. */
export const showConfigurationCommands = show<Record<string, never>, Shown>(
  (context) => shown(context, context.router.configuration.running, { path: [], value: undefined }),
  { ...configurationView, text: (data, context) => configurationView.set!(data, context, false) },
);

type Part = { readonly statements?: readonly Statement[] };

export const showCandidate = show<Part, Shown>((context, { statements }) => {
  const { candidate, path } = editingOf(context);
  const level = levelsAlong(context.router.configuration.schema, path).at(-1)!;
  return shown(context, candidate.tree, statements?.[0] ?? statementAt(level));
}, configurationView);

export const showWholeCandidate = show<Part, Shown>((context, { statements }) => {
  const { candidate } = editingOf(context);
  return shown(context, candidate.tree, statements?.[0] ?? { path: [], value: undefined });
}, configurationView);

export const showConfiguration = show<Part, Shown>(
  (context, { statements }) =>
    shown(context, context.router.configuration.running, statements?.[0] ?? { path: [], value: undefined }),
  configurationView,
);

/** Of a place in a dialect, all that its lines say, wherever that stands. */
export function shown({ router, session }: Context, whole: ConfigTree, { path, alias }: Statement): Shown {
  const tree = visibleTree(router.configuration.schema, whole, (privilege) => session.can(privilege));
  return alias === undefined ? { tree, path } : treeOfParts(tree, alias.parts);
}
