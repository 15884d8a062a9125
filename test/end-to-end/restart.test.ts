/** A server that is restarted under a client that measures for ever: two programs, as users start them. */
import { Sqlite } from '../../src/store/sqlite.ts';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { SESSIONS_FILE } from '../../src/store/state-directory.ts';
import { freePort } from '../support/free-port.ts';
import { runProgram, start } from '../support/program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

interface Probe {
  readonly sentNanos: bigint;
  readonly lost: 0n | 1n;
}

interface Event {
  readonly event: string;
  readonly wallNanos: bigint;
  readonly value: number | null;
}

/** What a client has recorded so far, the oldest first; it may be running. */
function recorded(state: string): { readonly probes: readonly Probe[]; readonly events: readonly Event[] } {
  const database = new Sqlite(join(state, SESSIONS_FILE), { readonly: true }).defaultSafeIntegers();
  try {
    const probes = database.prepare<[], Probe>(
      'SELECT sent_wall_nanos AS sentNanos, round_trip_nanos IS NULL AS lost FROM rpm_probes ORDER BY number',
    );
    const events = database.prepare<[], Event>(
      'SELECT event, wall_nanos AS wallNanos, value FROM rpm_events ORDER BY number',
    );
    return { probes: probes.all(), events: events.all() };
  } finally {
    database.close();
  }
}

const nowNanos = (): bigint => BigInt(Date.now()) * 1_000_000n;

it('loses the probes sent while it was down, no others, and says how many', { timeout: 90_000 }, async () => {
  const [near, far, port] = [temporaryDirectory(), temporaryDirectory(), await freePort()];
  const configure = (state: string, ...lines: readonly string[]) =>
    runProgram(['--state', state], ['configure', ...lines, 'commit and-quit', ''].join('\n'));
  await configure(far, `set services rpm twamp server port ${port}`);
  const connection = 'set services rpm twamp client control-connection c1';
  await configure(
    near,
    `${connection} target-address 127.0.0.1`,
    `${connection} destination-port ${port}`,
    `${connection} test-session t1 probe-count 5`,
    `${connection} test-session t2 probe-count 3`,
  );
  const server = start(['--state', far, '--daemon']);
  const client = start(['--state', near, '--daemon']);
  const answered = (): number => recorded(near).probes.filter(({ lost }) => lost === 0n).length;
  await vi.waitFor(() => expect(answered()).toBeGreaterThan(2), { timeout: 20_000 });

  const stoppedNanos = nowNanos();
  server.kill('SIGTERM');
  await once(server, 'close');
  const names = (): string[] => recorded(near).events.map(({ event }) => event);
  await vi.waitFor(() => expect(names()).toContain('connection-lost'), { timeout: 20_000 });
  const answeredBefore = answered();
  start(['--state', far, '--daemon']);
  await vi.waitFor(() => expect(answered()).toBeGreaterThan(answeredBefore + 2), { timeout: 40_000 });
  client.kill('SIGTERM');
  await once(client, 'close');

  const { probes, events } = recorded(near);
  const lost = probes.filter((probe) => probe.lost === 1n);
  // The client may have started before the server listened: its first restoration is none from this loss.
  const lossAt = events.findIndex(({ event }) => event === 'connection-lost');
  const lostWith = events[lossAt];
  const restored = events.slice(lossAt).find(({ event }) => event === 'connection-restored')!;
  expect(lostWith?.value).toBe(lost.length);
  // A probe may have been under way when the server was told to stop.
  for (const { sentNanos } of lost) {
    expect(sentNanos).toBeGreaterThan(stoppedNanos - 1_000_000_000n);
    expect(sentNanos).toBeLessThan(restored.wallNanos);
  }
  const { out } = await runProgram(['--state', near, '-c', 'show services rpm twamp client events']);
  expect(out).toContain('connection-lost');
  expect(out).toContain('connection-restored');
});
