/** The kernel's own connections, in network namespaces of the test. */
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { describe as describeError } from '../../../src/commands/messages.ts';
import { within, type Vrf } from '../../../src/native/routing-instance.ts';
import { rangeOf } from '../../../src/services/address.ts';
import { ConntrackSource } from '../../../src/services/conntrack/conntrack-source.ts';
import { ConntrackThread } from '../../../src/services/conntrack/conntrack-thread.ts';
import { SessionFilter, type FilterOptions } from '../../../src/services/filter.ts';
import { defaultMapping, type MappingSettings } from '../../../src/services/mapping-settings.ts';
import { compareGroups, type ServiceSession } from '../../../src/services/session.ts';
import type { SelectOptions } from '../../../src/services/source.ts';
import {
  addConnections,
  kernelConnections,
  type ConnectionText,
  type TupleText,
} from '../../support/connections.ts';
import { addNamespace } from '../../support/namespaces.ts';
import { openShell, runAll, SilentContact, startRouter } from '../../support/router.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { mortalWorker, slowWorker } from '../../support/worker.ts';

const { unavailable, libc, worker } = kernelConnections('conntrack');
interface SourceOptions {
  readonly mapping?: MappingSettings;
  readonly workerUrl?: URL;
}

function sourceOf(namespaces: readonly string[], options: SourceOptions = {}): ConntrackSource {
  const { mapping = defaultMapping, workerUrl = worker.url } = options;
  const vrfs = namespaces.map((name): Vrf => ({ kind: 'namespace', name }));
  const source = new ConntrackSource({ libc, workerUrl, mapping: () => mapping, vrfs: () => vrfs });
  onTestFinished(() => source.close());
  return source;
}

const never = new AbortController().signal;
const everything = new SessionFilter({});

async function all(source: ConntrackSource, options: Partial<SelectOptions> = {}): Promise<ServiceSession[]> {
  const sessions: ServiceSession[] = [];
  for await (const batch of source.select({
    filter: everything,
    limit: undefined,
    signal: never,
    ...options,
  }))
    sessions.push(...batch);
  return sessions;
}

/** Of all sessions, batch by batch. */
function readerOf(source: ConntrackSource): AsyncIterator<readonly ServiceSession[]> {
  return source.select({ filter: everything, limit: undefined, signal: never })[Symbol.asyncIterator]();
}

const idsOf = (sessions: readonly ServiceSession[]): number[] =>
  sessions.map(({ id }) => id).toSorted((a, b) => a - b);

const udp = (port: number): ConnectionText => ({
  original: {
    source: `10.0.${port >>> 8}.${port & 255}`,
    destination: '192.0.2.1',
    protocol: 17,
    sourcePort: port,
    destinationPort: 53,
  },
});

const many = (count: number): ConnectionText[] => Array.from({ length: count }, (_, index) => udp(index + 1));

/** Few addresses and ports, so that filters find some. */
function randomConnections(random: SeededRandom, count: number): ConnectionText[] {
  const connections = new Map<string, ConnectionText>();
  while (connections.size < count) {
    const is6 = random.below(4) === 0;
    const address = (): string =>
      is6 ? `2001:db8::${random.below(30) + 1}` : `10.${random.below(3)}.0.${random.below(30) + 1}`;
    const [source, destination] = [address(), address()];
    const protocol = [6, 17, is6 ? 58 : 1, 50, 132][random.below(5)]!;
    const original: TupleText = {
      source,
      destination,
      protocol,
      ...(protocol === 1 || protocol === 58 ? { icmpId: random.below(9) } : {}),
      ...(protocol === 6 || protocol === 17 || protocol === 132
        ? { sourcePort: 50 + random.below(6), destinationPort: 50 + random.below(6) }
        : {}),
    };
    const isOther = source !== destination;
    const key = [source, destination].toSorted().join(`-${protocol}-`);
    if (isOther && !connections.has(key)) connections.set(key, { original, mark: random.below(4), zone: 0 });
  }
  return [...connections.values()];
}

