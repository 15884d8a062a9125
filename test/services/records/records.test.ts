/** Sessions as records of JSON: what comes back, what is left out, and the bounds of each property. */
import { describe, expect, test } from 'vitest';
import {
  RecordError,
  natOf,
  natRecord,
  sessionOfRecord,
  sessionRecord,
} from '../../../src/services/records/records.ts';
import { parseAddress } from '../../../src/services/address.ts';
import { flow, session } from '../../support/service-sessions.ts';

const least = { protocol: 17, 'source-address': '10.0.0.1', 'destination-address': '10.0.0.2' };
const record = (changes: object = {}): object => ({ 'session-id': 1, flow: [least], ...changes });
const ofFlow = (changes: object): object => record({ flow: [{ ...least, ...changes }] });

/** The code and the property of what is refused. */
function refusalOf(value: unknown): string {
  try {
    sessionOfRecord(value);
  } catch (error) {
    expect(error).toBeInstanceOf(RecordError);
    const { name, code, property, message } = error as RecordError;
    expect([name, message]).toEqual(['RecordError', `record: ${code} ${property}`]);
    return `${code} ${property}`;
  }
  return 'taken';
}

const timeOf = (nanos: bigint): string =>
  `${new Date(Number(nanos / 1_000_000n)).toISOString().slice(0, 19)}.${(nanos % 1_000_000_000n).toString().padStart(9, '0')}Z`;

test('a session comes back as it was', () => {
  const whole = session(
    [
      flow(17, '10.0.0.1:1', '10.0.0.2:53', { state: 'Watch', direction: 'O', timeoutSeconds: undefined }),
      flow(17, '[2001:db8::1]:53', '[2001:db8::2]:1', { role: 'responder', frames: 2 ** 40, octets: 7 }),
    ],
    {
      ...{ id: 2 ** 47, aggregate: 'ams0', interface: 'mams-1/0/0', serviceSet: 'ss', alg: 'dns', flags: 7 },
      ...{ application: 'dns', ipAction: true, offload: true, asymmetric: false },
      ...{ startedWallNanos: 0n, endedWallNanos: 1_795_000_000_000_000_007n },
      nat: {
        translationType: 'NAPT-44',
        source: {
          from: { address: parseAddress('10.0.0.1'), port: 1 },
          to: { address: parseAddress('2001:db8::9'), port: 2 },
        },
        destination: {
          from: { address: parseAddress('10.0.0.3'), port: undefined },
          to: { address: parseAddress('10.0.0.4'), port: undefined },
        },
      },
    },
  );
  const text = JSON.stringify(sessionRecord(whole, timeOf));
  expect(sessionOfRecord(JSON.parse(text))).toEqual(whole);
  const plain = session([flow(6, '10.0.0.1', '10.0.0.2')]);
  expect(sessionOfRecord(JSON.parse(JSON.stringify(sessionRecord(plain, timeOf))))).toEqual(plain);
  expect(sessionRecord(plain, timeOf)).toMatchObject({ 'start-time': undefined, nat: undefined });
});

test('what is left out, or null, is as without any mapping', () => {
  const plain = session(
    [
      flow(17, '10.0.0.1', '10.0.0.2', {
        ...{ direction: 'U', role: 'unknown', frames: 0, octets: 0, timeoutSeconds: undefined },
      }),
    ],
    { alg: 'none', interface: 'ms-0/0/0', serviceSet: 'default', asymmetric: undefined },
  );
  expect(sessionOfRecord(record())).toEqual(plain);
  const nothing = { alg: null, flags: null, offload: null, 'end-time': null, asymmetric: null };
  expect(sessionOfRecord(record(nothing))).toEqual(plain);
});

test('of NAT, either half may be missing', () => {
  const to = { address: parseAddress('10.0.0.2'), port: undefined };
  const half = { from: { address: parseAddress('10.0.0.1'), port: 9 }, to };
  for (const nat of [
    { translationType: 'STATIC DESTINATION', source: undefined, destination: half },
    { translationType: 'DYNAMIC NAT44', source: half, destination: undefined },
  ])
    expect(natOf(natRecord(nat))).toEqual(nat);
  expect(refusalOf(record({ nat: [] }))).toBe('invalid nat');
  expect(refusalOf(record({ nat: {} }))).toBe('missing translation-type');
  expect(refusalOf(record({ nat: { 'translation-type': 'x', source: 5 } }))).toBe('invalid source');
  expect(refusalOf(record({ nat: { 'translation-type': 'x', destination: null } }))).toBe(
    'invalid destination',
  );
  expect(refusalOf(record({ nat: { 'translation-type': 'x', source: { address: '10.0.0.1' } } }))).toBe(
    'missing translated-address',
  );
});

