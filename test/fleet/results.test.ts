/** Results gathered into slots: when they end, what they become part of, and what is known after a new start. */
import { describe, expect, test } from 'vitest';
import { Results, type ResultSample } from '../../src/fleet/results.ts';
import { resultOf } from '../../src/fleet/rows.ts';
import type { OutboxRow } from '../../src/store/fleet-outbox.ts';

const SECOND = 1_000_000_000n;
/** 2026-11-18T00:00:00Z. */
const MIDNIGHT = 1_794_960_000n * SECOND;
const at = (seconds: number): bigint => MIDNIGHT + BigInt(seconds) * SECOND;

const sample = (changes: Partial<ResultSample> = {}): ResultSample => ({
  connection: 'c1',
  session: 't1',
  target: undefined,
  roundTripNanos: 1e6,
  egressNanos: undefined,
  ingressNanos: undefined,
  ...changes,
});

const told = (rows: readonly OutboxRow[]) =>
  rows.map(({ content, dueWallNanos }) => {
    const { span, slotWallNanos, sent, lost } = resultOf(content);
    const seconds = (nanos: bigint): number => Number((nanos - MIDNIGHT) / SECOND);
    return { span, from: seconds(slotWallNanos), due: seconds(dueWallNanos!), sent, lost };
  });

describe('slots', () => {
  test('have five minutes, and tell each path on its own', () => {
    const results = new Results([]);
    const lost = sample({ roundTripNanos: undefined });
    const rows = results.add([sample(), lost, sample({ session: 't2' })], at(299));
    expect(told(rows)).toEqual([
      { span: 300, from: 0, due: 300, sent: 2, lost: 1 },
      { span: 300, from: 0, due: 300, sent: 1, lost: 0 },
    ]);
    expect(told(results.add([sample()], at(300)))).toEqual([
      { span: 3600, from: 0, due: 3600, sent: 2, lost: 1 },
      { span: 3600, from: 0, due: 3600, sent: 1, lost: 0 },
      { span: 300, from: 300, due: 600, sent: 1, lost: 0 },
    ]);
  });

  test('become hours, and those days, each sample once', () => {
    const results = new Results([]);
    let last: readonly OutboxRow[] = [];
    for (let seconds = 0; seconds < 86_400; seconds += 100)
      last = [...last, ...results.add([sample()], at(seconds))];
    last = [...last, ...results.roll(at(86_400))];
    const final = new Map(told(last).map((row) => [`${row.span} ${row.from}`, row]));
    const ofSpan = (span: number) => [...final.values()].filter((row) => row.span === span);
    expect(ofSpan(300).map(({ sent }) => sent)).toEqual(Array(288).fill(3));
    expect(ofSpan(3600).map(({ sent }) => sent)).toEqual(Array(24).fill(36));
    expect(ofSpan(86400)).toEqual([{ span: 86_400, from: 0, due: 86_400, sent: 864, lost: 0 }]);
  });

  test('that have ended are not opened anew by a clock that is set back', () => {
    const results = new Results([]);
    results.add([sample()], at(600));
    expect(told(results.add([sample()], at(10)))).toEqual([
      { span: 300, from: 600, due: 900, sent: 2, lost: 0 },
    ]);
  });

  test('go on after a new start, also those that have ended meanwhile', () => {
    const before = new Results([]);
    before.add([sample()], at(0));
    const hour = before.roll(at(300));
    const minutes = before.add([sample({ target: '192.0.2.1' })], at(400));
    const after = new Results([...hour, ...minutes].map(({ content }) => content));
    const rolled = after.roll(at(4_000));
    expect(told(rolled)).toEqual([
      { span: 3600, from: 0, due: 3600, sent: 2, lost: 0 },
      { span: 86400, from: 0, due: 86_400, sent: 2, lost: 0 },
    ]);
    expect(resultOf(rolled[1]!.content).target).toBe('192.0.2.1');
  });
});
