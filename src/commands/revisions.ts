/** What was committed, and what is still to come: `show system commit`, `show system rollback`. */
import type { PendingCommit, RevisionNote } from '../config/archive.ts';
import { changes, compareLines } from '../config/compare.ts';
import { minutesLeft } from '../config/pending-commits.ts';
import { visibleTree } from '../config/privileges.ts';
import { setLines } from '../config/text.ts';
import type { ConfigTree } from '../config/tree.ts';
import type { GrammarNode } from '../grammar/node.ts';
import { grid, type GridColumn } from '../render/grid.ts';
import { printableLine } from '../render/printable.ts';
import { calendarTime, dateTime, isoTime, utcTime } from '../render/time.ts';
import type { CommandArguments } from './arguments.ts';
import { act, show, type Context } from './command.ts';
import { editingOf, revisionOf } from './commits.ts';
import { configurationView, part, shown, type Shown } from './configuration.ts';

interface Commits {
  readonly revisions: readonly RevisionNote[];
  /** Taken back unless somebody confirms it. */
  readonly unconfirmed: PendingCommit | undefined;
  readonly putOff: PendingCommit | undefined;
  readonly wallNanos: bigint;
}

export const showSystemCommit = show(
  ({ router: { configuration, clock } }): Commits => ({
    revisions: configuration.archive.list(),
    unconfirmed: configuration.pending('confirmed'),
    putOff: configuration.pending('at'),
    wallNanos: clock.wallNanos(),
  }),
  {
    *text(commits) {
      const { revisions, putOff } = commits;
      if (putOff) yield* entry(putOffText(putOff), putOff.comment);
      for (const [back, { wallNanos, user, via, comment }] of revisions.entries()) {
        const said = [dateTime(wallNanos), 'by', user, 'via', via, rollbackText(commits, back)];
        yield* entry(`${String(back).padEnd(4)}${said.filter((word) => word).join(' ')}`, comment);
      }
    },
    json: (commits) => ({
      'commit-information': {
        'commit-pending': commits.putOff && pendingData(commits.putOff),
        'commit-history': commits.revisions.map(({ number, wallNanos, user, via, comment }, back) => ({
          'sequence-number': back,
          'revision-number': number,
          user,
          client: via,
          'date-time': isoTime(wallNanos),
          comment: rollbackText(commits, back),
          'rollback-time': back === 0 && commits.unconfirmed ? dueTime(commits.unconfirmed) : undefined,
          log: comment,
        })),
      },
    }),
  },
);

function* entry(line: string, comment: string | undefined): IterableIterator<string> {
  yield `${printableLine(line)}\n`;
  if (comment !== undefined) yield `    ${printableLine(comment)}\n`;
}

function putOffText({ committer, dueWallNanos }: PendingCommit): string {
  const when = dueWallNanos === undefined ? 'reboot' : calendarTime(dueWallNanos);
  return `commit requested by ${committer.user} via cli at ${when}`;
}

/** Of the revision in force, how long it has to be confirmed. */
function rollbackText({ unconfirmed, wallNanos }: Commits, back: number): string | undefined {
  if (back > 0 || unconfirmed === undefined) return undefined;
  return `commit confirmed, rollback in ${minutesLeft(unconfirmed, wallNanos) ?? 0}mins`;
}

function pendingData(pending: PendingCommit): object {
  const { committer, sinceWallNanos, comment } = pending;
  return {
    user: committer.user,
    'requested-at': isoTime(sinceWallNanos),
    'commit-time': dueTime(pending),
    log: comment,
  };
}

function dueTime({ dueWallNanos }: PendingCommit): string {
  return dueWallNanos === undefined ? 'reboot' : isoTime(dueWallNanos);
}

export const showSystemRollback = show<CommandArguments['show-system-rollback'], Shown>(
  async (context, { revision }) =>
    shown(context, await revisionOf(context, revision), { path: [], value: undefined }),
  configurationView,
);

