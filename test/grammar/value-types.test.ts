/** The types of values: what each accepts at and over its limits, and what it becomes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canonicalAddress,
  commitTimeMillis,
  dscpName,
  makeType,
  parseEndpoint,
  parseInterval,
  parsePercentiles,
  valueType,
  VALUE_TYPE_FORMS,
} from '../../src/grammar/value-types.ts';
import { many } from '../support/many.ts';

const DURATION = 'a duration in seconds, or with a unit (ns us ms s m h)';

const parse = (type: string, text: string) => {
  const known = makeType(type);
  if (!known) throw new Error(`no type ${type}`);
  return known.parse(text);
};

const COMMIT_TIME = 'a time (hh:mm[:ss] of today or "yyyy-mm-dd hh:mm[:ss]", UTC) or reboot';
const POSTGRESQL_URL =
  'a URL such as postgresql://role@host:5432/database, without a password (%2F for each / of a socket directory)';
const MARK = 'bits of a mark, such as 0x100/0xff00 (value/mask) or 7';
const USER = 'a user name (1 to 32 letters, digits, . _ -)';
const IP_PROTOCOL = '0..255, ah, egp, esp, gre, icmp, icmp6, igmp, ipip, ospf, pim, rsvp, sctp, tcp, udp';

const sixteen = Array(16).fill(99).join(',');

const letters = (count: number) => 'a'.repeat(count);

describe('accepted', () => {
  test.each<[type: string, text: string, value: string | number]>([
    ['1..65535', '1', 1],
    ['1..65535', '65535', 65535],
    ['1..65535', '00862', 862],
    ['0..0', '0', 0],
    ['control|data', 'control', 'control'],
    ['control|data', 'd', 'data'],
    ['on|on-demand', 'on', 'on'],
    ['=none', 'n', 'none'],
    ['name(5)', 'ab:/c', 'ab:/c'],
    ['application-protocol', 'rpc', 'rpc'],
    ['application-protocol', 'sql', 'sqlnet'],
    ['application-protocol', 'trace', 'traceroute'],
    ['ip-protocol', '0', 0],
    ['ip-protocol', '255', 255],
    ['ip-protocol', 'tcp', 'tcp'],
    ['ip-protocol', 'icmp', 'icmp'],
    ['ip-protocol', 'o', 'ospf'],
    ['application-protocol', 'ftp', 'ftp'],
    ['services-interface', 'ms-0/0/0', 'ms-0/0/0'],
    ['services-interface', 'mams-15/0/123', 'mams-15/0/123'],
    ['services-interface', 'vms-1/2/3', 'vms-1/2/3'],
    ['services-interface', 'rms10', 'rms10'],
    ['services-interface', 'ams0', 'ams0'],
    ['services-interface', 'rsp255', 'rsp255'],
    ['mark', '7', '0x7/0xffffffff'],
    ['mark', '0x0100/0xFF00', '0x100/0xff00'],
    ['mark', '4294967295', '0xffffffff/0xffffffff'],
    ['mark', '0x80000000/0x80000000', '0x80000000/0x80000000'],
    ['mark', '0/4294967295', '0x0/0xffffffff'],
    ['mask', '0xF0', '0xf0'],
    ['mask', '0x1', '0x1'],
    ['mask', '0xFFFFFFFF', '0xffffffff'],
    ['os-name(5)', 'größe', 'größe'],
    ['address', '192.0.2.1', '192.0.2.1'],
    ['address', '2001:DB8:0:0::1', '2001:db8::1'],
    ['prefix', '192.0.2.0/24', '192.0.2.0/24'],
    ['prefix', '192.0.2.7', '192.0.2.7/32'],
    ['prefix', '0.0.0.0/0', '0.0.0.0/0'],
    ['prefix', '255.255.255.255/32', '255.255.255.255/32'],
    ['prefix', '2001:DB8::/032', '2001:db8::/32'],
    ['prefix', '::/0', '::/0'],
    ['prefix', '::1', '::1/128'],
    ['endpoint', '192.0.2.1', '192.0.2.1'],
    ['endpoint', '192.0.2.1:65535', '192.0.2.1:65535'],
    ['endpoint', '[2001:db8::1]:862', '[2001:db8::1]:862'],
    ['endpoint', '2001:db8::1', '2001:db8::1'],
    ['host', 'router-1.example.net', 'router-1.example.net'],
    ['host', '1und1.de', '1und1.de'],
    ['host', 'router1', 'router1'],
    ['host', '192.0.2.1', '192.0.2.1'],
    ['host', '::FFFF', '::ffff'],
    [
      'host',
      `${letters(63)}.${letters(63)}.${letters(63)}.${letters(61)}`,
      `${letters(63)}.${letters(63)}.${letters(63)}.${letters(61)}`,
    ],
    ['host-name', 'dnRouter', 'dnRouter'],
    ['host-name', letters(63), letters(63)],
    ['code-points', '101110', '101110'],
    ['code-points', 'ef', '101110'],
    ['code-points', 'be', '000000'],
    ['code-points', 'cs7', '111000'],
    ['instant', '1970-01-01.00:00:00', 0],
    ['instant', '2026-11-22.08:19:24', 1_795_335_564],
    ['commit-time', 'reboot', 'reboot'],
    ['commit-time', '7:05', '7:05'],
    ['commit-time', '23:59:59', '23:59:59'],
    ['commit-time', '2026-11-22 08:19', '2026-11-22 08:19'],
    ['commit-time', '2026-11-22  8:19:24', '2026-11-22  8:19:24'],
    ['postgresql-url', 'postgresql://role@host:5432/base', 'postgresql://role@host:5432/base'],
    ['postgresql-url', 'postgres://role@[2001:db8::1]/base', 'postgres://role@[2001:db8::1]/base'],
    ['postgresql-url', 'postgresql://role@%2Frun%2Fpg/base', 'postgresql://role@%2Frun%2Fpg/base'],
    [
      'postgresql-url',
      `postgresql://role@host/${letters(1024 - 23)}`,
      `postgresql://role@host/${letters(1024 - 23)}`,
    ],
    ['user', 'ada', 'ada'],
    ['user', '_a.b-9', '_a.b-9'],
    ['user', letters(32), letters(32)],
    ['file', 'a file', 'a file'],
    ['command-line', 'show version', 'show version'],
    ['dscp', '0', 0],
    ['dscp', '63', 63],
    ['dscp', 'ef', 46],
    ['dscp', 'be', 0],
    ['dscp', 'af11', 10],
    ['percent', '0', 0],
    ['percent', '0.125', 0.125],
    ['percent', '100.000', 100],
    ['percentiles', '50', '50'],
    ['percentiles', '0.001,95,99.9,100', '0.001,95,99.9,100'],
    ['percentiles', sixteen, sixteen],
    ['interval(0s..1h)', '0', '0'],
    ['interval(0s..1h)', '0.1e', '0.1e'],
    ['interval(0s..1h)', '1hf', '1hf'],
    ['interval(0s..1h)', '20mse', '20mse'],
    ['duration', '2', 2e9],
    ['duration', '0.1', 1e8],
    ['duration', '100ms', 1e8],
    ['duration', '1.5us', 1500],
    ['duration', '7ns', 7],
    ['duration', '0.123456789', 123_456_789],
    ['duration', '9007199.254740991', Number.MAX_SAFE_INTEGER],
    ['duration', '1m', 60e9],
    ['duration', '2h', 7200e9],
    ['duration', '0', 0],
    ['none|mixed|control-only=mixed', 'control-only', 'mixed'],
    ['none|mixed|control-only=mixed', 'm', 'mixed'],
    ['port-range', '1-65535', '1-65535'],
    ['port-range', '862', '862-862'],
    ['key-id', 'a user', 'a user'],
    ['key-id', 'é'.repeat(40), 'é'.repeat(40)],
    ['secret', letters(256), letters(256)],
    ['secret', `$dn1$${letters(300)}`, `$dn1$${letters(300)}`],
    ['pattern', '^a|b$', '^a|b$'],
    ['pattern', letters(1024), letters(1024)],
    ['text', 'a', 'a'],
    ['duration(1ms..1h)', '1ms', 1e6],
    ['duration(1ms..1h)', '60m', 3600e9],
    ['minutes(0..30)', '15', 15],
    ['minutes(0..30)', '15m', 15],
    ['minutes(0..30)', '900s', 15],
    ['minutes(0..30)', '90s', '90s'],
    ['minutes(0..30)', '1800s', 30],
    ['minutes(0..30)', '0s', 0],
    ['text', letters(4096), letters(4096)],
    ['comment', 'a b', 'a b'],
    ['comment', '', ''],
  ])('%s: %s', (type, text, value) => {
    expect(parse(type, text)).toEqual({ value });
  });
});

describe('refused', () => {
  test.each<[type: string, text: string, expected: string]>([
    ['1..65535', '0', '1..65535'],
    ['1..65535', '65536', '1..65535'],
    ['1..65535', '-1', '1..65535'],
    ['1..65535', '1.5', '1..65535'],
    ['1..65535', '1e3', '1..65535'],
    ['1..65535', '0x10', '1..65535'],
    ['1..65535', '', '1..65535'],
    ['1..65535', '99999999999999999999', '1..65535'],
    ['control|data', 'both', 'control, data'],
    ['control|data', '', 'control, data'],
    ['on|off', 'o', 'on, off'],
    ['=none', '', 'none'],
    ['name(5)', '', 'a name of letters, digits and . _ : / @ - (1 to 5)'],
    ...['64', '-1', '046x', 'EF', '', 'toString'].map((text): [string, string, string] => [
      'dscp',
      text,
      '0..63, or an alias such as ef',
    ]),
    ...['101', '100.001', '-1', '0.1234', '1e1', ''].map((text): [string, string, string] => [
      'percent',
      text,
      'a percentage of 0..100',
    ]),
    ...['0', '50,', '50,,95', '50 95', '101', '50,0.0', `${sixteen},50`].map(
      (text): [string, string, string] => [
        'percentiles',
        text,
        'up to 16 percentiles above 0 and up to 100, such as 50,95,99.9',
      ],
    ),
    ['on|off|on+twice=off', 'on+twice', 'on, off'],
    ['on|off|on+twice=off', 'twice', 'on, off'],
    ...['f1', '2he', '0.1g', '0.1ee', 'e', '', '-1e'].map((text): [string, string, string] => [
      'interval(0s..1h)',
      text,
      `${DURATION}, 0s..1h, and e behind it for an exponential distribution`,
    ]),
    ['code-points', 'x101110', 'six bits such as 101110, or an alias such as ef'],
    ['code-points', '101110x', 'six bits such as 101110, or an alias such as ef'],
    ['code-points', '10111', 'six bits such as 101110, or an alias such as ef'],
    ['code-points', 'toString', 'six bits such as 101110, or an alias such as ef'],
    ...['24:00', '7:5', '12:00:60', '123:00', 'x12:00', '12:00x', 'reboots', ''].map(
      (text): [string, string, string] => ['commit-time', text, COMMIT_TIME],
    ),
    ...['2026-11-22', '2026-02-30 08:00', '2026-11-2208:00', 'x2026-11-22 08:00'].map(
      (text): [string, string, string] => ['commit-time', text, COMMIT_TIME],
    ),
    ...[
      'role@host/base',
      'http://role@host/base',
      'xpostgresql://role@host/base',
      'postgresql://host/base',
      'postgresql://role@/base',
      'postgresql://role@host',
      'postgresql://role@host/',
      'postgresql://role@host/base/more',
      'postgresql://role@host:0/base',
      'postgresql://role@host:65536/base',
      'postgresql://role:word@host/base',
      'postgresql://role@host/base?sslmode=off',
      'postgresql://role@host/base#part',
      'postgresql://role@host/%',
      'postgresql://role@ho st/base',
      'postgresql://role@host/base ',
      `postgresql://role@host/${letters(1025 - 23)}`,
    ].map((text): [string, string, string] => ['postgresql-url', text, POSTGRESQL_URL]),
    ...['', '1a', '-a', 'a b', 'a:b', letters(33)].map((text): [string, string, string] => [
      'user',
      text,
      USER,
    ]),
    ...['256', '1000', '-1', 'ic', 'x', '', 'toString'].map((text): [string, string, string] => [
      'ip-protocol',
      text,
      IP_PROTOCOL,
    ]),
    ...['ms-0/0', 'ms-0/0/0x', 'xms-0/0/0', 'ge-0/0/0', 'ams', 'ams0x', 'xams0', 'ams1000'].map(
      (text): [string, string, string] => [
        'services-interface',
        text,
        'a services interface such as ms-0/0/0, mams-5/0/0, ams0 or rsp0',
      ],
    ),
    ...[
      'x',
      '0x1/0x2',
      '0/4294967296',
      '4294967296',
      '0x100000000',
      '1/4294967296',
      '0x1/',
      '7/7/7',
      'x7',
      '7x',
      '',
    ].map((text): [string, string, string] => ['mark', text, MARK]),
    ...['0x5', '0xf0f', '0x0', '15', '0', 'x0xf', '0xfx', ' 0xf', '0xf ', '0x1ffffffff', ''].map(
      (text): [string, string, string] => ['mask', text, 'a run of bits such as 0xf'],
    ),
    ['file', '', 'a text that is not empty'],
    ['command-line', '', 'a text that is not empty'],
    ['password-hash', 'secret', 'a password as it is stored ($scrypt$…)'],
    ['text', '/* SECRET-DATA */', 'a text that does not stand for a secret'],
    ['key-id', '/* SECRET-DATA */', 'an identifier of 1 to 80 octets'],
    ...['\u0085', '\u2028', '\ud800', '\ufffe'].map((text): [string, string, string] => [
      'text',
      text,
      'a text without control characters',
    ]),
    ['instant', '2026-11-22', 'a time in UTC, as YYYY-MM-DD.HH:MM:SS'],
    ['instant', 'x2026-11-22.08:19:24', 'a time in UTC, as YYYY-MM-DD.HH:MM:SS'],
    ['instant', '2026-11-22.08:19:24x', 'a time in UTC, as YYYY-MM-DD.HH:MM:SS'],
    ['instant', '2026-02-30.00:00:00', 'a time in UTC, as YYYY-MM-DD.HH:MM:SS'],
    ['instant', '2026-11-22.24:00:00', 'a time in UTC, as YYYY-MM-DD.HH:MM:SS'],
    ['name(5)', 'abcdef', 'a name of letters, digits and . _ : / @ - (1 to 5)'],
    ['name(5)', 'é', 'a name of ASCII letters, digits and . _ : / @ - (1 to 5)'],
    ['os-name(5)', 'a b', 'a name of letters, digits and . _ : / @ - (1 to 5)'],
    ['name(5)', 'a b', 'a name of letters, digits and . _ : / @ - (1 to 5)'],
    ['name(5)', 'a\u001b', 'a name of letters, digits and . _ : / @ - (1 to 5)'],
    ['none|mixed|control-only=mixed', 'control', 'none, mixed'],
    ...['x', '', '1-2-3', 'x1-5', '1-5x', '1-'].map((text): [string, string, string] => [
      'port-range',
      text,
      'a range of ports such as 10000-20000',
    ]),
    ['port-range', '0-5', 'a range of ports such as 10000-20000'],
    ['port-range', '6-5', 'a range of ports such as 10000-20000'],
    ['port-range', '1-65536', 'a range of ports such as 10000-20000'],
    ['key-id', '', 'an identifier of 1 to 80 octets'],
    ['key-id', `${'é'.repeat(40)}x`, 'an identifier of 1 to 80 octets'],
    ['key-id', 'a\u0000', 'an identifier of 1 to 80 octets'],
    ['secret', '', 'a secret of 1 to 256 characters'],
    ['secret', letters(257), 'a secret of 1 to 256 characters'],
    ['secret', `$dn1$${letters(4096)}`, 'a secret of 1 to 256 characters'],
    ['secret', '/* SECRET-DATA */', 'a secret of 1 to 256 characters'],
    ['address', '256.0.0.1', 'an IPv4 or IPv6 address'],
    ['address', '192.0.2', 'an IPv4 or IPv6 address'],
    ['address', '192.0.2.1/32', 'an IPv4 or IPv6 address'],
    ['address', '2001:db8::1::2', 'an IPv4 or IPv6 address'],
    ['address', 'fe80::1%eth0', 'an IPv4 or IPv6 address'],
    ['prefix', '192.0.2.0/33', 'a prefix length of 0..32'],
    ['prefix', '2001:db8::/129', 'a prefix length of 0..128'],
    ['prefix', '192.0.2.0/24 ', 'a prefix length of 0..32'],
    ['prefix', '192.0.2.0/ 24', 'a prefix length of 0..32'],
    ['prefix', '192.0.2.0/', 'a prefix length of 0..32'],
    ['prefix', '192.0.2.1/24', 'a prefix without host bits (192.0.2.0/24)'],
    ['prefix', '2001:db8::1/32', 'a prefix without host bits (2001:db8::/32)'],
    ['prefix', '10.0.0.0/8/8', 'an IPv4 or IPv6 prefix such as 192.0.2.0/24'],
    ['prefix', 'x', 'an IPv4 or IPv6 prefix such as 192.0.2.0/24'],
    ['endpoint', '192.0.2.1:65536', 'an address, or address:port ([address]:port for IPv6)'],
    ['endpoint', 'name:1', 'an address, or address:port ([address]:port for IPv6)'],
    ['host', '300.1.1.1', 'a host name or address'],
    ['host', 'a..b', 'a host name or address'],
    ['host', '-a', 'a host name or address'],
    ['host', letters(64), 'a host name or address'],
    ['host', 'a_b', 'a host name or address'],
    ['host', `${letters(63)}.${letters(63)}.${letters(63)}.${letters(62)}`, 'a host name or address'],
    ['host-name', letters(64), 'letters, digits and hyphens (1 to 63)'],
    ['host-name', 'a.b', 'letters, digits and hyphens (1 to 63)'],
    ['host-name', 'a-', 'letters, digits and hyphens (1 to 63)'],
    ['duration', '1 s', 'a duration in seconds, or with a unit (ns us ms s m h)'],
    ['duration', '1d', 'a duration in seconds, or with a unit (ns us ms s m h)'],
    ['duration', '9007199.254740992', 'a duration in seconds, or with a unit (ns us ms s m h)'],
    ['duration', '-1', 'a duration in seconds, or with a unit (ns us ms s m h)'],
    ['duration', '999999999999h', 'a duration in seconds, or with a unit (ns us ms s m h)'],
    ['pattern', '(', 'a regular expression (missing closing ))'],
    ['pattern', 'a**', 'a regular expression (invalid nested repetition operator: **)'],
    ['pattern', 'a\\', 'a regular expression (trailing backslash at end of expression)'],
    ['pattern', letters(1025), 'a pattern of at most 1024 characters'],
    ['duration(1ms..1h)', '999us', `${DURATION}, 1ms..1h`],
    ['duration(1ms..1h)', '3601', `${DURATION}, 1ms..1h`],
    ['duration(1ms..1h)', 'x', `${DURATION}, 1ms..1h`],
    ['minutes(0..30)', '31', '0..30 minutes, or 0s..1800s'],
    ['minutes(0..30)', '1801s', '0..30 minutes, or 0s..1800s'],
    ['minutes(1..30)', '59s', '1..30 minutes, or 60s..1800s'],
    ['minutes(0..30)', '1.5', '0..30 minutes, or 0s..1800s'],
    ['minutes(0..30)', '15h', '0..30 minutes, or 0s..1800s'],
    ['minutes(0..30)', '', '0..30 minutes, or 0s..1800s'],
    ['text', '', 'a text that is not empty'],
    ['comment', 'bell\u0007', 'a text without control characters'],
    ['text', 'bell\u0007', 'a text without control characters'],
    ['text', letters(4097), 'a text of at most 4096 characters'],
  ])('%s: %j', (type, text, expected) => {
    expect(parse(type, text)).toEqual({ expected });
  });
});

