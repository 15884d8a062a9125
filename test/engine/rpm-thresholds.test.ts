/** Thresholds and the traps that tell of them: each met, exceeded, not reached and disabled, a probe or a test at a time. */
import { describe, expect, test } from 'vitest';
import { effective } from '../../src/config/effective.ts';
import { schemaAlong } from '../../src/config/tree.ts';
import type { SampleBatch } from '../../src/datapath/datapath.ts';
import { RpmSession } from '../../src/engine/rpm-session.ts';
import { settingsOf } from '../../src/engine/rpm-settings.ts';
import type { SessionTrap, Thresholds } from '../../src/engine/rpm-thresholds.ts';
import { routingInstancesOf } from '../../src/engine/routing-instances.ts';
import { treeOf } from '../support/configuration.ts';
import { grammars } from '../support/grammar.ts';

const SECOND = 1e9;
const SESSION = 'services rpm twamp client control-connection c1 test-session t1';

/** Round trips in microseconds, a quarter of each there and the rest back; undefined: lost. */
const PROBES = [1000, 3000, 1000, 3000, undefined, undefined] as const;

interface Row {
  readonly threshold: keyof Thresholds;
  readonly trap: SessionTrap;
  /** What is measured, in the threshold's unit: the largest threshold that is met. */
  readonly measured: number;
  /** How often that is told of, and whether as the probes are decided or at the end of their test. */
  readonly times: number;
  readonly at: 'probe' | 'test';
}

const rows: readonly Row[] = [
  { threshold: 'successive-loss', trap: 'probe-failure', measured: 2, times: 1, at: 'probe' },
  { threshold: 'total-loss', trap: 'test-failure', measured: 2, times: 1, at: 'test' },
  { threshold: 'rtt', trap: 'rtt-exceeded', measured: 3000, times: 2, at: 'probe' },
  { threshold: 'max-rtt', trap: 'max-rtt-exceeded', measured: 3000, times: 1, at: 'test' },
  { threshold: 'jitter-rtt', trap: 'jitter-exceeded', measured: 2000, times: 1, at: 'test' },
  { threshold: 'std-dev-rtt', trap: 'std-dev-exceeded', measured: 1000, times: 1, at: 'test' },
  { threshold: 'egress-time', trap: 'egress-time-exceeded', measured: 750, times: 2, at: 'probe' },
  { threshold: 'ingress-time', trap: 'ingress-time-exceeded', measured: 2250, times: 2, at: 'probe' },
  { threshold: 'jitter-ingress', trap: 'ingress-jitter-exceeded', measured: 1500, times: 1, at: 'test' },
  { threshold: 'jitter-egress', trap: 'egress-jitter-exceeded', measured: 500, times: 1, at: 'test' },
  { threshold: 'std-dev-ingress', trap: 'ingress-std-dev-exceeded', measured: 750, times: 1, at: 'test' },
  { threshold: 'std-dev-egress', trap: 'egress-std-dev-exceeded', measured: 250, times: 1, at: 'test' },
];

function reply(sequence: number, roundTripNanos: number): SampleBatch {
  return {
    length: 1,
    sequence: () => sequence,
    reflectorSequence: () => sequence,
    sentWallNanos: () => BigInt(sequence * SECOND),
    sendNanos: () => roundTripNanos / 4,
    reflectNanos: () => (3 * roundTripNanos) / 4,
    processingNanos: () => 0,
    roundTripNanos: () => roundTripNanos,
    senderTtl: () => 255,
    replyTtl: () => 255,
    senderTrafficClass: () => undefined,
    replyTrafficClass: () => undefined,
    senderErrorEstimate: () => 1,
    reflectorErrorEstimate: () => 1,
  };
}

/** A session configured with these statements, and no others of its kind: every threshold that has a default is 0. */
function sessionWith(...statements: readonly string[]): RpmSession {
  const lines = [
    'services rpm twamp client control-connection c1 target-address 192.0.2.1',
    `${SESSION} thresholds successive-loss 0 total-loss 0`,
    ...statements.map((statement) => `${SESSION} ${statement}`),
  ];
  const { rpm, 'simple-twamp': simple } = effective(grammars.schema, treeOf(lines)).services;
  const sender = simple['session-sender'];
  const settings = settingsOf(rpm.twamp.client, sender, routingInstancesOf(new Map()), new Map()).get('c1')!;
  return new RpmSession(settings.sessions[0]!);
}

