/** The law of the control connection. */
import { describe, expect, test } from 'vitest';
import { controlLaw, messagesOf, speakerOf, stateAfter, type ControlState } from '../../src/twamp/control.ts';
import { layouts, type MessageName } from '../../src/twamp/messages.ts';

const states = Object.keys(controlLaw) as ControlState[];

/** Where a conversation ends; undefined when the law forbids one of its messages. */
const after = (...messages: MessageName[]): ControlState | undefined => led(false, messages);
const afterIndividually = (...messages: MessageName[]): ControlState | undefined => led(true, messages);

function led(individually: boolean, messages: readonly MessageName[]): ControlState | undefined {
  return messages.reduce<ControlState | undefined>(
    (state, message) => (state === undefined ? undefined : stateAfter(state, message, individually)),
    'connected',
  );
}

const setUp: MessageName[] = ['Server-Greeting', 'Set-Up-Response', 'Server-Start'];
const session: MessageName[] = ['Request-TW-Session', 'Accept-Session'];
const start: MessageName[] = ['Start-Sessions', 'Start-Ack'];

describe('the law', () => {
  test('allows a whole measurement, and another on the same connection', () => {
    expect(after(...setUp, ...session, ...session, ...start)).toBe('running');
    expect(
      after(...setUp, ...session, ...start, 'Stop-Sessions', ...session, ...start, 'Stop-Sessions'),
    ).toBe('ready');
  });

  test('RFC 4656 §3.4: while sessions run, Stop-Sessions is the only command', () => {
    expect(messagesOf('running', false)).toEqual(['Stop-Sessions']);
  });

  test('RFC 5938: agreed on, sessions come and go one by one, whatever else runs', () => {
    const startSome: MessageName[] = ['Start-N-Sessions', 'Start-N-Ack'];
    const stopSome: MessageName[] = ['Stop-N-Sessions', 'Stop-N-Ack'];
    const one = afterIndividually(
      ...setUp,
      ...session,
      ...startSome,
      ...session,
      ...stopSome,
      'Stop-Sessions',
    );
    expect(one).toBe('ready');
    expect(afterIndividually(...setUp, ...session, ...start, ...stopSome, ...session, ...startSome)).toBe(
      'ready',
    );
    expect(afterIndividually(...setUp, ...session, ...start, ...session)).toBe('ready');
  });

  test.each<[string, MessageName[]]>([
    ['a request before set-up', ['Server-Greeting', 'Request-TW-Session']],
    ['a second greeting', ['Server-Greeting', 'Server-Greeting']],
    ['a stop without a start', [...setUp, ...session, 'Stop-Sessions']],
    ['a second start', [...setUp, ...session, ...start, 'Start-Sessions']],
    ['a start of some where that is not agreed', [...setUp, ...session, 'Start-N-Sessions']],
    ['an answer nobody asked for', [...setUp, 'Accept-Session']],
  ])('forbids %s', (_, messages) => {
    expect(after(...messages)).toBeUndefined();
  });

  test('gives every message one speaker and every state a way to it', () => {
    const speakers = new Map<MessageName, Set<string | undefined>>();
    const reached = new Set<ControlState>(['connected', 'closed']);
    for (const state of states) {
      for (const message of messagesOf(state, true)) {
        speakers.set(message, (speakers.get(message) ?? new Set()).add(speakerOf(state)));
        reached.add(stateAfter(state, message, true)!);
      }
    }
    expect([...speakers.keys()].sort()).toEqual(Object.keys(layouts).sort());
    expect([...speakers.values()].every((roles) => roles.size === 1)).toBe(true);
    expect([...reached].sort()).toEqual([...states].sort());
  });
});
