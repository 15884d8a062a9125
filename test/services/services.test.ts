/** Which sources there are, which one is asked, what the configuration changes of it, and what ends with it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Finding } from '../../src/config/commit.ts';
import { effective } from '../../src/config/effective.ts';
import { available, type Libc } from '../../src/native/libc.ts';
import { ConntrackSource } from '../../src/services/conntrack/conntrack-source.ts';
import { ConntrackTool } from '../../src/services/conntrack/conntrack-tool.ts';
import { noConntrack } from '../../src/services/conntrack/no-conntrack.ts';
import { Tracking } from '../../src/services/conntrack/tracking.ts';
import { SessionFilter } from '../../src/services/filter.ts';
import { RecordsThread } from '../../src/services/records/records-thread.ts';
import { storedSession } from '../../src/services/records/stored.ts';
import { censusOf, Services, type ServicesParts } from '../../src/services/services.ts';
import type { ServiceSession } from '../../src/services/session.ts';
import { SourceError, type SessionSource } from '../../src/services/source.ts';
import type { WorkerPort } from '../../src/services/worker-calls.ts';
import { openState, type State } from '../../src/store/state-directory.ts';
import type { TwampRow } from '../../src/store/twamp-sessions.ts';
import { chunksOf } from '../support/chunks.ts';
import { treeOf } from '../support/configuration.ts';
import { writeFormer } from '../support/former-services.ts';
import { grammars } from '../support/grammar.ts';
import { recordsInThread } from '../support/records-in-thread.ts';
import { flow, session } from '../support/service-sessions.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { VirtualTime } from '../support/virtual-time.ts';

afterEach(() => vi.restoreAllMocks());

const found = available();
const libc = 'libc' in found ? found.libc : undefined;

/** A kernel that refuses every socket; its worker is never started. */
const refusing = {
  libc: { ...libc, socket: () => -1, errorName: () => 'EPERM' } as unknown as Libc,
  workerUrl: pathToFileURL('/dev/null'),
};

interface Started {
  readonly services: Services;
  readonly state: State;
  readonly time: VirtualTime;
  readonly reported: unknown[];
  readonly apply: (...lines: readonly string[]) => Promise<readonly Finding[]>;
}

function start(
  conntrack: ServicesParts['conntrack'] = () => undefined,
  rest: Partial<ServicesParts> = {},
  directory = temporaryDirectory(),
): Started {
  const [state, time, reported] = [openState(directory), new VirtualTime(), [] as unknown[]];
  const services = new Services({
    ...{ store: state.services, marks: state.tracking, clock: time, conntrack, measured: () => [] },
    records: () => recordsInThread(state.servicesFile),
    example: { inside: () => chunksOf('inside'), outside: () => chunksOf('outside') },
    report: (error) => void reported.push(error),
    ...rest,
  });
  onTestFinished(async () => {
    await services.close();
    state.close();
  });
  return {
    ...{ services, state, time, reported },
    apply: (...lines) =>
      services.apply(effective(grammars.schema, treeOf(lines.map((line) => `services ${line}`)))),
  };
}

const keep = ({ state }: Started, ...sessions: readonly Partial<ServiceSession>[]): void =>
  state.services.insert(
    sessions.map((rest) => storedSession(session([flow(6, '10.0.0.1:1', '10.0.0.2:2')], rest))),
    undefined,
  );

const signal = new AbortController().signal;
const record = (id: number): string =>
  `${JSON.stringify({ 'session-id': id, flow: [{ protocol: 6, 'source-address': '10.0.0.1', 'destination-address': '10.0.0.2' }] })}\n`;

