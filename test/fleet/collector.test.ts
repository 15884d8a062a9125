/** What has changed since it was last told, whatever becomes of the clock. */
import { describe, expect, test } from 'vitest';
import { COLLECTED_ROWS_MAX, Collector } from '../../src/fleet/collector.ts';
import type { Marks } from '../../src/fleet/link.ts';
import { sessionRow } from '../support/fleet-router.ts';
import { startRouter } from '../support/router.ts';

async function open() {
  const { state, router, time } = await startRouter();
  const sources = {
    live: () => router.engine.sessions({}, 'live'),
    ended: state.sessions,
    services: state.services,
    audit: state.audit,
    revisions: state.revisions,
  };
  const collector = new Collector(sources, time);
  let marks: Marks = {};
  /** What is told next, by kind, and kept. */
  const tell = async (): Promise<readonly string[]> => {
    const collected = await time.until(collector.collect());
    collector.confirm(collected);
    marks = collected.marks;
    return collected.rows.map(({ kind, key }) => `${kind} ${key}`);
  };
  const end = (id: number): void => {
    state.sessions.insert(sessionRow(id));
    state.sessions.end(sessionRow(id), time.wallNanos(), 'stopped');
  };
  const record = (text: string): void => {
    const entry = {
      kind: 'command',
      user: 'ada',
      way: 'ssh',
      address: undefined,
      result: 'done',
      text,
    } as const;
    const now = time.wallNanos();
    state.audit.write([{ ...entry, id: undefined, firstWallNanos: now, lastWallNanos: now, count: 1 }]);
  };
  const again = (): void => collector.begin(marks);
  return { collector, state, time, tell, end, record, again };
}

const ids = (told: readonly string[]): readonly string[] =>
  told.map((row) => row.replace(/(\S+) \[(?:1,)?(\d+),.*/, '$1 $2'));

describe('what is told', () => {
  test('is told once: live sessions when they change, others when they are there', async () => {
    const { state, time, tell, end, record } = await open();
    state.sessions.insert(sessionRow(1));
    end(2);
    record('a');
    expect(ids(await tell())).toEqual(['audit 1', 'twamp-session 2', 'twamp-session 1']);
    expect(await tell()).toEqual([]);
    await time.pass(1e9);
    state.sessions.checkpoint([sessionRow(1, { received: 99 })]);
    record('b');
    expect(ids(await tell())).toEqual(['audit 2', 'twamp-session 1']);
    state.sessions.end(sessionRow(1), time.wallNanos(), 'stopped');
    expect(ids(await tell())).toEqual(['twamp-session 1']);
    expect(await tell()).toEqual([]);
  });

  test('what was not kept is told again', async () => {
    const { collector, time, state, tell, end } = await open();
    state.sessions.insert(sessionRow(1));
    end(2);
    await time.until(collector.collect());
    collector.tellAgain();
    expect(ids(await tell())).toEqual(['twamp-session 2', 'twamp-session 1']);
  });

  test('after a new start goes on where it was, with all that lives', async () => {
    const { state, tell, end, again, record } = await open();
    state.sessions.insert(sessionRow(1));
    end(2);
    record('a');
    await tell();
    end(3);
    again();
    expect(ids(await tell())).toEqual(['twamp-session 3', 'twamp-session 1']);
  });

  test('is cut where there is much, and goes on', async () => {
    const { collector, time, end } = await open();
    for (let id = 1; id <= COLLECTED_ROWS_MAX + 1; id += 1) end(id);
    const first = await time.until(collector.collect());
    expect(first).toMatchObject({ isCut: true, rows: { length: COLLECTED_ROWS_MAX } });
    collector.confirm(first);
    expect(await time.until(collector.collect())).toMatchObject({ isCut: false, rows: { length: 1 } });
  });
});

describe('a clock that is set back', () => {
  test.each([5n, 3_600n])('by %d seconds hides nothing that happens then', async (seconds) => {
    const { time, tell, end, record } = await open();
    end(1);
    record('a');
    await tell();
    await time.pass(4e9);
    time.step(-seconds * 1_000_000_000n);
    end(2);
    record('b');
    await time.pass(4e9);
    expect(ids(await tell())).toEqual(expect.arrayContaining(['audit 2', 'twamp-session 2']));
    await time.pass(1e9);
    end(3);
    expect(ids(await tell())).toContain('twamp-session 3');
  });

  test('while the router does not run, neither', async () => {
    const { time, tell, end, again } = await open();
    end(1);
    await tell();
    time.step(-(10n ** 15n));
    end(2);
    again();
    // What is of a time to come was told when it was the present.
    expect(ids(await tell())).toEqual(['twamp-session 2']);
    end(3);
    expect(ids(await tell())).toEqual(['twamp-session 3']);
  });
});
