/** Real sessions through a NAT router in namespaces, as the program that runs in the router's shows them. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  labUnavailable,
  startLab,
  type Helper,
  type Lab,
  type Listed,
  type ListedFlow,
} from '../support/lab.ts';
import {
  byName,
  changesOf,
  expected,
  keyOfLab,
  keyOfListed,
  keyOfShown,
  mapping,
  matches,
  namesOf,
  possible,
  present,
  sessionsOf,
  type Shown,
  type ShownFlow,
} from '../support/lab-sessions.ts';
import { addNamespace } from '../support/namespaces.ts';
import { committing, printed, programIn, type PrintOptions } from '../support/lab-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { addConnections } from '../support/connections.ts';
import { available, type Libc } from '../../src/native/libc.ts';

const unavailable = labUnavailable();
if (unavailable !== undefined) console.warn(`skipped: lab: ${unavailable}`);

const kernel = available();
const libc = 'libc' in kernel ? kernel.libc : (undefined as unknown as Libc);

/** A program that starts, and some tens of lines of it. */
const LINES_MILLIS = 180_000;

let lab: Lab;
beforeAll(async () => {
  if (unavailable === undefined) lab = await startLab();
}, LINES_MILLIS);
afterAll(async () => {
  if (unavailable === undefined) await lab.close();
});

/** A row that this kernel cannot have is skipped with the reason. */
function skipWithout(helper: Helper | undefined, skip: (reason: string) => void): void {
  if (helper !== undefined && !lab.helpers.includes(helper)) skip(`this kernel has no helper for ${helper}`);
}

/** What lines print while nothing is counted, with what the program conntrack lists before them and after. */
async function printedBetween(lines: readonly string[], options?: PrintOptions) {
  const before = lab.listed();
  const parts = await printed(lab.router, lines, options);
  const after = lab.listed();
  expect(before.map(countedOf).toSorted(), 'the traffic has not come to rest').toEqual(
    after.map(countedOf).toSorted(),
  );
  return { before, after, parts };
}

function countedOf({ id, original, reply }: Listed): string {
  return [id, original.packets, original.octets, reply.packets, reply.octets].join(' ');
}

