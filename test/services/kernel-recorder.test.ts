/** The history of the kernel's sessions: kept in the store, as many as is wanted. */
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { SystemClock } from '../../src/clock.ts';
import type { Vrf } from '../../src/native/routing-instance.ts';
import {
  ConntrackSource,
  ENDED_UNHEARD,
  type Losses,
} from '../../src/services/conntrack/conntrack-source.ts';
import { SessionFilter } from '../../src/services/filter.ts';
import { defaultMapping } from '../../src/services/mapping-settings.ts';
import type { ServiceSession } from '../../src/services/session.ts';
import { SessionRecorder } from '../../src/services/session-recorder.ts';
import { RecordsSource } from '../../src/services/records/records-source.ts';
import { RecordsThread } from '../../src/services/records/records-thread.ts';
import { openState } from '../../src/store/state-directory.ts';
import { addConnections, kernelConnections, type ConnectionText } from '../support/connections.ts';
import { recordsInThread } from '../support/records-in-thread.ts';
import { addNamespace } from '../support/namespaces.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const { unavailable, libc, worker } = kernelConnections("history of the kernel's sessions");
const filter = new SessionFilter({});
const { signal } = new AbortController();

function* many(count: number): Generator<ConnectionText> {
  for (let index = 0; index < count; index += 1)
    yield {
      original: {
        source: `10.0.${index >>> 8}.${index & 255}`,
        destination: '192.0.2.1',
        protocol: 17,
        sourcePort: 1024,
        destinationPort: 53,
      },
    };
}

describe.skipIf(unavailable !== undefined)('in a namespace', () => {
  test('the latest are kept, the oldest go, and nothing is kept once it has stopped', async () => {
    const name = addNamespace();
    const state = openState(temporaryDirectory());
    onTestFinished(() => state.close());
    const source = new ConntrackSource({
      libc,
      workerUrl: worker.url,
      mapping: () => defaultMapping,
      vrfs: () => [{ kind: 'namespace', name }],
    });
    onTestFinished(() => source.close());
    const report = vi.fn();
    const thread = new RecordsThread(() => recordsInThread(state.servicesFile));
    onTestFinished(() => thread.close());
    const recorder = new SessionRecorder(thread, new SystemClock(), report, 100);
    const history = new RecordsSource(state.services, thread, 'ended', () => recorder.problems);
    const kept = async (): Promise<number> => (await history.count({ filter, signal }))[0]?.sessions ?? 0;
    const written = vi.spyOn(thread, 'write');
    recorder.start(source);
    await source.count({ filter, signal });

    addConnections(libc, { kind: 'namespace', name }, many(50));
    await source.clear({ filter, signal });
    await vi.waitFor(async () => expect(await kept()).toBe(50), 10_000);

    addConnections(libc, { kind: 'namespace', name }, many(3000));
    await source.clear({ filter, signal });
    const told = (): number =>
      written.mock.calls.reduce(
        (sum, [, request]) => sum + (request && 'sessions' in request ? request.sessions.length : 0),
        0,
      );
    await vi.waitFor(() => expect(told()).toBe(3050), { timeout: 20_000, interval: 100 });
    // Some are spared until there are many to remove.
    await vi.waitFor(async () => expect(await kept()).toBeLessThan(2000), { timeout: 20_000, interval: 100 });
    expect(await kept()).toBeGreaterThanOrEqual(100);
    expect(await history.problems()).toEqual([]);

    await recorder.stop();
    const before = await kept();
    addConnections(libc, { kind: 'namespace', name }, many(5));
    await source.clear({ filter, signal });
    expect(await kept()).toBe(before);
    expect(report).not.toHaveBeenCalled();
  }, 60_000);
});

describe.skipIf(unavailable !== undefined)('events that the kernel drops', () => {
  /** Of some ten events. */
  const QUEUE_OCTETS = 4096;
  const MANY = 2000;

  test('are made up for: who has ended meanwhile is told once, as known last, and it is said how often', async () => {
    const name = addNamespace();
    const vrf: Vrf = { kind: 'namespace', name };
    const source = new ConntrackSource({
      libc,
      workerUrl: worker.url,
      mapping: () => defaultMapping,
      vrfs: () => [vrf],
      eventQueueOctets: QUEUE_OCTETS,
    });
    onTestFinished(() => source.close());
    const stop = new AbortController();
    const told: ServiceSession[] = [];
    let losses: Losses | undefined;
    const listening = (async () => {
      const now = (): bigint => 1n;
      for await (const sessions of source.ended(stop.signal, now, (lost) => (losses = lost)))
        told.push(...sessions);
    })();
    addConnections(libc, vrf, many(MANY));
    await vi.waitFor(() => expect(losses?.times).toBeGreaterThan(0), 20_000);
    // Those that are there still have not ended.
    await vi.waitFor(async () => expect(await source.count({ filter, signal })).toHaveLength(1), 20_000);
    expect(told).toEqual([]);
    const before = losses!.times;
    await source.clear({ filter, signal });
    await vi.waitFor(() => expect(told).toHaveLength(MANY), 60_000);
    expect(new Set(told.map(({ id }) => id)).size).toBe(MANY);
    const unheard = told.filter(({ flags }) => (flags & ENDED_UNHEARD) !== 0);
    expect(unheard.length).toBeGreaterThan(MANY / 2);
    expect(losses).toMatchObject({ found: unheard.length, isPartial: false });
    expect(losses!.times).toBeGreaterThan(before);
    expect(unheard[0]).toMatchObject({ endedWallNanos: 1n, flows: [{ destinationPort: 53 }, {}] });
    // What begins and ends afterwards is heard as before, and no session comes twice.
    addConnections(libc, vrf, many(3));
    await source.clear({ filter, signal });
    await vi.waitFor(() => expect(told).toHaveLength(MANY + 3), 20_000);
    stop.abort();
    await listening.catch(() => undefined);
  }, 120_000);
});
