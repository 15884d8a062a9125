/** States of an SCTP association as somebody sees them who is on the path, by the first chunk of its packets. */

export type SctpState =
  | 'closed'
  | 'cookie-wait'
  | 'cookie-echoed'
  | 'established'
  | 'shutdown-sent'
  | 'shutdown-ack-sent'
  | 'heartbeat-sent';

/** By the type of the chunk (RFC 9260); others change nothing. */
const states: ReadonlyMap<number | undefined, SctpState> = new Map([
  [1, 'cookie-wait'],
  [2, 'cookie-wait'],
  [6, 'closed'],
  [7, 'shutdown-sent'],
  [8, 'shutdown-ack-sent'],
  [10, 'cookie-echoed'],
  [11, 'established'],
  [14, 'closed'],
]);

const HEARTBEAT = 4;
const HEARTBEAT_ACK = 5;

/** `state`: undefined for the first packet. */
export function sctpStateAfter(state: SctpState | undefined, chunk: number | undefined): SctpState {
  if (chunk === HEARTBEAT && state === undefined) return 'heartbeat-sent';
  if (chunk === HEARTBEAT_ACK && state === 'heartbeat-sent') return 'established';
  return states.get(chunk) ?? state ?? 'established';
}
