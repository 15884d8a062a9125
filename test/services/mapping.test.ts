/** Tests of the mapping: what decides interface, set, direction, state, ALG, NAT and id. */
import { describe, expect, it } from 'vitest';
import { parseAddress, rangeOf } from '../../src/services/address.ts';
import { helperOfAlg } from '../../src/services/algs.ts';
import { connectionStatus, type Connection } from '../../src/services/conntrack/connection.ts';
import { sessionOfConnection } from '../../src/services/mapping.ts';
import {
  defaultMapping,
  type ConnectionRule,
  type MappingSettings,
} from '../../src/services/mapping-settings.ts';
import { measurementsOf } from '../../src/services/measurements.ts';
import { connection, INSIDE, OUTSIDE, tuple } from '../support/tracked-connection.ts';

const PUBLIC = '198.51.100.1 5000';

const map = (changes: Partial<Connection> = {}, settings: Partial<MappingSettings> = {}) =>
  sessionOfConnection(connection(changes), { ...defaultMapping, ...settings });

const rule = (changes: Partial<ConnectionRule> = {}): ConnectionRule => ({
  marks: [],
  zones: [],
  prefixes: [],
  ...changes,
});

const directions = (...args: Parameters<typeof map>): string =>
  map(...args)
    .flows.map(({ direction }) => direction)
    .join('');

describe('direction', () => {
  const inside = { insidePrefixes: [rangeOf('10.0.0.0/8')] };
  const fromOutside = { original: tuple(OUTSIDE, INSIDE), reply: tuple(INSIDE, OUTSIDE) };

  it('is unknown where nothing tells it', () => {
    expect(directions()).toBe('UU');
    expect(directions({}, { insidePrefixes: [rangeOf('172.16.0.0/12')] })).toBe('UU');
  });

  it('is that of the networks inside', () => {
    expect(directions({}, inside)).toBe('IO');
    expect(directions(fromOutside, inside)).toBe('OI');
  });

  it('is that of the mark, before the networks', () => {
    const settings = { ...inside, outsideMark: { value: 0x10, mask: 0xf0 } };
    expect(directions({ mark: 0x1231f }, settings)).toBe('OI');
    expect(directions({ mark: 0x12f }, settings)).toBe('IO');
  });

  it('follows from NAT where nothing is configured', () => {
    expect(directions({ reply: tuple(OUTSIDE, PUBLIC) })).toBe('IO');
    expect(directions({ original: tuple(OUTSIDE, PUBLIC), reply: tuple(INSIDE, OUTSIDE) })).toBe('OI');
    expect(directions({ original: tuple(INSIDE, PUBLIC), reply: tuple(OUTSIDE, PUBLIC) })).toBe('UU');
  });

  it('of a connection that was expected is compared with its master, whose mark it has', () => {
    const settings = { outsideMark: { value: 0x10, mask: 0xf0 } };
    const master = tuple(INSIDE, '192.0.2.1 21');
    expect(directions({ master }, settings)).toBe('IO');
    expect(directions({ ...fromOutside, master }, settings)).toBe('OI');
    expect(directions({ ...fromOutside, master: tuple('10.9.9.9 1', '192.0.2.9 21') }, settings)).toBe('UU');
  });

  it('of a connection that was expected follows from NAT where its master tells nothing', () => {
    const master = tuple(INSIDE, '192.0.2.1 21');
    expect(directions({ master, reply: tuple(OUTSIDE, PUBLIC) })).toBe('IO');
    expect(directions({ master, original: tuple(OUTSIDE, PUBLIC), reply: tuple(INSIDE, OUTSIDE) })).toBe(
      'OI',
    );
    expect(directions({ master })).toBe('UU');
  });
});

