/** Lines and messages of control channels, however they are cut into segments. */
import { describe, expect, test } from 'vitest';
import {
  CONTROL_LINE_OCTETS_MAX,
  CONTROL_OCTETS_MAX,
  ControlBudget,
  ControlChannel,
} from '../../../src/services/capture/control-channel.ts';
import { ipProtocol } from '../../../src/services/ip-protocols.ts';

const ignore = (): void => undefined;

class Heard {
  readonly lines: string[] = [];
  readonly messages: string[] = [];
  readonly budget: ControlBudget;
  readonly channel: ControlChannel;

  constructor(protocol: number = ipProtocol.tcp, budget = new ControlBudget()) {
    this.budget = budget;
    const sign = (isReply: boolean): string => (isReply ? '<' : '');
    const follower = {
      line: (text: string, isReply: boolean) => void this.lines.push(sign(isReply) + text),
      message: (octets: Uint8Array, isReply: boolean) =>
        void this.messages.push(sign(isReply) + Buffer.from(octets).toString('latin1')),
    };
    this.channel = new ControlChannel(protocol, follower, budget);
  }

  /** A segment; `whole`: octets that it had. */
  say(sequence: number, text: string, { isReply = false, whole = text.length } = {}): this {
    this.channel.take(Buffer.from(text, 'latin1'), whole, sequence, isReply, ignore);
    return this;
  }
}

describe('lines over TCP', () => {
  test('end where they end, with or without a carriage return', () => {
    const { lines, messages } = new Heard().say(5, 'a\r\nb\n\nc\rd\r\n').say(16, 'e').say(17, 'f\n');
    expect(lines).toEqual(['a', 'b', '', 'c\rd', 'ef']);
    expect(messages).toEqual(['a\r\nb\n\nc\rd\r\n', 'e', 'f\n']);
  });

  test('of both directions are apart', () => {
    const heard = new Heard().say(5, 'a').say(500, 'x', { isReply: true }).say(6, 'b\n');
    expect(heard.say(501, 'y\n', { isReply: true }).lines).toEqual(['ab', '<xy']);
  });

  test('that are sent again are heard once; of what is missing, nothing is heard', () => {
    const heard = new Heard().say(5, 'a').say(5, 'a').say(4, 'zz').say(6, 'b\n').say(6, 'b\n');
    expect(heard.lines).toEqual(['ab']);
    expect(heard.messages).toEqual(['a', 'b\n']);
    heard.say(8, 'lost').say(20, 'rest\nnext\n');
    expect(heard.lines).toEqual(['ab', 'next']);
    heard.say(30, 'c').say(32, 'd\n').say(34, 'e\n');
    expect(heard.lines).toEqual(['ab', 'next', 'e']);
  });

  test('whose numbers begin anew at zero go on', () => {
    const heard = new Heard().say(0xfffffffe, 'abc').say(1, 'd\n').say(0xffffffff, 'x\n');
    expect(heard.lines).toEqual(['abcd']);
  });

  test('a segment without data is nothing', () => {
    const heard = new Heard().say(5, 'a').say(99, '').say(6, 'b\n');
    expect(heard.lines).toEqual(['ab']);
    expect(heard.messages).toHaveLength(2);
  });

  test('of what was not captured, the line is left out', () => {
    const heard = new Heard().say(5, 'a\nb', { whole: 10 }).say(15, 'c\nd\n');
    expect(heard.lines).toEqual(['a', 'd']);
    expect(heard.messages).toEqual(['a\nb', 'c\nd\n']);
    const nothing = new Heard().say(5, '', { whole: 10 }).say(15, 'c\nd\n');
    expect(nothing.lines).toEqual(['d']);
  });
});

describe('bounds of lines', () => {
  const long = 'x'.repeat(CONTROL_LINE_OCTETS_MAX);

  test('a line that is longer is left out, in one segment or several', () => {
    const heard = new Heard().say(0, `${long}\n${long}x\nend\n`);
    expect(heard.lines).toEqual([long, 'end']);
    expect(heard.budget.lost).toBe(0);
    const pieces = new Heard();
    pieces
      .say(0, long)
      .say(long.length, 'x')
      .say(long.length + 1, 'y')
      .say(long.length + 2, 'z\nend\n');
    expect(pieces.lines).toEqual(['end']);
    expect(pieces.budget.lost).toBe(1);
    const exact = new Heard().say(0, long).say(long.length, '\nend\n');
    expect(exact.lines).toEqual([long, 'end']);
  });

  test('of all channels together, and what has ended gives room', () => {
    const budget = new ControlBudget();
    const count = CONTROL_OCTETS_MAX / CONTROL_LINE_OCTETS_MAX;
    const channels = Array.from({ length: count }, () => new Heard(ipProtocol.tcp, budget).say(0, long));
    const more = () => new Heard(ipProtocol.tcp, budget);
    expect(more().say(0, 'a').say(1, 'b\nc\n').lines).toEqual(['c']);
    expect(budget.lost).toBe(1);
    channels[0]!.say(long.length, '\n');
    expect(more().say(0, 'a').say(1, 'b\n').lines).toEqual(['ab']);
    const full = more().say(0, long);
    expect(more().say(0, 'a').say(1, 'b\n').lines).toEqual([]);
    full.channel.close();
    expect(more().say(0, 'a').say(1, 'b\n').lines).toEqual(['ab']);
    channels[1]!.say(long.length, 'x');
    expect(more().say(0, long).say(long.length, '\n').lines).toEqual([long]);
    expect(budget.lost).toBe(3);
  });

  test('a channel that is closed goes on with a new line', () => {
    const heard = new Heard().say(0, 'a');
    heard.channel.close();
    expect(heard.say(1, 'b\n').lines).toEqual(['b']);
  });
});

test('a datagram has whole lines, also the last', () => {
  const heard = new Heard(ipProtocol.udp).say(0, 'a\r\nb').say(0, 'c').say(0, '');
  expect(heard.lines).toEqual(['a', 'b', 'c']);
  expect(heard.messages).toEqual(['a\r\nb', 'c']);
});

test('who hears lines alone, or messages alone, hears those', () => {
  const lines: string[] = [];
  const messages: number[] = [];
  for (const protocol of [ipProtocol.tcp, ipProtocol.udp]) {
    const budget = new ControlBudget();
    const octets = Buffer.from('ab\n');
    new ControlChannel(protocol, { line: (text) => void lines.push(text) }, budget).take(
      octets,
      3,
      0,
      false,
      ignore,
    );
    const hearing = { message: (each: Uint8Array) => void messages.push(each.length) };
    new ControlChannel(protocol, hearing, budget).take(octets, 3, 0, false, ignore);
  }
  expect(lines).toEqual(['ab', 'ab', '']);
  expect(messages).toEqual([3, 3]);
});
