/** `show services rpm twamp client [connection|session|events]` and `request services rpm twamp start|stop client`. */
import type { RpmConnection } from '../engine/rpm-connection.ts';
import { columnLines, type Column } from '../render/columns.ts';
import { mapped } from '../render/data.ts';
import { isoTime, utcTime } from '../render/time.ts';
import type { EventRow } from '../store/rpm-results.ts';
import type { CommandArguments } from './arguments.ts';
import { act, show, type Router } from './command.ts';
import {
  connectionsOf,
  endsOf,
  modeOf,
  sessionsOf,
  testOf,
  type ListedSession,
} from './twamp-client-sessions.ts';
import { authenticationModes } from './twamp-server.ts';

export const startTwampClient = act<CommandArguments['request-twamp-client-start']>(
  ({ router }, { name }) => {
    for (const connection of connectionsOf(router, name)) connection.start();
    return undefined;
  },
);

export const stopTwampClient = act<CommandArguments['request-twamp-client-stop']>(({ router }, { name }) => {
  for (const connection of connectionsOf(router, name)) connection.stop();
  return undefined;
});

/** Of the words behind `show services rpm twamp client`, the tables that each shows. */
interface ClientTables {
  readonly connections?: readonly RpmConnection[];
  /** The connections whose running sessions are shown. */
  readonly sessions?: readonly ListedSession[];
}

const left = (upper: string, lower: string, width: number, gap: number): Column => ({
  titles: [upper, lower],
  width,
  align: 'left',
  gap,
});
const right = (upper: string, lower: string, width: number, gap: number): Column => ({
  titles: [upper, lower],
  width,
  align: 'right',
  gap,
});

const connectionColumns: readonly Column[] = [
  left('Connection', 'name', 15, 0),
  left('Client', 'address', 15, 1),
  right('Client', 'port', 8, 0),
  left('Server', 'address', 15, 2),
  right('Server', 'port', 8, 0),
  right('Session', 'count', 8, 2),
  left('Auth', 'mode', 15, 2),
];

const sessionColumns: readonly Column[] = [
  left('Connection', 'name', 15, 0),
  left('Session', 'name', 15, 1),
  left('Sender', 'address', 15, 1),
  right('Sender', 'port', 8, 0),
  left('Reflector', 'address', 15, 1),
  right('Reflector', 'port', 8, 0),
];

/** What is not known is a hyphen. */
const NOTHING = '-';

/** Beside those of Junos, where there is something to say. */
const meshColumn: Column = left('Mesh', 'of', 0, 2);

function connectionsText(connections: readonly RpmConnection[]): Iterable<string> {
  if (connections.every(({ settings }) => settings.mesh === undefined))
    return columnLines(connectionColumns, connections.map(connectionCells));
  const cells = connections.map((connection) => [
    ...connectionCells(connection),
    connection.settings.mesh?.owner ?? NOTHING,
  ]);
  return columnLines([...connectionColumns, meshColumn], cells);
}

function connectionCells(connection: RpmConnection): readonly string[] {
  const ends = endsOf(connection);
  return [
    connection.settings.name,
    ...[ends.client, ends.server].flatMap((end) => [end?.address ?? NOTHING, String(end?.port ?? NOTHING)]),
    String(runningSessions(connection)),
    authenticationModes[modeOf(connection)],
  ];
}

/** The sessions of an iteration that is over do not count, though they may still be listed. */
function runningSessions({ state, tests }: RpmConnection): number {
  return state === 'connected' ? tests.length : 0;
}

function sessionCells(listed: ListedSession): readonly (readonly string[])[] {
  const round = testOf(listed)?.round;
  if (round === undefined) return [];
  const { local, reflector } = round;
  return [
    [
      listed.connection.settings.name,
      listed.session.settings.name,
      local.address,
      String(local.port),
      reflector.address,
      String(reflector.port),
    ],
  ];
}