describe('interface and service set', () => {
  const interfaces = [
    {
      name: 'ms-1/0/0',
      aggregate: undefined,
      rule: rule({
        marks: [
          { value: 0x80000000, mask: 0xff000000 },
          { value: 0x81000000, mask: 0xff000000 },
        ],
      }),
    },
    { name: 'mams-5/0/0', aggregate: 'ams0', rule: rule({ zones: [7, 9] }) },
    {
      name: 'ms-2/0/0',
      aggregate: undefined,
      rule: rule({ prefixes: [rangeOf('192.0.2.0/24'), rangeOf('2001:db8::/32')], zones: [0] }),
    },
  ];

  it('without configuration are one each', () => {
    expect(map()).toMatchObject({ interface: 'ms-0/0/0', aggregate: undefined, serviceSet: 'default' });
  });

  it.each([
    [{ mark: 0x80ffffff }, 'ms-1/0/0', undefined],
    [{ mark: 0x81ffffff }, 'ms-1/0/0', undefined],
    [{ zone: 9 }, 'mams-5/0/0', 'ams0'],
    [{}, 'ms-2/0/0', undefined],
    [{ original: tuple(OUTSIDE, INSIDE), reply: tuple(INSIDE, OUTSIDE) }, 'ms-2/0/0', undefined],
    [{ reply: tuple('203.0.113.1 80', INSIDE) }, 'ms-0/0/0', undefined],
    [{ zone: 8 }, 'ms-0/0/0', undefined],
  ])('%o is on %s', (changes, name, aggregate) => {
    expect(map(changes, { interfaces })).toMatchObject({ interface: name, aggregate });
  });

  it('are the first that fit, of the interface or its aggregate', () => {
    const serviceSets = [
      { name: 'elsewhere', interface: 'ms-9/0/0', rule: rule() },
      { name: 'hosts', interface: 'ams0', rule: rule({ prefixes: [rangeOf('10.0.0.0/24')] }) },
      { name: 'one', interface: 'ms-1/0/0', rule: rule() },
      { name: 'rest', interface: undefined, rule: rule() },
    ];
    expect(map({ zone: 7 }, { interfaces, serviceSets }).serviceSet).toBe('hosts');
    expect(
      map({ zone: 7, original: tuple('10.0.1.2 1', OUTSIDE) }, { interfaces, serviceSets }).serviceSet,
    ).toBe('rest');
    expect(map({}, { interfaces, serviceSets }).serviceSet).toBe('rest');
    expect(map({}, { serviceSets }).serviceSet).toBe('rest');
    expect(map({ mark: 0x80000000 }, { interfaces, serviceSets }).serviceSet).toBe('one');
  });
});

it.each([
  [0x0, 'Forward'],
  [0x10, 'Forward'],
  [0x20, 'Drop'],
  [0x3f, 'Reject'],
  [0x40, 'Watch'],
  [0x50, 'Bypass'],
  [0x60, 'Unknown'],
  [0xf0, 'Unknown'],
])('mark %d is state %s', (mark, state) => {
  expect(map({ mark }, { stateMask: 0xf0 }).flows[0]!.state).toBe(state);
  expect(map({ mark }).flows[0]!.state).toBe('Forward');
});

it('a mask of the highest bits is read without a sign', () => {
  expect(map({ mark: 0x20000000 }, { stateMask: 0xf0000000 }).flows[0]!.state).toBe('Drop');
  expect(map({ mark: 0xf0000000 }, { stateMask: 0xf0000000 }).flows[0]!.state).toBe('Unknown');
});

