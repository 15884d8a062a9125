/**
 * States of a TCP connection as somebody sees them who is on the path, after Linux' connection tracking
 * (net/netfilter/nf_conntrack_proto_tcp.c): who sends what leads from which state to which.
 */

const tcpStates = [
  'syn-sent',
  'syn-received',
  'established',
  'fin-wait',
  'close-wait',
  'last-ack',
  'time-wait',
  'close',
  'syn-sent-2',
] as const;
export type TcpState = (typeof tcpStates)[number];

export type TcpSegment = 'syn' | 'syn-ack' | 'fin' | 'ack' | 'rst';

/** Rows of `from to`; a segment that has no row for a state changes nothing. */
type Moves = Readonly<Partial<Record<TcpState, TcpState>>>;

const finished: Moves = {
  'syn-received': 'fin-wait',
  established: 'fin-wait',
  'fin-wait': 'last-ack',
  'close-wait': 'last-ack',
};
const acknowledged: Moves = { 'fin-wait': 'close-wait', 'last-ack': 'time-wait' };
const reset: Moves = Object.fromEntries(tcpStates.map((state) => [state, 'close']));

/** Of the initiator, then of the responder. */
const moves: readonly Readonly<Record<TcpSegment, Moves>>[] = [
  {
    syn: {},
    'syn-ack': { 'syn-sent-2': 'syn-received' },
    fin: finished,
    ack: { ...acknowledged, 'syn-received': 'established' },
    rst: reset,
  },
  {
    syn: { 'syn-sent': 'syn-sent-2' },
    'syn-ack': { 'syn-sent': 'syn-received', 'syn-sent-2': 'syn-received' },
    fin: finished,
    ack: acknowledged,
    rst: reset,
  },
];

/** The state behind a segment; the same where it changes nothing. */
export function tcpStateAfter(state: TcpState, segment: TcpSegment, isReply: boolean): TcpState {
  return moves[isReply ? 1 : 0]![segment][state] ?? state;
}

/** Whether a SYN begins another connection between the same ports. */
export const isTcpOver = (state: TcpState): boolean => state === 'time-wait' || state === 'close';

const FIN = 1;
const SYN = 2;
const RST = 4;
const ACK = 16;

/** By the flags of its header; undefined where they say nothing. */
export function tcpSegmentOf(flags: number): TcpSegment | undefined {
  if (flags & RST) return 'rst';
  if (flags & SYN) return flags & ACK ? 'syn-ack' : 'syn';
  if (flags & FIN) return 'fin';
  return flags & ACK ? 'ack' : undefined;
}
