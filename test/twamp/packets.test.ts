/** The stamps of test packets. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createArena,
  reflectorPacket,
  senderPacket,
  stampReply,
  stampRequest,
} from '../../src/twamp/packets.ts';
import { wallNanosFromNtp, writeNtp } from '../../src/twamp/timestamp.ts';
import { stampAt } from '../support/test-packets.ts';

const OFFSET = 64;
const wallNanos = fc.bigInt({ min: 1_700_000_000n * 10n ** 9n, max: 1_700_000_003n * 10n ** 9n });

test('T1 is written where a sender puts its Timestamp', () => {
  const arena = createArena(128);
  stampRequest(arena, OFFSET, stampAt(1_795_336_590_466_000_000n));
  const ntp = arena.view.getBigUint64(OFFSET + senderPacket.timestamp);
  expect(wallNanosFromNtp(ntp)).toBe(1_795_336_590_466_000_000n);
});

test('T3 is the stamp, but never before T2', () => {
  fc.assert(
    fc.property(wallNanos, wallNanos, (received, sent) => {
      const arena = createArena(128);
      const timestamp = (offset: number): bigint =>
        wallNanosFromNtp(arena.view.getBigUint64(OFFSET + offset));
      const { timestamp: transmit, receiveTimestamp } = reflectorPacket;
      const { unixSeconds, nanos } = stampAt(received);
      writeNtp(arena.view, OFFSET + receiveTimestamp, unixSeconds, nanos);
      stampReply(arena, OFFSET, stampAt(sent));
      expect(timestamp(receiveTimestamp)).toBe(received);
      expect(timestamp(transmit)).toBe(sent > received ? sent : received);
    }),
  );
});