function randomFilter(random: SeededRandom): FilterOptions {
  const maybe = <T>(value: T): T | undefined => (random.below(3) === 0 ? value : undefined);
  const prefix = (): string =>
    [`10.${random.below(3)}.0.${random.below(30) + 1}`, '10.1.0.0/16', '2001:db8::/120', '2001:db8::5'][
      random.below(4)
    ]!;
  return {
    protocol: maybe([6, 17, 1, 58, 50, 132][random.below(6)]!),
    sourcePort: maybe(50 + random.below(6)),
    destinationPort: maybe(50 + random.below(6)),
    sourcePrefix: maybe(prefix()),
    destinationPrefix: maybe(prefix()),
    interface: maybe(['ms-0/0/0', 'ms-1/0/0', 'mams-5/0/0', 'ams0'][random.below(4)]!),
    serviceSet: maybe(['one', 'two', 'default'][random.below(3)]!),
    application: maybe(['tcp', 'dns', 'ftp'][random.below(3)]!),
  };
}

const anywhere = { marks: [], zones: [], prefixes: [] };

const mapping: MappingSettings = {
  ...defaultMapping,
  interfaces: [
    { name: 'ms-1/0/0', aggregate: undefined, rule: { ...anywhere, marks: [{ value: 1, mask: 1 }] } },
    { name: 'mams-5/0/0', aggregate: 'ams0', rule: { ...anywhere, marks: [{ value: 2, mask: 2 }] } },
  ],
  serviceSets: [
    { name: 'two', interface: undefined, rule: { ...anywhere, prefixes: [rangeOf('10.1.0.0/16')] } },
    { name: 'one', interface: 'ams0', rule: anywhere },
  ],
};

