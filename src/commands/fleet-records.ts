/** `show fleet commits` and `show fleet audit`: who changed and did what, on all routers. */
import { wallNanosOf } from '../clock.ts';
import { fleetAudit, fleetCommits, type FleetCommit, type FleetEntry } from '../fleet/reading.ts';
import { gridPieces, type GridColumn } from '../render/grid.ts';
import { isoTime, utcTime } from '../render/time.ts';
import type { CommandArguments } from './arguments.ts';
import { entryCells, entryColumns, entryData } from './audit-entry.ts';
import { show } from './command.ts';
import { readerOf } from './fleet-reader.ts';

const MILLIS_PER_SECOND = 1_000;

const sinceMillisOf = ({ since }: { readonly since?: number }): number | undefined =>
  since === undefined ? undefined : since * MILLIS_PER_SECOND;

const commitColumns: readonly GridColumn[] = [
  { title: 'Time' },
  { title: 'Node' },
  { title: 'Revision' },
  { title: 'User' },
  { title: 'Via' },
  { title: 'Comment' },
];

export const showFleetCommits = show<CommandArguments['show-fleet-commits'], readonly FleetCommit[]>(
  (context, { node, limit, ...args }) =>
    fleetCommits(readerOf(context), { node, limit, sinceMillis: sinceMillisOf(args) }),
  {
    text: (commits) =>
      gridPieces(commitColumns, () =>
        commits.map(({ node, number, committedMillis, user, via, comment }) => [
          utcTime(wallNanosOf(committedMillis)),
          node,
          String(number),
          user,
          via,
          comment ?? '-',
        ]),
      ),
    json: (commits) => ({
      'commit-history': commits.map(({ node, number, committedMillis, user, via, comment }) => ({
        node,
        'revision-number': number,
        user,
        client: via,
        'date-time': isoTime(wallNanosOf(committedMillis)),
        log: comment,
      })),
    }),
  },
);

/** As the router that it is of has it. */
const asLocal = ({ firstMillis, lastMillis, ...entry }: FleetEntry): Parameters<typeof entryCells>[0] => ({
  ...entry,
  firstWallNanos: wallNanosOf(firstMillis),
  lastWallNanos: wallNanosOf(lastMillis),
});

/** A node stands behind the time. */
const withNode = <Part>([time, ...rest]: readonly Part[], node: Part): readonly Part[] => [
  time!,
  node,
  ...rest,
];

export const showFleetAudit = show<CommandArguments['show-fleet-audit'], readonly FleetEntry[]>(
  (context, { node, user, kind, limit, ...args }) =>
    fleetAudit(readerOf(context), { node, user, kind, limit, sinceMillis: sinceMillisOf(args) }),
  {
    text: (entries) =>
      gridPieces(withNode(entryColumns, { title: 'Node' }), () =>
        entries.map((entry) => withNode(entryCells(asLocal(entry)), entry.node)),
      ),
    json: (entries) => ({
      audit: entries.map((entry) => ({ node: entry.node, ...entryData(asLocal(entry)) })),
    }),
  },
);
