/** `show service twamp server …` as on DANOS (reference 004): whether the Server runs, its sessions by connection. */
import type { ConnectionStatus, SessionStatus } from '../engine/server-status.ts';
import type { CommandArguments } from './arguments.ts';
import { show, type Router } from './command.ts';
import { Refusal } from './refusal.ts';

interface Listing {
  readonly routingInstance: string;
  readonly connections: readonly ConnectionStatus[];
}

/** What DANOS calls the modes of RFC 5357. */
const modeWords: Readonly<Record<ConnectionStatus['mode'], string>> = {
  unauthenticated: 'Open',
  authenticated: 'Authenticated',
  encrypted: 'Encrypted',
  mixed: 'Mixed',
};

const placeOf = (instance: string): string =>
  instance === 'default' ? 'the default routing instance' : `routing instance '${instance}'`;

const bracketed = ({ address, port }: ConnectionStatus['client']): string => `[${address}]:${port}`;

/** Throws Refusal where there is no such instance. */
function configured({ engine }: Router, name: string): string {
  if (engine.routingInstances.includes(name)) return name;
  throw new Refusal('no-such-instance', { name });
}

/** Throws Refusal where there is no such instance, or the Server does not serve it. */
function listingOf(router: Router, name: string): Listing {
  const routingInstance = configured(router, name);
  const { ports, connections } = router.engine.server;
  if (!ports.has(routingInstance)) throw new Refusal('not-served', { name: routingInstance });
  return { routingInstance, connections: connections.filter(({ vrf }) => vrf === routingInstance) };
}

interface Counts {
  readonly active: number;
  readonly inactive: number;
}

function countsOf(connections: readonly ConnectionStatus[]): Counts {
  const sessions = connections.flatMap((connection) => connection.sessions);
  const active = sessions.filter((session) => session.active).length;
  return { active, inactive: sessions.length - active };
}

/** Ends are as wide as the widest of the connection; all lines are indented by a tab. */
function sessionLines(sessions: readonly SessionStatus[]): string {
  const widest = (ends: readonly string[]): number => Math.max(1, ...ends.map(({ length }) => length));
  const senderWidth = widest(sessions.map(({ sender }) => bracketed(sender)));
  const reflectorWidth = widest(sessions.map(({ reflector }) => bracketed(reflector)));
  // With the blanks behind each column.
  const widths = [36, senderWidth + 4, reflectorWidth + 4, 12, 8, 8];
  const header = ['Session ID', 'Sender', 'Reflector', 'Status', 'DSCP', 'Offload'];
  const rows = sessions.map(({ sid, sender, reflector, active, request }) => {
    const status = active ? 'ACTIVE' : 'INACTIVE';
    return [sid, bracketed(sender), bracketed(reflector), status, String(request.dscp), 'no'];
  });
  const lineOf = (cells: readonly string[]): string =>
    cells.map((cell, column) => cell.padEnd(widths[column]!)).join('');
  return [header, ...rows]
    .map(
      (cells) => `	${lineOf(cells)}
`,
    )
    .join('');
}

function* blocksOf(connections: readonly ConnectionStatus[]): Iterable<string> {
  for (const { client, mode, sessions } of connections) {
    yield `--> Control Session initiated by ${bracketed(client)} in ${modeWords[mode]} mode\n\n`;
    yield `${sessionLines(sessions)}<--\n\n`;
  }
  yield '\n';
}

const none = ({ routingInstance }: Listing): string =>
  `No active TWAMP sessions in ${placeOf(routingInstance)}\n`;

function* allText(listing: Listing): Iterable<string> {
  const { connections } = listing;
  if (connections.length === 0) {
    yield none(listing);
    return;
  }
  const { active, inactive } = countsOf(connections);
  yield `Total number of sessions: ${active + inactive}\nTotal number of active sessions: ${active}\n\n\n`;
  yield* blocksOf(connections);
}

/** "Connections" are test sessions here: automation reads the label as it is. */
function* clientText(listing: Listing): Iterable<string> {
  const { connections } = listing;
  const { active, inactive } = countsOf(connections);
  yield `Total connections:       ${active + inactive}\n`;
  yield `Total active test sessions:    ${active}\nTotal inactive test sessions:  ${inactive}\n\n\n`;
  yield* blocksOf(connections);
}

function* summaryText(listing: Listing): Iterable<string> {
  const { connections } = listing;
  if (connections.length === 0) {
    yield none(listing);
    return;
  }
  const { active, inactive } = countsOf(connections);
  yield `Total connected clients:       ${connections.length}\n`;
  yield `Total active test sessions:    ${active}\nTotal inactive test sessions:  ${inactive}\n\n\n`;
  for (const [index, connection] of connections.entries()) {
    const counts = countsOf([connection]);
    const { client, mode } = connection;
    yield `Client ${index}: Initiated by ${bracketed(client)} in ${modeWords[mode]} mode\n`;
    yield `\tActive sessions: ${counts.active}\n\tInactive sessions: ${counts.inactive}\n\n`;
  }
  yield '\n';
}

/** Around the data of a listing. */
const LISTING = 'twamp-server-session-information';

function listingData({ routingInstance, connections }: Listing): Record<string, unknown> {
  const { active, inactive } = countsOf(connections);
  return {
    'routing-instance': routingInstance,
    'active-sessions': active,
    'inactive-sessions': inactive,
    connections: connections.map(({ connectionId, client, mode, sessions }) => ({
      'connection-id': connectionId,
      'client-address': client.address,
      'client-port': client.port,
      mode: modeWords[mode],
      sessions: sessions.map((session) => ({
        sid: session.sid,
        'sender-address': session.sender.address,
        'sender-port': session.sender.port,
        'reflector-address': session.reflector.address,
        'reflector-port': session.reflector.port,
        active: session.active,
        dscp: session.request.dscp,
      })),
    })),
  };
}

type Instance = CommandArguments['show-services-twamp-server-session-all'];

interface Running {
  readonly routingInstance: string;
  /** Undefined where the server does not run. */
  readonly port: number | undefined;
}

export const showServerStatus = show<Instance, Running>(
  ({ router }, { 'routing-instance': name }) => ({
    routingInstance: configured(router, name),
    port: router.engine.server.ports.get(name),
  }),
  {
    text: ({ routingInstance, port }) => [
      port === undefined
        ? `TWAMP is not configured in ${placeOf(routingInstance)}\n`
        : `TWAMP Server is configured and is running in ${placeOf(routingInstance)}\n`,
    ],
    json: ({ routingInstance, port }) => ({
      'routing-instance': routingInstance,
      status: port === undefined ? 'inactive' : 'active',
      'server-tcp-port': port,
    }),
    element: 'twamp-server-status',
  },
);

export const showServerSessionsAll = show<Instance, Listing>(
  ({ router }, { 'routing-instance': name }) => listingOf(router, name),
  { text: allText, json: listingData, element: LISTING },
);

export const showServerSessionsSummary = show<Instance, Listing>(
  ({ router }, { 'routing-instance': name }) => listingOf(router, name),
  { text: summaryText, json: listingData, element: LISTING },
);

export const showServerSessionsClient = show<
  CommandArguments['show-services-twamp-server-session-client'],
  Listing
>(
  ({ router }, { client, 'routing-instance': name }) => {
    const listing = listingOf(router, name);
    return { ...listing, connections: listing.connections.filter((one) => one.client.address === client) };
  },
  { text: clientText, json: listingData, element: LISTING },
);
