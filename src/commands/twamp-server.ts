/** `show services rpm twamp server`: the Server's connections and sessions in the layouts and names of Junos. */
import type { ConnectionStatus, SessionStatus } from '../engine/server-status.ts';
import { columnLines, type Column } from '../render/columns.ts';
import { isoTime } from '../render/time.ts';
import type { CommandArguments } from './arguments.ts';
import { show } from './command.ts';

/** A session, and the connection that asked for it. */
export interface OwnedSession {
  readonly connection: ConnectionStatus;
  readonly session: SessionStatus;
}

/** What one form of the command shows; undefined: not this table. */
export interface ServerTables {
  readonly connections?: readonly ConnectionStatus[];
  readonly sessions?: readonly OwnedSession[];
}

const connectionColumns: readonly Column[] = [
  { titles: ['Connection', 'ID'], width: 10, align: 'right', gap: 0 },
  { titles: ['Client', 'address'], width: 15, align: 'left', gap: 2 },
  { titles: ['Client', 'port'], width: 8, align: 'right', gap: 0 },
  { titles: ['Server', 'address'], width: 15, align: 'left', gap: 2 },
  { titles: ['Server', 'port'], width: 8, align: 'right', gap: 0 },
  { titles: ['Session', 'count'], width: 8, align: 'right', gap: 2 },
  { titles: ['Auth', 'mode'], width: 0, align: 'left', gap: 2 },
];

const sessionColumns: readonly Column[] = [
  { titles: ['Session', 'ID'], width: 7, align: 'right', gap: 0 },
  { titles: ['Connection', 'ID'], width: 12, align: 'right', gap: 0 },
  { titles: ['Sender', 'address'], width: 15, align: 'left', gap: 2 },
  { titles: ['Sender', 'port'], width: 8, align: 'right', gap: 0 },
  { titles: ['Reflector', 'address'], width: 15, align: 'left', gap: 2 },
  { titles: ['Reflector', 'port'], width: 11, align: 'right', gap: 0 },
  { titles: ['Session', 'state'], width: 9, align: 'left', gap: 2 },
  { titles: ['Auth', 'mode'], width: 0, align: 'left', gap: 2 },
];

/** As Junos' tables have them. */
export const authenticationModes: Readonly<Record<ConnectionStatus['mode'], string>> = {
  unauthenticated: 'Unauthenticated',
  authenticated: 'Authenticated',
  encrypted: 'Encrypted',
  mixed: 'Mixed',
};

const stateOf = ({ active }: SessionStatus): string => (active ? 'Active' : 'Inactive');

/** The tables as text, each below its titles. */
export function* serverText({ connections, sessions }: ServerTables): Iterable<string> {
  if (connections !== undefined) yield* columnLines(connectionColumns, connections.map(connectionCells));
  if (sessions !== undefined) yield* columnLines(sessionColumns, sessions.map(sessionCells));
}

const cellsOf = ({ address, port }: ConnectionStatus['client']): string[] => [address, String(port)];

function connectionCells({ connectionId, client, server, sessions, mode }: ConnectionStatus): string[] {
  const ends = [...cellsOf(client), ...cellsOf(server)];
  return [String(connectionId), ...ends, String(sessions.length), authenticationModes[mode]];
}

function sessionCells({ connection, session }: OwnedSession): string[] {
  const ids = [String(session.sessionId), String(connection.connectionId)];
  const ends = [...cellsOf(session.sender), ...cellsOf(session.reflector)];
  return [...ids, ...ends, stateOf(session), authenticationModes[connection.mode]];
}

/** Element names of Junos' `twamp-server-information`. */
function serverData({ connections, sessions }: ServerTables): Record<string, unknown> {
  return {
    'twamp-server-information': {
      connection: connections?.map(connectionData),
      server: sessions && {
        session: sessions.map(sessionData),
        'server-statistics': totalsData(sessions),
      },
    },
  };
}

