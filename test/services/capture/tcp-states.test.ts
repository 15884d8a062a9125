/** States of TCP as who is on the path sees them: every move, and what moves nothing. */
import { expect, test } from 'vitest';
import {
  isTcpOver,
  tcpSegmentOf,
  tcpStateAfter,
  type TcpSegment,
  type TcpState,
} from '../../../src/services/capture/tcp-states.ts';

const states: readonly TcpState[] = [
  ...(['syn-sent', 'syn-received', 'established', 'fin-wait', 'close-wait', 'last-ack'] as const),
  ...(['time-wait', 'close', 'syn-sent-2'] as const),
];

/** Of Linux' table, the moves of a connection; `<`: of the responder. */
const moves: Readonly<Record<string, string>> = {
  'syn-sent < syn': 'syn-sent-2',
  'syn-sent < syn-ack': 'syn-received',
  'syn-sent-2 < syn-ack': 'syn-received',
  'syn-sent-2 > syn-ack': 'syn-received',
  'syn-received > ack': 'established',
  ...Object.fromEntries(
    ['<', '>'].flatMap((side) => [
      [`syn-received ${side} fin`, 'fin-wait'],
      [`established ${side} fin`, 'fin-wait'],
      [`fin-wait ${side} fin`, 'last-ack'],
      [`close-wait ${side} fin`, 'last-ack'],
      [`fin-wait ${side} ack`, 'close-wait'],
      [`last-ack ${side} ack`, 'time-wait'],
      ...states.map((state) => [`${state} ${side} rst`, 'close']),
    ]),
  ),
};

test.each(states)('behind %s', (state) => {
  for (const side of ['>', '<'])
    for (const segment of ['syn', 'syn-ack', 'fin', 'ack', 'rst'] as const satisfies TcpSegment[]) {
      const move = `${state} ${side} ${segment}`;
      expect(tcpStateAfter(state, segment, side === '<'), move).toBe(moves[move] ?? state);
    }
});

test('a SYN begins another connection behind two of them', () => {
  expect(states.filter(isTcpOver)).toEqual(['time-wait', 'close']);
});

test('a segment is what the first of its flags says', () => {
  const [FIN, SYN, RST, PUSH, ACK] = [1, 2, 4, 8, 16] as const;
  const said: [flags: number, segment: TcpSegment | undefined][] = [
    ...([
      [RST, 'rst'],
      [RST | SYN | ACK, 'rst'],
      [SYN, 'syn'],
      [SYN | FIN, 'syn'],
    ] as const),
    ...([
      [SYN | ACK, 'syn-ack'],
      [FIN, 'fin'],
      [FIN | ACK, 'fin'],
      [ACK, 'ack'],
    ] as const),
    ...([
      [ACK | PUSH, 'ack'],
      [PUSH, undefined],
      [0, undefined],
    ] as const),
  ].map(([flags, segment]) => [flags, segment]);
  for (const [flags, segment] of said) expect(tcpSegmentOf(flags), String(flags)).toBe(segment);
});
