/** The verbs of configuration mode, and `show configuration`. */
import type { Candidate } from '../config/candidate.ts';
import { compareLines } from '../config/compare.ts';
import { visibleTree } from '../config/privileges.ts';
import { bracesLines, documentOf, setLines, statementLines } from '../config/text.ts';
import { EMPTY_TREE, getAt, isTree, schemaAlong, setAt, type ConfigTree, type Path } from '../config/tree.ts';
import type { Statement } from '../grammar/match.ts';
import type { GrammarNode } from '../grammar/node.ts';
import { utcTime } from '../render/time.ts';
import { Refusal } from './refusal.ts';
import { act, show, textOf, type Context, type Editing, type View } from './command.ts';

/** Thrown by a verb that needs configuration mode; the grammar offers them nowhere else. */
function editingOf({ session }: Context): Editing {
  if (!session.editing) throw new Error('a configuration verb ran in operational mode');
  return session.editing;
}

type Statements = { readonly statements: readonly Statement[] };

export const set = act<Statements>((context, { statements }) => {
  editingOf(context).candidate.set(statements, (privilege) => context.session.can(privilege));
  return undefined;
});

export const deleteCommand = act<Statements>((context, { statements }) => {
  editingOf(context).candidate.delete(statements, (privilege) => context.session.can(privilege));
  return undefined;
});

export const edit = act<Statements>((context, { statements }) => {
  const { path } = statements[0]!;
  editingOf(context).path = path;
  return undefined;
});

export const top = act((context) => {
  editingOf(context).path = [];
  return undefined;
});

export const up = act<{ readonly levels?: number }>((context, { levels = 1 }) => {
  const editing = editingOf(context);
  const { schema } = context.router.configuration;
  for (let level = 0; level < levels; level += 1) editing.path = parentOf(schema, editing.path);
  return undefined;
});

/** A list's word and key are one level. */
function parentOf(schema: GrammarNode, path: Path): Path {
  const along = schemaAlong(schema, path);
  const isEntry = along.length > 1 && along.at(-1) === along.at(-2);
  return path.slice(0, isEntry ? -2 : -1);
}

export const configure = act(({ session }) => {
  if (session.editing) throw new Refusal('already-configuring');
  session.editing = { candidate: session.openCandidate(), path: [] };
  return undefined;
});

export const exitLevel = act<Record<string, never>>(async (context) => {
  const editing = editingOf(context);
  if (editing.path.length === 0) return leaveConfiguration(context);
  editing.path = parentOf(context.router.configuration.schema, editing.path);
  return undefined;
});

export const exitConfiguration = act<Record<string, never>>(leaveConfiguration);

const EXIT_QUESTION =
  'Warning: Configuration includes uncommitted changes, would you like to commit them before exiting (yes/no/cancel) [cancel]? ';

/** Leaves configuration mode, unless there are changes and the answer is to stay. */
export async function leaveConfiguration(context: Context): Promise<string | undefined> {
  const { session } = context;
  const { candidate } = editingOf(context);
  if (candidate.changed) {
    const answer = await session.ask(EXIT_QUESTION);
    if (answer === undefined) {
      session.editing = undefined;
      throw new Refusal('uncommitted-changes');
    }
    const word = answer.trim().toLowerCase();
    if (word === '' || !['yes', 'no'].some((choice) => choice.startsWith(word))) return undefined;
    if ('yes'.startsWith(word)) {
      const line = await commitCandidate(context, candidate, undefined);
      session.editing = undefined;
      return line;
    }
    candidate.reset(context.router.configuration.running);
  }
  session.editing = undefined;
  return undefined;
}

export const commit = act<{ readonly 'and-quit'?: true; readonly comment?: string }>(
  async (context, args) => {
    const { candidate } = editingOf(context);
    const line = await commitCandidate(context, candidate, args.comment);
    if (args['and-quit']) context.session.editing = undefined;
    return line;
  },
);

async function commitCandidate(
  context: Context,
  candidate: Candidate,
  comment: string | undefined,
): Promise<string> {
  const { router, session } = context;
  const can = (privilege: string) => session.can(privilege);
  const { wallNanos, findings } = await router.configuration.commit(candidate, {
    user: session.user,
    can,
    comment,
  });
  for (const finding of findings) session.report(finding);
  if (wallNanos === undefined)
    return 'NOTICE: commit action is not applicable. no configuration changes were made';
  return `Commit succeeded by ${session.user} at ${utcTime(wallNanos)}`;
}

export const commitCheck = act((context) => {
  const { router, session } = context;
  const can = (privilege: string) => session.can(privilege);
  const findings = router.configuration.check(editingOf(context).candidate, { user: session.user, can });
  for (const finding of findings) session.report(finding);
  return 'Commit check passed successfully';
});

export const rollback = act<{ readonly revision?: number }>((context, { revision = 0 }) => {
  const { router, session } = context;
  const tree = revision === 0 ? router.configuration.running : router.configuration.revision(revision);
  editingOf(context).candidate.replace(tree, (privilege) => session.can(privilege));
  return 'Configuration rollback complete';
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
function part(tree: ConfigTree, path: Path): ConfigTree {
  const value = getAt(tree, path);
  return value === undefined ? EMPTY_TREE : setAt(EMPTY_TREE, path, value);
}

function partLines(schema: GrammarNode, tree: ConfigTree, path: Path): Iterable<string> {
  const value = getAt(tree, path);
  const node = schemaAlong(schema, path).at(-1) ?? schema;
  if (value === undefined) return [];
  const isWholeList = node.value?.arity === 'key' && path.at(-1) === node.name;
  return isTree(value) && !isWholeList ? bracesLines(node, value) : statementLines(node, value);
}

type Part = { readonly statements?: readonly Statement[] };

export const showCandidate = show<Part, Shown>((context, { statements }) => {
  const { candidate, path } = editingOf(context);
  return shown(context, candidate.tree, statements?.[0]?.path ?? path);
}, configurationView);

export const showConfiguration = show<Part, Shown>(
  (context, { statements }) =>
    shown(context, context.router.configuration.running, statements?.[0]?.path ?? []),
  configurationView,
);

function shown({ router, session }: Context, tree: ConfigTree, path: Path): Shown {
  return {
    tree: visibleTree(router.configuration.schema, tree, (privilege) => session.can(privilege)),
    path,
  };
}