function showTables<Arguments>(read: (router: Router, args: Arguments) => ClientTables) {
  return show<Arguments, ClientTables>(({ router }, args) => read(router, args), {
    *text({ connections, sessions }) {
      if (connections) yield* connectionsText(connections);
      if (sessions) yield* columnLines(sessionColumns, sessions.flatMap(sessionCells));
    },
    json: ({ connections, sessions }) => ({
      'twamp-client-information': {
        'client-connection': connections?.map(connectionData),
        'twamp-test-session': sessions?.flatMap(sessionData),
      },
    }),
  });
}

export const showTwampClient = showTables<CommandArguments['show-twamp-client']>((router) => ({
  connections: connectionsOf(router, undefined),
  sessions: sessionsOf(router, {}),
}));

export const showTwampClientConnection = showTables<CommandArguments['show-twamp-client-connection']>(
  (router, { name }) => ({ connections: connectionsOf(router, name) }),
);

export const showTwampClientSession = showTables<CommandArguments['show-twamp-client-session']>(
  (router, args) => ({ sessions: sessionsOf(router, args) }),
);

function connectionData(connection: RpmConnection): Record<string, unknown> {
  const { settings, state, retries } = connection;
  const { client, server } = endsOf(connection);
  return {
    'connection-name': settings.name,
    'mesh-name': settings.mesh?.name,
    'mesh-owner': settings.mesh?.owner,
    'control-type': settings.place.control.type,
    'client-address': client?.address,
    'client-port': client?.port,
    'server-address': server?.address,
    'server-port': server?.port,
    'session-count': runningSessions(connection),
    'authentication-mode': modeOf(connection),
    'server-status': state,
    'twamp-client-retries': retries,
  };
}

function sessionData(listed: ListedSession): readonly Record<string, unknown>[] {
  const round = testOf(listed)?.round;
  if (round === undefined) return [];
  return [
    {
      'connection-name': listed.connection.settings.name,
      'session-name': listed.session.settings.name,
      'sender-address': round.local.address,
      'sender-port': round.local.port,
      'reflector-address': round.reflector.address,
      'reflector-port': round.reflector.port,
    },
  ];
}

const microseconds = (value: number): string => `${Math.round(value)} usec`;

/** What the number of an event counts; without an entry it is a time. */
const valueUnits: Readonly<Record<string, (value: number) => string>> = {
  'connection-lost': (value) => `${value} probes lost`,
  'connection-restored': (value) => `after ${value} attempts in vain`,
  'test-iteration-done': (value) => `iteration ${value}`,
  'probe-failure': (value) => `${value} probes lost in a row`,
  'test-failure': (value) => `${value} probes lost`,
};

function eventLine({ wallNanos, connection, session, event, value, threshold, reason }: EventRow): string {
  const unit = valueUnits[event];
  const details = [
    value === undefined ? undefined : (unit ?? microseconds)(value),
    threshold === undefined
      ? undefined
      : `threshold ${unit === undefined ? microseconds(threshold) : threshold}`,
    reason,
  ].filter((detail) => detail !== undefined);
  const subject = session === undefined ? connection : `${connection} ${session}`;
  const says = [event, ...(details.length === 0 ? [] : [details.join(', ')])].join(': ');
  return `${utcTime(wallNanos)}  ${subject}  ${says}\n`;
}

export const showTwampClientEvents = show<
  CommandArguments['show-twamp-client-events'],
  () => Iterable<EventRow>
>(
  ({ router }, args) =>
    () =>
      router.results.events({ connection: args['control-connection'], session: args['test-session'] }),
  {
    *text(events) {
      for (const event of events()) yield eventLine(event);
    },
    json: (events) => ({ events: mapped(events(), eventData) }),
    element: 'twamp-client-event-information',
  },
);

function eventData({ wallNanos, connection, session, event, value, threshold, reason }: EventRow): unknown {
  return {
    time: isoTime(wallNanos),
    'connection-name': connection,
    'session-name': session,
    event,
    value,
    threshold,
    reason,
  };
}
