/** Searches of stored sessions: what they give at once and altogether, what they count, and what they remove. */
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { SessionFilter, type FilterOptions } from '../../../src/services/filter.ts';
import { StoredSource } from '../../../src/services/records/stored-source.ts';
import { storedSession } from '../../../src/services/records/stored.ts';
import type { ServiceSession } from '../../../src/services/session.ts';
import type { ServiceSessionState, ServiceSessionStore } from '../../../src/store/service-session-store.ts';
import { BLOCK_SESSIONS } from '../../../src/store/service-block.ts';
import { openServices } from '../../../src/store/state-directory.ts';
import { flow, session } from '../../support/service-sessions.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

let store: ServiceSessionStore;
beforeEach(() => {
  store = openServices(join(temporaryDirectory(), 'services.db'));
  onTestFinished(() => store.close());
});

const signal = new AbortController().signal;
const keep = (...sessions: readonly ServiceSession[]): void =>
  store.insert(sessions.map(storedSession), undefined);
const sourceOf = (state: ServiceSessionState = 'live'): StoredSource => new StoredSource(store, state);

/** The ids of each batch. */
async function batchesOf(filter: FilterOptions = {}, limit?: number): Promise<number[][]> {
  const found: number[][] = [];
  for await (const batch of sourceOf().select({ filter: new SessionFilter(filter), limit, signal }))
    found.push(batch.map(({ id }) => id));
  return found;
}

const idsOf = async (filter: FilterOptions, limit?: number): Promise<number[]> =>
  (await batchesOf(filter, limit)).flat();

const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at);

const telnet = (id: number, rest: Partial<ServiceSession> = {}): ServiceSession =>
  session([flow(6, `10.0.0.${id % 256}:${1024 + id}`, '10.1.0.1:23')], { id, ...rest });

test('a session comes back as it was', async () => {
  const ends = (address: number, port: number) => ({ address, port });
  const whole = session(
    [
      flow(17, '10.0.0.1:1', '[2001:db8::1]:53', {
        state: 'Watch',
        direction: 'O',
        timeoutSeconds: undefined,
      }),
      flow(17, '[2001:db8::1]:53', '10.0.0.1:1', { role: 'responder', frames: 2 ** 40 }),
    ],
    {
      ...{ id: 2 ** 47, aggregate: 'ams0', interface: 'mams-1/0/0', serviceSet: 'ss', alg: 'dns', flags: 7 },
      ...{ application: 'dns', ipAction: true, offload: true, asymmetric: undefined },
      ...{ startedWallNanos: 5n, endedWallNanos: undefined },
      nat: {
        translationType: 'NAPT-44',
        source: { from: ends(1, 2), to: ends(3, 4) },
        destination: undefined,
      },
    },
  );
  keep(whole, telnet(1));
  const filter = new SessionFilter({ protocol: 17 });
  const { value } = await sourceOf().select({ filter, limit: undefined, signal }).next();
  // An address is a view of what was read.
  const [found] = structuredClone(value as ServiceSession[]);
  expect(found).toEqual(whole);
});

describe('what is selected', () => {
  test('comes 256 at a time, and nothing behind the last of them', async () => {
    keep(...numbers(1, 512).map((id) => telnet(id)));
    expect(await batchesOf()).toEqual([numbers(1, 256), numbers(257, 512)]);
  });

  test.each([
    [1, [1]],
    [256, [256]],
    [257, [256, 1]],
    [700, [256, 256, 88]],
  ])('is %i at the most', async (limit, lengths) => {
    keep(...numbers(1, 600).map((id) => telnet(id)), telnet(601, { serviceSet: 'other' }));
    keep(...numbers(602, 800).map((id) => telnet(id, { serviceSet: 'third' })));
    const batches = await batchesOf({ serviceSet: 'default' }, limit);
    expect(batches.map((batch) => batch.length)).toEqual(lengths);
    expect((await idsOf({}, 601)).slice(-2)).toEqual([600, 601]);
  });

  test('is all there is, however much', async () => {
    const count = 2 * BLOCK_SESSIONS + 1;
    keep(...numbers(1, count).map((id) => telnet(id)));
    expect(await idsOf({})).toEqual(numbers(1, count));
    expect(await idsOf({ sourcePort: 1024 + count })).toEqual([count]);
    expect(await sourceOf().count({ filter: new SessionFilter({ protocol: 6 }), signal })).toMatchObject([
      { sessions: count },
    ]);
  });

  test('passes every filter', async () => {
    keep(
      session([flow(6, '10.0.0.1:1000', '10.1.0.1:21')], { id: 1, alg: 'ftp' }),
      session([flow(17, '10.0.0.2:2000', '10.1.0.2:53')], { id: 2 }),
      session([flow(6, '10.0.0.3:3000', '10.1.0.3:23')], { id: 3, application: 'dns' }),
      session([flow(6, '[2001:db8::1]:3000', '[2001:db8::2]:23')], { id: 4, aggregate: 'ams0' }),
    );
    expect(await idsOf({ protocol: 17 })).toEqual([2]);
    expect(await idsOf({ sourcePort: 3000 })).toEqual([4, 3]);
    expect(await idsOf({ destinationPort: 53 })).toEqual([2]);
    expect(await idsOf({ sourcePrefix: '10.0.0.2/31' })).toEqual([2, 3]);
    expect(await idsOf({ destinationPrefix: '2001:db8::/64' })).toEqual([4]);
    expect(await idsOf({ application: 'ftp' })).toEqual([1]);
    expect(await idsOf({ application: 'dns' })).toEqual([3]);
    // Those without an ALG, of that protocol.
    expect(await idsOf({ application: 'tcp' })).toEqual([4, 3]);
    expect(await idsOf({ interface: 'ams0' })).toEqual([4]);
    expect(await idsOf({ serviceSet: 'none' })).toEqual([]);
  });

  test('is given up when the signal is aborted', async () => {
    keep(...numbers(1, 300).map((id) => telnet(id)));
    const abort = new AbortController();
    const batches = sourceOf().select({
      ...{ filter: new SessionFilter({}), limit: undefined, signal: abort.signal },
    });
    expect((await batches.next()).value).toHaveLength(256);
    abort.abort(new Error('enough'));
    await expect(batches.next()).rejects.toThrow('enough');
    const late = { filter: new SessionFilter({ protocol: 6 }), signal: abort.signal };
    await expect(sourceOf().count(late)).rejects.toThrow('enough');
    await expect(sourceOf().clear(late)).rejects.toThrow('enough');
    expect(store.sizes('live')).toMatchObject([{ sessions: 300 }]);
  });
});