describe('ALG', () => {
  const to = (port: number, protocol = 6): Partial<Connection> => ({
    original: tuple(INSIDE, `192.0.2.1 ${port}`, { protocol }),
  });

  it.each<[Partial<Connection>, string, string | undefined]>([
    [{ ...to(21), helper: 'ftp' }, 'ftp', undefined],
    [{ ...to(2121), helper: 'ftp-2121' }, 'ftp', undefined],
    [{ helper: 'Q.931' }, 'q931', undefined],
    [{ helper: 'x-25-pad' }, 'x-25-pad', undefined],
    [{ ...to(53, 17), helper: 'two words' }, 'none', undefined],
    [{ ...to(53, 17), helper: '' }, 'none', undefined],
    [{ masterHelper: 'sip' }, 'sip', undefined],
    [{ helper: 'tftp', masterHelper: 'sip' }, 'tftp', undefined],
    [to(53, 17), 'dns', undefined],
    [to(111, 17), 'portmapper', undefined],
    [to(862, 17), 'twamp', undefined],
    [to(33434, 17), 'traceroute', undefined],
    [to(33535, 17), 'none', undefined],
    [to(514), 'rsh', undefined],
    [to(514, 17), 'none', undefined],
    [to(21), 'none', 'ftp'],
    [to(5060, 17), 'none', 'sip'],
    [to(80), 'none', undefined],
  ])('%# is %s', (changes, alg, application) => {
    expect(map(changes)).toMatchObject({ alg, application });
  });

  it.each([
    ['q931', 'Q.931'],
    ['h323', 'H.245'],
    ['netbios', 'netbios-ns'],
    ['ftp', 'ftp'],
    ['two words', undefined],
  ])('%s is given by the helper %s', (alg, helper) => {
    expect(helperOfAlg(alg)).toBe(helper);
  });

  const end = { localAddress: '10.0.0.2', remoteAddress: '192.0.2.1' };
  const sent = { type: 'data', role: 'client', ...end, localPort: 5000, remotePort: 80 } as const;
  const udp = {
    original: tuple(INSIDE, OUTSIDE, { protocol: 17 }),
    reply: tuple(OUTSIDE, INSIDE, { protocol: 17 }),
  };

  it.each([
    ['our sender', [sent], udp, 'twamp'],
    [
      'our reflector',
      [
        {
          ...sent,
          role: 'server',
          localPort: 80,
          remotePort: 5000,
          localAddress: '192.0.2.1',
          remoteAddress: '10.0.0.2',
        },
      ],
      udp,
      'twamp',
    ],
    ['our control connection', [{ ...sent, type: 'control' }], {}, 'twamp'],
    ['another protocol between the same ends', [sent], {}, 'none'],
    ['another port', [{ ...sent, remotePort: 81 }], udp, 'none'],
    ['another address', [{ ...sent, remoteAddress: '192.0.2.2' }], udp, 'none'],
    [
      'a reflector that is translated to',
      [
        {
          ...sent,
          role: 'server',
          localPort: 80,
          remotePort: 5000,
          localAddress: '10.9.9.9',
          remoteAddress: '10.0.0.2',
        },
      ],
      { ...udp, reply: tuple('10.9.9.9 80', INSIDE, { protocol: 17 }) },
      'twamp',
    ],
  ] as const)('TWAMP of this router: %s', (_what, rows, changes, alg) => {
    expect(map(changes, { measurements: measurementsOf(rows) }).alg).toBe(alg);
  });
});

