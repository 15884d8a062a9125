/**
 * Every show as data: JSON that fits its documented schema, and XML that a parser reads as the same. A `show` of the
 * grammar that has no row here fails, and so does a schema that no row names.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { descendants, type GrammarNode } from '../../src/grammar/node.ts';
import { grammars, openShell, ROUTER_ADDRESS, run, startRouter, type TestRouter } from '../support/router.ts';
import { endedRecord, mixedRecords } from '../support/service-records.ts';
import { importRecords } from '../support/service-router.ts';
import { schemaErrors } from '../support/schema.ts';
import { twpingRequest } from '../support/virtual-router.ts';
import { parseXml, type Element } from '../support/xml.ts';

/** What shows data, by handler: its schema, and the lines that are typed here. */
interface Row {
  readonly schema: string;
  readonly lines: readonly string[];
}

const client = 'show services rpm twamp client';
const server = 'show services rpm twamp server';
const danos = 'show services twamp server';

const rows: Readonly<Record<string, Row>> = {
  'show-candidate': { schema: 'show-configuration', lines: ['show', 'show services rpm', 'show system'] },
  'show-cli': { schema: 'show-cli', lines: ['show cli'] },
  'show-cli-alias': { schema: 'show-cli-alias', lines: ['show cli alias'] },
  'show-cli-history': { schema: 'show-cli-history', lines: ['show cli history', 'show cli history 1'] },
  'show-cli-authorization': { schema: 'show-cli-authorization', lines: ['show cli authorization'] },
  'show-configuration-commands': { schema: 'show-configuration', lines: ['show configuration commands'] },
  'show-compare-candidate': {
    schema: 'show-compare-candidate',
    lines: ['show configuration compare', 'show configuration compare rollback 1'],
  },
  'show-fleet-schema': { schema: 'show-fleet-schema', lines: ['show fleet schema'] },
  'show-fleet-status': { schema: 'show-fleet-status', lines: ['show fleet status'] },
  'show-rollback': { schema: 'show-rollback', lines: ['show rollback'] },
  'show-whole-candidate': { schema: 'show-configuration', lines: ['top show', 'top show services rpm'] },
  'show-configuration': {
    schema: 'show-configuration',
    lines: ['show configuration', 'show configuration services rpm twamp server client-list all'],
  },
  'show-services-rpm-twamp-server': { schema: 'show-services-rpm-twamp-server', lines: [server] },
  'show-services-rpm-twamp-server-connection': {
    schema: 'show-services-rpm-twamp-server',
    lines: [`${server} connection`, `${server} connection 4242`],
  },
  'show-services-rpm-twamp-server-session': {
    schema: 'show-services-rpm-twamp-server',
    lines: [`${server} session`, `${server} session 1`],
  },
  'show-services-flows': { schema: 'show-services-flows', lines: ['show services flows'] },
  'show-services-sessions': {
    schema: 'show-services-sessions',
    lines: ['', ' extensive', ' count', ' limit 1'].map((words) => `show services sessions${words}`),
  },
  'show-services-sessions-history': {
    schema: 'show-services-sessions',
    lines: ['show services sessions history', 'show services sessions history count'],
  },
  'show-services-sessions-metrics': {
    schema: 'show-services-sessions-metrics',
    lines: ['show services sessions metrics', 'show services sessions metrics last 1 interface ams0'],
  },
  'show-services-sessions-utilization': {
    schema: 'show-services-sessions-utilization',
    lines: ['show services sessions utilization', 'show services sessions utilization service-set ss1'],
  },
  'show-services-sessions-source': {
    schema: 'show-services-sessions-source',
    lines: ['show services sessions source'],
  },
  'show-services-endpoint-delay-sessions': {
    schema: 'show-services-endpoint-delay-sessions',
    lines: ['', ' c2/t1', ' off'].map(
      (words) => `show services performance-monitoring endpoint-delay sessions${words}`,
    ),
  },
  'show-services-simple-twamp': {
    schema: 'show-services-simple-twamp',
    lines: ['show services simple-twamp'],
  },
  'show-services-twamp': { schema: 'show-services-twamp', lines: ['show services twamp'] },
  'show-services-twamp-server-session-all': {
    schema: 'show-service-twamp-server-session',
    lines: [`${danos} session all`],
  },
  'show-services-twamp-server-session-client': {
    schema: 'show-service-twamp-server-session',
    lines: [`${danos} session client ${ROUTER_ADDRESS}`],
  },
  'show-services-twamp-server-session-summary': {
    schema: 'show-service-twamp-server-session',
    lines: [`${danos} session summary`],
  },
  'show-services-twamp-server-status': {
    schema: 'show-service-twamp-server-status',
    lines: [`${danos} status`],
  },
  'show-services-twamp-sessions': {
    schema: 'show-services-twamp-sessions',
    lines: ['', ' detail', ' history', ' type control', ' since 2020-01-01.00:00:00'].map(
      (words) => `show services twamp sessions${words}`,
    ),
  },
  'show-system': { schema: 'show-system', lines: ['show system'] },
  'show-system-name': { schema: 'show-system-name', lines: ['show system name'] },
  'show-system-uptime': { schema: 'show-system-uptime', lines: ['show system uptime'] },
  'show-system-audit': {
    schema: 'show-system-audit',
    lines: ['show system audit', 'show system audit kind command'],
  },
  'show-system-login-lockout': { schema: 'show-system-login-lockout', lines: ['show system login lockout'] },
  'show-system-users': { schema: 'show-system-users', lines: ['show system users'] },
  'show-system-commit': { schema: 'show-system-commit', lines: ['show system commit'] },
  'show-system-rollback': { schema: 'show-configuration', lines: ['show system rollback 0'] },
  'show-system-rollback-compare': {
    schema: 'show-system-rollback-compare',
    lines: ['show system rollback compare 0 0', 'show system rollback compare 1 0'],
  },
  'show-twamp-client': { schema: 'show-services-rpm-twamp-client', lines: [client] },
  'show-twamp-client-connection': {
    schema: 'show-services-rpm-twamp-client',
    lines: [`${client} connection`],
  },
  'show-twamp-client-events': {
    schema: 'show-services-rpm-twamp-client-events',
    lines: [`${client} events`],
  },
  'show-twamp-client-history-results': {
    schema: 'show-services-rpm-twamp-client-history-results',
    lines: [`${client} history-results`],
  },
  'show-twamp-client-probe-results': {
    schema: 'show-services-rpm-twamp-client-probe-results',
    lines: [`${client} probe-results`],
  },
  'show-twamp-client-session': { schema: 'show-services-rpm-twamp-client', lines: [`${client} session`] },
  'show-twamp-mesh': { schema: 'show-services-rpm-twamp-mesh', lines: ['show services rpm twamp mesh'] },
  'show-version': { schema: 'show-version', lines: ['show version'] },
  twping: { schema: 'twping', lines: [`twping ${ROUTER_ADDRESS} count 3`] },
  'twping-light': { schema: 'twping', lines: [`twping ${ROUTER_ADDRESS} light count 3 port 6000`] },
};

