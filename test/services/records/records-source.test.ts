/** What is stored as a source: what its workers are asked for, and what is said beside its sessions. */
import { describe, expect, test } from 'vitest';
import { SessionFilter } from '../../../src/services/filter.ts';
import { RecordsSource } from '../../../src/services/records/records-source.ts';
import type { RecordsThread } from '../../../src/services/records/records-thread.ts';
import type { SessionSource, SourceProblem } from '../../../src/services/source.ts';
import type { ServiceSessionState, ServiceSessionStore } from '../../../src/store/service-session-store.ts';
import { flow, session } from '../../support/service-sessions.ts';

const GROUP = { aggregate: '', interface: 'ms-0/0/0', serviceSet: 'a' };

interface Stored {
  readonly former?: number;
  readonly groups?: Partial<Record<ServiceSessionState, readonly (typeof GROUP)[]>>;
  readonly others?: () => readonly SourceProblem[];
  readonly batches?: readonly unknown[];
}

/** A source of such a store, and what its workers were asked for. */
function sourceOf(
  state: ServiceSessionState,
  { former = 0, groups = {}, others, batches = [] }: Stored = {},
) {
  const asked: unknown[][] = [];
  const answer = (...args: unknown[]) => {
    asked.push(args);
    return Promise.resolve({ method: 'store', problems: [] });
  };
  const thread = {
    ...{ ask: answer, write: answer },
    search: async function* (...args: unknown[]) {
      asked.push(args);
      yield* await Promise.resolve(batches);
    },
  } as unknown as RecordsThread;
  const store = {
    formerSessions: () => former,
    groups: (of: ServiceSessionState) => groups[of] ?? [],
  } as unknown as ServiceSessionStore;
  return { source: new RecordsSource(store, thread, state, others), asked };
}

const filter = new SessionFilter({ protocol: 6 });
const { signal } = new AbortController();

async function all<Item>(batches: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const batch of batches) found.push(batch);
  return found;
}

test('workers are asked for sessions of its state, with the filter, the limit and the signal', async () => {
  const { source, asked } = sourceOf('ended');
  const request = { state: 'ended', filter: { protocol: 6 } };
  const before = new ArrayBuffer(8);
  const form = { extensive: true, isNamed: false };
  await all(source.select({ filter, limit: 5, signal }));
  await all(source.select({ filter, limit: undefined, signal }));
  await all(source.texts({ filter, limit: 7, signal }, form));
  await all(source.texts({ filter, limit: undefined, signal }, form));
  await source.count({ filter, signal });
  await source.census(signal);
  await source.rank({ filter, signal, rows: 3, before });
  await source.rank({ filter, signal, rows: 3, before: undefined });
  await source.clear({ filter, signal });
  expect(asked).toEqual([
    ['select', { ...request, limit: 5 }, signal],
    ['select', { ...request, limit: Infinity }, signal],
    ['draw', { ...request, limit: 7, form }, signal],
    ['draw', { ...request, limit: Infinity, form }, signal],
    ['count', request, signal],
    ['count', { ...request, filter: {} }, signal],
    ['rank', { ...request, rows: 3, before }, signal, [before]],
    ['rank', { ...request, rows: 3, before: undefined }, signal, []],
    ['clear', request, signal],
  ]);
});

test('what is drawn is text, and connections are told of sessions that are some', async () => {
  const drawn = sourceOf('live', { batches: [Buffer.from('one\n'), Buffer.from('two\n')] }).source;
  const form = { extensive: false, isNamed: false };
  expect(await all(drawn.texts({ filter, limit: undefined, signal }, form))).toEqual([['one\n'], ['two\n']]);
  const plain = session([flow(6, '10.0.0.1:1', '10.0.0.2:2'), flow(6, '10.0.0.2:2', '10.0.0.1:1')], {
    id: 7,
  });
  const other = session([flow(6, '10.0.0.1:1', '10.0.0.2:2'), flow(6, '[::2]:2', '[::1]:1')]);
  const { source } = sourceOf('live', { batches: [[plain, other], []] });
  const found = await all(source.connections({ filter, limit: undefined, signal }));
  expect(found).toMatchObject([[{ connection: { id: 7 } }, undefined], []]);
});

test('where it has sessions is told at once', () => {
  const { source } = sourceOf('ended', { groups: { ended: [GROUP] } });
  expect(source.name).toBe('records');
  expect(source.groups).toEqual([{ ...GROUP, aggregate: undefined }]);
});

describe('problems', () => {
  const empty: SourceProblem = { severity: 'warning', code: 'nothing-stored' };
  const moving: SourceProblem = { severity: 'warning', code: 'being-moved', details: { sessions: 1 } };
  const other: SourceProblem = { severity: 'warning', code: 'not-recorded' };
  const of = (...args: Parameters<typeof sourceOf>): Promise<readonly SourceProblem[]> =>
    (sourceOf(...args).source satisfies SessionSource).problems();

  test('that nothing was imported, where that is what it has', async () => {
    expect(await of('live')).toEqual([empty]);
    expect(await of('live', { groups: { live: [GROUP] } })).toEqual([]);
    expect(await of('ended')).toEqual([]);
  });

  test('that some are still being moved', async () => {
    expect(await of('live', { former: 1 })).toEqual([moving]);
    expect(await of('ended', { former: 1 })).toEqual([moving]);
  });

  test('of others, and all of them in the status', async () => {
    const others = () => [other];
    expect(await of('live', { others })).toEqual([empty, other]);
    const { source, asked } = sourceOf('ended', { others });
    expect(await source.status()).toEqual({ method: 'store', problems: [other] });
    expect(asked).toEqual([['status', { state: 'ended' }]]);
  });
});
