/** The matrix: what is run, and what must be seen, written before anything runs. */

/**
 * Who runs the command: perfSONAR's twping, nokia's twampy, or the router (a line of its own shell; `configured`: what
 * follows `set services rpm twamp client control-connection c1`).
 */
export type Client = 'twping' | 'twampy' | 'router' | 'configured';

/** Servers of a run by the name that commands have for their port, `$NAME`. */
export const servers = {
  /** The router with every mode. */
  ROUTER: { kind: 'router', statements: ['set authentication-mode [ none authenticated encrypted mixed ]'] },
  ROUTER_OPEN: { kind: 'router', statements: ['set authentication-mode none'] },
  ROUTER_KEYED: { kind: 'router', statements: ['set authentication-mode [ authenticated encrypted mixed ]'] },
  ROUTER_ONE_SESSION: {
    kind: 'router',
    statements: ['set maximum-sessions 1', 'set maximum-sessions-per-connection 1'],
  },
  ROUTER_ONE_CONNECTION: {
    kind: 'router',
    statements: ['set maximum-connections 1', 'set maximum-connections-per-client 1'],
  },
  ROUTER_REFWAIT: { kind: 'router', statements: ['set reflector-inactivity-timeout 1'] },
  ROUTER_NO_REFWAIT: { kind: 'router', statements: ['set reflector-inactivity-timeout 0'] },
  /** Its Session-Reflector without control connections has the same number as its TCP port. */
  ROUTER_LIGHT: { kind: 'router', statements: ['set light port $PORT'] },
  /** perfSONAR's twampd with every mode. */
  TWAMPD: { kind: 'twampd', modes: 'OAEM', sessionsMax: 0 },
  TWAMPD_OPEN: { kind: 'twampd', modes: 'O', sessionsMax: 0 },
  TWAMPD_TWO_SESSIONS: { kind: 'twampd', modes: 'O', sessionsMax: 2 },
  /** twampy's responder; with so much padding its replies have the 44 octets of STAMP. */
  RESPONDER: { kind: 'responder', paddingOctets: 6 },
} as const satisfies Record<string, ServerKind>;

export type ServerKind =
  | { readonly kind: 'router'; readonly statements: readonly string[] }
  | { readonly kind: 'twampd'; readonly modes: string; readonly sessionsMax: number }
  | { readonly kind: 'responder'; readonly paddingOctets: number };

export type ServerName = keyof typeof servers;

export interface Row {
  readonly title: string;
  readonly client: Client;
  /** With braces (`expandBraces`): each command is a cell. */
  readonly command: string;
  /** What each cell must give: what the client reports or, where nothing was measured, what the Server said. */
  readonly expected: string;
  /** How often each command runs at the same time; 1 unless given. */
  readonly atOnce?: number;
  /** The conversation with this Server is recorded. Such cells run one by one. */
  readonly recorded?: ServerName;
  /** What is expected begins with the Modes offered and the Mode chosen on the recorded connection. */
  readonly agreement?: boolean;
  /** A command of `twping` that holds a session of the recorded Server while a cell runs. */
  readonly occupant?: string;
}

const loopback = (server: ServerName): string => `{127.0.0.1:$${server},[::1]:$${server}}`;
const TWPING = '-c 5 -i 0.02f -L 1 -E 0';
/** One packet at once, another after 65 s. */
const SILENCE = '-c 2 -i 0.1f,65f -L 1 -E 0 -A O';
const MEASURE = 'count 5 interval 20ms timeout 1s';
const COMPLETE = '5 sent, 0 lost';
const LIGHT = 'light port $RESPONDER';
const PROBES = 'test-count 1 test-session s1 probe-count 3';
const KEYED = '{A,E,M}';
const MODES = '{O,A -u ada -k $KEYS,E -u ada -k $KEYS,M -u ada -k $KEYS}';
const MODE_WORDS =
  '{,auth-mode authenticated user ada,auth-mode encrypted user ada,auth-mode mixed user ada}';
const KEYED_WORDS = 'auth-mode {authenticated,encrypted,mixed}';