describe('bounds', () => {
  test.each<[property: string, taken: readonly unknown[], refused: readonly unknown[]]>([
    ['session-id', [0, 2 ** 53 - 1], [-1, 1.5, 2 ** 53, '1', true]],
    ['alg', ['a', 'a'.repeat(255), 'ü'], ['', 'a'.repeat(256), 'a\n', '\u009f', '\u007f', 7]],
    ['application-protocol', ['ftp'], [7, '\0']],
    ['interface-name', ['ms-1/0/0', 'mams-1/0/0'], ['eth0', 7, ['ms-1/0/0']]],
    ['aggregate-interface-name', ['ams0'], ['ams', {}]],
    ['service-set-name', ['x', 'x'.repeat(64)], ['', 'x'.repeat(65), 7, ['x']]],
    ['flags', [0, 0xffffffff], [2 ** 32, -1, 'x']],
    ['ip-action', [true, false], ['yes', 1]],
    ['offload', [true, false], ['yes', 0]],
    ['asymmetric', [true, false], ['yes', 0]],
    [
      'start-time',
      ['1970-01-01T00:00:00Z', '2026-11-29T01:02:03.5Z', '2262-04-11T23:47:16.854775807Z'],
      [
        '1969-12-31T23:59:59.999999999Z',
        '2262-04-11T23:47:16.854775808Z',
        '2026-11-29T01:02:03.0123456789Z',
        '2026-13-29T01:02:03Z',
        '2026-11-29T01:02:03',
        'x2026-11-29T01:02:03Z',
        '2026-11-29T01:02:03Zx',
        ['2026-11-29T01:02:03Z'],
        0,
      ],
    ],
  ])('of %s', (property, taken, refused) => {
    for (const value of taken) expect(refusalOf(record({ [property]: value })), String(value)).toBe('taken');
    for (const value of refused)
      expect(refusalOf(record({ [property]: value })), String(value)).toBe(`invalid ${property}`);
  });

  test.each<[property: string, taken: readonly unknown[], refused: readonly unknown[]]>([
    ['protocol', [0, 255, 'tcp', 'UDP'], [256, -1, 'nothing', {}]],
    ['source-address', ['10.0.0.9'], ['10.0.0.256', '', 7, ['10.0.0.9']]],
    ['destination-address', ['10.0.0.9'], ['10.0.0', '2001:db8::1', 7]],
    ['source-port', [0, 65_535], [65_536, -1, '1']],
    ['destination-port', [0, 65_535], [65_536, -1, '1']],
    ['state', ['Drop', 'Watch'], ['drop', 7]],
    ['direction', ['I', 'O', 'U'], ['i', 7]],
    ['role', ['initiator', 'responder', 'unknown'], ['Initiator', 7]],
    ['frame-count', [0, 2 ** 53 - 1], [2 ** 53, -1, '1']],
    ['byte-count', [0, 2 ** 53 - 1], [2 ** 53, -1, '1']],
    ['timeout', [0, 2 ** 32], [-1, 0.5]],
  ])('of %s of a flow', (property, taken, refused) => {
    for (const value of taken) expect(refusalOf(ofFlow({ [property]: value })), String(value)).toBe('taken');
    for (const value of refused)
      expect(refusalOf(ofFlow({ [property]: value })), String(value)).toBe(`invalid ${property}`);
  });

  test('a zero with a sign is zero', () => {
    expect(sessionOfRecord(record({ 'session-id': -0, flags: -0 }))).toMatchObject({ id: 0, flags: 0 });
    expect(sessionOfRecord(ofFlow({ 'source-port': -0 })).flows[0]!.sourcePort).toBe(0);
  });

  test('what has to be there is missed by its name', () => {
    expect(refusalOf(record({ 'session-id': undefined }))).toBe('missing session-id');
    expect(refusalOf(record({ 'session-id': null }))).toBe('missing session-id');
    for (const property of ['protocol', 'source-address', 'destination-address'])
      expect(refusalOf(ofFlow({ [property]: undefined }))).toBe(`missing ${property}`);
    expect(refusalOf(record({ flow: undefined }))).toBe('missing flow');
  });

  test('of flows, and of what is a session at all', () => {
    const flows = (count: number) => record({ flow: Array<object>(count).fill(least) });
    expect([1, 16].map((count) => refusalOf(flows(count)))).toEqual(['taken', 'taken']);
    expect([0, 17].map((count) => refusalOf(flows(count)))).toEqual(['invalid flow', 'invalid flow']);
    expect(refusalOf(record({ flow: { length: 1 } }))).toBe('invalid flow');
    for (const value of [null, [], 'x', 7, undefined]) {
      expect(refusalOf(value)).toBe('invalid session');
      expect(refusalOf(record({ flow: [value] }))).toBe('invalid flow');
    }
  });

  test('instants have up to nine decimals', () => {
    const startOf = (time: string) => sessionOfRecord(record({ 'start-time': time })).startedWallNanos;
    expect(startOf('1970-01-01T00:00:01Z')).toBe(1_000_000_000n);
    expect(startOf('1970-01-01T00:00:01.5Z')).toBe(1_500_000_000n);
    expect(startOf('1970-01-01T00:00:01.000000007Z')).toBe(1_000_000_007n);
  });
});