/** Where there is a database to read from: test/fleet/reading.test.ts proves the same of these. */
const ofFleets = [
  'show-fleet-audit',
  'show-fleet-commits',
  'show-fleet-nodes',
  'show-fleet-services-sessions-count',
  'show-fleet-twamp-results',
  'show-fleet-twamp-sessions',
];

const CONNECTION = 'services rpm twamp client control-connection c1';

/** A configuration that has every kind of statement: lists, flags, several values, names that XML must escape. */
const statements = [
  'system host-name r1',
  'system fleet postgresql url postgresql://r1@127.0.0.1:1/fleet',
  'services rpm twamp mesh m1 members [ r1 r2 ]',
  'services rpm twamp mesh m1 target r1 address 192.0.2.1',
  'services rpm twamp mesh m1 target r2 address 192.0.2.2',
  'services rpm twamp mesh-member m1 from r1',
  'services rpm twamp mesh-member m2 from r2',
  'services session-source metrics interval 1',
  'services rpm twamp server client-list all address 0.0.0.0/0',
  'services rpm twamp server authentication-mode [ none encrypted ]',
  'services rpm twamp server authentication-key-chain users key-id "<a> & b" secret "s3cret"',
  'services rpm twamp server light port [ 6000 6001 ]',
  'services rpm twamp client control-connection c2 control-type light',
  `services rpm twamp client control-connection c2 test-session t1 target-address address ${ROUTER_ADDRESS}`,
  'services rpm twamp client control-connection c2 test-session t1 probe-count 2',
  `services performance-monitoring simple-twamp session off destination-address ${ROUTER_ADDRESS}`,
  'services performance-monitoring simple-twamp session off admin-state disabled',
  `${CONNECTION} target-address ${ROUTER_ADDRESS}`,
  `${CONNECTION} persistent-results`,
  `${CONNECTION} moving-average-size 2`,
  `${CONNECTION} test-session t1 probe-count 3`,
  `${CONNECTION} test-session t1 thresholds rtt 100`,
  `${CONNECTION} test-session t1 traps rtt-exceeded`,
];

