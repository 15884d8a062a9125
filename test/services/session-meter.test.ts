/** Counts of sessions at intervals, from a source that says what it is told to say, on a virtual clock. */
import { getEventListeners } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import type { TallyMessage } from '../../src/services/conntrack/conntrack-link.ts';
import { SessionMeter, type MeterParts } from '../../src/services/session-meter.ts';
import type { SessionCount } from '../../src/services/session.ts';
import { SourceError } from '../../src/services/source.ts';
import { VirtualTime } from '../support/virtual-time.ts';

const SECOND_NANOS = 1e9;

const group = (serviceSet: string) => ({ interface: 'ms-0/0/0', aggregate: undefined, serviceSet });

type Tally = Pick<TallyMessage, 'begun' | 'ended' | 'lost'>;

/** Says how many sessions there are, by service set; each count takes `tookNanos`. */
class SayingSource {
  readonly name = 'conntrack';
  sessions: Readonly<Record<string, number>> = {};
  tookNanos = 0;
  counted = 0;
  refusal: Error | undefined;
  signal: AbortSignal | undefined;
  readonly #time: VirtualTime;
  #told: (tally: Tally) => void = () => undefined;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  async census(signal?: AbortSignal): Promise<readonly SessionCount[]> {
    this.counted += 1;
    this.signal = signal;
    if (this.tookNanos > 0)
      await new Promise<void>((resolve) => this.#time.at(this.#time.monoNanos() + this.tookNanos, resolve));
    if (this.refusal !== undefined) throw this.refusal;
    return Object.entries(this.sessions).map(([set, sessions]) => ({ ...group(set), sessions }));
  }

