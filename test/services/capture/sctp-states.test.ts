/** States of an association of SCTP, by the first chunk of its packets. */
import { expect, test } from 'vitest';
import { sctpStateAfter, type SctpState } from '../../../src/services/capture/sctp-states.ts';

const [INIT, HEARTBEAT, HEARTBEAT_ACK, ABORT, SHUTDOWN, SHUTDOWN_ACK] = [1, 4, 5, 6, 7, 8] as const;
const [COOKIE_ECHO, COOKIE_ACK, SHUTDOWN_COMPLETE, DATA] = [10, 11, 14, 0] as const;

function through(...chunks: (number | undefined)[]): (SctpState | undefined)[] {
  let state: SctpState | undefined;
  return chunks.map((chunk) => (state = sctpStateAfter(state, chunk)));
}

test('from its beginning to its end', () => {
  expect(through(INIT, 2, COOKIE_ECHO, COOKIE_ACK, DATA, SHUTDOWN, SHUTDOWN_ACK, SHUTDOWN_COMPLETE)).toEqual([
    ...['cookie-wait', 'cookie-wait', 'cookie-echoed', 'established', 'established'],
    ...['shutdown-sent', 'shutdown-ack-sent', 'closed'],
  ]);
  expect(through(INIT, ABORT)).toEqual(['cookie-wait', 'closed']);
});

test('one that goes on is established, whatever it begins with, or with its heartbeats', () => {
  expect(through(DATA)).toEqual(['established']);
  expect(through(undefined)).toEqual(['established']);
  expect(through(HEARTBEAT, HEARTBEAT, HEARTBEAT_ACK)).toEqual([
    ...['heartbeat-sent', 'heartbeat-sent', 'established'],
  ]);
});

test('what a heartbeat or a packet that was cut say of others is nothing', () => {
  expect(through(INIT, HEARTBEAT, HEARTBEAT_ACK, undefined)).toEqual(Array(4).fill('cookie-wait'));
  expect(through(SHUTDOWN, HEARTBEAT)).toEqual(['shutdown-sent', 'shutdown-sent']);
  expect(through(HEARTBEAT, DATA)).toEqual(['heartbeat-sent', 'heartbeat-sent']);
});
