/** The lines of twping -v. */
import { expect, test } from 'vitest';
import { twpingPacket } from '../../src/render/twping-packet.ts';

const reply = {
  sendNanos: 1_234_567,
  reflectNanos: -500,
  roundTripNanos: 1_234_067,
  processingNanos: 9_060,
  errorNanos: 553_000,
};

test('a packet that was answered', () => {
  expect(twpingPacket({ sequence: 2, status: 'answered', ...reply })).toBe(
    'seq_no=2          fwd_delay=1.23 ms bck_delay=-0.0005 ms delay=1.23 ms proc_delay=0.00906 ms\t(err=0.553 ms)\n',
  );
});

test('copies say so at the end of their line', () => {
  expect(twpingPacket({ sequence: 0, status: 'send-duplicate', ...reply })).toMatch(/ms\) send duplicate\n$/);
  expect(twpingPacket({ sequence: 0, status: 'reflect-duplicate', ...reply })).toMatch(
    /ms\) reflect duplicate\n$/,
  );
});

test('packets without a reply', () => {
  expect(twpingPacket({ sequence: 12345678, status: 'lost' })).toBe('seq_no=12345678   *LOST*\n');
  expect(twpingPacket({ sequence: 1234567890, status: 'in-flight' })).toBe('seq_no=1234567890 *IN FLIGHT*\n');
});