function connectionData({ connectionId, client, server, sessions, mode }: ConnectionStatus) {
  return {
    'connection-id': connectionId,
    'client-address': client.address,
    'client-port': client.port,
    'server-address': server.address,
    'server-port': server.port,
    'session-count': sessions.length,
    'authentication-mode': authenticationModes[mode],
  };
}

/** Junos' names of why a packet was dropped, by ours; what it has no name for is an internal error. */
const dropNames: Readonly<Record<string, keyof DropDetails>> = {
  'wrong-source': 'session-nonexist',
  'not-active': 'session-notactive',
  'bad-hmac': 'packet-unsupported',
  malformed: 'packet-malformed',
};

interface DropDetails {
  'session-nonexist': number;
  'session-notactive': number;
  'packet-unsupported': number;
  'packet-malformed': number;
  'internal-error': number;
}

/** Packets of all sessions together. */
function dropDetailsOf(sessions: readonly OwnedSession[]): Readonly<DropDetails> {
  const details: DropDetails = {
    'session-nonexist': 0,
    'session-notactive': 0,
    'packet-unsupported': 0,
    'packet-malformed': 0,
    'internal-error': 0,
  };
  for (const { session } of sessions) {
    for (const [reason, packets] of Object.entries(session.figures.details?.dropped ?? {}))
      details[dropNames[reason] ?? 'internal-error'] += packets;
  }
  return details;
}

function totalsData(sessions: readonly OwnedSession[]) {
  const sumOf = (figure: 'received' | 'sent' | 'dropped'): number =>
    sessions.reduce((sum, { session }) => sum + session.figures[figure], 0);
  return {
    'test-packets-received': sumOf('received'),
    'test-packets-reflected': sumOf('sent'),
    'test-packets-dropped': sumOf('dropped'),
    'test-packets-dropped-details': dropDetailsOf(sessions),
  };
}

function sessionData(owned: OwnedSession) {
  const { connection, session } = owned;
  const { sessionId, sender, reflector, startWallNanos, request, figures } = session;
  return {
    'session-id': sessionId,
    'connection-id': connection.connectionId,
    'sender-address': sender.address,
    'sender-port': sender.port,
    'reflector-address': reflector.address,
    'reflector-port': reflector.port,
    'session-state': stateOf(session),
    'authentication-mode': authenticationModes[connection.mode],
    'ip-version': sender.address.includes(':') ? 6 : 4,
    'padding-length': request.paddingOctets,
    'start-time': startWallNanos === undefined ? undefined : isoTime(startWallNanos),
    timeout: request.timeoutNanos / 1e9,
    'packet-statistics': {
      ...totalsData([owned]),
      'last-sequence-number-received': figures.lastSequenceReceived,
      'last-sequence-number-sent': figures.lastSequenceSent,
    },
  };
}

const view = { text: serverText, json: serverData };

const ownedBy = (connection: ConnectionStatus): readonly OwnedSession[] =>
  connection.sessions.map((session) => ({ connection, session }));

export const showServer = show<CommandArguments['show-services-rpm-twamp-server'], ServerTables>(
  ({ router }) => {
    const { connections } = router.engine.server;
    return { connections, sessions: connections.flatMap(ownedBy) };
  },
  view,
);

export const showServerConnection = show<
  CommandArguments['show-services-rpm-twamp-server-connection'],
  ServerTables
>(({ router }, { 'connection-id': wanted }) => {
  const { connections } = router.engine.server;
  return {
    connections: connections.filter(({ connectionId }) => wanted === undefined || connectionId === wanted),
  };
}, view);

export const showServerSession = show<
  CommandArguments['show-services-rpm-twamp-server-session'],
  ServerTables
>(({ router }, { 'session-id': wanted }) => {
  const sessions = router.engine.server.connections.flatMap(ownedBy);
  return {
    sessions: sessions.filter(({ session }) => wanted === undefined || session.sessionId === wanted),
  };
}, view);