describe.skipIf(unavailable !== undefined)('the sessions of the lab', () => {
  let before: readonly Listed[];
  let after: readonly Listed[];
  let parts: readonly string[];
  let all: ReadonlyMap<string, Shown>;
  beforeAll(async () => {
    ({ before, after, parts } = await printedBetween([
      'show services sessions | display json',
      'show services sessions',
      'show services sessions brief',
      'show services sessions terse',
      'show services sessions extensive',
      'show services sessions count',
      'show services flows',
      'show services flows | display json',
      'show services sessions | display xml',
      'show services sessions source',
    ]));
    all = byName(lab, sessionsOf(parts[0]!));
  }, LINES_MILLIS);

  test('are all there, and no others', () => {
    expect([...all.keys()].toSorted()).toEqual(
      possible(lab)
        .map(([name]) => name)
        .toSorted(),
    );
    expect(all.size).toBe(before.length);
  });

  test.for(Object.entries(expected))('%s', ([name, row], { skip }) => {
    skipWithout(row.needs, skip);
    const shown = all.get(name)!;
    const changes = changesOf(shown);
    expect(matches(changes, row.nat), `${JSON.stringify(changes)}, ${JSON.stringify(row.nat)}`).toBe(true);
    expect(shown).toMatchObject({
      'interface-name': 'ms-0/0/0',
      'service-set-name': 'default',
      alg: row.alg,
      'ip-action': false,
      offload: false,
      asymmetric: row.asymmetric ?? false,
    });
    expect(shown.flow.map(({ direction }) => direction).join('')).toBe(row.directions[0]);
    expect(shown.flow.map(({ role }) => role)).toEqual(['initiator', 'responder']);
    expect(shown.flow.map(({ state }) => state)).toEqual(['Forward', 'Forward']);
  });

  test('are as the program conntrack lists them in the same second', () => {
    for (const [index, earlier] of before.entries()) {
      const later = after[index]!;
      const [, shown] = [...all].find(([, session]) => keyOfShown(session) === keyOfListed(earlier))!;
      expect(shown['session-id'] % 2 ** 32).toBe(earlier.id);
      expect(shown.asymmetric).toBe(earlier.isUnreplied);
      if (earlier.helper !== undefined) expect(shown.alg).toBe(earlier.helper);
      expect(shown.flow).toHaveLength(2);
      expectFlow(shown.flow[0]!, earlier.original, earlier.protocol);
      expectFlow(shown.flow[1]!, earlier.reply, earlier.protocol);
      for (const { timeout } of shown.flow) {
        expect(timeout).toBeLessThanOrEqual(earlier.timeoutSeconds!);
        expect(timeout).toBeGreaterThanOrEqual(later.timeoutSeconds!);
      }
    }
  });

  test('are printed with the figures of the program conntrack', () => {
    const [, plain, brief, terse, extensive, count, flows] = parts as [string, string, ...string[]];
    const lines = plain.split('\n').filter((line) => !line.startsWith('Session'));
    expect(lines[0]).toBe('ms-0/0/0');
    const listed = new Set(before.flatMap(linesOf));
    expect(lines.slice(1, -1)).toHaveLength(2 * before.length);
    // Direction alone is not the program's to say.
    for (const line of lines.slice(1, -1)) {
      expect(listed).toContain(line.replace(/(?<=Forward {2})[IOU](?= )/, ' '));
    }
    expect([brief, terse, flows]).toEqual([plain, plain, plain]);
    expect(count).toMatch(new RegExp(`\\nms-0/0/0 {4}default {46,}${before.length}\\n$`));
    const octets = [...extensive!.matchAll(/^ {2}Byte count: (\d+)$/gm)].map(([, value]) => Number(value));
    expect(octets).toEqual(
      sessionsOf(parts[0]!).flatMap(({ flow }) => flow.map((each) => each['byte-count'])),
    );
  });

  test('have their translations below them with extensive', () => {
    const { 'translated-port': port } = all.get('napt')!.nat!.source!;
    expect(parts[4]).toContain(
      `NAT PLugin Data:\n  NAT Action:   Translation Type - NAPT-44\n    NAT source      10.10.10.3:52145   ->     10.11.11.11:${port}\n`,
    );
    expect(parts[4]).toContain('NAT Action:   Translation Type - TWICE NAT44\n');
    expect(parts[4]).toContain('    NAT Destination     10.11.11.80:8080    ->      10.20.20.1:80\n');
  });

  test('are the same as data, flow by flow and in XML', () => {
    const flows = (JSON.parse(parts[7]!) as { readonly 'service-sfw-flow': readonly object[] })[
      'service-sfw-flow'
    ];
    expect(flows).toHaveLength(2 * before.length);
    expect(parts[8]!.match(/<session-id>/g)).toHaveLength(before.length);
    expect(parts[9]).toMatch(
      new RegExp(`Method: ctnetlink\\n {2}Sessions: ${before.length}, Maximum: \\d+\\n`),
    );
  });
});

/** A line of `show services sessions`, and the sessions it finds. */
const filters: readonly (readonly [words: string, ...names: string[]])[] = [
  [
    'application-protocol ftp',
    ...['ftp-control', 'ftp-data', 'ftp6-control', 'ftp6-data', 'ftp-active-control', 'ftp-active-data'],
  ],
  ['application-protocol sip', 'sip', 'rtp'],
  ['application-protocol tftp', 'tftp', 'tftp-data'],
  ['application-protocol pptp', 'pptp', 'pptp-gre'],
  ['application-protocol dns', 'dns'],
  ['application-protocol icmp', 'icmp'],
  ['protocol gre', 'gre', 'pptp-gre'],
  ['protocol icmp', 'icmp'],
  ['protocol 58', 'icmp6'],
  // The port of the second telnet is another outside.
  ['destination-port 52145', 'telnet'],
  ['source-port 52145', 'telnet', 'napt'],
  ['source-port 8443', 'masquerade'],
  ['destination-port 7777 protocol udp', 'zone'],
  ['source-prefix 10.10.10.3/32', 'napt', 'gre'],
  ['destination-prefix 192.0.2.0/24', 'dns'],
  ['destination-prefix 10.11.11.80/32', 'twice-nat'],
  ['source-prefix 2001:db8:10::/64 protocol tcp', 'tcp6', 'ftp6-control', 'ftp6-data'],
  ['destination-prefix 2001:db8:20:1::9/128', 'udp6-nat'],
  ['destination-port 21 source-prefix 10.10.10.0/24', 'ftp-control', 'ftp-active-control'],
  // One flow has to have both.
  ['source-prefix 10.20.20.1/32 destination-port 40080', 'tcp'],
  ['source-prefix 10.10.10.2/32 destination-port 40080'],
];

