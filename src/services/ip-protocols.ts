/** Names of IP protocols (https://www.iana.org/assignments/protocol-numbers), as commands take them and flows show them. */

const numbers = {
  icmp: 1,
  igmp: 2,
  ipip: 4,
  tcp: 6,
  egp: 8,
  udp: 17,
  dccp: 33,
  rsvp: 46,
  gre: 47,
  esp: 50,
  ah: 51,
  icmp6: 58,
  ospf: 89,
  pim: 103,
  sctp: 132,
  udplite: 136,
} as const satisfies Readonly<Record<string, number>>;

/** Other words for them, in what other tools print. */
const others = { icmpv6: numbers.icmp6, 'ipv6-icmp': numbers.icmp6 };

const byName = new Map<string, number>(Object.entries({ ...numbers, ...others }));

/** As Junos prints them; otherwise the name in capitals. */
const shown: Readonly<Record<number, string>> = { [numbers.icmp6]: 'ICMPV6' };

export const ipProtocol = numbers;

const byNumber = new Map(
  Object.entries(numbers).map(([name, number]) => [number as number, shown[number] ?? name.toUpperCase()]),
);

/** What a flow shows; a number for protocols without a name here. */
export function protocolText(protocol: number): string {
  return byNumber.get(protocol) ?? String(protocol);
}

/** Of a name in any case; undefined for anything else. */
export function protocolNumber(name: string): number | undefined {
  return byName.get(name.toLowerCase());
}