describe('valueType', () => {
  test('makes each once', () => {
    const fresh = `0..${Date.now()}`;
    expect(valueType(fresh)?.name).toBe(fresh);
    expect(valueType(fresh)).toBe(valueType(fresh));
    expect(valueType('port')).toBeUndefined();
  });

  test.each(['duration(2h..1h)', 'duration(x..1h)', 'duration(1h..x)', 'interval(2h..1h)', 'minutes(2..1)'])(
    '%s is no type',
    (name) => {
      expect(makeType(name)).toBeUndefined();
    },
  );

  test.each(['1..1', 'duration(1h..1h)', 'interval(1h..1h)', 'minutes(1..1)', 'name(1)'])(
    '%s is one',
    (name) => {
      expect(makeType(name)?.name).toBe(name);
    },
  );

  test.each([
    ['host-name', { expects: 'letters, digits and hyphens (1 to 63)', charactersMax: 63, choices: [] }],
    ['name(9)', { charactersMax: 9, choices: [] }],
    ['user', { expects: USER, charactersMax: 32 }],
    ['secret', { charactersMax: 256 }],
    ['postgresql-url', { charactersMax: 1024 }],
    ['text', { expects: 'a text', charactersMax: 4096 }],
    ['comment', { expects: 'a text', charactersMax: 4096 }],
    ['file', { expects: 'the name of a file' }],
    ['command-line', { expects: 'words in quotes, as a line begins with them' }],
    ['pattern', { expects: 'a regular expression' }],
    [
      'application-protocol',
      { expects: expect.stringMatching(/^an application protocol: bootp, dce-rpc, /) },
    ],
    ['minutes(0..30)', { expects: '0..30 minutes, or 0s..1800s', choices: [] }],
    ['1..9', { expects: '1..9', choices: [] }],
    ['duration(1s..1h)', { choices: [] }],
    ['on|off|out=off', { expects: 'on, off', choices: ['on', 'off'], seconds: [] }],
    [
      'on|off|out=off|on+twice=off',
      { choices: ['on', 'off'], seconds: [{ first: 'on', word: 'twice', value: 'off' }] },
    ],
  ])('help says of %s what it takes', (name, facts) => {
    expect(makeType(name)).toMatchObject(facts);
  });

  test.each(['2..1', 'name(0)', 'name()', 'port', 'a|', '=', 'toString', '1..', 'name(99999)'])(
    '%s is no type',
    (name) => {
      expect(makeType(name)).toBeUndefined();
    },
  );

  test.each([
    ['1..9', 'number'],
    ['on|off', "'on' | 'off'"],
    ['=none', "'none'"],
    ['name(9)', 'string'],
    ['duration', 'number'],
    ['duration(1s..1h)', 'number'],
    ['interval(0s..1h)', 'string'],
    ['minutes(0..30)', 'number | `${number}s`'],
    ['prefix', 'string'],
  ])('a handler is given %s as %s', (name, typescript) => {
    expect(makeType(name)?.typescript).toBe(typescript);
  });

  test('every form is named in the message about an unknown one', () => {
    expect(VALUE_TYPE_FORMS).toBe(
      'A..B, word|word, =word, duration(SHORTEST..LONGEST), interval(SHORTEST..LONGEST), minutes(A..B), name(LENGTH), os-name(LENGTH), ssh-key(FAMILY), ' +
        'address, prefix, endpoint, host, host-name, code-points, dscp, percent, percentiles, instant, commit-time, duration, port-range, key-id, postgresql-url, secret, password-hash, user, file, application-protocol, ip-protocol, services-interface, mark, mask, pattern, text, command-line, comment',
    );
  });
});

