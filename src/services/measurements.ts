/** TWAMP between this router and others: on ports that tell nobody what it is. */
import type { TwampRow } from '../store/twamp-sessions.ts';
import { parseAddress } from './address.ts';
import { isSame, type Connection } from './conntrack/connection.ts';
import { ipProtocol } from './ip-protocols.ts';
import type { Address } from './session.ts';

/** From whoever began: the Control-Client, or the Session-Sender. */
interface Measurement {
  readonly protocol: number;
  readonly source: Address;
  readonly destination: Address;
}

/** By both ports: this is asked for every connection. */
export type Measurements = ReadonlyMap<number, readonly Measurement[]>;

export const noMeasurements: Measurements = new Map();

const PORTS = 65_536;

type LiveRow = Pick<
  TwampRow,
  'type' | 'role' | 'localAddress' | 'localPort' | 'remoteAddress' | 'remotePort'
>;

export function measurementsOf(rows: Iterable<LiveRow>): Measurements {
  const found = new Map<number, Measurement[]>();
  for (const row of rows) {
    const [local, remote] = [
      endOf(row.localAddress, row.localPort),
      endOf(row.remoteAddress, row.remotePort),
    ];
    const [from, to] = row.role === 'client' ? [local, remote] : [remote, local];
    const protocol = row.type === 'control' ? ipProtocol.tcp : ipProtocol.udp;
    const key = from.port * PORTS + to.port;
    const same = found.get(key) ?? [];
    same.push({ protocol, source: from.address, destination: to.address });
    found.set(key, same);
  }
  return found;
}

/** The scope of a link-local address is not the kernel's to compare. */
function endOf(address: string, port: number): { readonly address: Address; readonly port: number } {
  return { address: parseAddress(address.replace(/%.*$/, '')), port };
}

/** By either direction: an end may be translated on its way to us or from us. */
export function isMeasurement({ original, reply }: Connection, measurements: Measurements): boolean {
  if (measurements.size === 0) return false;
  const { protocol } = original;
  return (
    has(
      measurements,
      protocol,
      original.source,
      original.sourcePort,
      original.destination,
      original.destinationPort,
    ) || has(measurements, protocol, reply.destination, reply.destinationPort, reply.source, reply.sourcePort)
  );
}

function has(
  measurements: Measurements,
  protocol: number,
  source: Address,
  sourcePort: number | undefined,
  destination: Address,
  destinationPort: number | undefined,
): boolean {
  if (sourcePort === undefined || destinationPort === undefined) return false;
  const found = measurements.get(sourcePort * PORTS + destinationPort);
  return (
    found?.some(
      (each) =>
        each.protocol === protocol && isSame(each.source, source) && isSame(each.destination, destination),
    ) === true
  );
}