/** perfSONAR's twping, and nokia's twampy, against our Server and Session-Reflector. */
const towardsUs: readonly Row[] = [
  {
    title: 'mode × padding × DSCP × zero addresses × family',
    client: 'twping',
    command: `${TWPING} -A ${MODES} -s {0,27,64,1000} -D {0,EF} {,-Z} ${loopback('ROUTER')}`,
    expected: COMPLETE,
  },
  {
    title: '3 connections at once',
    client: 'twping',
    command: `${TWPING} -A ${MODES} ${loopback('ROUTER')}`,
    expected: `${COMPLETE} | ${COMPLETE} | ${COMPLETE}`,
    atOnce: 3,
  },
  {
    title: 'wrong secret',
    client: 'twping',
    command: `${TWPING} -A ${KEYED} -u misled -k $KEYS 127.0.0.1:$ROUTER`,
    expected: 'Server-Start Accept 1, closed',
    recorded: 'ROUTER',
  },
  {
    title: 'unknown user',
    client: 'twping',
    command: `${TWPING} -A ${KEYED} -u stranger -k $KEYS 127.0.0.1:$ROUTER`,
    expected: 'Server-Start Accept 1, closed',
    recorded: 'ROUTER',
  },
  {
    title: 'a mode that is not offered, which the client notices',
    client: 'twping',
    command: `${TWPING} -A ${KEYED} -u ada -k $KEYS 127.0.0.1:$ROUTER_OPEN`,
    expected: 'closed by the Control-Client',
    recorded: 'ROUTER_OPEN',
  },
  {
    title: 'a mode that is not offered, asked for all the same',
    client: 'twampy',
    command: 'controller 127.0.0.1:19000 127.0.0.1:20000 -c 5 -i 100',
    expected: 'Server-Start Accept 3, closed',
    recorded: 'ROUTER_KEYED',
  },
  {
    title: 'maximum-sessions reached',
    client: 'twping',
    command: `${TWPING} -A O 127.0.0.1:$ROUTER_ONE_SESSION`,
    expected: 'Accept-Session Accept 5, closed by the Control-Client',
    recorded: 'ROUTER_ONE_SESSION',
    occupant: '-c 250 -i 0.02f -L 0.1 -E 0 -A O 127.0.0.1:$ROUTER_ONE_SESSION',
  },
  {
    title: 'maximum-connections reached',
    client: 'twping',
    command: `${TWPING} -A O 127.0.0.1:$ROUTER_ONE_CONNECTION`,
    expected: 'Server-Greeting Modes 0, closed',
    recorded: 'ROUTER_ONE_CONNECTION',
    occupant: '-c 250 -i 0.02f -L 0.1 -E 0 -A O 127.0.0.1:$ROUTER_ONE_CONNECTION',
  },
  ...(['O 1', 'A 2', 'E 4', 'M 8'] as const).map((mode): Row => {
    const [letter, bit] = mode.split(' ') as [string, string];
    return {
      title: `every feature offered (16, 32, 64, 256, 512), -A ${letter}`,
      client: 'twping',
      command: `${TWPING} -A ${letter} ${letter === 'O' ? '' : '-u ada -k $KEYS '}127.0.0.1:$ROUTER`,
      expected: `Modes 895, Mode ${bit}; ${COMPLETE}`,
      recorded: 'ROUTER',
      agreement: true,
    };
  }),
  {
    title: '65 s between two packets, reflector-inactivity-timeout 1',
    client: 'twping',
    command: `${SILENCE} 127.0.0.1:$ROUTER_REFWAIT`,
    expected: '2 sent, 1 lost',
  },
  {
    title: '65 s between two packets, reflector-inactivity-timeout 0',
    client: 'twping',
    command: `${SILENCE} 127.0.0.1:$ROUTER_NO_REFWAIT`,
    expected: '2 sent, 0 lost',
  },
  {
    title: 'sender without a control connection, padding × family',
    client: 'twampy',
    command:
      'sender {127.0.0.1:$ROUTER_LIGHT 127.0.0.1:0,[::1]:$ROUTER_LIGHT [::1]:0} --padding {0,27,1000} -c 5 -i 100',
    expected: '0.0% lost',
  },
  {
    title: 'controller, padding × family',
    client: 'twampy',
    command:
      'controller {127.0.0.1:19001 127.0.0.1:20001,[::1]:19001 [::1]:20001} --padding {0,1000} -c 5 -i 100',
    expected: '0.0% lost',
    recorded: 'ROUTER',
  },
];

