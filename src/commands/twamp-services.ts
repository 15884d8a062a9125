/** `show services twamp` (DNOS): how the Server is configured in each VRF; in detail, whom it let in and refused. */
import { secondsOf, type Minutes } from '../config/minutes.ts';
import { decidingLists, networksIn } from '../engine/client-list.ts';
import type { ServerConfiguration } from '../engine/server.ts';
import type { ServerStatus } from '../engine/server-status.ts';
import { grid, type GridColumn } from '../render/grid.ts';
import type { CommandArguments } from './arguments.ts';
import { show } from './command.ts';
import { Refusal } from './refusal.ts';

interface Overview {
  readonly status: ServerStatus;
  /** Those that are shown. */
  readonly vrfs: readonly string[];
  readonly detail: boolean;
}

type Mode = ServerConfiguration['authentication-mode'][number];

const modeWords: Readonly<Record<Mode, string>> = {
  none: 'Unauthenticated',
  authenticated: 'Authenticated',
  encrypted: 'Encrypted',
  mixed: 'Mixed',
};

const clientColumns: readonly GridColumn[] = [
  { title: 'Client' },
  { title: 'Connections' },
  { title: 'Accepted' },
  { title: 'Refused' },
  { title: 'Sessions' },
  { title: 'Accepted' },
  { title: 'Refused' },
  { title: 'RX[pkts]' },
  { title: 'TX[pkts]' },
];

/** Verbatim DNOS, blanks and tabs as in its sample. */
export function* overviewText({ status, vrfs, detail }: Overview): Iterable<string> {
  const { configuration } = status;
  if (configuration === undefined) {
    yield '\nTWAMP Admin-state: Disabled\n\n';
    return;
  }
  const range = configuration['data-port-range'];
  yield `
TWAMP Admin-state: Enabled
Mode: ${configuration['authentication-mode'].map((mode) => modeWords[mode]).join(', ')}
Maximum connections: ${configuration['maximum-connections']}
Maximum sessions: ${configuration['maximum-sessions']}

Ports
  Control source port: ${configuration.port}
  Data source port range: ${range}
  Data destination port range: ${configuration['sender-port-range'] ?? 'any'}

Timers
  Session timeout: ${timeoutText(configuration['reflector-inactivity-timeout'])}
  Server timeout: ${timeoutText(configuration['server-inactivity-timeout'])}

`;
  for (const vrf of vrfs) yield vrfText(vrf, configuration, status.ports.get(vrf));
  if (detail) yield* detailText(status);
}

function timeoutText(minutes: Minutes): string {
  return minutes === 0 ? 'disabled' : `${secondsOf(minutes)} seconds`;
}

/** The control port is named where it is not that of all. */
function vrfText(vrf: string, configuration: ServerConfiguration, port: number | undefined): string {
  const ownPort = port === configuration.port ? '' : `\tControl source port: ${port}\n`;
  const lists = [...decidingLists(configuration['client-list']).values()].map(({ type, address }) => {
    const networks = networksIn(address, vrf)
      .map((prefix) => `\t\t\t${prefix}\n`)
      .join('');
    return `  \t\tClient list type: ${type}\n  \t\tClient list networks:\n${networks}`;
  });
  const served = configuration['routing-instance-list'].get(vrf)?.['source-interface'];
  const source = served === undefined ? '' : `\tsource-interface: ${served}\n`;
  return `VRF: ${vrf}\n${ownPort}${source}\tClient List\n${lists.join('')}\n`;
}

function* detailText(status: ServerStatus): Iterable<string> {
  const { connections, halfOpen, refusals } = status;
  const sessions = connections.flatMap((connection) => connection.sessions);
  yield `Connections
  Established: ${connections.length}
  Half-open: ${halfOpen}

Sessions
  Established: ${sessions.length}
  Active: ${sessions.filter(({ active }) => active).length}

Refused
`;
  for (const [reason, times] of refusals) yield `  ${reason}: ${times}\n`;
  if (refusals.size === 0) yield '  none\n';
  yield '\nClients\n\n';
  const rows = clientsOf(status).map((client) => Object.values(client).map(String));
  yield `${grid(clientColumns, rows)}\n`;
}

/** What each client has had, in the order of the columns; packets of what runs are among them. */
export function clientsOf({ clients, connections }: ServerStatus) {
  const running = new Map<string, { received: number; sent: number }>();
  for (const { client, sessions } of connections) {
    const sum = running.get(client.address) ?? { received: 0, sent: 0 };
    for (const { figures } of sessions) {
      sum.received += figures.received;
      sum.sent += figures.sent;
    }
    running.set(client.address, sum);
  }
  return clients.map((account) => ({
    'client-address': account.address,
    connections: account.connections,
    'connections-accepted': account.connectionsAccepted,
    'connections-refused': account.connectionsRefused,
    sessions: account.sessions,
    'sessions-accepted': account.sessionsAccepted,
    'sessions-refused': account.sessionsRefused,
    'rcv-packets': account.received + (running.get(account.address)?.received ?? 0),
    'sent-packets': account.sent + (running.get(account.address)?.sent ?? 0),
  }));
}

/** Names of RFC 8913 where it has one; what `detail` shows is always among the data. */
function overviewData({ status, vrfs }: Overview): Record<string, unknown> {
  const { configuration, connections, halfOpen } = status;
  if (configuration === undefined) return { 'admin-state': false };
  const sessions = connections.flatMap((connection) => connection.sessions);
  return {
    'admin-state': true,
    modes: configuration['authentication-mode'],
    'maximum-connections': configuration['maximum-connections'],
    'maximum-sessions': configuration['maximum-sessions'],
    'server-tcp-port': configuration.port,
    'data-port-range': configuration['data-port-range'],
    'sender-port-range': configuration['sender-port-range'],
    refwait: secondsOf(configuration['reflector-inactivity-timeout']),
    servwait: secondsOf(configuration['server-inactivity-timeout']),
    vrfs: vrfs.map((vrf) => ({
      vrf,
      'server-tcp-port': status.ports.get(vrf),
      'source-interface': configuration['routing-instance-list'].get(vrf)?.['source-interface'],
    })),
    'client-lists': [...decidingLists(configuration['client-list'])].map(([name, { type, address }]) => ({
      name,
      type,
      networks: [...address].map(([prefix, { 'routing-instance': names }]) => ({
        prefix,
        'routing-instances': names,
      })),
    })),
    connections: connections.length,
    'half-open-connections': halfOpen,
    sessions: sessions.length,
    'active-sessions': sessions.filter(({ active }) => active).length,
    refusals: Object.fromEntries(status.refusals),
    clients: clientsOf(status),
  };
}

export const showServicesTwamp = show<CommandArguments['show-services-twamp'], Overview>(
  ({ router }, { vrf, detail = false }) => {
    const status = router.engine.server;
    const served = [...status.ports.keys()];
    if (vrf !== undefined && !served.includes(vrf)) throw new Refusal('not-served', { name: vrf });
    return { status, vrfs: vrf === undefined ? served : [vrf], detail };
  },
  { text: overviewText, json: overviewData, element: 'twamp-information' },
);