/** What is shown again and again, by handler: a line of data each time. */
const monitors: Readonly<Record<string, Row>> = {
  'monitor-services-sessions': {
    schema: 'monitor-services-sessions',
    lines: [
      'monitor services sessions count 3',
      'monitor services sessions order packets interface ams0 interval 2s',
    ],
  },
  'monitor-services-twamp-sessions': {
    schema: 'monitor-services-twamp-sessions',
    lines: ['monitor services twamp sessions count 3'],
  },
};

/** A router that has something to show everywhere: it measures itself, and has done so before. */
async function busyRouter(): Promise<TestRouter> {
  const router = await startRouter();
  const shell = await openShell(router);
  const lines = [
    'configure',
    ...statements.map((words) => `set ${words}`),
    'commit comment "a <b> & c"',
    'set services rpm twamp server maximum-sessions 60',
    'commit confirmed 60',
    'set services rpm twamp server maximum-sessions 61',
    'commit at reboot comment "<later>"',
  ];
  router.state.audit.write([
    {
      id: undefined,
      kind: 'command',
      user: 'ada',
      way: 'ssh',
      address: '192.0.2.9:1',
      text: 'show <version> | match "a & b"',
      result: 'done',
      firstWallNanos: 1n,
      lastWallNanos: 2n,
      count: 2,
    },
  ]);
  for (const line of lines) {
    const { outcome } = await router.time.until(run(shell, line));
    expect(outcome, line).toEqual({ status: 'done' });
  }
  await importRecords(router, [...mixedRecords, endedRecord]);
  const measure = (count: number) =>
    router.router.engine.twping(twpingRequest({ host: ROUTER_ADDRESS, count, intervalNanos: 100e6 }), {
      signal: new AbortController().signal,
    });
  await router.time.until(measure(3));
  const measuring = measure(100);
  onTestFinished(async () => {
    await router.time.until(measuring.catch(() => undefined));
  });
  await router.time.pass(6.2e9);
  return router;
}

const isShow = (handler: string): boolean => handler.startsWith('show');

/** What a line prints; `show` of a candidate is typed in configuration mode. */
async function typed(router: TestRouter, handler: string, line: string): Promise<string> {
  const shell = await openShell(router);
  shell.login.history.add('exit', { text: 'exit', wallNanos: 1n });
  if (handler.endsWith('-candidate')) await run(shell, 'configure');
  const { text, outcome } = await router.time.until(run(shell, line));
  // A measurement that loses every packet has failed, and has something to show.
  if (isShow(handler)) expect(outcome, line).toEqual({ status: 'done' });
  return text;
}

