/** `show fleet twamp sessions`: those of `show services twamp sessions` of every router of the fleet. */
import { fleetSessions, type FleetSession } from '../fleet/reading.ts';
import type { CommandArguments } from './arguments.ts';
import { show, type Context } from './command.ts';
import { FLEET_ROWS_MAX, readerOf, within } from './fleet-reader.ts';
import { filterOf, sessionsView, type Listing } from './twamp-sessions.ts';

type Arguments = CommandArguments['show-fleet-twamp-sessions'];

async function listingOf(context: Context, args: Arguments): Promise<Listing<FleetSession>> {
  const { router } = context;
  const filter = { node: args.node, ...filterOf(args) };
  const pages = fleetSessions(readerOf(context), filter, args.history ? 'ended' : 'live');
  const all: FleetSession[] = [];
  for await (const page of pages) {
    all.push(...page);
    if (all.length > FLEET_ROWS_MAX) break;
  }
  const rows = within(context, all);
  return { rows: () => rows, detail: args.detail ?? false, nowWallNanos: router.clock.wallNanos() };
}

export const showFleetTwampSessions = show<Arguments, Listing<FleetSession>>(
  listingOf,
  sessionsView({ title: 'Node', name: 'node', of: ({ node }) => node }),
);
