/** `show services sessions`: every sample of reference 001 to the byte, from structured records. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { junosSamples } from '../support/junos-samples.ts';
import { mixedRecords as mixed, type JsonRecord } from '../support/service-records.ts';
import { openShell, run, runAll, SilentContact, startRouter } from '../support/router.ts';
import type { Shell } from '../../src/shell/shell.ts';
import { importRecords, shownOf } from '../support/service-router.ts';

const vectors = join(import.meta.dirname, '../vectors/service-sessions');

const recordsOf = (file: string) =>
  new Map(
    (
      JSON.parse(readFileSync(join(vectors, file), 'utf8')) as readonly {
        readonly command: string;
        readonly sessions: readonly JsonRecord[];
      }[]
    ).map(({ command, sessions }) => [command, sessions]),
  );

const samples = junosSamples('001_junos_show_services_sessions.txt');
const records = recordsOf('junos-001.json');

/** Lines of the first sample, whose addresses the document has edited without padding them again. */
const misaligned = new Set([
  'UDP         10.10.10.2:43677 ->    10.20.20.1:53    Forward  I        1',
  'UDP        10.20.20.1:53    ->        1.1.1.1:43677 Forward  O        1',
  'UDP         10.10.10.2:37494 ->    10.20.20.1:53    Forward  I        1',
  'UDP        10.20.20.1:53    ->        10.11.11.11:37494 Forward  O            1',
  'UDP         10.10.10.2:48161 ->    10.20.20.1:53    Forward  I        1',
  'UDP        10.20.20.1:53    ->        10.11.11.11:48161 Forward  O            1',
  'UDP         10.10.10.2:38908 ->    10.20.20.1:53    Forward  I        1',
  'UDP        10.20.20.1:53    ->        10.11.11.11:38908 Forward  O            1',
  'UDP         10.10.10.2:58189 ->    10.20.20.1:53    Forward  I        1',
  'UDP        10.20.20.1:53    ->        10.11.11.11:58189 Forward  O            1',
]);

const SAMPLES = 20;

const SHOW = 'show services sessions';

describe('samples of reference 001', () => {
  it('are all there', () => {
    expect(samples.size).toBe(SAMPLES);
    expect([...records.keys()].toSorted()).toEqual([...samples.keys()].toSorted());
  });

  it.each([...samples.keys()])(
    // prettier-ignore
    '[001/sample, 001/sample-extensive, 001/sample-terse, 001/sample-count, 001/sample-destination-port, 001/sample-destination-prefix, 001/sample-interface, 001/sample-protocol, 001/sample-service-set, 001/sample-source-port, 001/sample-source-prefix, 001/sample-dce-rpc, 001/sample-dns, 001/sample-ftp, 001/sample-pptp, 001/sample-rtsp, 001/sample-rsh, 001/sample-sip, 001/sample-sql, 001/sample-talk] %s',
    async (command) => {
      const text = await shownOf(records.get(command)!, command);
      const [shown, wanted] = [text.split('\n').slice(0, -1), samples.get(command)!];
      expect(text.endsWith('\n')).toBe(true);
      expect(shown).toHaveLength(wanted.length);
      shown.forEach((line, index) => {
        const sample = wanted[index]!;
        if (misaligned.has(sample)) expect(line.replace(/ +/g, ' ')).toBe(sample.replace(/ +/g, ' '));
        else expect(line).toBe(sample);
      });
    },
  );
});

const ftp = `Service Set: ss1, Session: 1, ALG: ftp, Flags: 0x2000, IP Action: no, Offload: no, Asymmetric: no
TCP           10.1.1.1:52138 ->       10.2.2.2:21    Forward  I              33
TCP           10.2.2.2:21    ->       10.1.1.1:52138 Forward  O              31
`;
const tftp = `Service Set: ss2, Session: 2, ALG: tftp, Flags: 0x0000, IP Action: no, Offload: yes, Asymmetric: yes
UDP           10.1.1.1:40440 ->       10.2.2.2:69    Watch    I               1
`;
const nat64 = `Service Set: ss2, Session: 4, ALG: icmpv6, Flags: 0x0000, IP Action: no, Offload: no, Asymmetric: no
ICMPV6         3001::1       ->  1001::401:102       Forward  I              29
ICMP           4.1.1.2       ->  161.161.161.1       Forward  O              28
`;
const ospf = `Session: 281474976710655, ALG: none, Flags: 0xfffff, IP Action: yes, Offload: no
OSPF          10.1.1.1       ->      224.0.0.5       Drop     U               4
`;