/** Data as they read in XML: texts alone, nothing for no values, a value alone for one. Undefined: no element. */
function inXml(data: unknown): Element | readonly Element[] | undefined {
  if (data === null) return '';
  if (Array.isArray(data)) {
    const elements = data.map(inXml) as Element[];
    return elements.length < 2 ? elements[0] : elements;
  }
  if (typeof data === 'string') return data;
  if (typeof data !== 'object') return JSON.stringify(data);
  const properties = Object.entries(data).map(([name, each]) => [name, inXml(each)] as const);
  const present = properties.filter(([, each]) => each !== undefined);
  return present.length === 0 ? '' : (Object.fromEntries(present) as Element);
}

/** The only element of a reply, and what stands in it. */
function replyOf(xml: string): [string, Element] {
  const { 'rpc-reply': reply, ...others } = parseXml(xml);
  expect(others).toEqual({});
  const elements = Object.entries(reply as Record<string, Element>);
  expect(elements.map(([name]) => name)).toHaveLength(1);
  return elements[0]!;
}

/** Handlers below the word, but for what only leads to them. */
function showsOf(grammar: GrammarNode, word = 'show'): string[] {
  const shows = grammar.children.filter(({ name }) => name === word);
  const nodes = shows.flatMap((node) => [node, ...descendants(node)]);
  return nodes.flatMap(({ handler }) => handler ?? []);
}

const schemas = readdirSync(join(import.meta.dirname, '../../docs/schema')).map((file) =>
  file.replace('.json', ''),
);

describe('of all commands', () => {
  it('every show has a row here', () => {
    const shows = new Set([...showsOf(grammars.operational), ...showsOf(grammars.configuration)]);
    expect([...shows].filter((handler) => !(handler in rows)).toSorted()).toEqual(ofFleets);
  });

  it('every monitor has one, too', () => {
    expect(showsOf(grammars.operational, 'monitor').toSorted()).toEqual(Object.keys(monitors).toSorted());
  });

  it('every schema is that of a row', () => {
    const used = new Set([
      ...Object.values({ ...rows, ...monitors }).map(({ schema }) => schema),
      ...ofFleets,
    ]);
    expect(schemas.filter((schema) => !used.has(schema))).toEqual([]);
  });
});

it.each(Object.entries(rows))(
  '%s gives JSON that fits its schema, and XML that is the same',
  async (handler, row) => {
    const router = await busyRouter();
    for (const line of row.lines) {
      const json = await typed(router, handler, `${line} | display json`);
      const xml = await typed(router, handler, `${line} | display xml`);
      expect(schemaErrors(row.schema, json), line).toBeUndefined();
      const [element, content] = replyOf(xml);
      // A measurement is another one each time.
      if (!isShow(handler)) continue;
      expect(await typed(router, handler, `${line} | display-xml`)).toBe(xml);
      const data = JSON.parse(json) as Record<string, unknown>;
      const isOneElement = Object.keys(data).join() === element;
      expect(content, line).toEqual(inXml(isOneElement ? data[element] : data));
    }
  },
);

it.each(Object.entries(monitors))('%s gives a line of JSON for each interval', async (_, row) => {
  const router = await busyRouter();
  for (const line of row.lines) {
    const shell = await openShell(router);
    const running = run(shell, `${line} | display json`);
    for (let second = 0; second < 10; second += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      await router.time.pass(1e9);
    }
    const { text, outcome } = await running;
    expect(outcome, line).toEqual({ status: 'done' });
    const [, count = 1] = /count (\d+)/.exec(line) ?? [];
    const lines = text.trimEnd().split('\n');
    expect(lines).toHaveLength(Number(count));
    for (const each of lines) {
      expect(schemaErrors(row.schema, each), line).toBeUndefined();
      const data = JSON.parse(each) as Readonly<Record<string, readonly unknown[]>>;
      expect((data['msp-session'] ?? data['sessions'])!.length).toBeGreaterThan(0);
    }
  }
});

