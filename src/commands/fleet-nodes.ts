/** `show fleet nodes`, and how many service sessions each has. */
import { wallNanosOf } from '../clock.ts';
import { fleetNodes, fleetServiceCounts, type FleetCount, type FleetNode } from '../fleet/reading.ts';
import { gridPieces, type GridColumn } from '../render/grid.ts';
import { isoTime, utcTime } from '../render/time.ts';
import { SessionFilter } from '../services/filter.ts';
import { compareGroups } from '../services/session.ts';
import type { CommandArguments } from './arguments.ts';
import { show, type Context } from './command.ts';
import { readerOf } from './fleet-reader.ts';

/** Readings that a node may miss before it is called silent, and what a busy one may take longer. */
const MISSED_MAX = 3;
const LATE_SECONDS = 30;

function stateOf({ silentSeconds, intervalSeconds = 0 }: FleetNode): 'publishing' | 'silent' | 'never-seen' {
  if (silentSeconds === undefined) return 'never-seen';
  return silentSeconds <= MISSED_MAX * intervalSeconds + LATE_SECONDS ? 'publishing' : 'silent';
}

const shown = (millis: number | undefined): string =>
  millis === undefined ? '-' : utcTime(wallNanosOf(millis));
const stamped = (millis: number | undefined): string | undefined =>
  millis === undefined ? undefined : isoTime(wallNanosOf(millis));
const figure = (value: number | undefined): string => (value === undefined ? '-' : String(value));

const nodeColumns: readonly GridColumn[] = [
  { title: 'Node' },
  { title: 'State', minimumWidth: 10 },
  { title: 'Last seen' },
  { title: 'Up since' },
  { title: 'Version' },
  { title: 'Waiting' },
  { title: 'Dropped' },
];

export const showFleetNodes = show((context: Context) => fleetNodes(readerOf(context)), {
  text: (nodes) =>
    gridPieces(nodeColumns, () =>
      nodes.map((node) => [
        node.node,
        stateOf(node),
        shown(node.seenMillis),
        shown(node.startedMillis),
        node.software ?? '-',
        figure(node.waiting),
        figure(node.dropped),
      ]),
    ),
  json: (nodes) => ({
    'fleet-nodes': nodes.map((node) => ({
      node: node.node,
      state: stateOf(node),
      'last-seen': stamped(node.seenMillis),
      'up-since': stamped(node.startedMillis),
      version: node.software,
      interval: node.intervalSeconds,
      'rows-waiting': node.waiting,
      'samples-dropped': node.dropped,
    })),
  }),
});

type CountArguments = CommandArguments['show-fleet-services-sessions-count'];

async function countsOf(context: Context, args: CountArguments): Promise<readonly FleetCount[]> {
  const counts = await fleetServiceCounts(readerOf(context), { node: args.node });
  const filter = new SessionFilter({ interface: args.interface, serviceSet: args['service-set'] });
  return counts
    .filter((count) => filter.group(count))
    .toSorted((one, other) => compareNodes(one, other) || compareGroups(one, other));
}

/** Rows of a node stay where they are. */
const compareNodes = ({ node: one }: FleetCount, { node: other }: FleetCount): number =>
  one === other ? 0 : one < other ? -1 : 1;

const countColumns: readonly GridColumn[] = [
  { title: 'Node' },
  { title: 'Interface' },
  { title: 'Service set' },
  { title: 'Sessions count' },
  { title: 'Counted' },
];

export const showFleetServicesSessionsCount = show<CountArguments, readonly FleetCount[]>(countsOf, {
  *text(counts) {
    yield* gridPieces(countColumns, () =>
      counts.map((count) => [
        count.node,
        count.interface,
        count.serviceSet,
        String(count.sessions),
        shown(count.countedMillis),
      ]),
    );
    yield `\nTotal sessions: ${counts.reduce((sum, { sessions }) => sum + sessions, 0)}\n`;
  },
  json: (counts) => ({
    'service-msp-sess-count': counts.map((count) => ({
      node: count.node,
      'interface-name': count.interface,
      'aggregate-interface-name': count.aggregate,
      'service-set-name': count.serviceSet,
      'sess-count': count.sessions,
      counted: stamped(count.countedMillis),
    })),
  }),
});