test.each([
  ['0.1', { nanos: 1e8, exponential: false }],
  ['0.1f', { nanos: 1e8, exponential: false }],
  ['0.1e', { nanos: 1e8, exponential: true }],
  ['20mse', { nanos: 2e7, exponential: true }],
  ['0.1g', undefined],
  ['f1', undefined],
])('an interval of %s', (text, interval) => {
  expect(parseInterval(text)).toEqual(interval);
});

test('a time to commit at is one of today, unless it has a date; the next start has none', () => {
  const now = Date.UTC(2026, 10, 22, 12, 30);
  expect(commitTimeMillis('8:05', now)).toBe(Date.UTC(2026, 10, 22, 8, 5));
  expect(commitTimeMillis('08:05:09', now)).toBe(Date.UTC(2026, 10, 22, 8, 5, 9));
  expect(commitTimeMillis('2027-01-02 08:05', now)).toBe(Date.UTC(2027, 0, 2, 8, 5));
  expect(commitTimeMillis('reboot', now)).toBeUndefined();
});

test('of a DSCP with two names, that of its class is told; of one without any, none', () => {
  expect([46, 48, 0, 1].map(dscpName)).toEqual(['ef', 'cs6', 'cs0', undefined]);
});

test.each(['', 'r', 'x', 'toString', 'constructor'])('%j is no application', (word) => {
  expect(parse('application-protocol', word)).toHaveProperty('expected');
});