describe('elements of Junos', () => {
  const ends = ['client-address', 'client-port', 'server-address', 'server-port'];
  const testEnds = ['sender-address', 'sender-port', 'reflector-address', 'reflector-port'];
  const packets = ['test-packets-received', 'test-packets-reflected', 'test-packets-dropped'];
  const delays = ['rtt', 'egress', 'ingress'];
  const sums = [
    'samples',
    'min-delay',
    'max-delay',
    'avg-delay',
    'jitter-delay',
    'stddev-delay',
    'sum-delay',
  ];
  const figures = (scope: string) => `probe-results/probe-test-results/probe-test-${scope}-results`;
  const single = 'probe-results/probe-test-results/probe-single-results';

  it.each([
    [
      server,
      {
        'twamp-server-information/connection': [
          'connection-id',
          ...ends,
          'session-count',
          'authentication-mode',
        ],
        'twamp-server-information/server/session': [
          ...['session-id', 'connection-id', ...testEnds, 'session-state', 'authentication-mode'],
          ...['ip-version', 'padding-length', 'timeout'],
        ],
        'twamp-server-information/server/session/packet-statistics': [
          ...packets,
          'last-sequence-number-received',
          'last-sequence-number-sent',
        ],
        'twamp-server-information/server/session/packet-statistics/test-packets-dropped-details': [
          ...['session-nonexist', 'session-notactive', 'packet-unsupported', 'packet-malformed'],
          'internal-error',
        ],
        'twamp-server-information/server/server-statistics': packets,
      },
    ],
    [
      client,
      {
        'twamp-client-information/client-connection': [
          'connection-name',
          ...ends,
          'session-count',
          'authentication-mode',
        ],
        'twamp-client-information/twamp-test-session': ['connection-name', 'session-name', ...testEnds],
      },
    ],
    [
      `${client} probe-results`,
      {
        'probe-results/probe-test-results': [
          ...['owner', 'test-name', 'target-address', 'test-size', 'server-status', 'twamp-client-retries'],
          ...[...ends, ...testEnds, 'routing-instance-name'],
        ],
        [single]: [
          ...['probe-sent-time', 'probe-status', 'probe-time', ...delays],
          ...['egress-jitter', 'ingress-jitter', 'round-trip-jitter', 'egress-interarrival-jitter'],
          ...['ingress-interarrival-jitter', 'round-trip-interarrival-jitter'],
        ],
        ...Object.fromEntries(
          ['current', 'last', 'moving', 'global'].map((scope) => [
            `${figures(scope)}/probe-test-generic-results`,
            ['results-scope', 'probes-sent', 'probe-responses', 'loss-percentage'],
          ]),
        ),
        ...Object.fromEntries(
          delays.map((delay) => [
            `${figures('global')}/probe-test-generic-results/probe-test-${delay}/probe-summary-results`,
            ['probe-results-type', ...sums],
          ]),
        ),
      },
    ],
    [
      `${client} history-results`,
      {
        'history-results/history-test-results/probe-single-results': [
          ...['owner', 'test-name', 'probe-sent-time', 'probe-status', 'probe-time', ...delays],
        ],
      },
    ],
    ['show system commit', { 'commit-information/commit-history': ['sequence-number', 'user', 'date-time'] }],
    ['show version', { 'software-information': ['host-name', 'product-name'] }],
    ['show configuration', { 'configuration/services/rpm/twamp/server/client-list': ['name', 'address'] }],
  ])('%s', async (line, expected: Readonly<Record<string, readonly string[]>>) => {
    const router = await busyRouter();
    const { 'rpc-reply': reply } = parseXml(await typed(router, 'show', `${line} | display xml`));
    for (const [path, names] of Object.entries(expected))
      expect(Object.keys(elementAt(reply!, path)), path).toEqual(expect.arrayContaining([...names]));
  });

  /** The last element at the path: of sessions, the one that runs. */
  function elementAt(reply: Element | readonly Element[], path: string): Element {
    let at: Element | readonly Element[] = reply;
    for (const name of path.split('/')) {
      const one: unknown = Array.isArray(at) ? at.at(-1) : at;
      at = (one as Record<string, Element>)[name] ?? '';
    }
    return (Array.isArray(at) ? at.at(-1) : at) as Element;
  }
});
