/** A history of test sessions that have ended. */
import type { TwampRow, TwampStore } from '../../src/store/twamp-sessions.ts';

export const ENDED_LOCAL_ADDRESS = '192.0.2.1';
export const ENDED_REMOTE_ADDRESS = '198.51.100.1';

/** So many, numbered from 1, sixteen a connection; `of` says what is peculiar to one. */
export function insertEnded(
  store: TwampStore,
  count: number,
  of: (id: number) => Partial<TwampRow> = () => ({}),
): void {
  for (let id = 1; id <= count; id += 1) {
    store.insert({
      type: 'data',
      role: 'server',
      vrf: 'default',
      connectionId: 1 + (id >> 4),
      sessionId: id,
      localAddress: ENDED_LOCAL_ADDRESS,
      localPort: 862,
      remoteAddress: ENDED_REMOTE_ADDRESS,
      remotePort: 1000,
      startedWallNanos: 1n,
      endedWallNanos: 2n,
      endReason: 'stopped',
      sid: '00'.repeat(16),
      mode: 'unauthenticated',
      received: 0,
      sent: 0,
      dropped: 0,
      duplicates: 0,
      reordered: 0,
      lastSequenceReceived: undefined,
      lastSequenceSent: undefined,
      details: undefined,
      ...of(id),
    });
  }
}