describe('the source', () => {
  const ask = (type: string): string => `session-source type ${type}`;

  test('of a host without connection tracking is what is stored, unless the other is wanted', async () => {
    const { services, apply } = start();
    expect(services.source.name).toBe('records');
    await apply(ask('conntrack'));
    expect(services.source).toBe(noConntrack);
    await apply(ask('records'));
    expect(services.source.name).toBe('records');
    await apply();
    expect(services.source.name).toBe('records');
  });

  test.skipIf(libc === undefined)(
    'of others is the kernel, unless it refuses and something is stored',
    async () => {
      const started = start(() => refusing);
      const { services, apply } = started;
      const readable = vi.spyOn(ConntrackSource.prototype, 'isReadable', 'get');
      const { source } = services;
      expect(source).toBeInstanceOf(ConntrackSource);
      expect(services.source).toBe(source);
      keep(started, {});
      expect(services.source.name).toBe('records');
      readable.mockReturnValue(true);
      expect(services.source).toBe(source);
      await apply(ask('records'));
      expect(services.source.name).toBe('records');
      await apply(ask('conntrack'));
      readable.mockReturnValue(false);
      expect(services.source).toBe(source);
    },
  );

  test('is the program where system calls cannot be made', async () => {
    const measured = vi.fn((): TwampRow[] => []);
    const { services, apply } = start(() => 'program', { measured });
    vi.spyOn(ConntrackTool.prototype, 'isReadable', 'get').mockReturnValue(true);
    const { source } = services;
    expect(source).toBeInstanceOf(ConntrackTool);
    await apply('session-source type conntrack');
    expect(services.source).toBe(source);
  });

  test.skipIf(libc === undefined)(
    'of the kernel reads this machine, and the namespaces of instances',
    async () => {
      const { services } = start(() => refusing);
      const problem = { severity: 'warning', code: 'tracking-failed' } as const;
      vi.spyOn(Tracking.prototype, 'problems', 'get').mockReturnValue([problem]);
      const { source } = services;
      expect(await source.problems()).toMatchObject([problem, { code: 'not-permitted' }]);
      await services.apply(effective(grammars.schema, treeOf(['routing-instances a namespace no-such'])));
      expect(await source.problems()).toMatchObject([
        problem,
        { code: 'not-permitted' },
        { code: 'not-permitted' },
      ]);
    },
  );

  test('of the program is mapped as configured, and knows what is measured', async () => {
    const directory = temporaryDirectory();
    mkdirSync(directory, { recursive: true });
    const [there, back] = [
      'src=10.0.0.1 dst=10.0.0.2 sport=5 dport=6',
      'src=10.0.0.2 dst=10.0.0.1 sport=6 dport=5',
    ];
    const line = `ipv4 2 udp 17 29 ${there} ${back} mark=1 use=1`;
    const program = `#!/bin/sh\ncase "$*" in *ipv4*) echo '${line}';; -C) echo 1;; esac\n`;
    writeFileSync(join(directory, 'conntrack'), program, { mode: 0o755 });
    const path = process.env['PATH']!;
    process.env['PATH'] = `${directory}:${path}`;
    onTestFinished(() => void (process.env['PATH'] = path));
    const ends = { localAddress: '10.0.0.1', localPort: 5, remoteAddress: '10.0.0.2', remotePort: 6 };
    const row = { type: 'data', role: 'client', ...ends } as TwampRow;
    const rows: TwampRow[] = [];
    const { services, apply } = start(() => 'program', { measured: () => rows });
    const problem = { severity: 'warning', code: 'tracking-failed' } as const;
    vi.spyOn(Tracking.prototype, 'problems', 'get').mockReturnValue([problem]);
    await apply('service-set marked mark 0x1/0xff');
    const read = async (): Promise<unknown[]> => {
      const found: unknown[] = [];
      for await (const batch of services.source.select({
        filter: new SessionFilter({}),
        limit: undefined,
        signal,
      }))
        found.push(...batch.map(({ serviceSet, alg }) => [serviceSet, alg]));
      return found;
    };
    expect(await read()).toEqual([['marked', 'none']]);
    rows.push(row);
    expect(await read()).toEqual([['marked', 'twamp']]);
    expect(await services.source.problems()).toEqual([problem]);
  });

  test('is looked for until there is one', () => {
    const look = vi
      .fn<ServicesParts['conntrack']>()
      .mockReturnValueOnce(undefined)
      .mockReturnValue('program');
    const { services } = start(look);
    expect(services.source.name).toBe('records');
    vi.spyOn(ConntrackTool.prototype, 'isReadable', 'get').mockReturnValue(true);
    const { source } = services;
    expect([source.name, services.source === source, look.mock.calls.length]).toEqual(['conntrack', true, 2]);
  });
});