describe.skipIf(unavailable !== undefined)('in a namespace', () => {
  test('all that is in the table is shown, as it is', async () => {
    const name = addNamespace();
    addConnections(libc, { kind: 'namespace', name }, [
      { ...udp(1025), mark: 7, zone: 5, timeoutSeconds: 1000 },
      {
        original: {
          source: '10.1.0.1',
          destination: '10.2.0.1',
          protocol: 6,
          sourcePort: 9,
          destinationPort: 80,
        },
        reply: {
          source: '10.2.0.1',
          destination: '192.0.2.9',
          protocol: 6,
          sourcePort: 80,
          destinationPort: 99,
        },
      },
      { original: { source: '2001:db8::1', destination: '2001:db8::2', protocol: 58, icmpId: 4 } },
    ]);
    const sessions = await all(sourceOf([name]));
    expect(sessions).toHaveLength(3);
    const [web] = sessions.filter(({ flows }) => flows[0]!.protocol === 6);
    expect(web!.nat).toMatchObject({ translationType: 'NAPT-44', source: { to: { port: 99 } } });
    const [dns] = sessions.filter(({ flows }) => flows[0]!.protocol === 17);
    expect(dns!.flows[0]).toMatchObject({ sourcePort: 1025, destinationPort: 53 });
    expect(dns!.flows[0]!.timeoutSeconds).toBeGreaterThan(900);
    expect(dns!.flows[0]!.timeoutSeconds).toBeLessThanOrEqual(1000);
  });

  test('the kernel finds what the filter finds, each once', async () => {
    const random = new SeededRandom(1);
    const name = addNamespace();
    addConnections(libc, { kind: 'namespace', name }, randomConnections(random, 250));
    const source = sourceOf([name], { mapping });
    const sessions = await all(source);
    expect(new Set(idsOf(sessions)).size).toBe(250);
    for (let round = 0; round < 40; round += 1) {
      const options = randomFilter(random);
      const filter = new SessionFilter(options);
      const expected = sessions.filter((session) => filter.matches(session));
      const found = await all(source, { filter });
      expect(idsOf(found), JSON.stringify(options)).toEqual(idsOf(expected));
      expect(found).toEqual(found.toSorted(compareGroups));
      const counts = await source.count({ filter, signal: never });
      expect(counts.reduce((sum, each) => sum + each.sessions, 0)).toBe(expected.length);
    }
  }, 60_000);

  test('a limit ends the reading, and so does a reader who stops', async () => {
    const name = addNamespace();
    addConnections(libc, { kind: 'namespace', name }, many(5000));
    const source = sourceOf([name]);
    expect(await all(source, { limit: 10 })).toHaveLength(10);
    for await (const batch of source.select({ filter: everything, limit: undefined, signal: never })) {
      expect(batch.length).toBeLessThan(1000);
      break;
    }
    expect(await all(source)).toHaveLength(5000);
  });

  test('whoever reads slowly blocks nobody, and no more than four chunks and two calls are ahead of him', async () => {
    const name = addNamespace();
    addConnections(libc, { kind: 'namespace', name }, many(6000));
    const source = sourceOf([name]);
    const slow = readerOf(source);
    let read = (await slow.next()).value as readonly ServiceSession[];
    expect(await all(source)).toHaveLength(6000);
    const cleared = await source.clear({ filter: everything, signal: never });
    expect(cleared).toMatchObject([{ interface: 'ms-0/0/0', sessions: 6000 }]);
    let sum = read.length;
    for (let next = await slow.next(); next.done !== true; next = await slow.next()) {
      read = next.value;
      sum += read.length;
    }
    // What was read ahead is still given; the kernel has no more.
    expect(sum).toBeGreaterThan(0);
    expect(sum).toBeLessThan(3500);
  });

  test('an aborted reading rejects with the reason', async () => {
    const name = addNamespace();
    addConnections(libc, { kind: 'namespace', name }, many(100));
    const abort = new AbortController();
    const source = sourceOf([name]);
    abort.abort(new Error('enough'));
    await expect(all(source, { signal: abort.signal })).rejects.toThrow('enough');
  });

  test('clear ends what matches and nothing else', async () => {
    const random = new SeededRandom(2);
    const name = addNamespace();
    addConnections(libc, { kind: 'namespace', name }, randomConnections(random, 200));
    const source = sourceOf([name], { mapping });
    const before = await all(source);
    const filter = new SessionFilter({ protocol: 17 });
    const cleared = await source.clear({ filter, signal: never });
    const matching = before.filter((session) => filter.matches(session));
    expect(cleared.reduce((sum, each) => sum + each.sessions, 0)).toBe(matching.length);
    expect(matching.length).toBeGreaterThan(10);
    const rest = before.filter((session) => !filter.matches(session));
    expect(idsOf(await all(source))).toEqual(idsOf(rest));
  });

  test('several namespaces are read as one', async () => {
    const names = [addNamespace(), addNamespace()];
    addConnections(libc, { kind: 'namespace', name: names[0]! }, [{ ...udp(5), mark: 1 }, udp(6)]);
    addConnections(libc, { kind: 'namespace', name: names[1]! }, [{ ...udp(7), mark: 1 }, udp(8)]);
    const source = sourceOf(names, { mapping });
    const sessions = await all(source);
    expect(sessions.map((session) => session.interface)).toEqual([
      'ms-0/0/0',
      'ms-0/0/0',
      'ms-1/0/0',
      'ms-1/0/0',
    ]);
    expect(await source.status()).toMatchObject({ method: 'ctnetlink', sessions: 4 });
  });

  test('a child is known by the helper of its master', async () => {
    const name = addNamespace();
    const control = {
      source: '10.1.0.1',
      destination: '10.2.0.1',
      protocol: 6,
      sourcePort: 7,
      destinationPort: 2121,
    };
    addConnections(libc, { kind: 'namespace', name }, [
      { original: control, helper: 'ftp' },
      {
        original: { ...control, sourcePort: 8, destinationPort: 4000 },
        master: control,
      },
    ]);
    const source = sourceOf([name]);
    expect((await all(source)).map(({ alg }) => alg)).toEqual(['ftp', 'ftp']);
    expect(await all(source, { filter: new SessionFilter({ application: 'ftp' }) })).toHaveLength(2);
  });
});