  async *tally(signal: AbortSignal): AsyncGenerator<Tally> {
    for (;;)
      yield await new Promise<Tally>((resolve, reject) => {
        this.#told = resolve;
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
  }

  tell(begun: number, ended: number, lost = 0): void {
    const count = (sessions: number) => [{ ...group('a'), sessions }];
    this.#told({ begun: count(begun), ended: count(ended), lost });
  }
}

interface Metering {
  readonly time: VirtualTime;
  readonly source: SayingSource;
  readonly meter: SessionMeter;
}

function fail(error: unknown): never {
  throw error;
}

function startMeter(
  settings = { intervalSeconds: 60, samples: 3 },
  isTold = true,
  rowsMax?: number,
  { time = new VirtualTime(), report = fail }: { time?: VirtualTime; report?: MeterParts['report'] } = {},
): Metering {
  const source = new SayingSource(time);
  source.sessions = { a: 4 };
  const asked = isTold
    ? source
    : { name: source.name, census: (signal: AbortSignal) => source.census(signal) };
  const meter = new SessionMeter(
    { clock: time, source: asked as unknown as MeterParts['source'], report },
    settings,
    rowsMax,
  );
  onTestFinished(() => meter.stop());
  meter.start();
  return { time, source, meter };
}

const pass = ({ time }: Metering, seconds: number): Promise<void> => time.pass(seconds * SECOND_NANOS);

const told = ({ meter }: Metering): unknown[] =>
  meter.samples.map(({ groups }) =>
    groups.map(({ serviceSet, sessions, begun, ended }) => [serviceSet, sessions, begun, ended]),
  );

test('a sample at once and at each interval has what was since the one before; the latest are kept', async () => {
  const metering = startMeter();
  await pass(metering, 1);
  expect(told(metering)).toEqual([[['a', 4, 0, 0]]]);
  metering.source.sessions = { a: 9, b: 2 };
  metering.source.tell(7, 2);
  await pass(metering, 59);
  expect(told(metering)[1]).toEqual([
    ['a', 9, 7, 2],
    ['b', 2, 0, 0],
  ]);
  metering.source.sessions = {};
  metering.source.tell(0, 9);
  await pass(metering, 60);
  // What is empty now has still lost some.
  expect(told(metering)[2]).toEqual([['a', 0, 0, 9]]);
  await pass(metering, 60);
  expect(told(metering)).toHaveLength(3);
  expect(told(metering)[2]).toEqual([]);
});

test('peaks and rates are those since it began, and whoever counts adds to them', async () => {
  const metering = startMeter();
  const { meter, source } = metering;
  await pass(metering, 10);
  expect(meter.since(group('a'))).toEqual({ peak: 4, begunRate: 0, endedRate: 0 });
  meter.note([{ ...group('a'), sessions: 100 }]);
  source.tell(50, 20);
  await pass(metering, 90);
  expect(meter.since(group('a'))).toEqual({ peak: 100, begunRate: 0.5, endedRate: 0.2 });
  expect(meter.since(group('none'))).toBeUndefined();
});

test('rates are of the time since it began, of which there is none at first', async () => {
  const time = new VirtualTime();
  await time.pass(100 * SECOND_NANOS);
  const metering = startMeter(undefined, undefined, undefined, { time });
  const { meter, source } = metering;
  meter.note([{ ...group('a'), sessions: 1 }]);
  expect(meter.since(group('a'))).toEqual({ peak: 1, begunRate: undefined, endedRate: undefined });
  await pass(metering, 1);
  source.tell(10, 5);
  await pass(metering, 9);
  expect(meter.since(group('a'))).toEqual({ peak: 4, begunRate: 1, endedRate: 0.5 });
});

test('a group of which all have gone is in the sample in which some began or ended', async () => {
  const metering = startMeter();
  await pass(metering, 1);
  metering.source.sessions = {};
  metering.source.tell(5, 0);
  await pass(metering, 60);
  metering.source.tell(0, 5);
  await pass(metering, 60);
  expect(told(metering).slice(1)).toEqual([[['a', 0, 5, 0]], [['a', 0, 0, 5]]]);
});

test('where nobody tells, there are no rates', async () => {
  const metering = startMeter(undefined, false);
  await pass(metering, 1);
  expect(told(metering)).toEqual([[['a', 4, undefined, undefined]]]);
  expect(metering.meter.since(group('a'))).toEqual({ peak: 4, begunRate: undefined, endedRate: undefined });
});

test('counting takes no more than a fiftieth of the time', async () => {
  const metering = startMeter({ intervalSeconds: 1, samples: 1000 });
  metering.source.tookNanos = 2 * SECOND_NANOS;
  await pass(metering, 1000);
  expect(metering.source.counted).toBe(1 + 10);
});

test('what is refused is told, and asked again', async () => {
  const metering = startMeter();
  await pass(metering, 1);
  metering.source.refusal = new SourceError('conntrack', { severity: 'error', code: 'not-permitted' });
  await pass(metering, 60);
  expect(metering.meter.problems).toMatchObject([{ severity: 'warning', code: 'not-permitted' }]);
  metering.source.refusal = undefined;
  await pass(metering, 60);
  expect(told(metering)).toHaveLength(2);
});

test('any other error is reported, and counting goes on', async () => {
  const reported: unknown[] = [];
  const metering = startMeter(undefined, false, undefined, { report: (error) => void reported.push(error) });
  await pass(metering, 1);
  const error = (metering.source.refusal = new Error('why'));
  await pass(metering, 60);
  expect([reported, metering.meter.problems]).toEqual([[error], []]);
  metering.source.refusal = undefined;
  await pass(metering, 60);
  expect([told(metering).length, reported.length]).toEqual([2, 1]);
});

test('waiting leaves nothing behind', async () => {
  const metering = startMeter({ intervalSeconds: 1, samples: 3 }, true);
  await pass(metering, 20);
  // One waits for what is told, the other for the next count.
  expect(getEventListeners(metering.source.signal!, 'abort')).toHaveLength(2);
});

test('events that were lost are told', async () => {
  const metering = startMeter();
  await pass(metering, 1);
  metering.source.tell(1, 1);
  await pass(metering, 1);
  expect(metering.meter.problems).toEqual([]);
  metering.source.tell(1, 1, 1);
  await pass(metering, 1);
  expect(metering.meter.problems).toEqual([{ severity: 'warning', code: 'events-lost' }]);
});

test.each([
  [10, 4],
  [11, 3],
])('of %i groups in 40 rows, %i samples are kept', async (groups, samples) => {
  const metering = startMeter({ intervalSeconds: 1, samples: 1000 }, true, 40);
  metering.source.sessions = Object.fromEntries(Array.from({ length: groups }, (_, at) => [`s${at}`, 1]));
  await pass(metering, 8);
  expect(metering.meter.samples).toHaveLength(samples);
});

test('once it has stopped, it asks nobody and keeps nothing alive', async () => {
  const metering = startMeter();
  await pass(metering, 1);
  await metering.meter.stop();
  await pass(metering, 600);
  expect([metering.source.counted, metering.time.pending]).toEqual([1, 0]);
});