test('workers are started when they are needed', async () => {
  const records = vi.fn((): WorkerPort => {
    throw new Error('started');
  });
  const { services, apply } = start(undefined, { records });
  await apply('session-source history 5', 'service-set a mark 0x1/0xff');
  expect([services.serviceSetNames, services.isWithoutHistory]).toEqual([['a'], false]);
  expect(records).not.toHaveBeenCalled();
});

describe('names', () => {
  test('are those that are configured and those that have sessions, each once, in order', async () => {
    const started = start();
    const { services, apply } = started;
    expect([services.interfaceNames, services.serviceSetNames]).toEqual([[], []]);
    await apply(
      ...['interfaces ms-1/0/0 zone 1', 'interfaces mams-5/0/0 zone 2', 'service-set one mark 0x1/0xff'],
      ...['interfaces ams0 member-interface mams-5/0/0', 'interfaces ams0 member-interface mams-5/1/0'],
    );
    keep(
      started,
      { interface: 'ms-0/0/0', serviceSet: 'stored' },
      { interface: 'mams-7/0/0', aggregate: 'ams3', serviceSet: 'one', endedWallNanos: 1n },
    );
    expect(services.interfaceNames).toEqual([
      'ams0',
      'ams3',
      'mams-5/0/0',
      'mams-7/0/0',
      'ms-0/0/0',
      'ms-1/0/0',
    ]);
    expect(services.serviceSetNames).toEqual(['one', 'stored']);
    expect(services.mapping.interfaces.map(({ name }) => name)).toEqual(['ms-1/0/0', 'mams-5/0/0']);
  });
});

test('a configuration that cannot be is found to be so', () => {
  const { services } = start();
  const wrong = effective(grammars.schema, treeOf(['services interfaces ams0 zone 1']));
  expect(services.verify(wrong)).toMatchObject([{ severity: 'error', code: 'aggregate-rule' }]);
});

describe('tracking', () => {
  test('is asked for in every namespace, of this machine first, and its problems are those of the statement', async () => {
    const problem = { severity: 'warning', code: 'tracking-failed', details: { said: 'no' } } as const;
    const kept = vi.spyOn(Tracking.prototype, 'keep').mockResolvedValue();
    vi.spyOn(Tracking.prototype, 'problems', 'get').mockReturnValue([problem]);
    const { services } = start();
    const spaces = ['b', 'a', 'c'].map(
      (name) => `routing-instances ${name} namespace ${name === 'c' ? 'net-a' : `net-${name}`}`,
    );
    const apply = (...lines: string[]) =>
      services.apply(effective(grammars.schema, treeOf([...spaces, ...lines])));
    expect(await apply('services session-source enable-tracking')).toEqual([
      {
        ...{ severity: 'warning', code: 'source-tracking-failed', details: { said: 'no' } },
        path: ['services', 'session-source', 'enable-tracking'],
      },
    ]);
    const named = (name: string) => ({ kind: 'namespace', name });
    expect(kept.mock.lastCall).toEqual([[{ kind: 'default' }, named('net-a'), named('net-b')]]);
    await apply();
    expect(kept.mock.lastCall).toEqual([[]]);
    await apply('services session-source enable-tracking', 'routing-instances d device eth0');
    expect(kept.mock.lastCall).toEqual([[{ kind: 'default' }, named('net-a'), named('net-b')]]);
  });

  test('ends with the services; that it cannot is reported', async () => {
    const kept = vi.spyOn(Tracking.prototype, 'keep').mockRejectedValue(new Error('why'));
    const { services, reported } = start();
    await services.close();
    expect(kept.mock.calls).toEqual([[[]]]);
    expect(reported).toEqual([new Error('why')]);
  });
});