export const showSystemRollbackCompare = show(
  async (context: Context, { from, to }: CommandArguments['show-system-rollback-compare']) => {
    const [before, after] = [await revisionOf(context, from), await revisionOf(context, to)];
    return [...differences(context, before, after)].join('\n');
  },
  {
    text: (lines) => (lines === '' ? [] : [`${lines}\n`]),
    element: 'rollback-information',
    json: (lines) => ({ 'configuration-information': { 'configuration-output': lines } }),
  },
);

const rollbackColumns: readonly GridColumn[] = [
  { title: 'Id' },
  { title: 'Time', minimumWidth: 20 },
  { title: 'User', minimumWidth: 10 },
  { title: 'Via', minimumWidth: 9 },
  { title: 'Log' },
];

/** The table of DNOS. */
export const showRollback = show(({ router: { configuration } }) => configuration.archive.list(), {
  text: (revisions, { columns }) => [
    grid(
      rollbackColumns,
      revisions.map(({ wallNanos, user, via, comment = '' }, back) => [
        String(back).padStart(2),
        utcTime(wallNanos).slice(0, -' UTC'.length),
        user,
        via,
        comment,
      ]),
      columns,
    ),
  ],
  json: (revisions) => ({
    revisions: revisions.map(({ wallNanos, user, via, comment }, back) => ({
      id: back,
      time: isoTime(wallNanos),
      user,
      via,
      log: comment,
    })),
  }),
  element: 'rollback-information',
});

/** What was edited, a path a line. */
interface Edited {
  readonly added: string[];
  /** Each as it was, and as it is. */
  readonly changed: string[];
  readonly deleted: string[];
}

/** `show config compare` of DNOS. */
export const showConfigurationCompare = show<CommandArguments['show-compare-candidate'], Edited>(
  async (context, { revision = 0 }) => {
    const { router, session } = context;
    const { schema } = router.configuration;
    const visible = (tree: ConfigTree): ConfigTree =>
      visibleTree(schema, tree, (privilege) => session.can(privilege));
    const before = visible(await revisionOf(context, revision));
    const after = visible(editingOf(context).candidate.tree);
    const edited: Edited = { added: [], changed: [], deleted: [] };
    for (const { path } of changes(schema, before, after)) {
      const [was, is] = [pathLines(schema, part(before, path)), pathLines(schema, part(after, path))];
      const group = was.length === 0 ? edited.added : is.length === 0 ? edited.deleted : edited.changed;
      group.push(...was.map((line) => `- ${line}`), ...is.map((line) => `+ ${line}`));
    }
    return edited;
  },
  {
    *text({ added, changed, deleted }) {
      for (const [name, lines] of Object.entries({ Added: added, Changed: changed, Deleted: deleted }))
        if (lines.length > 0) yield `${[`${name}:`, ...lines].join('\n')}\n`;
    },
    json: ({ added, changed, deleted }) => ({ added, changed, deleted }),
    element: 'configuration-compare-information',
  },
);

function pathLines(schema: GrammarNode, tree: ConfigTree): readonly string[] {
  return [...setLines(schema, tree)].map((line) => line.replace(/^set /, ''));
}

/** `compare` of VyOS: without revisions, what has been edited; with two, what the first has changed since the second. */
export const compareCandidate = act<CommandArguments['compare-candidate']>(async (context, args) => {
  const { revision, with: other } = args;
  const candidate = editingOf(context).candidate.tree;
  const [before, after, subject] =
    other === undefined
      ? [
          await revisionOf(context, revision ?? 0),
          candidate,
          `working and ${nameOf(revision)} configurations`,
        ]
      : [
          await revisionOf(context, other),
          await revisionOf(context, revision!),
          `revisions ${other} and ${revision!} configurations`,
        ];
  const lines = [...differences(context, before, after)];
  return lines.length === 0 ? `No changes between ${subject}.` : lines.join('\n');
});

function nameOf(revision: number | undefined): string {
  return revision === undefined ? 'active' : `revision ${revision}`;
}

/** What may be seen of it. */
function differences(
  { router, session }: Context,
  before: ConfigTree,
  after: ConfigTree,
): IterableIterator<string> {
  const { schema } = router.configuration;
  const visible = (tree: ConfigTree): ConfigTree =>
    visibleTree(schema, tree, (privilege) => session.can(privilege));
  return compareLines(schema, visible(before), visible(after));
}
