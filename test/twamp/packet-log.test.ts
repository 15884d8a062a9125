/** Every packet, what became of it, and its instants. */
import { expect, test } from 'vitest';
import { PacketLog, type LoggedReply, type LoggedRun } from '../../src/twamp/packet-log.ts';
import { TTL_UNKNOWN } from '../../src/twamp/packets.ts';
import { SampleRing } from '../../src/twamp/samples.ts';
import { encodeErrorEstimate } from '../../src/twamp/timestamp.ts';
import { pushReply, someReply, type ReplyFields } from '../support/test-packets.ts';

function logOf(packets: number, replies: readonly Partial<ReplyFields>[]): PacketLog {
  const log = new PacketLog(packets);
  const ring = SampleRing.create(replies.length);
  for (const fields of replies) pushReply(ring, { ...someReply, ...fields });
  ring.drain((samples) => log.add(samples));
  return log;
}

const fates = (log: PacketLog, run: LoggedRun) =>
  [...log.packets(run)].map(({ sequence, status }) => [sequence, status]);

test('each packet has the instants of its reply, as the four stamps say', () => {
  const error = encodeErrorEstimate({ synchronised: true, errorNanos: 1000 });
  const log = logOf(1, [
    { replyTtl: 60, senderTtl: 61, senderErrorEstimate: error, reflectorErrorEstimate: error },
  ]);
  const [packet] = log.packets({ lastSequenceSent: 0, awaitedFrom: undefined });
  expect(packet).toMatchObject({
    sequence: 0,
    status: 'answered',
    sendNanos: expect.closeTo(10_000, -1),
    processingNanos: expect.closeTo(2_000, -1),
    reflectNanos: expect.closeTo(18_000, -1),
    roundTripNanos: expect.closeTo(28_000, -1),
    errorNanos: expect.closeTo(4_000, -2),
    senderTtl: 61,
    replyTtl: 60,
  });
  const { t1, t2, t3, t4 } = packet as LoggedReply;
  const truths = [someReply.t1, someReply.t2, someReply.t3, someReply.t4];
  [t1, t2, t3, t4].forEach((told, index) => expect(Number(told - truths[index]!)).toBeCloseTo(0, -1));
});

test('copies stand behind the first reply, whatever order they came in; nothing is told of a TTL that was not seen', () => {
  const log = logOf(5, [
    { sequence: 2, reflectorSequence: 3 },
    { sequence: 0, reflectorSequence: 0, replyTtl: TTL_UNKNOWN },
    { sequence: 2, reflectorSequence: 2 },
    { sequence: 2, reflectorSequence: 3 },
    { sequence: 3, reflectorSequence: 5 },
    { sequence: 3, reflectorSequence: 5 },
    { sequence: 3, reflectorSequence: 4 },
  ]);
  expect(fates(log, { lastSequenceSent: 5, awaitedFrom: 5 })).toEqual([
    [0, 'answered'],
    [1, 'lost'],
    [2, 'answered'],
    [2, 'send-duplicate'],
    [2, 'reflect-duplicate'],
    [3, 'answered'],
    [3, 'reflect-duplicate'],
    [3, 'send-duplicate'],
    [4, 'lost'],
    [5, 'in-flight'],
  ]);
  const [first] = log.packets({ lastSequenceSent: 0, awaitedFrom: undefined });
  expect(first).toMatchObject({ replyTtl: undefined });
});

test('each reply has the errors of its own clocks', () => {
  const estimate = (errorNanos: number): number => encodeErrorEstimate({ synchronised: true, errorNanos });
  const log = logOf(
    3,
    [1000, 2000, 3000].map((errorNanos, sequence) => ({
      sequence,
      senderErrorEstimate: estimate(errorNanos),
      reflectorErrorEstimate: estimate(errorNanos),
    })),
  );
  const packets = [...log.packets({ lastSequenceSent: 2, awaitedFrom: undefined })] as LoggedReply[];
  const nearly = [4000, 8000, 12_000].map((nanos): unknown => expect.closeTo(nanos, -2.4));
  expect(packets.map(({ errorNanos }) => errorNanos)).toEqual(nearly);
});

test('nothing sent, nothing told', () => {
  expect(fates(logOf(3, []), { lastSequenceSent: undefined, awaitedFrom: undefined })).toEqual([]);
});

test('a peer that answers one packet for ever costs no more memory; what finds no room is counted', () => {
  const log = logOf(
    2,
    Array.from({ length: 5 }, (_, copy) => ({ reflectorSequence: copy })),
  );
  expect(log.omitted).toBe(1);
  expect(fates(log, { lastSequenceSent: 1, awaitedFrom: undefined })).toHaveLength(5);
});
