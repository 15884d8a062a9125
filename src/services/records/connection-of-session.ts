/** A session as a connection of Linux, for the forms in which conntrack lists those: as much as they have a place for. */
import { areOfOneFamily } from '../address.ts';
import { algOf, helperOfAlg } from '../algs.ts';
import {
  connectionStatus,
  natStatus,
  type Connection,
  type Counters,
  type Tuple,
} from '../conntrack/connection.ts';
import { noDetails, type ListedConnection } from '../conntrack/connection-details.ts';
import { STATUS_FACTOR } from '../mapping.ts';
import { isWithoutAlg, type Flow, type ServiceSession } from '../session.ts';

/** The kernel's part of a session id. */
const KERNEL_ID_VALUES = 2 ** 32;

/** Undefined for what no connection is: of more than two flows, or with other protocols or families in the one and the other. */
export function listedSession(session: ServiceSession): ListedConnection | undefined {
  const [first, second, ...more] = session.flows;
  if (more.length > 0) return undefined;
  const original = tupleOf(first!);
  const reply = second === undefined ? reversed(original) : tupleOf(second);
  if (original.protocol !== reply.protocol || !areOfOneFamily(original.source, reply.source))
    return undefined;
  const connection: Connection = {
    id: session.id % KERNEL_ID_VALUES,
    status: statusOf(session) | natStatus(original, reply),
    original,
    reply,
    originalCounters: countersOf(first!),
    replyCounters: second === undefined ? { packets: 0, octets: 0 } : countersOf(second),
    timeoutSeconds: first!.timeoutSeconds,
    mark: 0,
    zone: 0,
    helper: undefined,
    master: undefined,
    masterHelper: undefined,
    startedWallNanos: session.startedWallNanos,
    endedWallNanos: session.endedWallNanos,
  };
  return { connection: { ...connection, helper: helperOf(session, connection) }, details: noDetails };
}

function tupleOf({ protocol, source, sourcePort, destination, destinationPort }: Flow): Tuple {
  return { protocol, source, sourcePort, destination, destinationPort, icmpId: undefined };
}

const reversed = (tuple: Tuple): Tuple => ({
  ...tuple,
  source: tuple.destination,
  sourcePort: tuple.destinationPort,
  destination: tuple.source,
  destinationPort: tuple.sourcePort,
});

const countersOf = ({ frames: packets, octets }: Flow): Counters => ({ packets, octets });

/** What is known of the session itself says more than flags that may be another source's. */
function statusOf({ flags, offload, asymmetric }: ServiceSession): number {
  const { assured, confirmed, expected, fixedTimeout, hardwareOffload, seenReply } = connectionStatus;
  const known = Math.floor(flags / STATUS_FACTOR);
  return (
    (known & (assured | expected | fixedTimeout)) |
    confirmed |
    (asymmetric === true ? 0 : seenReply) |
    (offload ? connectionStatus.offload | (known & hardwareOffload) : 0)
  );
}

/** None where the port says the same. */
function helperOf({ alg }: ServiceSession, connection: Connection): string | undefined {
  return isWithoutAlg(alg) || algOf(connection) === alg ? undefined : helperOfAlg(alg);
}
