/** Value types of service sessions: IP and application protocols in the words of Junos, interfaces, marks. */
import { isServicesInterface } from './names.ts';
import type { Parsed, SimpleType } from './value-types.ts';

const IP_PROTOCOL_MAX = 255;

/** Each with its help (references 001 and 003). */
const ipProtocolHelp = {
  ah: 'IPsec Authentication Header protocol',
  egp: 'An exterior gateway protocol',
  esp: 'IPsec Encapsulating Security Payload protocol',
  gre: 'A generic routing encapsulation protocol',
  icmp: 'Internet Control Message Protocol',
  icmp6: 'Internet Control Message Protocol version 6',
  igmp: 'Internet Group Management Protocol',
  ipip: 'IP-within-IP Encapsulation Protocol',
  ospf: 'Open Shortest Path First protocol',
  pim: 'Protocol Independent Multicast protocol',
  rsvp: 'Resource Reservation Protocol',
  sctp: 'Stream Control Transmission Protocol',
  tcp: 'Transmission Control Protocol',
  udp: 'User Datagram Protocol',
} as const;

const ipProtocols = Object.keys(ipProtocolHelp);

/** Keywords of Junos 24.4, with `tcp` and `udp` of earlier releases; help as in references 001 and 003, where they have it. */
const applicationProtocolHelp = {
  bootp: 'Bootstrap Protocol',
  'dce-rpc': 'Distributed Computing Environment-Remote Procedure Call protocols',
  'dce-rpc-portmap': 'Distributed Computing Environment-Remote Procedure Call protocols portmap service',
  dns: 'Domain Name System protocol',
  exec: 'Remote Execution Protocol',
  ftp: 'File Transfer Protocol',
  'ftp-data': 'File Transfer Protocol data',
  'gprs-gtp-c': 'GPRS Tunneling Protocol, control plane',
  'gprs-gtp-u': 'GPRS Tunneling Protocol, user plane',
  'gprs-gtp-v0': 'GPRS Tunneling Protocol, version 0',
  'gprs-sctp': 'GPRS Stream Control Transmission Protocol',
  h323: 'H.323',
  http: 'Hypertext Transfer Protocol',
  https: 'Hypertext Transfer Protocol over TLS',
  icmp: 'Internet Control Message Protocol',
  icmpv6: 'Internet Control Message Protocol version 6',
  ignore: 'Ignore the application type',
  iiop: 'Internet Inter-ORB Protocol',
  'ike-esp-nat': 'IKE and ESP through NAT',
  imap: 'Internet Message Access Protocol',
  imaps: 'Internet Message Access Protocol over TLS',
  ip: 'Internet Protocol',
  login: 'Remote login',
  'mgcp-ca': 'Media Gateway Control Protocol, call agent',
  'mgcp-ua': 'Media Gateway Control Protocol, user agent',
  'ms-rpc': 'Microsoft Remote Procedure Call protocols',
  netbios: 'NetBIOS',
  netshow: 'NetShow',
  none: 'No application',
  pop3: 'Post Office Protocol version 3',
  pop3s: 'Post Office Protocol version 3 over TLS',
  pptp: 'Point-to-Point Tunneling Protocol',
  q931: 'Q.931 call signaling of H.323',
  ras: 'Registration, admission and status of H.323',
  realaudio: 'RealAudio',
  rpc: 'Remote Procedure Call protocol',
  'rpc-portmap': 'Remote Procedure Call protocol portmap service',
  rsh: 'Remote Shell',
  rtsp: 'Real-Time Streaming Protocol',
  sccp: 'Skinny Client Control Protocol',
  shell: 'Shell',
  sip: 'Session Initiation Protocol',
  smtp: 'Simple Mail Transfer Protocol',
  smtps: 'Simple Mail Transfer Protocol over TLS',
  snmp: 'Simple Network Management Protocol',
  sqlnet: 'SQLNet',
  'sqlnet-v2': 'SQLNet version 2',
  ssh: 'Secure Shell',
  'sun-rpc': 'Sun Remote Procedure Call protocols',
  talk: 'Talk Program',
  tcp: 'Transmission Control Protocol',
  telnet: 'Telnet',
  tftp: 'Trivial File Transfer Protocol',
  traceroute: 'Traceroute',
  twamp: 'Two-Way Active Measurement Protocol',
  udp: 'User Datagram Protocol',
  winframe: 'WinFrame',
} as const;