/** The router's twping and its configured client against perfSONAR's twampd (always with zero addresses), and twampy. */
const fromUs: readonly Row[] = [
  {
    title: 'mode × padding × DSCP × family, zero addresses',
    client: 'router',
    command: `twping {127.0.0.1,::1} port $TWAMPD ${MODE_WORDS} padding {0,27,64,1000} dscp {0,46} ${MEASURE}`,
    expected: COMPLETE,
  },
  {
    title: '3 connections at once',
    client: 'router',
    command: `twping {127.0.0.1,::1} port $TWAMPD ${MODE_WORDS} ${MEASURE}`,
    expected: `${COMPLETE} | ${COMPLETE} | ${COMPLETE}`,
    atOnce: 3,
  },
  {
    title: '3 sessions of one connection',
    client: 'router',
    command: `twping {127.0.0.1,::1} port $TWAMPD ${MODE_WORDS} session-count 3 ${MEASURE}`,
    expected: `${COMPLETE}; ${COMPLETE}; ${COMPLETE}`,
  },
  {
    title: 'wrong secret',
    client: 'router',
    command: `twping 127.0.0.1 port $TWAMPD ${KEYED_WORDS} user misled ${MEASURE}`,
    expected: 'Server-Start Accept 1, closed',
    recorded: 'TWAMPD',
  },
  {
    title: 'unknown user',
    client: 'router',
    command: `twping 127.0.0.1 port $TWAMPD ${KEYED_WORDS} user stranger ${MEASURE}`,
    expected: 'Server-Start Accept 1, closed',
    recorded: 'TWAMPD',
  },
  {
    title: 'a mode that is not offered',
    client: 'router',
    command: `twping 127.0.0.1 port $TWAMPD_OPEN ${KEYED_WORDS} user ada ${MEASURE}`,
    expected: 'closed by the Control-Client',
    recorded: 'TWAMPD_OPEN',
  },
  {
    title: "the Server's limit of sessions reached by the third of one connection",
    client: 'router',
    command: `twping 127.0.0.1 port $TWAMPD_TWO_SESSIONS session-count 3 ${MEASURE}`,
    expected: 'Accept-Session Accept 1, closed by the Control-Client',
    recorded: 'TWAMPD_TWO_SESSIONS',
  },
  {
    title: 'features that the Server does not offer',
    client: 'router',
    command: `twping 127.0.0.1 port $TWAMPD ${MODE_WORDS} {reflect-octets,symmetrical-size,dscp-monitoring,timestamp-format ptpv2} ${MEASURE}`,
    expected: COMPLETE,
  },
  {
    title: 'configured, mode × family',
    client: 'configured',
    command: `target-address {127.0.0.1,::1} destination-port $TWAMPD authentication-mode {none,authenticated key-id ada,encrypted key-id ada,mixed key-id ada} ${PROBES}`,
    expected: '3 sent, 0 lost',
  },
  {
    title: 'without a control connection, padding × family',
    client: 'router',
    command: `twping {127.0.0.1,::1} ${LIGHT} padding {0,27,1000} ${MEASURE}`,
    expected: COMPLETE,
  },
  {
    title: 'configured, without a control connection',
    client: 'configured',
    command: `control-type light ${PROBES} destination-port $RESPONDER target-address address {127.0.0.1,::1}`,
    expected: '3 sent, 0 lost',
  },
];

/** Section by section, as the page has them. */
export const matrix: Readonly<Record<string, readonly Row[]>> = {
  'Towards our Server': towardsUs,
  'From our Control-Client': fromUs,
};
