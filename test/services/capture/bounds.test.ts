/** Tests of what is kept of a capture for what may still come: at each bound, and over it. */
import { expect, it } from 'vitest';
import {
  CONTROL_LINE_OCTETS_MAX,
  CONTROL_OCTETS_MAX,
  ControlBudget,
  ControlChannel,
} from '../../../src/services/capture/control-channel.ts';
import { Expectations, EXPECTATIONS_MAX } from '../../../src/services/capture/expectations.ts';
import { FRAGMENTED_PACKETS_MAX, Fragments } from '../../../src/services/capture/fragments.ts';
import { Packet } from '../../../src/services/capture/packet.ts';
import { CALLS_MAX } from '../../../src/services/capture/session-tracker.ts';
import { ipProtocol } from '../../../src/services/ip-protocols.ts';
import { readFrames } from '../../support/captured-sessions.ts';
import { call, pptpReply, Scene } from '../../support/captures.ts';

it('beginnings of lines of all control channels together', () => {
  expect(CONTROL_OCTETS_MAX).toBe(4 * 2 ** 20);
  const budget = new ControlBudget();
  const lines: string[] = [];
  const say = (channel: ControlChannel, text: string, sequence = 0): void =>
    channel.take(Buffer.from(text), text.length, sequence, false, () => undefined);
  const opened = (): ControlChannel =>
    new ControlChannel(ipProtocol.tcp, { line: (text) => lines.push(text) }, budget);
  const beginning = 'x'.repeat(CONTROL_LINE_OCTETS_MAX);
  const channels = Array.from({ length: CONTROL_OCTETS_MAX / CONTROL_LINE_OCTETS_MAX }, opened);
  for (const channel of channels) say(channel, beginning);
  expect(budget.lost).toBe(0);
  const [first, other] = [channels[0]!, opened()];
  say(other, 'y');
  expect(budget.lost).toBe(1);
  say(first, '\n', CONTROL_LINE_OCTETS_MAX);
  say(other, 'y\n', 1);
  expect(lines).toEqual([beginning]);
  // The line that has ended made room, and so does a channel that is closed.
  say(other, 'z'.repeat(CONTROL_LINE_OCTETS_MAX), 3);
  expect(budget.lost).toBe(1);
  channels[1]!.close();
  say(first, 'z', CONTROL_LINE_OCTETS_MAX + 1);
  expect(budget.lost).toBe(1);
});

it('connections that are announced', () => {
  expect(EXPECTATIONS_MAX).toBe(65_536);
  const expectations = new Expectations<number>();
  const announce = (number: number): void =>
    expectations.add(
      {
        protocol: ipProtocol.udp,
        source: undefined,
        sourcePort: undefined,
        destination: number >>> 8,
        destinationPort: number & 0xff,
      },
      number,
      0,
    );
  const meet = (number: number) => expectations.meet(ipProtocol.udp, 0, number >>> 8, number & 0xff, 0);
  for (let number = 0; number < EXPECTATIONS_MAX; number += 1) announce(number);
  expect([expectations.lost, meet(0)]).toEqual([0, 0]);
  announce(0);
  announce(EXPECTATIONS_MAX);
  expect([expectations.lost, meet(1), meet(2), meet(0)]).toEqual([1, undefined, 2, 0]);
});

it('calls whose ids are known', () => {
  expect(CALLS_MAX).toBe(65_536);
  const ids = (callsMax: number) => {
    const scene = new Scene();
    const talk = scene.connect('10.0.0.1', 1000, '10.0.0.2', 1723);
    talk.answers(pptpReply(8, 7)).answers(pptpReply(10, 9));
    scene.packet(ipProtocol.gre, '10.0.0.1', '10.0.0.2', call(8));
    scene.packet(ipProtocol.gre, '10.0.0.1', '10.0.0.2', call(10));
    const { connections, unfollowed } = readFrames(scene.frames, { callsMax });
    return [...connections.slice(1).map(({ original }) => original.sourcePort), unfollowed];
  };
  expect(ids(4)).toEqual([7, 9, 0]);
  expect(ids(3)).toEqual([7, 9, 1]);
  expect(ids(2)).toEqual([7, 0, 2]);
});

it('packets in fragments', () => {
  expect(FRAGMENTED_PACKETS_MAX).toBe(4096);
  const fragments = new Fragments<number>();
  const packet = new Packet();
  const numbered = (number: number): Packet => {
    packet.fragmentId = number;
    return packet;
  };
  const found = (number: number) => fragments.find(numbered(number))?.session;
  for (let number = 0; number < FRAGMENTED_PACKETS_MAX; number += 1)
    fragments.add(numbered(number), number, false);
  expect([found(0), found(FRAGMENTED_PACKETS_MAX - 1)]).toEqual([0, FRAGMENTED_PACKETS_MAX - 1]);
  fragments.add(numbered(FRAGMENTED_PACKETS_MAX), FRAGMENTED_PACKETS_MAX, false);
  expect([found(0), found(1), found(FRAGMENTED_PACKETS_MAX)]).toEqual([undefined, 1, FRAGMENTED_PACKETS_MAX]);
});
