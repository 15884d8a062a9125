/** The UDP ports of test sessions. */
import type { PortRange } from '../datapath/datapath.ts';

/** Of both ends, so that a firewall needs one rule. */
export const DATA_PORTS: PortRange = { first: 10_000, last: 20_000 };
