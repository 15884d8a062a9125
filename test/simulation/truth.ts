/** What a measurement must report, worked out from the journal of what truly happened, and the comparison. */
import { expect } from 'vitest';
import type { Spread } from '../../src/twamp/delays.ts';
import type { Summary } from '../../src/twamp/statistics.ts';
import { decodeErrorEstimate, type TimestampFormat } from '../../src/twamp/timestamp.ts';
import { ERROR_ESTIMATE, type Reply, type Sent, type Visit } from './simulated-datapath.ts';

/** A reply that came in time, with what it answers. */
interface Answer {
  readonly sent: Sent;
  readonly visit: Visit;
  readonly reply: Reply;
}

/** Each of four stamps is cut to 2^-32 s, and a reading to a whole nanosecond. */
const NANOS_TOLERANCE = 4;

/** What the network was like, as far as it decides what can be told. */
export interface Certainty {
  /** No copies and no overtaking on the way there: each lost packet can be told apart by its direction. */
  readonly directions: boolean;
  /** The session ran to its end. */
  readonly complete: boolean;
  /** When it was stopped before. */
  readonly cutMonoNanos: number | undefined;
  /** Asked for, and so agreed on. */
  readonly timestampFormat: TimestampFormat | undefined;
}

export function expectTruth(
  summary: Summary,
  journal: readonly Sent[],
  timeoutNanos: number,
  { directions, complete, cutMonoNanos = Infinity, timestampFormat }: Certainty,
): void {
  const replies = journal.flatMap((sent) =>
    sent.visits.flatMap((visit) => visit.replies.map((reply): Answer => ({ sent, visit, reply }))),
  );
  replies.sort((one, other) => one.reply.order - other.reply.order);
  const inTime = replies.filter(({ sent, reply }) => reply.monoNanos - sent.monoNanos <= timeoutNanos);
  const counted = inTime.filter(({ reply }) => reply.taken);
  const ofVisits = firstOfEach(counted, ({ visit }) => visit.reflectorSequence);
  const answers = firstOfEach(counted, ({ sent }) => sent.sequence);
  if (complete) {
    const owed = new Set(inTime.map(({ sent }) => sent.sequence));
    expect(new Set(answers.map(({ sent }) => sent.sequence))).toEqual(owed);
  }

  const answered = new Set(answers.map(({ sent }) => sent));
  const inFlight = journal.filter(
    (sent) => !answered.has(sent) && cutMonoNanos - sent.monoNanos <= timeoutNanos,
  );
  const decided = journal.filter((sent) => !inFlight.includes(sent));
  expect(summary).toMatchObject({
    sent: journal.length,
    lost: decided.length - answers.length,
    inFlight: inFlight.length,
    sendDuplicates: ofVisits.length - answers.length,
    reflectDuplicates: counted.length - ofVisits.length,
    reordered: { send: reorderedThere(counted), reflect: reordered(ofVisits.map(sequenceBack)) },
  });
  expectDirections(summary, decided, answers, directions);
  expectDelays(summary, answers);
  expect(summary.sendHops).toEqual(hopsOf(answers.map(({ visit }) => visit.ttl)));
  expect(summary.reflectHops).toEqual(hopsOf(answers.map(({ reply }) => reply.ttl)));
  const clock = { ...decodeErrorEstimate(ERROR_ESTIMATE), timestampFormat };
  expect(summary.clocks).toEqual(answers.length > 0 ? { sender: clock, reflector: clock } : undefined);
}

function expectDirections(
  { lost, lostByDirection: told }: Summary,
  decided: readonly Sent[],
  answers: readonly Answer[],
  exact: boolean,
): void {
  expect(told.send + told.reflect + told.unknown).toBe(lost);
  const last = Math.max(-1, ...answers.map(({ sent }) => sent.sequence));
  const answered = new Set(answers.map(({ sent }) => sent));
  const isLost = (sent: Sent): boolean => !answered.has(sent);
  const send = decided.filter((sent) => isLost(sent) && sent.visits.length === 0).length;
  // What is in flight may have reached the reflector or not, so that less can be told, but nothing that is not so.
  if (decided.some(({ sequence }, index) => sequence !== index)) {
    if (exact) expect(told.send).toBeLessThanOrEqual(send);
    if (exact) expect(told.reflect).toBeLessThanOrEqual(lost - send);
    return;
  }
  expect(told.unknown).toBe(decided.filter(({ sequence }) => sequence > last).length);
  if (!exact) return;
  const before = decided.filter(({ sequence }) => sequence < last);
  expect(told.send).toBe(before.filter(({ visits }) => visits.length === 0).length);
}