describe('aggregates, composed: reference 003 names four samples and shows none', () => {
  const all = `mams-5/0/0 (ams0)\n${ftp}${tftp}mams-5/1/0 (ams0)\n${nat64}ms-0/0/0\n${ospf}`;

  it.each([`${SHOW} brief`, `${SHOW} terse`, SHOW])(
    '[003/sample-brief, 003/sample-terse, 003/none, 003/brief, 003/terse, 003/ams, 003/field-interface] %s',
    async (command) => {
      expect(await shownOf(mixed, command)).toBe(all);
    },
  );

  it('[003/sample-interface-extensive, 003/extensive] show services sessions interface mams-5/0/0 extensive', async () => {
    expect(await shownOf(mixed, `${SHOW} interface mams-5/0/0 extensive`)).toBe(`mams-5/0/0 (ams0)
Service Set: ss1, Session: 1, ALG: ftp, Flags: 0x2000, IP Action: no, Offload: no, Asymmetric: no
TCP           10.1.1.1:52138 ->       10.2.2.2:21    Forward  I              33
  Byte count: 1483
  Flow role: Initiator, Timeout: 60
TCP           10.2.2.2:21    ->       10.1.1.1:52138 Forward  O              31
  Byte count: 2712
  Flow role: Responder, Timeout: 60
Service Set: ss2, Session: 2, ALG: tftp, Flags: 0x0000, IP Action: no, Offload: yes, Asymmetric: yes
UDP           10.1.1.1:40440 ->       10.2.2.2:69    Watch    I               1
  Byte count: 0
  Flow role: Unknown, Timeout: 0
`);
  });

  it('[003/sample-count, 003/count, 003/field-sessions-count, 003/field-service-set] show services sessions count', async () => {
    expect(await shownOf(mixed, `${SHOW} count`)).toBe(
      `Interface   Service set                                          Sessions count
mams-5/0/0  ss1                                                               1
mams-5/0/0  ss2                                                               1
mams-5/1/0  ss2                                                               1
ms-0/0/0    default                                                           1
`,
    );
  });

  it('NAT64 in both lines, one below the other', async () => {
    expect(await shownOf(mixed, `${SHOW} protocol icmp6 extensive`)).toBe(`mams-5/1/0 (ams0)
Service Set: ss2, Session: 4, ALG: icmpv6, Flags: 0x0000, IP Action: no, Offload: no, Asymmetric: no
NAT PLugin Data:
  NAT Action:   Translation Type - STATEFUL NAT64
    NAT source              3001::1:42583   ->   161.161.161.1:24831
    NAT Destination   1001::401:102         ->         4.1.1.2
ICMPV6         3001::1       ->  1001::401:102       Forward  I              29
  Byte count: 3016
  Flow role: Initiator, Timeout: 100
ICMP           4.1.1.2       ->  161.161.161.1       Forward  O              28
  Byte count: 2352
  Flow role: Responder, Timeout: 100
`);
  });
});

/** The ids of the sessions that a command shows. */
async function idsOf(shell: Shell, options: string): Promise<readonly number[]> {
  const text = await runAll(shell, `${SHOW} ${options}`);
  return [...text.matchAll(/Session: (\d+)/g)].map(([, id]) => Number(id));
}

async function mixedShell(className = 'super-user'): Promise<Shell> {
  const test = await startRouter();
  await importRecords(test, mixed);
  return openShell(test, { className });
}