describe('groups', () => {
  const groups = [
    { interface: 'ms-2/0/0', aggregate: undefined, serviceSet: 'b' },
    { interface: 'ms-10/0/0', aggregate: undefined, serviceSet: 'a' },
    { interface: 'ms-2/0/0', aggregate: undefined, serviceSet: 'a' },
  ];
  const inOrder = [groups[2], groups[0], groups[1]];
  beforeEach(() => groups.forEach((group, at) => keep(telnet(at + 1, group), telnet(at + 11, group))));
  const count = (filter: FilterOptions) => sourceOf().count({ filter: new SessionFilter(filter), signal });

  test('are counted in their order, with or without a look at each session', async () => {
    const each = (sessions: number) => inOrder.map((group) => ({ ...group, sessions }));
    expect(await count({})).toEqual(each(2));
    expect(await count({ protocol: 6 })).toEqual(each(2));
    expect(await count({ sourcePrefix: '10.0.0.0/29' })).toEqual(each(1));
    expect(await count({ application: 'tcp' })).toEqual(each(2));
    expect(await count({ application: 'ftp' })).toEqual([]);
    expect(await count({ sourcePort: 1026 })).toEqual([{ ...groups[1], sessions: 1 }]);
    expect(await count({ interface: 'ms-2/0/0', serviceSet: 'a' })).toEqual([{ ...groups[2], sessions: 2 }]);
  });

  test('keep what is not cleared', async () => {
    const clear = (filter: FilterOptions) => sourceOf().clear({ filter: new SessionFilter(filter), signal });
    expect(await clear({ destinationPort: 24 })).toEqual([]);
    expect(await clear({ sourcePrefix: '10.0.0.3' })).toEqual([{ ...groups[2], sessions: 1 }]);
    expect(await clear({ interface: 'ms-10/0/0' })).toEqual([{ ...groups[1], sessions: 2 }]);
    expect(await idsOf({})).toEqual([13, 1, 11]);
    expect(await clear({})).toEqual([
      { ...groups[2], sessions: 1 },
      { ...groups[0], sessions: 2 },
    ]);
    expect(store.groups('live')).toEqual([]);
  });
});

describe('the status', () => {
  const empty = {
    ...{ name: 'records', method: 'store', sessions: 0, sessionsMax: undefined },
    ...{ asOfWallNanos: undefined, origin: undefined, problems: [] },
  };

  test('of nothing', () => {
    expect(sourceOf().status()).toEqual(empty);
  });

  test('counts what is in every group, of its own state, and names the latest import', async () => {
    keep(telnet(1), telnet(2, { serviceSet: 'other' }), telnet(3, { endedWallNanos: 9n }));
    for (const [name, at] of [
      ['first', 5n],
      ['second', 7n],
    ] as const) {
      const key = store.beginImport(name, at);
      store.insert([storedSession(telnet(4, { serviceSet: name }))], key);
      store.endImport(key, false);
    }
    expect(sourceOf().status()).toEqual({ ...empty, sessions: 4, asOfWallNanos: 7n, origin: 'second' });
    expect(sourceOf('ended').status()).toMatchObject({ sessions: 1 });
    // What has no session any more is forgotten.
    await sourceOf().clear({ filter: new SessionFilter({ serviceSet: 'second' }), signal });
    expect(sourceOf().status()).toMatchObject({ sessions: 3, origin: 'first' });
  });
});