const applicationProtocols = Object.keys(applicationProtocolHelp);

/** What an option list says in place of the keyword (reference 001), and which no keyword may shorten. */
const otherApplications: ReadonlyMap<string, string> = new Map([['sql', 'sqlnet']]);

/** The word, or the only one that begins so. */
function wordAmong(words: readonly string[], begun: string): string | undefined {
  if (words.includes(begun)) return begun;
  const beginning = words.filter((word) => begun !== '' && word.startsWith(begun));
  return beginning.length === 1 ? beginning[0] : undefined;
}

const parsed = (value: string | undefined, expected: string): Parsed =>
  value === undefined ? { expected } : { value };

const IP_PROTOCOL_NUMBER = `0..${IP_PROTOCOL_MAX}`;
const IP_PROTOCOL = `${IP_PROTOCOL_NUMBER}, ${ipProtocols.join(', ')}`;

/** Its number, or its name. */
export const ipProtocolType: SimpleType = {
  expects: IP_PROTOCOL,
  choices: ipProtocols,
  choiceHelp: ipProtocolHelp,
  besideChoices: { expects: IP_PROTOCOL_NUMBER, help: 'Numeric protocol value' },
  typescript: 'number | string',
  parse(word) {
    if (!/^\d{1,3}$/.test(word)) return parsed(wordAmong(ipProtocols, word), IP_PROTOCOL);
    return Number(word) <= IP_PROTOCOL_MAX ? { value: Number(word) } : { expected: IP_PROTOCOL };
  },
};

const APPLICATION_PROTOCOL = `an application protocol: ${applicationProtocols.join(', ')}`;

export const applicationProtocolType: SimpleType = {
  expects: APPLICATION_PROTOCOL,
  choices: applicationProtocols,
  choiceHelp: applicationProtocolHelp,
  parse: (word) =>
    parsed(otherApplications.get(word) ?? wordAmong(applicationProtocols, word), APPLICATION_PROTOCOL),
};

const INTERFACE = 'a services interface such as ms-0/0/0, mams-5/0/0, ams0 or rsp0';

export const servicesInterfaceType: SimpleType = {
  expects: INTERFACE,
  parse: (word) => (isServicesInterface(word) ? { value: word } : { expected: INTERFACE }),
};

const MARK = 'bits of a mark, such as 0x100/0xff00 (value/mask) or 7';
const MARK_MAX = 0xffffffff;

/** Canonical `0xVALUE/0xMASK`; a value alone is compared whole. No bit may be set that is not compared. */
export const markType: SimpleType = {
  expects: MARK,
  parse(word) {
    const match = /^(0x[\da-f]{1,8}|\d{1,10})(?:\/(0x[\da-f]{1,8}|\d{1,10}))?$/i.exec(word);
    const [value, mask] = [Number(match?.[1]), Number(match?.[2] ?? MARK_MAX)];
    if (!(value <= MARK_MAX && mask <= MARK_MAX) || (value & ~mask) !== 0) return { expected: MARK };
    return { value: `0x${value.toString(16)}/0x${mask.toString(16)}` };
  },
};

const MASK = 'a run of bits such as 0xf';

/** Canonical `0xMASK`. */
export const maskType: SimpleType = {
  expects: MASK,
  parse(word) {
    const mask = /^0x[\da-f]{1,8}$/i.test(word) ? Number(word) : 0;
    return /^1+0*$/.test(mask.toString(2)) ? { value: `0x${mask.toString(16)}` } : { expected: MASK };
  },
};
