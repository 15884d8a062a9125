/** The UDP ports of test sessions. */
import type { PortRange } from '../datapath/datapath.ts';

/** Of both ends unless they are configured, so that a firewall needs one rule. */
export const DATA_PORTS: PortRange = { first: 10_000, last: 20_000 };

/** Of a `data-port-range`, which the grammar writes as `10000-20000`. */
export function portsOf(range: string): PortRange {
  const [first, last] = range.split('-').map(Number) as [number, number];
  return { first, last };
}

export function isWithin({ first, last }: PortRange, port: number): boolean {
  return first <= port && port <= last;
}