describe('the history', () => {
  test('is without anything to say where nothing is wanted', async () => {
    const started = start();
    const { services, apply } = started;
    expect(services.isWithoutHistory).toBe(true);
    expect(await services.history.problems()).toEqual([]);
    await apply('session-source history 5');
    expect(services.isWithoutHistory).toBe(false);
    expect(await services.history.problems()).toEqual([{ severity: 'warning', code: 'not-recorded' }]);
    await apply();
    expect(services.isWithoutHistory).toBe(true);
    expect(await services.history.problems()).toEqual([]);
    keep(started, { endedWallNanos: 1n });
    expect(services.isWithoutHistory).toBe(false);
    expect(services.source.name).toBe('records');
  });

  test('is not recorded by what the program prints', async () => {
    const { services, apply } = start(() => 'program');
    await apply('session-source history 5');
    expect(await services.history.problems()).toEqual([{ severity: 'warning', code: 'not-recorded' }]);
  });

  test.skipIf(libc === undefined)(
    'is recorded by the kernel, on and on as long as it is wanted',
    async () => {
      const { services, apply } = start(() => refusing);
      const ended = vi.spyOn(ConntrackSource.prototype, 'ended');
      await apply('session-source history 5');
      await vi.waitFor(
        async () => expect(await services.history.problems()).toMatchObject([{ code: 'not-permitted' }]),
        10_000,
      );
      expect(services.isWithoutHistory).toBe(false);
      await apply('session-source history 6');
      expect(ended).toHaveBeenCalledTimes(1);
      await apply();
      expect(services.isWithoutHistory).toBe(true);
      await apply('session-source history 6');
      expect(ended).toHaveBeenCalledTimes(2);
      // In other namespaces it begins anew.
      const moved = ['services session-source history 6', 'routing-instances a namespace net-a'];
      await services.apply(effective(grammars.schema, treeOf(moved)));
      expect(ended).toHaveBeenCalledTimes(3);
      await apply();
      expect(services.isWithoutHistory).toBe(true);
      expect(await services.history.problems()).toEqual([]);
    },
  );
});

describe('the meter', () => {
  const METRICS = 'session-source metrics interval 5';

  test('counts as the statement says, and anew where other sessions are counted', async () => {
    const { services, apply } = start();
    await apply();
    expect(services.meter).toBeUndefined();
    await apply(METRICS);
    const { meter } = services;
    expect(meter!.settings).toMatchObject({ intervalSeconds: 5 });
    await vi.waitFor(() => expect(meter!.samples).toHaveLength(1), 10_000);
    await apply('session-source metrics interval 6', 'session-source metrics history 7');
    expect(services.meter).toBe(meter);
    expect(meter!.settings).toEqual({ intervalSeconds: 6, samples: 7 });
    for (const other of ['service-set x mark 0x1/0xff', 'session-source type records']) {
      const before = services.meter;
      await apply(METRICS, other);
      expect(services.meter).not.toBe(before);
    }
    await apply();
    expect(services.meter).toBeUndefined();
  });

  test('stops with the services', async () => {
    const { services, apply, time } = start();
    await apply(METRICS);
    await vi.waitFor(() => expect(time.pending).toBe(1), 10_000);
    await services.close();
    expect(time.pending).toBe(0);
  });
});