describe('NAT', () => {
  const from = (address: string, port?: number) => ({ address: parseAddress(address), port });
  const ping = (source: string, destination: string, icmpId: number) =>
    tuple(source, destination, { protocol: 1, icmpId });

  it.each<[string, Partial<Connection>, string, string[], string[]]>([
    ['a source', { reply: tuple(OUTSIDE, PUBLIC) }, 'DYNAMIC NAT44', ['10.0.0.2', '198.51.100.1'], []],
    [
      'a source and its port',
      { reply: tuple(OUTSIDE, '198.51.100.1 1024') },
      'NAPT-44',
      ['10.0.0.2 5000', '198.51.100.1 1024'],
      [],
    ],
    [
      'the source of a ping, and its identifier',
      { original: ping('10.0.0.2', '192.0.2.1', 7), reply: ping('192.0.2.1', '198.51.100.1', 9) },
      'NAPT-44',
      ['10.0.0.2 7', '198.51.100.1 9'],
      [],
    ],
    [
      'a port alone',
      { reply: tuple(OUTSIDE, '10.0.0.2 1024') },
      'NAPT-44',
      ['10.0.0.2 5000', '10.0.0.2 1024'],
      [],
    ],
    ['a destination', { reply: tuple('10.9.9.9 80', INSIDE) }, 'DNAT-44', [], ['192.0.2.1', '10.9.9.9']],
    [
      'a destination and its port',
      { reply: tuple('10.9.9.9 8080', INSIDE) },
      'DNAT-44',
      [],
      ['192.0.2.1 80', '10.9.9.9 8080'],
    ],
    [
      'both',
      { reply: tuple('10.9.9.9 80', PUBLIC) },
      'TWICE NAT44',
      ['10.0.0.2', '198.51.100.1'],
      ['192.0.2.1', '10.9.9.9'],
    ],
    [
      'both, and ports',
      { reply: tuple('10.9.9.9 8080', '198.51.100.1 1024') },
      'TWICE NAPT44',
      ['10.0.0.2 5000', '198.51.100.1 1024'],
      ['192.0.2.1 80', '10.9.9.9 8080'],
    ],
    [
      'a source of IPv6',
      {
        original: tuple('2001:db8::2 1', '2001:db8:1::1 2'),
        reply: tuple('2001:db8:1::1 2', '2001:db8:2::2 1'),
      },
      'DYNAMIC NAT66',
      ['2001:db8::2', '2001:db8:2::2'],
      [],
    ],
  ])('translates %s', (_what, changes, translationType, source, destination) => {
    const translation = (ends: string[]) => {
      const [before, after] = ends.map((end) => {
        const [address, port] = end.split(' ') as [string, string?];
        return from(address, port === undefined ? undefined : Number(port));
      });
      return before && { from: before, to: after };
    };
    expect(map(changes).nat).toEqual({
      translationType,
      source: translation(source),
      destination: translation(destination),
    });
  });

  it('is not there where nothing is translated', () => {
    expect(map().nat).toBeUndefined();
    expect(map().ipAction).toBe(false);
  });
});

it('flags are the status above a nibble; offload and asymmetric are read off it', () => {
  const status = connectionStatus.confirmed | connectionStatus.hardwareOffload;
  expect(map({ status })).toMatchObject({ flags: 0x80080, offload: true, asymmetric: true });
  expect(map()).toMatchObject({ flags: 0xa0, offload: false, asymmetric: false });
});

it('ids differ where the kernel’s do not', () => {
  const ping = (icmpId: number): Partial<Connection> => ({
    original: tuple('2001:db8::1', '2001:db8::2', { protocol: 58, icmpId }),
  });
  const ofKernel = [
    {},
    { zone: 1 },
    { original: tuple('10.0.0.3 5000', OUTSIDE) },
    { original: tuple('10.0.0.2 5001', OUTSIDE) },
    { original: tuple(INSIDE, '192.0.2.1 81') },
    { original: tuple(INSIDE, OUTSIDE, { protocol: 17 }) },
    { original: tuple('2001:db8::1', '2001:db8::3', { protocol: 58, icmpId: 1 }) },
    ping(1),
    ping(2),
  ].map((changes) => map(changes).id);
  const ids = [...ofKernel, map({ id: undefined }).id];
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(Number.isSafeInteger(id) && id >= 0).toBe(true);
  expect(new Set(ofKernel.map((id) => id % 2 ** 32))).toEqual(new Set([7]));
});

it('ids are the same in every process and version', () => {
  // FNV-1a of zone, protocol, addresses, ports: 32 bits each from the lowest octet on, addresses of IPv6 as they are sent.
  expect(map().id).toBe(143920059121671);
  expect(map({ id: undefined }).id).toBe(143920073462080);
  const ping = tuple('2001:db8::1', '2001:db8::2', { protocol: 58, icmpId: 1 });
  expect(map({ original: ping }).id).toBe(252900559290375);
});

it('without accounting or timeout, counters are 0 and the timeout is unknown', () => {
  const changes = { originalCounters: undefined, replyCounters: undefined, timeoutSeconds: undefined };
  expect(map(changes).flows[0]).toMatchObject({ frames: 0, octets: 0, timeoutSeconds: undefined });
});