test.each([
  ['192.0.2.1', { address: '192.0.2.1' }],
  ['192.0.2.1:0', { address: '192.0.2.1', port: 0 }],
  ['[2001:DB8::1]', { address: '2001:db8::1' }],
  ['[2001:DB8::1]:80', { address: '2001:db8::1', port: 80 }],
  ['x[2001:db8::1]', undefined],
  ['[2001:db8::1]x', undefined],
  ['x[2001:db8::1]:80', undefined],
  ['192.0.2.1:80x', undefined],
  ['192.0.2.1:', undefined],
  ['[]', undefined],
])('an endpoint of %s', (text, endpoint) => {
  expect(parseEndpoint(text)).toEqual(endpoint);
});

test('percentiles come in the order in which they were typed', () => {
  expect(parsePercentiles('99.9,5,50')).toEqual([99.9, 5, 50]);
});

test('a canonical address is its own canonical form, and an endpoint holds it', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.integer({ min: 0, max: 65535 }), (typed, port) => {
      const address = canonicalAddress(typed)!;
      expect(canonicalAddress(address)).toBe(address);
      const written = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
      expect(parseEndpoint(written)).toEqual({ address, port });
    }),
  );
});

test('a value that is stored as typed is read back as itself', () => {
  const types = [
    '1..100',
    'on|off',
    'name(20)',
    'address',
    'prefix',
    'endpoint',
    'host',
    'host-name',
    'text',
  ];
  const words = fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.domain(), fc.nat(200).map(String));
  fc.assert(
    fc.property(fc.constantFrom(...types), words, (type, word) => {
      const parsed = parse(type, word);
      if ('value' in parsed) expect(parse(type, String(parsed.value))).toEqual(parsed);
    }),
  );
});

test('no text makes a type throw', () => {
  const types = [
    '1..9',
    'a|b',
    '=a',
    'name(9)',
    'address',
    'prefix',
    'endpoint',
    'host',
    'host-name',
    'duration',
    'pattern',
    'text',
  ];
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('0', '7', '255', 'a', 'f', '.', ':', '/', '%', '[', ']', '(', '*') }),
  );
  fc.assert(
    fc.property(fc.constantFrom(...types), texts, (type, text) => {
      expect(() => parse(type, text)).not.toThrow();
    }),
    { numRuns: many(500) },
  );
});

test('a name that an earlier version took is one where it is in force', () => {
  const type = makeType('name(5)')!;
  expect(type.parseStored!('größe')).toEqual({ value: 'größe' });
  expect(type.parseStored!('a b')).toEqual({ expected: type.expects });
});
