/** Part of the sessions suite: imports of records, the first page of stored sessions, and events beside `conntrack -E`. */
import { spawn } from 'node:child_process';
import { createReadStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Libc } from '../../src/native/libc.ts';
import type { Vrf } from '../../src/native/routing-instance.ts';
import { ConntrackSource } from '../../src/services/conntrack/conntrack-source.ts';
import { SessionFilter, type FilterOptions } from '../../src/services/filter.ts';
import { importSessions } from '../../src/services/records/import.ts';
import { defaultMapping } from '../../src/services/mapping-settings.ts';
import { StoredSource } from '../../src/services/records/stored-source.ts';
import type { ServiceSessionStore } from '../../src/store/service-session-store.ts';
import { openServices } from '../../src/store/state-directory.ts';
import { addConnections, type ConnectionText } from '../../test/support/connections.ts';
import type { Workshop } from './programs.ts';
import type { Report } from './report.ts';
import { median } from './statistics.ts';

const RECORDS = 100_000;
const FIRST_PAGE_GOAL_MILLIS = 50;
const SEARCHES = 5;
/** So many are made at once, and as many in a second as 60,000. */
const EVENTS_AT_ONCE = 3000;
const EVENTS = 66 * EVENTS_AT_ONCE;
const EVENTS_EVERY_MILLIS = 50;
const QUIET_MILLIS = 1500;

const filters: readonly (readonly [name: string, options: FilterOptions])[] = [
  ['all', {}],
  ['protocol udp destination-port 53', { protocol: 17, destinationPort: 53 }],
  ['protocol udp', { protocol: 17 }],
  ['source-port 22, which none has', { sourcePort: 22 }],
  ['source-prefix 10.7.0.0/16', { sourcePrefix: '10.7.0.0/16' }],
  ['destination-prefix 192.0.2.7', { destinationPrefix: '192.0.2.7' }],
  ['a source that is none', { sourcePrefix: '172.16.0.0/12' }],
  ['source-prefix 2001:db8::/32, which none has', { sourcePrefix: '2001:db8::/32' }],
  ['application-protocol dns', { application: 'dns' }],
  ['application-protocol icmp', { application: 'icmp' }],
  ['service-set default', { serviceSet: 'default' }],
  ['interface ms-1/0/0, which none is on', { interface: 'ms-1/0/0' }],
  [
    'all filters of flows, which none satisfies together',
    {
      protocol: 6,
      sourcePort: 1,
      sourcePrefix: '10.0.0.0/8',
      destinationPort: 443,
      destinationPrefix: '192.0.2.0/24',
    },
  ],
];

/** `connections`: as those of the kernel. */
export async function measureStored(
  workshop: Workshop,
  connections: Iterable<ConnectionText>,
  report: Report,
): Promise<void> {
  const room = workshop.room();
  const [sample, file] = [join(room, 'some.json'), join(room, 'all.json')];
  const lines = [...connections].map((connection, index) => `${recordOf(connection, index)}\n`);
  writeFileSync(sample, lines.slice(0, RECORDS).join(''));
  writeFileSync(file, lines.join(''));
  report.section(`${lines.length.toLocaleString('en')} stored sessions`);
  const before = process.cpuUsage();
  const begin = performance.now();
  openServices(await importInto(join(room, 'some.db'), sample)).close();
  const { user, system } = process.cpuUsage(before);
  report.add({
    id: 'sessions/import/millis',
    name: `import of ${RECORDS.toLocaleString('en')} records`,
    value: performance.now() - begin,
    unit: 'ms',
  });
  report.add({
    id: 'sessions/import/cpu',
    name: 'CPU a session',
    value: (user + system) / RECORDS,
    unit: 'µs',
  });
  const store = openServices(await importInto(join(room, 'all.db'), file));
  for (const [name, options] of filters) await measureSearch(store, name, new SessionFilter(options), report);
  store.close();
}