describe.skipIf(unavailable !== undefined)('clear by an application', () => {
  /** In many messages of the kernel: masters are met before and behind those that they expected. */
  const FAMILIES = 300;

  test('removes also those whose master it has removed', async () => {
    const name = addNamespace();
    const masters = many(FAMILIES).map(({ original }) => ({ ...original, protocol: 6, destinationPort: 21 }));
    addConnections(libc, { kind: 'namespace', name }, [
      ...masters.map((original) => ({ original, helper: 'ftp' })),
      ...masters.map((master) => ({ original: { ...master, destinationPort: 4000 }, master })),
    ]);
    const source = sourceOf([name]);
    const filter = new SessionFilter({ application: 'ftp' });
    expect(await all(source, { filter })).toHaveLength(2 * FAMILIES);
    expect(await source.clear({ filter, signal: never })).toMatchObject([{ sessions: 2 * FAMILIES }]);
    expect(await all(source)).toEqual([]);
  });
});

describe.skipIf(unavailable !== undefined)('what is to be said', () => {
  const sysctl = (name: string, value: string): void =>
    within(libc, { kind: 'namespace', name }, () =>
      writeFileSync('/proc/sys/net/netfilter/nf_conntrack_acct', value),
    );

  test('nothing tracks, nothing counts', async () => {
    const name = addNamespace();
    const source = sourceOf([name]);
    const details = { namespace: name };
    expect(await source.problems()).toEqual([{ severity: 'warning', code: 'not-tracking', details }]);
    addConnections(libc, { kind: 'namespace', name }, [udp(1)]);
    expect(await source.problems()).toEqual([{ severity: 'warning', code: 'no-accounting', details }]);
    sysctl(name, '1');
    expect(await source.problems()).toEqual([]);
    expect((await source.status()).sessionsMax).toBeGreaterThan(1000);
  });

  test('a namespace without sessions is told of by the status alone where another has some', async () => {
    const [name, idle] = [addNamespace(), addNamespace()];
    addConnections(libc, { kind: 'namespace', name }, [udp(1)]);
    sysctl(name, '1');
    const source = sourceOf([name, idle]);
    expect(await source.problems()).toEqual([]);
    expect((await source.status()).problems).toEqual([
      { severity: 'warning', code: 'not-tracking', details: { namespace: idle } },
    ]);
  });

  test('a namespace that is not there', async () => {
    const name = addNamespace();
    addConnections(libc, { kind: 'namespace', name }, [udp(1)]);
    const source = sourceOf(['none-of-this-name', name]);
    expect(await source.problems()).toMatchObject([
      { severity: 'warning', code: 'no-namespace', details: { namespace: 'none-of-this-name' } },
      { severity: 'warning', code: 'no-accounting' },
    ]);
    expect(await all(source)).toHaveLength(1);
  });

  test('whoever may not ask', async () => {
    const own = new ConntrackSource({
      libc,
      workerUrl: worker.url,
      mapping: () => defaultMapping,
      vrfs: () => [{ kind: 'default' }],
    });
    onTestFinished(() => own.close());
    // Its worker is a file that only we may read.
    await own.count({ filter: new SessionFilter({ protocol: 250 }), signal: never });
    process.seteuid!(65_534);
    try {
      expect(await own.problems()).toMatchObject([{ severity: 'error', code: 'not-permitted' }]);
      const refused: unknown = await all(own).catch((error: unknown) => error);
      expect(refused).toMatchObject({ problem: { code: 'not-permitted' } });
      expect(describeError(refused)).toMatch(
        /^Connection tracking may not be read .*CAP_NET_ADMIN; .*'request services sessions import'/,
      );
    } finally {
      process.seteuid!(0);
    }
  });

  test('a worker that fails ends its readings, and the next has another', async () => {
    const name = addNamespace();
    addConnections(libc, { kind: 'namespace', name }, many(5000));
    const mortal = mortalWorker(worker.url);
    const source = sourceOf([name], { workerUrl: mortal.url });
    const reader = readerOf(source);
    await reader.next();
    mortal.fail();
    await expect(
      (async () => {
        for (let next = await reader.next(); next.done !== true; next = await reader.next());
      })(),
    ).rejects.toMatchObject({ problem: { code: 'failed' } });
    expect(await all(source)).toHaveLength(5000);
  });

  test('a worker is not ended while it loads', async () => {
    const { url, hasLoaded } = slowWorker(worker.url);
    const thread = new ConntrackThread(url);
    const { mapping, limit } = { mapping: defaultMapping, limit: 1 };
    const reading = thread.read({ work: 'select', sockets: [], filter: {}, plan: [], mapping, limit });
    await thread.close();
    expect(hasLoaded()).toBe(true);
    reading.stop();
  });
});

