/** What is to be seen of the sessions of the lab, and how they are told from each other. */
import { expect } from 'vitest';
import type { Helper, Lab, LabSession, Listed } from './lab.ts';

export interface ShownFlow {
  readonly protocol: number;
  readonly 'source-address': string;
  readonly 'source-port'?: number;
  readonly 'destination-address': string;
  readonly 'destination-port'?: number;
  readonly state: string;
  readonly direction: string;
  readonly role: string;
  readonly 'frame-count': number;
  readonly 'byte-count': number;
  readonly timeout: number;
}

interface ShownTranslation {
  readonly address: string;
  readonly port?: number;
  readonly 'translated-address': string;
  readonly 'translated-port'?: number;
}

/** As `| display json` prints it. */
export interface Shown {
  readonly 'interface-name': string;
  readonly 'service-set-name': string;
  readonly 'session-id': number;
  readonly alg: string;
  readonly asymmetric: boolean;
  readonly nat?: { readonly 'translation-type': string } & Partial<
    Record<'source' | 'destination', ShownTranslation>
  >;
  readonly flow: readonly ShownFlow[];
}

/** What stands for a port that the kernel chose. */
const ANY = '*';

/** What is to be seen of a session. */
export interface Expected {
  readonly alg: string;
  /** Of both flows, without any statement and with those of `mapping`. */
  readonly directions: readonly [byNat: 'IO' | 'OI' | 'UU', byMark: 'IO' | 'OI'];
  /** The type of the translation, and the addresses that change. */
  readonly nat?: readonly [type: string, ...changes: string[]];
  readonly asymmetric?: true;
  /** Which helper has to be there for it. */
  readonly needs?: Helper;
  /** With the statements of `mapping`, where it differs from ms-1/0/0, default, Forward. */
  readonly mapped?: Partial<Record<'interface' | 'set' | 'state', string>>;
}

const POOL = 'source 10.10.10.2 -> 10.11.11.11';
const INWARDS = 'destination 10.11.11.11 -> 10.10.10.2';
const dynamic = ['DYNAMIC NAT44', POOL] as const;
const web = { set: 'web' };

export const expected: Readonly<Record<string, Expected>> = {
  tcp: { alg: 'none', directions: ['IO', 'IO'], nat: dynamic, mapped: web },
  telnet: { alg: 'none', directions: ['IO', 'IO'], nat: dynamic, mapped: web },
  napt: {
    alg: 'none',
    directions: ['IO', 'IO'],
    nat: ['NAPT-44', 'source 10.10.10.3:52145 -> 10.11.11.11:*'],
    mapped: web,
  },
  // Both ends are translated, which says nothing of where is inside.
  'twice-nat': {
    alg: 'none',
    directions: ['UU', 'IO'],
    nat: ['TWICE NAT44', POOL, 'destination 10.11.11.80:8080 -> 10.20.20.1:80'],
  },
  masquerade: {
    alg: 'none',
    directions: ['IO', 'IO'],
    nat: ['DYNAMIC NAT44', 'source 10.10.10.2 -> 10.20.20.254'],
    mapped: { state: 'Watch' },
  },
  dnat: {
    alg: 'none',
    directions: ['OI', 'OI'],
    nat: ['DNAT-44', 'destination 10.20.20.254 -> 10.10.10.2'],
    mapped: { interface: 'ms-2/0/0' },
  },
  tcp6: { alg: 'none', directions: ['UU', 'IO'], mapped: web },
  'udp6-nat': {
    alg: 'none',
    directions: ['IO', 'IO'],
    nat: ['DYNAMIC NAT66', 'source 2001:db8:10::3 -> 2001:db8:20:1::9'],
  },
  dns: { alg: 'dns', directions: ['IO', 'IO'], nat: ['DYNAMIC NAT44', 'source 10.10.10.2 -> 192.0.2.53'] },
  zone: { alg: 'none', directions: ['IO', 'IO'], nat: dynamic, mapped: { interface: 'mams-5/0/0' } },
  unreplied: { alg: 'none', directions: ['IO', 'IO'], nat: dynamic, asymmetric: true },
  udp: { alg: 'none', directions: ['IO', 'IO'], nat: dynamic },
  icmp: { alg: 'none', directions: ['IO', 'IO'], nat: dynamic },
  icmp6: { alg: 'none', directions: ['UU', 'IO'] },
  gre: {
    alg: 'none',
    directions: ['IO', 'IO'],
    nat: ['DYNAMIC NAT44', 'source 10.10.10.3 -> 10.11.11.11'],
    asymmetric: true,
  },
  'ftp-control': { alg: 'ftp', directions: ['IO', 'IO'], nat: dynamic, needs: 'ftp' },
  'ftp-data': { alg: 'ftp', directions: ['IO', 'IO'], nat: dynamic, needs: 'ftp' },
  'ftp6-control': { alg: 'ftp', directions: ['UU', 'IO'], needs: 'ftp' },
  'ftp6-data': { alg: 'ftp', directions: ['UU', 'IO'], needs: 'ftp' },
  'ftp-active-control': { alg: 'ftp', directions: ['IO', 'IO'], nat: dynamic, needs: 'ftp' },
  // What is expected from outside has the mark of its master, who is inside.
  'ftp-active-data': { alg: 'ftp', directions: ['OI', 'OI'], nat: ['DNAT-44', INWARDS], needs: 'ftp' },
  // A server of TFTP answers from another port: the request itself has no reply.
  tftp: { alg: 'tftp', directions: ['IO', 'IO'], nat: dynamic, asymmetric: true, needs: 'tftp' },
  'tftp-data': { alg: 'tftp', directions: ['OI', 'OI'], nat: ['DNAT-44', INWARDS], needs: 'tftp' },
  sip: { alg: 'sip', directions: ['IO', 'IO'], nat: dynamic, needs: 'sip' },
  rtp: { alg: 'sip', directions: ['IO', 'IO'], nat: dynamic, needs: 'sip' },
  pptp: { alg: 'pptp', directions: ['IO', 'IO'], nat: dynamic, needs: 'pptp' },
  'pptp-gre': {
    alg: 'pptp',
    directions: ['IO', 'IO'],
    nat: ['NAPT-44', 'source 10.10.10.2:4242 -> 10.11.11.11:*'],
    needs: 'pptp',
  },
};