describe('options', () => {
  const finds: readonly (readonly [string, readonly number[]])[] = [
    ['application-protocol ftp', [1]],
    ['application-protocol tftp', [2]],
    ['application-protocol icmpv6', [4]],
    ['destination-port 69', [2]],
    ['destination-port 0', []],
    ['destination-port 65535', []],
    ['destination-prefix 10.2.2.0/24', [1, 2]],
    ['destination-prefix 224.0.0.5', [281474976710655]],
    ['destination-prefix 1001::/16', [4]],
    ['interface ms-0/0/0', [281474976710655]],
    ['interface ams0', [1, 2, 4]],
    ['interface mams-5/1/0', [4]],
    ['limit 1', [1]],
    ['limit 3', [1, 2, 4]],
    ['limit 4294967295', [1, 2, 4, 281474976710655]],
    ['protocol tcp', [1]],
    ['protocol 6', [1]],
    ['protocol icmp', [4]],
    ['protocol icmp6', [4]],
    ['protocol 89', [281474976710655]],
    ['protocol ospf', [281474976710655]],
    ['protocol 0', []],
    ['protocol 255', []],
    ['service-set ss2', [2, 4]],
    ['source-port 21', [1]],
    ['source-port 0', []],
    ['source-prefix 10.1.1.0/24', [1, 2, 281474976710655]],
    ['source-prefix 3001::1', [4]],
  ];

  // prettier-ignore
  it('[001/destination-port, 001/destination-prefix, 001/interface, 001/limit, 001/protocol, 001/service-set, 001/source-port, 001/source-prefix, 003/destination-port, 003/destination-prefix, 003/interface, 003/limit, 003/protocol, 003/service-set, 003/source-port, 003/source-prefix] each finds what it is to find', async () => {
    const shell = await mixedShell();
    for (const [options, ids] of finds) expect(await idsOf(shell, options), options).toEqual(ids);
  });

  it('[001/protocol, 003/protocol] every protocol of the documents is known', async () => {
    const shell = await mixedShell();
    for (const protocol of ['ah', 'egp', 'esp', 'gre', 'igmp', 'ipip', 'pim', 'rsvp', 'sctp', 'udp'])
      expect(await idsOf(shell, `protocol ${protocol}`), protocol).toEqual(protocol === 'udp' ? [2] : []);
  });

  it('[001/application-protocol, 003/application-protocol] every application protocol of the documents is known', async () => {
    const shell = await mixedShell();
    const found: Readonly<Record<string, readonly number[]>> = { ftp: [1], tftp: [2] };
    const words =
      'dce-rpc dce-rpc-portmap dns ftp pptp rpc rpc-portmap rtsp rsh sip sql sqlnet talk icmp tcp traceroute tftp udp';
    for (const word of words.split(' '))
      expect(await idsOf(shell, `application-protocol ${word}`), word).toEqual(found[word] ?? []);
  });

  it('[001/combination, 003/combination] together, in any order', async () => {
    const shell = await mixedShell();
    const options = [
      'application-protocol ftp',
      'destination-port 21',
      'destination-prefix 10.2.2.0/24',
      'interface ams0',
      'limit 5',
      'protocol tcp',
      'service-set ss1',
      'source-port 52138',
      'source-prefix 10.1.1.1',
    ];
    for (let first = 0; first < options.length; first += 1) {
      const turned = [...options.slice(first), ...options.slice(0, first)];
      expect(await idsOf(shell, turned.join(' '))).toEqual([1]);
      expect(await idsOf(shell, `${turned.join(' ')} extensive`)).toEqual([1]);
      const count = await runAll(shell, `${SHOW} count ${turned.join(' ')}`);
      expect(count.split('\n')[1]).toMatch(/^mams-5\/0\/0 {2}ss1 +1$/);
    }
    expect(await idsOf(shell, `${options.join(' ')} source-prefix`).catch(() => 'refused')).toBe('refused');
    expect(await idsOf(shell, 'source-port 21 source-prefix 10.1.1.1')).toEqual([]);
  });

  const refusals: readonly (readonly [string, string])[] = [
    ['destination-port 65536', '0..65535'],
    ['source-port -1', '0..65535'],
    ['limit 0', '1..4294967295'],
    ['protocol 256', '0..255, ah, egp'],
    ['protocol foo', '0..255, ah, egp'],
    ['application-protocol foo', 'an application protocol'],
    ['source-prefix 10.0.0.1/8', 'host bits'],
    ['source-prefix 10.0.0.0/33', '0..32'],
    ['destination-prefix host', 'prefix'],
  ];

  it('are refused outside their ranges, which the refusal says', async () => {
    const shell = await mixedShell();
    for (const [options, expected] of refusals) {
      const { outcome } = await run(shell, `${SHOW} ${options}`);
      const text = expect.stringContaining(expected) as string;
      expect(outcome, options).toMatchObject({ status: 'failed', text });
    }
  });

  it('complete what there is', async () => {
    const shell = await mixedShell();
    expect(shell.help(`${SHOW} interface `)).toContain('ams0');
    expect(shell.help(`${SHOW} interface m`)).toContain('mams-5/1/0');
    expect(shell.help(`${SHOW} service-set `)).toContain('ss2');
    expect(shell.help(`${SHOW} application-protocol rt`)).toContain('rtsp');
  });

  it('may be abbreviated', async () => {
    const shell = await mixedShell();
    const text = await runAll(shell, SHOW);
    expect(await runAll(shell, 'sh serv sess')).toBe(text);
    expect(await runAll(shell, 'show service sess')).toBe(text);
  });

  it('[001/view, 003/view] need the privilege view', async () => {
    const viewer = await mixedShell('viewer');
    expect((await run(viewer, SHOW)).outcome.status).toBe('failed');
    expect(viewer.help('show services ')).not.toMatch(/^ *sessions/m);
    expect(await idsOf(await mixedShell('read-only'), '')).toEqual([1, 2, 4, 281474976710655]);
  });
});

