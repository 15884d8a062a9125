/** Which connections are this router's own TWAMP. */
import { expect, test } from 'vitest';
import { parseConnectionLine } from '../../src/services/conntrack/connection-text.ts';
import { isMeasurement, measurementsOf, noMeasurements } from '../../src/services/measurements.ts';

type Row = Parameters<typeof measurementsOf>[0] extends Iterable<infer Each> ? Each : never;

const row = (changes: Partial<Row> = {}): Row => ({
  ...{ type: 'data', role: 'client', localAddress: '10.0.0.1', localPort: 5000 },
  ...{ remoteAddress: '10.0.0.2', remotePort: 862 },
  ...changes,
});

const connection = (protocol: number, source: string, destination: string, ports = '5000 862') => {
  const [sport, dport] = ports.split(' ');
  const told = (one?: string, other?: string): string => (ports === '' ? '' : ` sport=${one} dport=${other}`);
  return parseConnectionLine(
    `any ${protocol} 30 src=${source} dst=${destination}${told(sport, dport)} src=${destination} dst=${source}${told(dport, sport)}`,
  ).connection;
};

const there = connection(17, '10.0.0.1', '10.0.0.2');

test('sessions of UDP and control connections of TCP, from whoever began', () => {
  const isOf = (changes: Partial<Row>, told = there) => isMeasurement(told, measurementsOf([row(changes)]));
  expect(isOf({})).toBe(true);
  expect(isOf({ type: 'control' })).toBe(false);
  expect(isOf({ type: 'control' }, connection(6, '10.0.0.1', '10.0.0.2'))).toBe(true);
  expect(isOf({ role: 'server' })).toBe(false);
  expect(isOf({ role: 'server' }, connection(17, '10.0.0.2', '10.0.0.1', '862 5000'))).toBe(true);
  expect(isMeasurement(there, noMeasurements)).toBe(false);
});

test('any of several on the same ports', () => {
  const others = [row({ remoteAddress: '10.0.0.8' }), row(), row({ remoteAddress: '10.0.0.9' })];
  expect(isMeasurement(there, measurementsOf(others))).toBe(true);
  expect(isMeasurement(there, measurementsOf([others[0]!, others[2]!]))).toBe(false);
});

test('whatever interface a link-local address is told with', () => {
  const told = connection(17, 'fe80::1', 'fe80::2');
  const rows = [row({ localAddress: 'fe80::1%eth0', remoteAddress: 'fe80::2%eth0.100' })];
  expect(isMeasurement(told, measurementsOf(rows))).toBe(true);
});

test('nothing without ports', () => {
  const rows = [row({ localPort: 0, remotePort: 0 })];
  expect(isMeasurement(connection(1, '10.0.0.1', '10.0.0.2', ''), measurementsOf(rows))).toBe(false);
});