function expectDelays(summary: Summary, answers: readonly Answer[]): void {
  const there = answers.map(({ sent, visit }) => Number(visit.t2 - sent.t1));
  const back = answers.map(({ visit, reply }) => Number(reply.t4 - transmitted(visit)));
  const processing = answers.map(({ visit }) => Number(transmitted(visit) - visit.t2));
  const round = answers.map((_, index) => there[index]! + back[index]!);
  expectSpread(summary.send, there);
  expectSpread(summary.reflect, back);
  expectSpread(summary.roundTrip, round);
  if (answers.length === 0) {
    expect(summary).toMatchObject({ processing: undefined, firstWallNanos: undefined });
    return;
  }
  expectNanos(summary.processing!.minNanos, Math.min(...processing));
  expectNanos(summary.processing!.maxNanos, Math.max(...processing));
  const inOrder = answers.map(({ sent }) => sent).sort((one, other) => one.sequence - other.sequence);
  expectNanos(Number(summary.firstWallNanos! - inOrder[0]!.t1), 0);
  expectNanos(Number(summary.lastWallNanos! - inOrder.at(-1)!.t1), 0);
}

/** T3 is never before T2, whatever the clock did in between. */
const transmitted = ({ t2, t3 }: Visit): bigint => (t3 < t2 ? t2 : t3);

function expectSpread(spread: Spread | undefined, nanos: readonly number[]): void {
  if (nanos.length === 0) {
    expect(spread).toBeUndefined();
    return;
  }
  const sorted = [...nanos].sort((one, other) => one - other);
  const percentile = (percent: number): number => sorted[Math.ceil((percent * sorted.length) / 100) - 1]!;
  expectNanos(spread!.minNanos, sorted[0]!);
  expectNanos(spread!.medianNanos, percentile(50));
  expectNanos(spread!.maxNanos, sorted.at(-1)!);
  expectNanos(spread!.jitterNanos, percentile(95) - percentile(50));
  let jitter = 0;
  nanos.slice(1).forEach((delay, index) => (jitter += (Math.abs(delay - nanos[index]!) - jitter) / 16));
  expectNanos(spread!.interarrivalJitterNanos, jitter);
}

function expectNanos(told: number, truth: number): void {
  if (!(Math.abs(told - truth) <= NANOS_TOLERANCE)) expect(told).toBe(truth);
}

function hopsOf(ttls: readonly number[]): Summary['sendHops'] {
  const hops = [...new Set(ttls)].map((ttl) => 255 - ttl);
  if (hops.length === 0) return { kind: 'unknown' };
  return { kind: 'hops', values: hops.length, min: Math.min(...hops), max: Math.max(...hops) };
}

/** Answered packets in the order in which their first answered copies reached the reflector. */
function reorderedThere(counted: readonly Answer[]): number {
  const inOrderThere = [...counted].sort((one, other) => sequenceBack(one) - sequenceBack(other));
  return reordered(firstOfEach(inOrderThere, ({ sent }) => sent.sequence).map(({ sent }) => sent.sequence));
}

const sequenceBack = ({ visit }: Pick<Answer, 'visit'>): number => visit.reflectorSequence;

/** Numbers that came after a higher one. */
function reordered(sequences: readonly number[]): number {
  let highest = -1;
  return sequences.filter((sequence) => {
    const late = sequence < highest;
    if (!late) highest = sequence;
    return late;
  }).length;
}

/** Of the items that share a key, the first. */
function firstOfEach<Item>(items: readonly Item[], key: (item: Item) => number): Item[] {
  const seen = new Set<number>();
  return items.filter((item) => !seen.has(key(item)) && seen.add(key(item)));
}