/** The traps of one test, as its probes are decided and at its end. */
function trapsOf(session: RpmSession): Readonly<Record<Row['at'], readonly object[]>> {
  const at = (seconds: number) => ({ monoNanos: seconds * SECOND, wallNanos: BigInt(seconds * SECOND) });
  session.begin(
    { startMonoNanos: 0, intervalNanos: SECOND, timeoutNanos: 2 * SECOND },
    { monoNanos: 0, wallNanos: 0n },
  );
  const probe = PROBES.flatMap((micros, sequence) => {
    if (micros !== undefined) session.add(reply(sequence, micros * 1000));
    return session.decide(sequence + 1, at(sequence + 0.5)).crossings;
  });
  const late = session.decide(PROBES.length, at(PROBES.length + 3)).crossings;
  const { crossings } = session.end(PROBES.length, at(PROBES.length + 3), 'complete');
  return { probe: [...probe, ...late], test: crossings };
}

describe.each(rows)('$threshold, trap $trap', ({ threshold, trap, measured, times, at }) => {
  const told = (value: number, ...more: readonly string[]) =>
    trapsOf(sessionWith(`thresholds ${threshold} ${value}`, ...more));
  const trapped = `traps ${trap}`;
  const none = { probe: [], test: [] };

  test('is sent when the threshold is met, and at no other time', () => {
    const crossing = { trap, value: measured, threshold: measured };
    expect(told(measured, trapped)).toEqual({ ...none, [at]: Array<object>(times).fill(crossing) });
  });

  test('is sent when it is exceeded', () => {
    expect(told(measured - 1, trapped)[at]).toHaveLength(times);
    expect(told(measured - 1, trapped)[at][0]).toMatchObject({ trap, threshold: measured - 1 });
  });

  test('is not sent when it is not reached', () => {
    expect(told(measured + 1, trapped)).toEqual(none);
  });

  test('is not sent when it is disabled with 0', () => {
    expect(told(0, trapped)).toEqual(none);
  });

  test('is not sent without its trap, whatever other traps there are', () => {
    const others = rows.filter((row) => row.trap !== trap).map((row) => `traps ${row.trap}`);
    expect(told(measured, ...others)).toEqual(none);
  });

  test('is counted', () => {
    const session = sessionWith(`thresholds ${threshold} ${measured}`, trapped);
    trapsOf(session);
    trapsOf(session);
    expect(session.trapCounts).toEqual(new Map([[trap, 2 * times]]));
  });
});

test('every threshold and every trap of the schema is in the table, but for that of a test completed', () => {
  const path = ['services', 'rpm', 'twamp', 'client', 'control-connection', 'c1', 'test-session', 't1'];
  const named = (word: string): string[] =>
    schemaAlong(grammars.schema, [...path, word])
      .at(-1)!
      .children.filter(({ inheritance }) => !inheritance)
      .map(({ name }) => name);
  expect(rows.map(({ threshold }) => threshold)).toEqual(named('thresholds'));
  expect(
    rows
      .map(({ trap }): string => trap)
      .concat('test-completion')
      .sort(),
  ).toEqual(named('traps').sort());
});

test('test-completion is sent at the end of a test that came to its end', () => {
  const session = sessionWith('traps test-completion');
  expect(trapsOf(session)).toEqual({ probe: [], test: [{ trap: 'test-completion' }] });
  session.begin(
    { startMonoNanos: 0, intervalNanos: SECOND, timeoutNanos: 2 * SECOND },
    { monoNanos: 0, wallNanos: 0n },
  );
  expect(session.end(0, { monoNanos: 0, wallNanos: 0n }, 'connection-lost').crossings).toEqual([]);
});

test('a run of losses is told of once, and the next run again', () => {
  const session = sessionWith('thresholds successive-loss 1', 'traps probe-failure');
  const told = (): number => trapsOf(session).probe.length;
  expect([told(), told()]).toEqual([1, 1]);
});