/** To the first page, and how long it takes to count all of them. */
async function measureSearch(
  store: ServiceSessionStore,
  name: string,
  filter: SessionFilter,
  report: Report,
): Promise<void> {
  const source = new StoredSource(store, 'live');
  const { signal } = new AbortController();
  const first: number[] = [];
  for (let round = 0; round < SEARCHES; round += 1) {
    const start = performance.now();
    for await (const page of source.select({ filter, limit: undefined, signal })) if (page.length > 0) break;
    first.push(performance.now() - start);
  }
  const start = performance.now();
  await source.count({ filter, signal });
  const remark = `counted in ${Math.round(performance.now() - start)} ms`;
  report.add({
    id: `sessions/stored/${name}`,
    name: `first page: ${name}`,
    value: median(first),
    unit: 'ms',
    goal: { atMost: FIRST_PAGE_GOAL_MILLIS },
    remark,
  });
}

function recordOf({ original }: ConnectionText, index: number): string {
  const { source, destination, protocol, sourcePort, destinationPort } = original;
  const flow = (from: string, fromPort: unknown, to: string, toPort: unknown) => ({
    protocol,
    'source-address': from,
    'source-port': fromPort,
    'destination-address': to,
    'destination-port': toPort,
  });
  return JSON.stringify({
    'session-id': index,
    flow: [
      flow(source, sourcePort, destination, destinationPort),
      flow(destination, destinationPort, source, sourcePort),
    ],
  });
}

async function importInto(database: string, file: string): Promise<string> {
  const store = openServices(database);
  const request = { name: file, replace: false, nowWallNanos: 0n, mapping: defaultMapping };
  await importSessions(store, () => createReadStream(file), request, new AbortController().signal);
  store.close();
  return database;
}

/** How many of the sessions that end are told, and whether what is missing is noticed. */
export async function measureEvents(
  libc: Libc,
  namespace: string,
  connections: () => Iterable<ConnectionText>,
  report: Report,
): Promise<void> {
  const vrf: Vrf = { kind: 'namespace', name: namespace };
  const workerUrl = pathToFileURL(join(import.meta.dirname, '../../dist/conntrack-worker.js'));
  const source = new ConntrackSource({ libc, workerUrl, mapping: () => defaultMapping, vrfs: () => [vrf] });
  const stop = new AbortController();
  const wall = (): bigint => 0n;
  let [told, losses] = [0, 0];
  const watching = (async () => {
    for await (const ended of source.ended(stop.signal, wall, () => (losses += 1))) told += ended.length;
  })().catch(() => undefined);
  const peer = spawn('ip', ['netns', 'exec', namespace, 'conntrack', '-E', '-e', 'DESTROY']);
  peer.on('error', () => undefined);
  let peerTold = 0;
  peer.stdout.on('data', (chunk: Buffer) => (peerTold += chunk.toString('latin1').split('\n').length - 1));
  await source.count({ filter: new SessionFilter({}), signal: stop.signal });
  await sleep(QUIET_MILLIS);
  const begin = performance.now();
  let made: ConnectionText[] = [];
  for (const connection of connections()) {
    made.push(connection);
    if (made.length < EVENTS_AT_ONCE) continue;
    addConnections(libc, vrf, made);
    made = [];
    await sleep(EVENTS_EVERY_MILLIS);
    await source.clear({ filter: new SessionFilter({}), signal: stop.signal });
  }
  const seconds = (performance.now() - begin) / 1000;
  for (let before = -1; before !== told + peerTold;) {
    before = told + peerTold;
    await sleep(QUIET_MILLIS);
  }
  peer.kill();
  stop.abort();
  await watching;
  await source.close();
  report.section('sessions that end');
  const row = { unit: '%', remark: `${Math.round(EVENTS / seconds).toLocaleString('en')} a second` };
  report.add({ id: 'sessions/events/told', name: 'told by dnrouter', value: (100 * told) / EVENTS, ...row });
  report.add({
    id: 'sessions/events/conntrack',
    name: 'conntrack -E',
    value: (100 * peerTold) / EVENTS,
    ...row,
  });
  report.add({
    id: 'sessions/events/unnoticed',
    name: 'lost without being noticed',
    value: told < EVENTS && losses === 0 ? EVENTS - told : 0,
    unit: '',
    goal: { atMost: 0 },
  });
}

export const EVENTS_MEASURED = EVENTS;

const sleep = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis));
