/** Samples that wait: with where they were measured to, in their order, and no more than so many. */
import { expect, test } from 'vitest';
import { effective } from '../../src/config/effective.ts';
import type { MeshConnection } from '../../src/engine/rpm-configuration.ts';
import { SAMPLES_MAX, WaitingSamples } from '../../src/fleet/waiting-samples.ts';
import type { ProbeRow } from '../../src/store/rpm-results.ts';
import { treeOf } from '../support/configuration.ts';
import { grammars } from '../support/grammar.ts';

const probe = (changes: Partial<ProbeRow> = {}): ProbeRow => ({
  connection: 'c1',
  session: 't1',
  sentWallNanos: 0n,
  decidedWallNanos: 0n,
  roundTripNanos: 1,
  egressNanos: undefined,
  ingressNanos: undefined,
  ...changes,
});

const numbered = (first: number, count: number): readonly ProbeRow[] =>
  Array.from({ length: count }, (_, index) => probe({ roundTripNanos: first + index }));

const trips = (samples: WaitingSamples): readonly (number | undefined)[] =>
  samples.take().map(({ roundTripNanos }) => roundTripNanos);

test('each has its target: that of its session, of its connection, or of its mesh', () => {
  const samples = new WaitingSamples();
  const client = 'services rpm twamp client control-connection';
  const tree = treeOf([
    `${client} c1 target-address 192.0.2.1`,
    `${client} c1 test-session t1`,
    `${client} c1 test-session t2 target-address address 192.0.2.2`,
  ]);
  samples.apply(effective(grammars.schema, tree));
  const statements = { 'target-address': '192.0.2.3' } as MeshConnection['statements'];
  const meshed = new Map([['m/b', { mesh: { name: 'm', owner: 'o' }, statements }]]);
  const asked = [
    probe(),
    probe({ session: 't2' }),
    probe({ connection: 'm/b', session: 'm' }),
    probe({ connection: 'gone' }),
  ];
  samples.add(asked, meshed);
  expect(samples.take().map(({ target }) => target)).toEqual([
    '192.0.2.1',
    '192.0.2.2',
    '192.0.2.3',
    undefined,
  ]);
});

test('what is taken waits no longer, and what is given back comes first', () => {
  const samples = new WaitingSamples();
  samples.add(numbered(0, 2), new Map());
  const taken = samples.take();
  samples.add(numbered(2, 1), new Map());
  samples.giveBack(taken);
  expect(trips(samples)).toEqual([0, 1, 2]);
  expect(trips(samples)).toEqual([]);
});

test('beyond so many the oldest go, and are counted', () => {
  const samples = new WaitingSamples();
  samples.add(numbered(0, SAMPLES_MAX), new Map());
  expect(samples.lost).toBe(0);
  samples.add(numbered(SAMPLES_MAX, 1), new Map());
  expect(samples.lost).toBe(1);
  const taken = samples.take();
  expect([taken.length, taken[0]!.roundTripNanos]).toEqual([SAMPLES_MAX, 1]);
  samples.add(numbered(0, 2), new Map());
  samples.giveBack(taken);
  expect(samples.lost).toBe(3);
  expect(samples.take()).toHaveLength(SAMPLES_MAX);
});
