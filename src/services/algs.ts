/** Which ALG a connection is of: its helper, that of its master, or what its port says. */
import type { Connection, Tuple } from './conntrack/connection.ts';
import { ipProtocol } from './ip-protocols.ts';
import { NO_ALG } from './session.ts';

/** Helpers whose ALG has another name in Junos. Others are named alike: ftp, pptp, rtsp, sip, snmp, tftp. */
const helperAlgs: Readonly<Record<string, string>> = {
  'H.245': 'h323',
  'Q.931': 'q931',
  RAS: 'ras',
  'netbios-ns': 'netbios',
};

/** As a helper may be called. */
const HELPER = /^[a-z][\w.-]{0,14}$/i;

/** A helper for another port than the usual one is named with it (`ftp-2121`). What none is called gives no ALG. */
function algOfHelper(helper: string): string {
  if (!HELPER.test(helper)) return NO_ALG;
  return Object.hasOwn(helperAlgs, helper) ? helperAlgs[helper]! : helper.replace(/-\d+$/, '');
}

/** The helper that gives the ALG; undefined where none can be called so. */
export function helperOfAlg(alg: string): string | undefined {
  const [named = alg] = Object.entries(helperAlgs).find(([, each]) => each === alg) ?? [];
  return HELPER.test(named) ? named : undefined;
}

export const TWAMP_ALG = 'twamp';

interface PortRow {
  readonly protocols: readonly number[];
  readonly first: number;
  readonly last: number;
  readonly application: string;
  /** Linux has a helper for it: without one, the application runs without an ALG. */
  readonly hasHelper?: true;
}

const { tcp, udp } = ipProtocol;

/** Ports of responders (IANA; traceroute's are its defaults). */
const ports: readonly PortRow[] = [
  { protocols: [tcp], first: 21, last: 21, application: 'ftp', hasHelper: true },
  { protocols: [tcp, udp], first: 53, last: 53, application: 'dns' },
  { protocols: [udp], first: 69, last: 69, application: 'tftp', hasHelper: true },
  { protocols: [tcp, udp], first: 111, last: 111, application: 'portmapper' },
  { protocols: [tcp], first: 514, last: 514, application: 'rsh' },
  { protocols: [udp], first: 517, last: 518, application: 'talk' },
  { protocols: [tcp], first: 554, last: 554, application: 'rtsp' },
  { protocols: [tcp, udp], first: 862, last: 862, application: TWAMP_ALG },
  { protocols: [tcp], first: 1521, last: 1521, application: 'sqlnet' },
  { protocols: [tcp], first: 1723, last: 1723, application: 'pptp', hasHelper: true },
  // Gateways and call agents (RFC 3435).
  { protocols: [udp], first: 2427, last: 2427, application: 'mgcp-ua' },
  { protocols: [udp], first: 2727, last: 2727, application: 'mgcp-ca' },
  { protocols: [tcp, udp], first: 5060, last: 5060, application: 'sip', hasHelper: true },
  { protocols: [udp], first: 33434, last: 33534, application: 'traceroute' },
];

const ANY_PORT = 65_536;

/** By protocol and port: the table is asked for every connection. */
const byPort = new Map(
  ports.flatMap((row) =>
    row.protocols.flatMap((protocol) =>
      Array.from(
        { length: row.last - row.first + 1 },
        (_, offset) => [protocol * ANY_PORT + row.first + offset, row] as const,
      ),
    ),
  ),
);

function rowOf({ protocol, destinationPort }: Tuple): PortRow | undefined {
  return destinationPort === undefined ? undefined : byPort.get(protocol * ANY_PORT + destinationPort);
}

/** What is printed: the name of the ALG, or NO_ALG. */
export function algOf({ helper, masterHelper, original }: Connection): string {
  const helping = helper ?? masterHelper;
  if (helping !== undefined) return algOfHelper(helping);
  const row = rowOf(original);
  return row === undefined || row.hasHelper ? NO_ALG : row.application;
}

/** The application of a connection without an ALG, where its port tells it. */
export function applicationOf(original: Tuple): string | undefined {
  const row = rowOf(original);
  return row?.hasHelper ? row.application : undefined;
}