const mappedFilters: typeof filters = [
  ['interface ams0', 'zone'],
  ['interface mams-5/0/0', 'zone'],
  ['interface ms-2/0/0', 'dnat'],
  ['interface ms-2/0/0 service-set web'],
  ['service-set web', 'tcp', 'telnet', 'napt', 'tcp6'],
  ['service-set web interface ms-1/0/0 destination-prefix 2001:db8:20::2/128', 'tcp6'],
  ['service-set default source-port 8443', 'masquerade'],
];

const shows = (rows: typeof filters): string[] =>
  rows.map(([words]) => `show services sessions ${words} | display json`);

describe.skipIf(unavailable !== undefined)('filters', () => {
  test(
    'find the sessions of the lab that they are to find',
    async () => {
      const parts = await printed(lab.router, [
        ...shows(filters),
        'show services sessions limit 3 | display json',
        'show services sessions protocol gre count',
      ]);
      for (const [index, [words, ...names]] of filters.entries())
        expect(namesOf(lab, parts[index]!), words).toEqual(present(lab, ...names));
      expect(sessionsOf(parts.at(-2)!)).toHaveLength(3);
      expect(parts.at(-1)).toMatch(new RegExp(` ${present(lab, 'gre', 'pptp-gre').length}\\n$`));
    },
    LINES_MILLIS,
  );
});

describe.skipIf(unavailable !== undefined)('statements', () => {
  test(
    'say where sessions are shown, their states and directions',
    async () => {
      const { parts } = await printedBetween(
        ['show services sessions | display json', 'show services sessions', ...shows(mappedFilters)],
        { statements: mapping },
      );
      const all = byName(lab, sessionsOf(parts[0]!));
      for (const [name, { directions, mapped = {} }] of possible(lab)) {
        const shown = all.get(name)!;
        const { interface: on = 'ms-1/0/0', set = 'default', state = 'Forward' } = mapped;
        expect([shown['interface-name'], shown['service-set-name']], name).toEqual([on, set]);
        expect(new Set(shown.flow.map((each) => each.state)), name).toEqual(new Set([state]));
        expect(shown.flow.map(({ direction }) => direction).join(''), name).toBe(directions[1]);
      }
      expect(parts[1]!.match(/^\S*ms-.*$/gm)).toEqual(['mams-5/0/0 (ams0)', 'ms-1/0/0', 'ms-2/0/0']);
      for (const [index, [words, ...names]] of mappedFilters.entries())
        expect(namesOf(lab, parts[2 + index]!), words).toEqual(present(lab, ...names));
    },
    LINES_MILLIS,
  );

  test(
    'an interface of Linux stands for its networks, of IPv4 and IPv6',
    async () => {
      const [shown] = await printed(
        lab.router,
        ['show services sessions interface ms-7/0/0 | display json'],
        { statements: ['set services interfaces ms-7/0/0 linux-interface lan0'] },
      );
      expect(namesOf(lab, shown!)).toEqual(
        possible(lab)
          .map(([name]) => name)
          .toSorted(),
      );
    },
    LINES_MILLIS,
  );

  test(
    'namespaces of routing instances are read with our own',
    async () => {
      const [home, other] = [addNamespace(), addNamespace()];
      const ends = { source: '198.51.100.1', destination: '198.51.100.2' };
      const connection = { original: { ...ends, protocol: 17, sourcePort: 9, destinationPort: 53 } };
      addConnections(libc, { kind: 'namespace', name: other }, [connection]);
      const before = lab.listed().length;
      const enable = 'set services session-source enable-tracking';
      const uncounted = `Warning: Packets and octets are not counted in the network namespace ${other} (sysctl net.netfilter.nf_conntrack_acct=1, or ${enable}).\n`;
      const idle = `Warning: Nothing asks for connection tracking: there are no sessions to see (${enable}).\n`;
      const parts = await printed(
        home,
        [
          'show services sessions | display json',
          'show services sessions destination-port 53 count',
          'show services sessions source | display json',
        ],
        {
          statements: [
            `set routing-instances lab namespace ${lab.router}`,
            `set routing-instances other namespace ${other}`,
          ],
          warnings: `${uncounted}${uncounted}${idle}${uncounted}`,
        },
      );
      const sessions = sessionsOf(parts[0]!);
      expect(sessions).toHaveLength(before + 1);
      const own = sessions.filter(({ flow }) => flow[0]!['source-address'] !== ends.source);
      expect([...byName(lab, own).keys()].toSorted()).toEqual(
        possible(lab)
          .map(([name]) => name)
          .toSorted(),
      );
      expect(parts[1]).toMatch(/ 2\n$/);
      expect(JSON.parse(parts[2]!)).toMatchObject({ sessions: before + 1 });
    },
    LINES_MILLIS,
  );
});