/** Statements that map marks and zones of the lab. */
export const mapping = [
  'set services interfaces ams0 member-interface mams-5/0/0',
  'set services interfaces mams-5/0/0 zone 7',
  'set services interfaces ms-1/0/0 mark 0x1000/0xf000 zone 0',
  'set services interfaces ms-2/0/0 mark 0x2000/0xf000',
  'set services service-set web mark 0x100/0xf00',
  'set services session-source outside-mark 0x10/0xf0',
  'set services session-source state-mask 0xf',
];

export function sessionsOf(json: string): readonly Shown[] {
  return (JSON.parse(json) as { readonly 'msp-session': readonly Shown[] })['msp-session'];
}

type Key = readonly [protocol: number, source: string, port: number, destination: string, port: number];

const keyText = (key: Key): string => key.join(' ');

export function keyOfLab({ protocol, source, sourcePort, destination, destinationPort }: LabSession): string {
  return keyText([protocol, source, isIcmp(protocol) ? 0 : sourcePort, destination, destinationPort ?? 0]);
}

export function keyOfListed({ protocol, original }: Listed): string {
  const { source, sourcePort = 0, destination, destinationPort = 0 } = original;
  return keyText([protocol, source, sourcePort, destination, destinationPort]);
}

export function keyOfShown({ flow: [first] }: Shown): string {
  return keyText([
    first!.protocol,
    first!['source-address'],
    first!['source-port'] ?? 0,
    first!['destination-address'],
    first!['destination-port'] ?? 0,
  ]);
}

const isIcmp = (protocol: number): boolean => protocol === 1 || protocol === 58;

/** By the names of the lab. Fails where one is not shown, or shown twice. */
export function byName(lab: Lab, shown: readonly Shown[]): ReadonlyMap<string, Shown> {
  const named = new Map(Object.entries(lab.sessions).map(([name, session]) => [keyOfLab(session), name]));
  const names = shown.map((session) => named.get(keyOfShown(session)) ?? keyOfShown(session));
  expect(new Set(names).size).toBe(names.length);
  return new Map(shown.map((session, index) => [names[index]!, session]));
}

export const namesOf = (lab: Lab, json: string): readonly string[] =>
  [...byName(lab, sessionsOf(json)).keys()].toSorted();

/** As this machine can have them. */
export const possible = ({ helpers }: Lab): readonly (readonly [name: string, row: Expected])[] =>
  Object.entries(expected).filter(([, { needs }]) => needs === undefined || helpers.includes(needs));

export const present = (lab: Lab, ...names: readonly string[]): readonly string[] =>
  names.filter((name) => possible(lab).some(([each]) => each === name)).toSorted();

/** `addresses` alone where the ports are the same. */
export function changesOf({ nat }: Shown): readonly string[] | undefined {
  if (nat === undefined) return undefined;
  return [
    nat['translation-type'],
    ...(['source', 'destination'] as const).flatMap((end) => {
      const change = nat[end];
      if (change === undefined) return [];
      const { address, port, 'translated-address': other, 'translated-port': otherPort } = change;
      const from = port === undefined ? address : `${address}:${port}`;
      return `${end} ${from} -> ${otherPort === undefined ? other : `${other}:${otherPort}`}`;
    }),
  ];
}

export function matches(changes: readonly string[] | undefined, wanted: Expected['nat']): boolean {
  if (changes === undefined || wanted === undefined) return changes === wanted;
  return (
    changes.length === wanted.length &&
    changes.every((change, index) => {
      const pattern = wanted[index]!;
      return pattern.endsWith(ANY)
        ? change.startsWith(pattern.slice(0, -1)) && /\d$/.test(change)
        : change === pattern;
    })
  );
}
