/** What is kept of the sessions that a source says have ended, and what is said where some are missing. */
import { expect, onTestFinished, test } from 'vitest';
import type { ConntrackSource, Losses } from '../../src/services/conntrack/conntrack-source.ts';
import { KNOWN_CONNECTIONS_MAX } from '../../src/services/conntrack/known-connections.ts';
import type { RecordsThread } from '../../src/services/records/records-thread.ts';
import { SessionRecorder } from '../../src/services/session-recorder.ts';
import type { ServiceSession } from '../../src/services/session.ts';
import { SourceError } from '../../src/services/source.ts';
import { flow, session } from '../support/service-sessions.ts';
import { quiet } from '../support/quiet.ts';
import { VirtualTime } from '../support/virtual-time.ts';

/** Says what has ended when it is told to, until it is stopped or fails. */
class EndingSource {
  now: (() => bigint) | undefined;
  lose: ((losses: Losses) => void) | undefined;
  wasStopped = false;
  #say: (sessions: readonly ServiceSession[]) => void = () => undefined;
  #fail: (error: unknown) => void = () => undefined;

  async *ended(
    signal: AbortSignal,
    now: () => bigint,
    onLost: (losses: Losses) => void,
  ): AsyncGenerator<readonly ServiceSession[]> {
    Object.assign(this, { now, lose: onLost });
    signal.addEventListener('abort', () => {
      this.wasStopped = true;
      this.#fail(signal.reason);
    });
    for (;;)
      yield await new Promise<readonly ServiceSession[]>((resolve, reject) => {
        [this.#say, this.#fail] = [resolve, reject];
      });
  }

  async say(count: number): Promise<void> {
    const one = session([flow(6, '10.0.0.1:1', '10.0.0.2:2')], { endedWallNanos: 1n });
    this.#say(Array<ServiceSession>(count).fill(one));
    await quiet();
  }

  async fail(error: unknown): Promise<void> {
    this.#fail(error);
    await quiet();
  }
}

function started(limit = 100) {
  const [source, time, reported] = [new EndingSource(), new VirtualTime(), [] as unknown[]];
  const written: [work: string, sessions: number, kept: number | undefined][] = [];
  const write = (work: string, request: { sessions: readonly unknown[]; kept: number | undefined }) => {
    written.push([work, request.sessions.length, request.kept]);
    return Promise.resolve();
  };
  const thread = { write } as unknown as RecordsThread;
  const recorder = new SessionRecorder(thread, time, (error) => void reported.push(error), limit);
  recorder.start(source as unknown as ConntrackSource);
  onTestFinished(() => recorder.stop());
  return { source, time, reported, written, recorder };
}

test('what has ended is kept, and the oldest are removed at first and with every thousand', async () => {
  const { source, time, written, recorder } = started();
  expect(source.now!()).toBe(time.wallNanos());
  await source.say(1);
  await source.say(1023);
  recorder.limit = 70;
  await source.say(1);
  await source.say(5);
  await source.say(2000);
  await source.say(1);
  expect(written).toEqual([
    ['record', 1, 100],
    ['record', 1023, undefined],
    ['record', 1, 70],
    ['record', 5, undefined],
    ['record', 2000, 70],
    ['record', 1, undefined],
  ]);
  expect(recorder.problems).toEqual([]);
});

test('stopped, it waits until the source has, and says nothing of it', async () => {
  const { source, written, recorder, reported } = started();
  await source.say(1);
  let isStopped = false;
  const stopping = recorder.stop().then(() => (isStopped = true));
  expect([source.wasStopped, isStopped]).toEqual([true, false]);
  await stopping;
  await source.say(1);
  expect([written.length, reported, recorder.problems]).toEqual([1, [], []]);
});

test('events that were lost are told, the last time, and how many can be known where there were more', () => {
  const { source, recorder } = started();
  source.lose!({ times: 1, found: 2, isPartial: true });
  const lost = { severity: 'warning', code: 'events-lost' };
  expect(recorder.problems).toEqual([
    { ...lost, details: { times: 1, found: 2, known: KNOWN_CONNECTIONS_MAX } },
  ]);
  source.lose!({ times: 2, found: 7, isPartial: false });
  expect(recorder.problems).toEqual([{ ...lost, details: { times: 2, found: 7 } }]);
});

test('a source that refuses is a problem, and any other error is reported', async () => {
  const problem = { severity: 'error', code: 'not-permitted' } as const;
  const refused = started();
  await refused.source.fail(new SourceError('conntrack', problem));
  expect([refused.recorder.problems, refused.reported]).toEqual([[problem], []]);
  const failed = started();
  await failed.source.fail(new Error('why'));
  expect([failed.recorder.problems, failed.reported]).toEqual([[], [new Error('why')]]);
});