describe('flows', () => {
  it('[001/flows-brief, 001/brief, 001/none, 001/terse] show services flows brief prints what show services sessions prints', async () => {
    const shell = await mixedShell();
    const text = await runAll(shell, SHOW);
    for (const command of [
      `${SHOW} brief`,
      `${SHOW} terse`,
      'show services flows',
      'show services flows brief',
    ])
      expect(await runAll(shell, command)).toBe(text);
  });

  it('[001/flows, 001/idle-timeout, 001/extensive] extensive prints the idle timeout of every flow', async () => {
    const shell = await mixedShell();
    const text = await runAll(shell, 'show services flows extensive');
    expect(text.match(/Timeout: \d+$/gm)).toEqual(
      ['60', '60', '0', '100', '100', '0'].map((seconds) => `Timeout: ${seconds}`),
    );
    expect(await runAll(shell, `${SHOW} extensive`)).toBe(text);
  });
});

describe('fields', () => {
  it('[001/field-state, 003/field-state, 001/field-direction, 003/field-direction] every state and direction', async () => {
    const flows = ['Drop', 'Forward', 'Reject', 'Watch', 'Bypass', 'Unknown'].map((state, index) => ({
      protocol: 17,
      'source-address': '192.168.203.198',
      'source-port': 1019,
      'destination-address': '192.168.203.194',
      'destination-port': 2049,
      state,
      direction: ['I', 'O', 'U'][index % 3],
      'frame-count': index,
    }));
    const text = await shownOf([{ 'session-id': 1, flow: flows }], SHOW);
    expect(text.split('\n').slice(2, -1)).toEqual([
      'UDP    192.168.203.198:1019  ->192.168.203.194:2049  Drop     I               0',
      'UDP    192.168.203.198:1019  ->192.168.203.194:2049  Forward  O               1',
      'UDP    192.168.203.198:1019  ->192.168.203.194:2049  Reject   U               2',
      'UDP    192.168.203.198:1019  ->192.168.203.194:2049  Watch    I               3',
      'UDP    192.168.203.198:1019  ->192.168.203.194:2049  Bypass   O               4',
      'UDP    192.168.203.198:1019  ->192.168.203.194:2049  Unknown  U               5',
    ]);
  });

  it('[001/field-source, 003/field-source, 001/field-destination, 003/field-destination, 001/field-flow, 003/field-flow] ICMP shows no port; frames are field 7 all the same', async () => {
    const text = await shownOf(mixed, `${SHOW} protocol icmp`);
    const [, , icmpv6, icmp] = text.split('\n');
    expect(icmpv6).toMatch(/^ICMPV6 /);
    expect(icmp!.split(/ +/)).toEqual(['ICMP', '4.1.1.2', '->', '161.161.161.1', 'Forward', 'O', '28']);
    expect(icmp).not.toContain(':');
  });

  it.each([
    [0x40, '0x0040'],
    [0x2001, '0x2001'],
    [0x2, '0x0002'],
    [0x3, '0x0003'],
    [0x4, '0x0004'],
    [0xfffff, '0xfffff'],
  ])('[001/field-flags, 003/field-flags] flags %d are %s', async (flags, shown) => {
    expect(await shownOf([{ ...mixed[2], flags }], SHOW)).toContain(`Flags: ${shown},`);
  });

  it.each([
    ['ip-action', 'IP Action'],
    ['offload', 'Offload'],
    ['asymmetric', 'Asymmetric'],
  ])(
    '[001/field-ip-action, 003/field-ip-action, 001/field-offload, 003/field-offload, 001/field-asymmetric, 003/field-asymmetric] %s',
    async (property, label) => {
      expect(await shownOf([{ ...mixed[2], [property]: true }], SHOW)).toContain(`${label}: yes`);
      expect(await shownOf([{ ...mixed[2], [property]: false }], SHOW)).toContain(`${label}: no`);
    },
  );

  it('[001/field-interface, 001/field-session-id, 003/field-session-id, 001/field-alg, 003/field-alg, 001/field-frames, 003/field-frames] as they were recorded', async () => {
    const text = await shownOf([mixed[3]!], SHOW);
    expect(text).toBe(`ms-0/0/0\n${ospf}`);
  });

  it('[001/count, 001/field-sessions-count, 001/field-service-set] a set without sessions is not counted', async () => {
    const shell = await mixedShell();
    const lines = (await runAll(shell, `${SHOW} count service-set ss1`)).split('\n');
    expect(lines).toEqual([
      'Interface   Service set                                          Sessions count',
      'mams-5/0/0  ss1                                                               1',
      '',
    ]);
    expect((await runAll(shell, `${SHOW} count limit 2`)).split('\n').slice(1, -1)).toHaveLength(2);
  });
});