describe('an import', () => {
  const options = { name: 'file', replace: true, signal };

  test('adds what the file has, as it is mapped now, at this time', async () => {
    const { services, state, time } = start();
    expect(await services.import(chunksOf(record(1) + record(2)), options)).toMatchObject({ sessions: 2 });
    expect(state.services.imports()).toEqual([{ name: 'file', importedWallNanos: time.wallNanos() }]);
    expect(state.services.sizes('live')).toMatchObject([{ interface: 'ms-0/0/0', sessions: 2 }]);
  });

  test('of two files reads the second behind the first', async () => {
    const { services } = start();
    const write = vi.spyOn(RecordsThread.prototype, 'write').mockResolvedValue(undefined);
    await services.import(chunksOf('in'), { ...options, outsideName: 'out' }, chunksOf('out'));
    const [work, request, , chunks] = write.mock.lastCall!;
    expect([work, request]).toMatchObject(['import', { name: 'file', outsideName: 'out', replace: true }]);
    expect(request).not.toHaveProperty('signal');
    const texts: unknown[] = [];
    for await (const chunk of chunks!) texts.push(chunk && Buffer.from(chunk).toString());
    expect(texts).toEqual(['in', undefined, 'out']);
    write.mockRestore();
  });

  test('is given up by who asked for it, or by the end of the services', async () => {
    const { services, state } = start();
    const never = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from(record(1));
      await new Promise((resolve) => setTimeout(resolve, 5));
      yield* never();
    };
    const abort = new AbortController();
    const importing = services.import(never(), { ...options, signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(importing).rejects.toThrow('enough');
    let isClosed = false;
    const slow = async function* (): AsyncGenerator<Uint8Array> {
      try {
        yield* never();
      } finally {
        await new Promise((resolve) => setTimeout(resolve, 50));
        isClosed = true;
      }
    };
    const other = services.import(slow(), options);
    const heard = other.catch((error: unknown) => error);
    await services.close();
    expect(isClosed).toBe(true);
    expect(await heard).toMatchObject({ name: 'AbortError' });
    expect(state.services.imports()).toEqual([]);
  });
});

describe('sessions of an older version', () => {
  const formerly = (sessions: number, rest: Partial<ServicesParts> = {}): Started => {
    const directory = temporaryDirectory();
    writeFormer(`${directory}/services.db`, sessions);
    return start(undefined, rest, directory);
  };

  test('are moved when the services start', async () => {
    const { state, reported } = formerly(10);
    await vi.waitFor(() => expect(state.services.formerSessions()).toBe(0), 10_000);
    expect(reported).toEqual([]);
  });

  test('that cannot be moved are reported, unless that was given up', async () => {
    const write = vi.spyOn(RecordsThread.prototype, 'write').mockRejectedValue(new Error('why'));
    const { services, reported } = formerly(10);
    await vi.waitFor(() => expect(reported).toEqual([new Error('why')]), 10_000);
    write.mockRestore();
    await services.close();
    const other = formerly(24_000);
    await other.services.close();
    expect(other.reported).toEqual([]);
  });
});

test('a census is what the source counts; none where it cannot tell, or was stopped', async () => {
  const counts = [{ interface: 'ms-0/0/0', aggregate: undefined, serviceSet: 'a', sessions: 1 }];
  const of = (census: () => Promise<typeof counts>, stop = signal) =>
    censusOf({ source: { census } as unknown as SessionSource }, stop);
  expect(await of(() => Promise.resolve(counts))).toBe(counts);
  const refusal = new SourceError('conntrack', { severity: 'error', code: 'failed' });
  expect(await of(() => Promise.reject(refusal))).toBeUndefined();
  const stop = AbortSignal.abort(new Error('enough'));
  expect(await of(() => Promise.reject(stop.reason as Error), stop)).toBeUndefined();
  await expect(of(() => Promise.reject(new Error('why')), stop)).rejects.toThrow('why');
});

test('the example is that of the program', async () => {
  const { services } = start();
  const texts: string[] = [];
  for await (const chunk of services.example.outside()) texts.push(Buffer.from(chunk).toString());
  expect(texts).toEqual(['outside']);
});
