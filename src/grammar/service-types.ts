/** Value types of service sessions: IP and application protocols in the words of Junos, interfaces, marks. */
import type { Parsed, SimpleType } from './value-types.ts';

const IP_PROTOCOL_MAX = 255;

const ipProtocols = [
  'ah',
  'egp',
  'esp',
  'gre',
  'icmp',
  'icmp6',
  'igmp',
  'ipip',
  'ospf',
  'pim',
  'rsvp',
  'sctp',
  'tcp',
  'udp',
] as const;

/** Keywords of Junos 24.4, with `tcp` and `udp` of earlier releases. */
const applicationProtocols = [
  'bootp',
  'dce-rpc',
  'dce-rpc-portmap',
  'dns',
  'exec',
  'ftp',
  'ftp-data',
  'gprs-gtp-c',
  'gprs-gtp-u',
  'gprs-gtp-v0',
  'gprs-sctp',
  'h323',
  'http',
  'https',
  'icmp',
  'icmpv6',
  'ignore',
  'iiop',
  'ike-esp-nat',
  'imap',
  'imaps',
  'ip',
  'login',
  'mgcp-ca',
  'mgcp-ua',
  'ms-rpc',
  'netbios',
  'netshow',
  'none',
  'pop3',
  'pop3s',
  'pptp',
  'q931',
  'ras',
  'realaudio',
  'rpc',
  'rpc-portmap',
  'rsh',
  'rtsp',
  'sccp',
  'shell',
  'sip',
  'smtp',
  'smtps',
  'snmp',
  'sqlnet',
  'sqlnet-v2',
  'ssh',
  'sun-rpc',
  'talk',
  'tcp',
  'telnet',
  'tftp',
  'traceroute',
  'twamp',
  'udp',
  'winframe',
] as const;

/** What an option list says in place of the keyword (reference 001), and which no keyword may shorten. */
const otherApplications: Readonly<Record<string, string>> = { sql: 'sqlnet' };

/** The word, or the only one that begins so. */
function wordAmong(words: readonly string[], begun: string): string | undefined {
  if (words.includes(begun)) return begun;
  const beginning = words.filter((word) => begun !== '' && word.startsWith(begun));
  return beginning.length === 1 ? beginning[0] : undefined;
}

const parsed = (value: string | undefined, expected: string): Parsed =>
  value === undefined ? { expected } : { value };

const IP_PROTOCOL = `0..${IP_PROTOCOL_MAX}, ${ipProtocols.join(', ')}`;

/** Its number, or its name. */
export const ipProtocolType: SimpleType = {
  expects: IP_PROTOCOL,
  choices: ipProtocols,
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
  parse: (word) =>
    parsed(otherApplications[word] ?? wordAmong(applicationProtocols, word), APPLICATION_PROTOCOL),
};

const SERVICES_INTERFACE = /^(?:(?:ms|mams|vms)-\d{1,3}\/\d{1,3}\/\d{1,3}|(?:ams|rsp|rms)\d{1,3})$/;

const INTERFACE = 'a services interface such as ms-0/0/0, mams-5/0/0, ams0 or rsp0';

export const servicesInterfaceType: SimpleType = {
  expects: INTERFACE,
  parse: (word) => (SERVICES_INTERFACE.test(word) ? { value: word } : { expected: INTERFACE }),
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