/** A worker that finds nothing, and whose kernel has been interrupted each time. */
function interruptedWorker(): URL {
  const file = join(temporaryDirectory(), 'worker.mjs');
  writeFileSync(
    file,
    `import { parentPort } from 'node:worker_threads';
     parentPort.on('message', ({ type, call }) => {
       if (type !== 'read') return;
       parentPort.postMessage({ type: 'end', call, counts: [], interrupted: true, undecodable: new Map() });
     });`,
  );
  return pathToFileURL(file);
}

describe.skipIf(unavailable !== undefined)('a table that changes too often while it is read', () => {
  test.each(['show services sessions', 'show services sessions count', 'clear services sessions'])(
    'is told beside the result of %s',
    async (line) => {
      const workerUrl = interruptedWorker();
      const router = await startRouter(undefined, undefined, () => ({ libc, workerUrl }));
      const contact = new SilentContact();
      await runAll(await openShell(router, { contact }), line);
      expect(contact.told.at(-1)).toMatch(
        /The table changed while it was read: sessions may be missing, or be there twice\.$/,
      );
    },
  );
});

describe.skipIf(unavailable !== undefined)('sessions that end', () => {
  const now = (): bigint => 5n;

  test('are told with the time of it', async () => {
    const name = addNamespace();
    const source = sourceOf([name]);
    const abort = new AbortController();
    const lost = vi.fn();
    const reader = source.ended(abort.signal, now, lost);
    const first = reader.next();
    // Once the kernel has been asked to tell.
    await source.count({ filter: everything, signal: never });
    addConnections(libc, { kind: 'namespace', name }, [
      { original: { ...udp(98).original, destinationPort: 4000 } },
      udp(99),
    ]);
    const live = await all(source);
    await source.clear({ filter: new SessionFilter({ destinationPort: 4000 }), signal: never });
    const [ended] = (await first).value as readonly ServiceSession[];
    expect(ended).toMatchObject({ alg: 'none', endedWallNanos: 5n });
    expect(live.map(({ id }) => id)).toContain(ended!.id);
    const second = reader.next();
    abort.abort(new Error('enough'));
    await expect(second).rejects.toThrow('enough');
    expect(lost).not.toHaveBeenCalled();
  });

  test('more than the kernel can keep for a reader who waits are lost, and that is told', async () => {
    const name = addNamespace();
    const source = sourceOf([name]);
    const abort = new AbortController();
    const lost = vi.fn();
    const reader = source.ended(abort.signal, now, lost);
    const first = reader.next();
    await source.count({ filter: everything, signal: never });
    addConnections(libc, { kind: 'namespace', name }, many(60_000));
    await source.clear({ filter: everything, signal: never });
    let told = ((await first).value as readonly ServiceSession[]).length;
    while (lost.mock.calls.length === 0)
      told += ((await reader.next()).value as readonly ServiceSession[]).length;
    expect(told).toBeLessThan(60_000);
    abort.abort();
  }, 60_000);
});

