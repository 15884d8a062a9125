/** What NAT does to a connection: where its two directions differ. */
import { expect, test } from 'vitest';
import { parseAddress } from '../../../src/services/address.ts';
import { connectionStatus, natStatus, type Tuple } from '../../../src/services/conntrack/connection.ts';

const { sourceNat, destinationNat } = connectionStatus;

/** `address port`, or the address of a query of ICMP with that identifier. */
function tuple(source: string, destination: string, icmpId?: number): Tuple {
  const [from = '', fromPort] = source.split(' ');
  const [to = '', toPort] = destination.split(' ');
  const portOf = (text?: string) => (text === undefined ? undefined : Number(text));
  return {
    ...{ protocol: 6, source: parseAddress(from), sourcePort: portOf(fromPort) },
    ...{ destination: parseAddress(to), destinationPort: portOf(toPort), icmpId },
  };
}

test.each<[what: string, original: Tuple, reply: Tuple, status: number]>([
  ['nothing', tuple('10.0.0.1 1', '10.0.0.2 80'), tuple('10.0.0.2 80', '10.0.0.1 1'), 0],
  ['the source', tuple('10.0.0.1 1', '10.0.0.2 80'), tuple('10.0.0.2 80', '192.0.2.1 1'), sourceNat],
  ['its port alone', tuple('10.0.0.1 1', '10.0.0.2 80'), tuple('10.0.0.2 80', '10.0.0.1 2'), sourceNat],
  ['an identifier', tuple('10.0.0.1', '10.0.0.2', 5), tuple('10.0.0.2', '10.0.0.1', 6), sourceNat],
  ['the destination', tuple('10.0.0.1 1', '10.0.0.2 80'), tuple('10.0.0.9 80', '10.0.0.1 1'), destinationNat],
  ['its port alone', tuple('10.0.0.1 1', '10.0.0.2 80'), tuple('10.0.0.2 81', '10.0.0.1 1'), destinationNat],
  [
    'both',
    tuple('2001:db8::1 1', '2001:db8::2 80'),
    tuple('2001:db8::9 80', '2001:db8::8 1'),
    sourceNat | destinationNat,
  ],
])('%s is translated', (_, original, reply, status) => {
  expect(natStatus(original, reply)).toBe(status);
});
