/** `clear twamp …` and `clear services rpm twamp …`: ends control connections of the Server, and clears counters. */
import type { CommandArguments } from './arguments.ts';
import { act, type Context } from './command.ts';
import { Refusal } from './refusal.ts';

/** Ends one control connection, or all; throws Refusal where there is none of that id. */
function clearConnections({ router }: Context, connectionId: number | undefined): readonly number[] {
  const cleared = router.engine.clearConnections(connectionId);
  if (connectionId !== undefined && cleared.length === 0)
    throw new Refusal('no-such-connection', { id: connectionId });
  return cleared;
}

const terminated = (id: number): string => `TWAMP control session ${id} was successfully terminated`;

/** DNOS; its lines stand below an empty one where no session was named. */
export const clearTwampSession = act<CommandArguments['clear-twamp-session']>((context, args) => {
  const cleared = clearConnections(context, args['connection-id']);
  if (args['connection-id'] !== undefined) return terminated(args['connection-id']);
  return cleared.length === 0 ? undefined : ['', ...cleared.map(terminated)].join('\n');
});

/** Junos, which says nothing. */
export const clearServerConnection = act<CommandArguments['clear-services-rpm-twamp-server-connection']>(
  (context, args) => {
    clearConnections(context, args['connection-id']);
    return undefined;
  },
);

/** Of one connection without its sessions, of one session, or of everything. */
export const clearTwampStatistics = act<CommandArguments['clear-twamp-statistics']>(({ router }, args) => {
  const { 'connection-id': connectionId, 'session-id': sessionId } = args;
  const cleared = router.engine.clearStatistics({ connectionId, sessionId });
  if (connectionId !== undefined && cleared === 0)
    throw new Refusal('no-such-session', { id: sessionId ?? connectionId });
  return undefined;
});