describe.skipIf(unavailable !== undefined)('how many begin and end', () => {
  test('is told by group', async () => {
    const name = addNamespace();
    const source = sourceOf([name], { mapping });
    const abort = new AbortController();
    const reader = source.tally(abort.signal);
    let [begun, ended] = [0, 0];
    const listening = (async () => {
      for await (const tally of reader) {
        for (const { sessions } of tally.begun) begun += sessions;
        for (const { serviceSet, sessions } of tally.ended) if (serviceSet === 'two') ended += sessions;
      }
    })().catch((error: unknown) => error);
    await source.count({ filter: everything, signal: never });
    addConnections(libc, { kind: 'namespace', name }, [
      ...many(40),
      { original: { ...udp(99).original, source: '10.1.0.1' } },
    ]);
    await expect.poll(() => begun).toBe(41);
    await source.clear({ filter: everything, signal: never });
    await expect.poll(() => ended).toBe(1);
    abort.abort(new Error('enough'));
    expect(await listening).toMatchObject({ message: 'enough' });
  });

  test('a census is what a count is', async () => {
    const name = addNamespace();
    addConnections(libc, { kind: 'namespace', name }, many(40));
    for (const options of [{}, { mapping }]) {
      const source = sourceOf([name], options);
      expect(await source.census(never)).toEqual(await source.count({ filter: everything, signal: never }));
    }
    expect(await sourceOf([addNamespace()]).census(never)).toEqual([]);
  });
});

describe.skipIf(unavailable !== undefined || spawnSync('nft', ['--version']).status !== 0)('ranked', () => {
  test('by what sessions have carried between two readings', async () => {
    const name = addNamespace();
    const inside = (...words: readonly string[]): void =>
      void execFileSync('ip', ['netns', 'exec', name, ...words], { stdio: 'pipe' });
    inside('nft', 'table inet t { chain c { type filter hook output priority 0; ct state new; }; }');
    inside('sh', '-c', 'echo 1 > /proc/sys/net/netfilter/nf_conntrack_acct');
    /** So many datagrams of 100 octets to either port, each from one of its own. */
    const send = (few: number, many: number): void =>
      inside(
        process.execPath,
        '-e',
        `const { createSocket } = require('dgram');
         for (const [port, count] of [[7, ${few}], [9, ${many}]]) {
           const s = createSocket('udp4');
           s.bind(port + 1000, () => {
             let left = count;
             const next = () => (left-- > 0 ? s.send(Buffer.alloc(100), port, '127.0.0.1', next) : s.close());
             next();
           });
         }`,
      );
    const source = sourceOf([name]);
    const rank = (before?: ArrayBuffer) =>
      source.rank({ filter: everything, signal: never, rows: 10, before });
    send(2, 30);
    const first = await rank();
    send(5, 1);
    const { sums, highest } = await rank(first.counters);
    expect([first.sums.sessions, first.sums.packets, first.sums.octets]).toEqual([2, 32, 32 * 128]);
    expect([sums.sessions, sums.packets, sums.octets]).toEqual([2, 6, 6 * 128]);
    for (const order of ['octets', 'packets'] as const)
      expect(highest[order].map(({ item, packets }) => [item.flows[0]!.destinationPort, packets])).toEqual([
        [7, 5],
        [9, 1],
      ]);
    const filter = new SessionFilter({ destinationPort: 9 });
    const one = await source.rank({ filter, signal: never, rows: 10, before: undefined });
    expect(one.highest.octets.map(({ packets }) => packets)).toEqual([31]);
  }, 30_000);
});
