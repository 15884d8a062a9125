/** Results of configured clients in sessions.db: what is kept, in which order, and through a restart. */
import { expect, test } from 'vitest';
import { RPM_EVENTS_MAX, type EventRow, type ProbeRow } from '../../src/store/rpm-results.ts';
import { openState } from '../../src/store/state-directory.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { temporaryResults } from '../support/virtual-router.ts';

const NOW = 1_795_335_564_123_456_789n;

function probe(number: number, changes: Partial<ProbeRow> = {}): ProbeRow {
  return {
    connection: 'c1',
    session: 't1',
    sentWallNanos: NOW + BigInt(number),
    decidedWallNanos: NOW + BigInt(number) + 1n,
    roundTripNanos: 1000.5,
    egressNanos: -500.25,
    ingressNanos: 1500.75,
    ...changes,
  };
}

function event(changes: Partial<EventRow> = {}): EventRow {
  return {
    wallNanos: NOW,
    connection: 'c1',
    session: 't1',
    event: 'rtt-exceeded',
    value: 12.5,
    threshold: 10,
    reason: undefined,
    ...changes,
  };
}

test('a probe comes back as it was, lost or answered', () => {
  const results = temporaryResults();
  const lost = probe(2, { roundTripNanos: undefined, egressNanos: undefined, ingressNanos: undefined });
  results.addProbes([probe(1), lost], 10);
  expect(results.latestProbes('c1', 't1', 10)).toEqual([probe(1), lost]);
});

test('the latest of each session are kept, as many as are asked for', () => {
  const results = temporaryResults();
  const other = probe(0, { session: 't2' });
  for (let number = 0; number < 10; number++) results.addProbes([probe(number), other], 4);
  expect(results.latestProbes('c1', 't1', 100)).toEqual([6, 7, 8, 9].map((number) => probe(number)));
  expect(results.latestProbes('c1', 't1', 2)).toEqual([8, 9].map((number) => probe(number)));
  expect(results.latestProbes('c1', 't2', 100)).toHaveLength(4);
  results.addProbes([probe(10)], 0);
  expect(results.latestProbes('c1', 't1', 100)).toEqual([]);
  expect(results.latestProbes('c1', 't2', 100)).toHaveLength(4);
});

test('events come back by connection and session, oldest first', () => {
  const results = temporaryResults();
  const events = [
    event(),
    event({ session: undefined, value: undefined, threshold: undefined, reason: 'connection-closed' }),
    event({ connection: 'c2' }),
  ];
  for (const each of events) results.addEvent(each);
  expect([...results.events({})]).toEqual(events);
  expect([...results.events({ connection: 'c1' })]).toEqual(events.slice(0, 2));
  expect([...results.events({ session: 't1' })]).toEqual([events[0], events[2]]);
  expect([...results.events({ connection: 'c1', session: 't1' })]).toEqual([events[0]]);
});

test(`${RPM_EVENTS_MAX} events are kept`, () => {
  const results = temporaryResults();
  for (let number = 0; number <= RPM_EVENTS_MAX; number++) results.addEvent(event({ value: number }));
  const kept = [...results.events({})];
  expect(kept).toHaveLength(RPM_EVENTS_MAX);
  expect(kept[0]!.value).toBe(1);
});

test('results outlive the router', () => {
  const directory = temporaryDirectory();
  const before = openState(directory);
  before.rpm.addProbes([probe(1)], 10);
  before.rpm.addEvent(event());
  before.close();
  const after = openState(directory);
  expect(after.rpm.latestProbes('c1', 't1', 10)).toEqual([probe(1)]);
  expect([...after.rpm.events({})]).toEqual([event()]);
  after.close();
});
