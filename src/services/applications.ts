/** Keywords of `application-protocol`, and which sessions each finds. */
import { ipProtocol } from './ip-protocols.ts';
import { isWithoutAlg } from './session.ts';

/** A session is found by one of the names, or, having no ALG, by its protocol. */
export interface ApplicationMatch {
  /** The keyword itself, which a session may bear as its `application`. */
  readonly keyword: string;
  /** What `alg` may be, in lower case. */
  readonly algs: ReadonlySet<string>;
  /** IP protocols of sessions without an ALG that are found, too. */
  readonly protocols: readonly number[];
}

/** The four keywords show the same sessions (reference 001). */
const remoteProcedureCalls = ['portmapper', 'rpc', 'rpc-portmap', 'dce-rpc', 'dce-rpc-portmap', 'sun-rpc'];

/** Beside the keyword itself: other names, and the numbers that old releases print (reference 001). */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  'dce-rpc': remoteProcedureCalls,
  'dce-rpc-portmap': remoteProcedureCalls,
  dns: ['16'],
  ftp: ['1'],
  rpc: remoteProcedureCalls,
  'rpc-portmap': remoteProcedureCalls,
  rsh: ['2'],
  sqlnet: ['sql'],
  talk: ['65'],
};

/** Keywords of reference 003 that name a protocol. */
const protocolsOf: Readonly<Record<string, readonly number[]>> = {
  icmp: [ipProtocol.icmp],
  icmpv6: [ipProtocol.icmp6],
  tcp: [ipProtocol.tcp],
  udp: [ipProtocol.udp],
};

export function applicationMatch(keyword: string): ApplicationMatch {
  return {
    keyword,
    algs: new Set([keyword, ...(otherNames[keyword] ?? [])]),
    protocols: protocolsOf[keyword] ?? [],
  };
}

/** Whether it finds a session with this ALG, this `application`, and this IP protocol of its first flow. */
export function isFoundBy(
  { keyword, algs, protocols }: ApplicationMatch,
  alg: string,
  application: string | undefined,
  protocol: number,
): boolean {
  if (application === keyword || algs.has(alg.toLowerCase())) return true;
  return protocols.includes(protocol) && isWithoutAlg(alg);
}
