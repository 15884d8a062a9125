/** Connections for tests: what is not said is that of one of TCP from inside to outside that was answered. */
import { parseAddress } from '../../src/services/address.ts';
import { connectionStatus, type Connection, type Tuple } from '../../src/services/conntrack/connection.ts';

export const INSIDE = '10.0.0.2 5000';
export const OUTSIDE = '192.0.2.1 80';

/** `source` and `destination` are `address port`, or an address alone. */
export function tuple(source: string, destination: string, changes: Partial<Tuple> = {}): Tuple {
  const [from, fromPort] = source.split(' ') as [string, string?];
  const [to, toPort] = destination.split(' ') as [string, string?];
  return {
    protocol: 6,
    source: parseAddress(from),
    destination: parseAddress(to),
    sourcePort: fromPort === undefined ? undefined : Number(fromPort),
    destinationPort: toPort === undefined ? undefined : Number(toPort),
    icmpId: undefined,
    ...changes,
  };
}

export function connection(changes: Partial<Connection> = {}): Connection {
  return {
    id: 7,
    status: connectionStatus.confirmed | connectionStatus.seenReply,
    original: tuple(INSIDE, OUTSIDE),
    reply: tuple(OUTSIDE, INSIDE),
    originalCounters: { packets: 3, octets: 300 },
    replyCounters: { packets: 2, octets: 200 },
    timeoutSeconds: 30,
    mark: 0,
    zone: 0,
    helper: undefined,
    master: undefined,
    masterHelper: undefined,
    startedWallNanos: undefined,
    endedWallNanos: undefined,
    ...changes,
  };
}