/** In no order, without what is another every second. */
const still = (text: string): readonly string[] =>
  text
    .replace(/(?<=^(?:ipv. +\d+ )?\w+ +\d+ |<timeout>|-t )\d+/gm, 'T')
    .split('\n')
    .toSorted();

describe.skipIf(unavailable !== undefined)('exports', () => {
  test(
    'are what the program conntrack lists, in each of its forms',
    async () => {
      const directory = temporaryDirectory();
      const forms = ['text', 'extended', 'save', 'xml'];
      const lines = forms.map(
        (form) => `request services sessions export ${join(directory, form)} format ${form}`,
      );
      await printed(lab.router, lines);
      for (const form of forms) {
        const option = form === 'text' ? [] : ['-o', form];
        const words = ['netns', 'exec', lab.router, 'conntrack', '-L', ...option];
        const listed = execFileSync('ip', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
        expect(still(readFileSync(join(directory, form), 'utf8')), form).toEqual(still(listed));
      }
    },
    LINES_MILLIS,
  );
});

/** The lines that clear, in this order, and what each of them removes. */
const removals: typeof filters = [
  ['application-protocol sip', 'sip', 'rtp'],
  [
    'application-protocol ftp',
    ...['ftp-control', 'ftp-data', 'ftp6-control', 'ftp6-data', 'ftp-active-control', 'ftp-active-data'],
  ],
  ['application-protocol sip'],
  ['destination-port 7777', 'zone'],
  ['protocol gre', 'gre', 'pptp-gre'],
  ['source-prefix 2001:db8::/32', 'tcp6', 'udp6-nat', 'icmp6'],
  ['service-set web source-port 52145', 'telnet', 'napt'],
  ['interface ms-2/0/0', 'dnat'],
];

const removedIn = (part: string): number =>
  [...part.matchAll(/^\S+ +\S+ +(\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0);

describe.skipIf(unavailable !== undefined)('without system calls', () => {
  test(
    'the program conntrack gives the same, but for the ALG of what was expected',
    async () => {
      const { before, parts } = await printedBetween(
        ['show services sessions | display json', 'show services sessions source'],
        { env: { DNROUTER_DATAPATH: 'dgram' } },
      );
      expect(parts[1]).toContain('Method: conntrack -L\n');
      const all = byName(lab, sessionsOf(parts[0]!));
      expect(all.size).toBe(before.length);
      for (const [name, row] of possible(lab)) {
        const shown = all.get(name)!;
        const listed = before.find((each) => keyOfListed(each) === keyOfShown(shown))!;
        expect(shown.alg, name).toBe(listed.helper ?? (row.needs === undefined ? row.alg : 'none'));
        expect(matches(changesOf(shown), row.nat), name).toBe(true);
        expect(shown.asymmetric, name).toBe(row.asymmetric ?? false);
        expectFlow(shown.flow[0]!, listed.original, listed.protocol);
        expectFlow(shown.flow[1]!, listed.reply, listed.protocol);
      }
    },
    LINES_MILLIS,
  );
});

/** They remove what the tests above look at. */
describe.skipIf(unavailable !== undefined)('clear services sessions', () => {
  test(
    'removes what it finds and nothing else, says how many, and in the end all',
    async () => {
      const lines = removals.flatMap(([words]) => [
        `clear services sessions ${words}`,
        'show services sessions | display json',
      ]);
      const parts = await printed(lab.router, lines, { statements: mapping });
      const left = new Set(possible(lab).map(([name]) => name));
      for (const [index, [words, ...names]] of removals.entries()) {
        const gone = present(lab, ...names);
        expect(removedIn(parts[2 * index]!), words).toBe(gone.length);
        for (const name of gone) left.delete(name);
        expect(namesOf(lab, parts[2 * index + 1]!), words).toEqual([...left].toSorted());
      }
      const listed = lab.listed().map(keyOfListed);
      expect(listed.toSorted()).toEqual(
        Object.entries(lab.sessions)
          .filter(([name]) => left.has(name))
          .map(([, session]) => keyOfLab(session))
          .toSorted(),
      );
      const [cleared] = await printed(lab.router, ['clear services sessions']);
      expect(removedIn(cleared!)).toBe(left.size);
      expect(lab.listed()).toEqual([]);
    },
    LINES_MILLIS,
  );
});

describe.skipIf(unavailable !== undefined)('TWAMP of this router', () => {
  const PORT = 4321;

  test(
    'is known while it runs, on whatever ports',
    async () => {
      const server = programIn(lab.router);
      const client = programIn(lab.inside);
      onTestFinished(async () => {
        await Promise.all([client.kill(), server.kill()]);
      });
      await server.prints([
        committing([
          `set services rpm twamp server port ${PORT}`,
          'set services rpm twamp server client-list inside address 10.10.10.0/24',
        ]),
      ]);
      const measured = client.prints([`twping 10.10.10.1 port ${PORT} count 2000 interval 50ms`]);
      const show = ['show services sessions application-protocol twamp | display json'];
      await vi.waitUntil(async () => sessionsOf((await server.prints(show))[0]!).length === 2, LINES_MILLIS);
      const [control, data] = sessionsOf((await server.prints(show))[0]!).toSorted(
        (a, b) => a.flow[0]!.protocol - b.flow[0]!.protocol,
      );
      expect(control).toMatchObject({ alg: 'twamp', flow: [{ protocol: 6, 'destination-port': PORT }, {}] });
      expect(data).toMatchObject({ alg: 'twamp', flow: [{ protocol: 17, role: 'initiator' }, {}] });
      expect(data!.flow[1]!['frame-count']).toBeGreaterThan(0);
      await client.kill();
      await measured;
    },
    LINES_MILLIS,
  );
});

function expectFlow(shown: ShownFlow, listed: ListedFlow, protocol: number): void {
  expect(shown).toMatchObject({
    protocol,
    'source-address': listed.source,
    'destination-address': listed.destination,
    'frame-count': listed.packets,
    'byte-count': listed.octets,
  });
  expect([shown['source-port'], shown['destination-port']]).toEqual([
    listed.sourcePort,
    listed.destinationPort,
  ]);
}

const protocolNames: Readonly<Record<number, string>> = {
  1: 'ICMP',
  6: 'TCP',
  17: 'UDP',
  47: 'GRE',
  58: 'ICMPV6',
};

/** Columns of reference 001, without the direction. */
function linesOf({ protocol, original, reply }: Listed): readonly string[] {
  const end = (address: string, port: number | undefined): string =>
    `${address.padStart(15)}${(port === undefined ? '' : `:${port}`).padEnd(6)}`;
  return [original, reply].map(
    ({ source, sourcePort, destination, destinationPort, packets }) =>
      `${protocolNames[protocol]!.padEnd(7)}${end(source, sourcePort)} ->${end(destination, destinationPort)} Forward   ${String(packets).padStart(16)}`,
  );
}
