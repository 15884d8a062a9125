/** The stamps of test packets. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formOf } from '../../src/twamp/packet-forms.ts';
import { createArena, stampReply } from '../../src/twamp/packets.ts';
import { wallNanosFromNtp, writeNtp } from '../../src/twamp/timestamp.ts';
import { stampAt } from '../support/test-packets.ts';

const OFFSET = 64;
const wallNanos = fc.bigInt({ min: 1_700_000_000n * 10n ** 9n, max: 1_700_000_003n * 10n ** 9n });

test('T3 is the stamp, but never before T2', () => {
  fc.assert(
    fc.property(wallNanos, wallNanos, (received, sent) => {
      const arena = createArena(128);
      const timestamp = (offset: number): bigint =>
        wallNanosFromNtp(arena.view.getBigUint64(OFFSET + offset));
      const { reflector } = formOf({});
      const { timestamp: transmit, receiveTimestamp } = reflector;
      const { unixSeconds, nanos } = stampAt(received);
      writeNtp(arena.view, OFFSET + receiveTimestamp, unixSeconds, nanos);
      stampReply(arena.view, OFFSET, reflector, stampAt(sent));
      expect(timestamp(receiveTimestamp)).toBe(received);
      expect(timestamp(transmit)).toBe(sent > received ? sent : received);
    }),
  );
});