describe('no sessions', () => {
  it('are never shown without a word', async () => {
    const contact = new SilentContact();
    const shell = await openShell(await startRouter(), { contact });
    expect(await runAll(shell, SHOW)).toBe('');
    expect(contact.told.join()).toContain('No sessions are stored');
    contact.told.length = 0;
    expect(await runAll(shell, `${SHOW} history`)).toBe('');
    expect(contact.told.join()).toContain('are kept with the statement');
    contact.told.length = 0;
    await runAll(shell, 'configure', 'set services session-source history 10', 'commit and-quit');
    expect(await runAll(shell, `${SHOW} history`)).toBe('');
    expect(contact.told.join()).not.toContain('are kept with the statement');
  });
});

describe('clear services sessions', () => {
  it('removes what the filters find, says how many, and nothing else', async () => {
    const shell = await mixedShell();
    expect(await runAll(shell, 'clear services sessions service-set ss2')).toBe(
      `Interface   Service set                                        Sessions removed
mams-5/0/0  ss2                                                               1
mams-5/1/0  ss2                                                               1
`,
    );
    expect(await idsOf(shell, '')).toEqual([1, 281474976710655]);
    await runAll(shell, 'clear services sessions');
    expect(await idsOf(shell, '')).toEqual([]);
  });

  it('needs the privilege clear', async () => {
    const reader = await mixedShell('read-only');
    expect((await run(reader, 'clear services sessions')).outcome.status).toBe('failed');
    expect(await idsOf(reader, '')).toHaveLength(4);
  });
});
