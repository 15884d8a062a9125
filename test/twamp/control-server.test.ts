/** The Server core: what it answers to peers that do well and to peers that do not. */
import { describe, expect, test } from 'vitest';
import type { ControlServer, ControlServerEvent } from '../../src/twamp/control-server.ts';
import { LocalError } from '../../src/twamp/control.ts';
import {
  AcceptSession,
  RequestTwSession,
  ServerGreeting,
  ServerStart,
  SetUpResponse,
  StartAck,
  StartNAck,
  StartNSessions,
  StartSessions,
  StopNAck,
  StopNSessions,
  StopSessions,
} from '../../src/twamp/messages.ts';
import { accepts, commands, CONTROL_BUFFER_OCTETS_MAX, modeFeatures } from '../../src/twamp/protocol.ts';
import { encodeRequest } from '../../src/twamp/session-request.ts';
import { Drained, granting, openServer, someRequest, someSid } from '../support/control-pair.ts';

const setUp = (mode: number): Uint8Array =>
  SetUpResponse.encode({
    mode,
    keyId: new Uint8Array(80),
    token: new Uint8Array(64),
    clientIv: new Uint8Array(16),
  });
const request = RequestTwSession.encode(encodeRequest(someRequest));
const start = StartSessions.encode({});
const stop = (sessions: number): Uint8Array => StopSessions.encode({ accept: 0, sessions });
/** Nothing of RFC 6038. */
const NO_OCTETS = { reflectedOctets: 0, serverOctets: 0 };
const NO_ONE_DECIDES = (): void => undefined;

/** A server fed with octets; what it says is kept. */
class Fed {
  readonly server: ControlServer;
  readonly drained = new Drained<ControlServerEvent>();
  #said = new Uint8Array();
  readonly #decide: (event: ControlServerEvent) => void;

  constructor(server = openServer(), decide: (event: ControlServerEvent) => void = granting(server)) {
    this.server = server;
    this.#decide = decide;
    this.drain();
  }

  drain(): void {
    this.drained.drain(this.server, this.#decide);
    this.#said = Buffer.concat([this.#said, this.drained.takeOctets()]);
  }

  feed(...messages: Uint8Array[]): this {
    this.server.receive(Buffer.concat(messages), 0);
    this.drain();
    return this;
  }

  /** What was said since the last call. */
  said(): Uint8Array {
    const said = this.#said;
    this.#said = new Uint8Array();
    return said;
  }

  /** Greeting and Server-Start are over, mode 1 is agreed. */
  ready(): this {
    this.feed(setUp(1)).said();
    return this;
  }

  get types(): string[] {
    return this.drained.events.map(({ type }) => type);
  }
}

describe('set-up', () => {
  test('greets with the modes offered, 32 octets nobody can guess, and a count', () => {
    const fed = new Fed(openServer({ modes: 5 }));
    const { modes, count, challenge, salt } = ServerGreeting.decode(fed.said());
    expect({ modes, count }).toEqual({ modes: 5, count: 2048 });
    expect(new Set([...challenge, ...salt]).size).toBeGreaterThan(16);
  });

  test('with no mode to offer greets and closes', () => {
    const fed = new Fed(openServer({ modes: 0 }));
    expect(ServerGreeting.decode(fed.said()).modes).toBe(0);
    expect(fed.drained.ends).toEqual([{ code: 'declined' }]);
  });

  test('a client that declines with mode 0 is let go without a word', () => {
    const fed = new Fed();
    fed.said();
    fed.feed(setUp(0));
    expect(fed.said()).toHaveLength(0);
    expect(fed.drained.ends).toEqual([{ code: 'declined' }]);
  });

  test.each([2, 4, 8, 3, 0x80000001])('mode %d, which was not offered, is refused', (mode) => {
    const fed = new Fed();
    fed.said();
    fed.feed(setUp(mode));
    expect(ServerStart.decode(fed.said()).accept).toBe(accepts['not-supported']);
    expect(fed.drained.ends).toEqual([{ code: 'mode-not-offered', offered: 1, wanted: mode }]);
  });
});

test.each([3, 5, 9, 12, 15, 1 | 128, 8 | 128, 0x401])(
  'two protections at once are refused, and what nobody offers: %d',
  (mode) => {
    const fed = new Fed(openServer({ modes: 0xf }));
    fed.said();
    fed.feed(setUp(mode));
    expect(ServerStart.decode(fed.said()).accept).toBe(accepts['not-supported']);
    expect(fed.drained.ends).toMatchObject([{ code: 'mode-not-offered', wanted: mode }]);
  },
);

describe('features', () => {
  const { reflectOctets, symmetricalSize } = modeFeatures;

  test('are those that the client has chosen of those offered', () => {
    const fed = new Fed(openServer({ modes: 1 | reflectOctets | symmetricalSize }));
    expect(ServerGreeting.decode(fed.said()).modes).toBe(97);
    fed.feed(setUp(1 | symmetricalSize));
    expect(fed.drained.events).toEqual([
      { type: 'ready', mode: 'unauthenticated', features: symmetricalSize },
    ]);
  });

  test.each([
    ['one that is not offered', 1 | reflectOctets],
    ['no protection beside them', symmetricalSize],
  ])('with %s are refused', (_, mode) => {
    const fed = new Fed(openServer({ modes: 1 | symmetricalSize })).feed(setUp(mode));
    expect(fed.drained.ends).toMatchObject([{ code: 'mode-not-offered', wanted: mode }]);
  });

  test('where octets are reflected, Accept-Session repeats those of its request (RFC 6038 §3.4)', () => {
    const fed = new Fed(openServer({ modes: 1 | reflectOctets })).feed(setUp(1 | reflectOctets));
    fed.said();
    const asking = (octetsToBeReflected: number): Uint8Array =>
      RequestTwSession.encode({ ...encodeRequest(someRequest), octetsToBeReflected, paddingToReflect: 9 });
    fed.feed(asking(0xabcd), asking(0));
    const said = fed.said();
    expect(AcceptSession.decode(said).reflectedOctets).toBe(0xabcd);
    expect(AcceptSession.decode(said.subarray(48)).reflectedOctets).toBe(0);
    expect(fed.drained.events[1]).toMatchObject({ request: { reflect: { paddingToReflect: 9 } } });
  });
});

describe('sessions', () => {
  test('are granted with the port and SID decided', () => {
    const fed = new Fed().ready().feed(request);
    expect(AcceptSession.decode(fed.said())).toEqual({
      accept: 0,
      port: someRequest.receiverPort,
      sid: someSid,
      ...NO_OCTETS,
    });
  });

  test('are refused with the code decided, and the connection goes on', () => {
    const server = openServer();
    const fed = new Fed(server, ({ type }) => {
      if (type === 'session-requested') server.refuseSession('temporary-resource-limit', 0);
    }).ready();
    fed.feed(request, request);
    const refusal = {
      accept: accepts['temporary-resource-limit'],
      port: 0,
      sid: new Uint8Array(16),
      ...NO_OCTETS,
    };
    const said = fed.said();
    expect(said).toHaveLength(96);
    expect(AcceptSession.decode(said)).toEqual(refusal);
    expect(fed.drained.ends).toEqual([]);
  });

  test('asked for against the RFC are refused without asking the owner', () => {
    const fed = new Fed()
      .ready()
      .feed(RequestTwSession.encode({ ...encodeRequest(someRequest), confSender: 1 }));
    expect(AcceptSession.decode(fed.said()).accept).toBe(accepts['not-supported']);
    expect(fed.drained.events.slice(1)).toEqual([{ type: 'session-refused', accept: 'not-supported' }]);
    expect(fed.server.state).toBe('ready');
  });

  test('garbage in SID and HMAC is ignored', () => {
    const garbage = request.slice().fill(0xee, 48, 64).fill(0xdd, 96);
    const fed = new Fed().ready().feed(garbage);
    expect(fed.drained.events[1]).toEqual({ type: 'session-requested', request: someRequest });
  });

  test('what is sent ahead waits for late decisions, in order', () => {
    const fed = new Fed(openServer(), NO_ONE_DECIDES).ready();
    fed.feed(request, request, start, stop(2), request);
    expect(fed.types).toEqual(['ready', 'session-requested']);
    fed.server.acceptSession(1, someSid, 0);
    fed.drain();
    fed.server.refuseSession('failure', 0);
    fed.drain();
    expect(fed.types).toEqual(['ready', 'session-requested', 'session-requested', 'start-requested']);
    fed.server.startSessions(0);
    fed.drain();
    expect(fed.types.slice(4)).toEqual(['stopped', 'session-requested']);
    const said = fed.said();
    expect(said).toHaveLength(48 + 48 + 32);
    expect(AcceptSession.decode(said).port).toBe(1);
    expect(AcceptSession.decode(said.subarray(48)).accept).toBe(accepts.failure);
    expect(StartAck.decode(said.subarray(96)).accept).toBe(accepts.ok);
  });

  test.each([0, 1, 7, 65_536])('are stopped whatever number is named: %d', (sessions) => {
    const fed = new Fed().ready().feed(request, start, stop(sessions));
    expect(fed.drained.events.at(-1)).toEqual({ type: 'stopped', sessions, accept: 0 });
    expect(fed.server.state).toBe('ready');
  });

  test('that cannot start end the connection with a code', () => {
    const server = openServer();
    const fed = new Fed(server, ({ type }) => {
      if (type === 'start-requested') server.refuseStart('internal-error', 0);
    }).ready();
    fed.feed(start);
    expect(StartAck.decode(fed.said()).accept).toBe(accepts['internal-error']);
    expect(fed.drained.ends).toMatchObject([{ code: 'refused', message: 'Start-Ack' }]);
  });
});

describe('sessions one by one (RFC 5938)', () => {
  const mode = 1 | modeFeatures.individualSessionControl;
  const others = Uint8Array.from({ length: 16 }, (_, index) => 0x80 + index);
  const sids = [someSid, others];

  function agreed(servwaitNanos = 0): Fed {
    const fed = new Fed(openServer({ modes: mode, servwaitNanos }), NO_ONE_DECIDES).feed(setUp(mode));
    fed.said();
    return fed;
  }

  describe.each([
    { command: 'Start-N-Sessions', type: 'start-some-requested', asking: StartNSessions, ack: StartNAck },
    { command: 'Stop-N-Sessions', type: 'stop-some-requested', asking: StopNSessions, ack: StopNAck },
  ])('$command', ({ type, asking, ack }) => {
    const answered = (done: Uint8Array[], refused: Uint8Array[]) => {
      const fed = agreed().feed(asking.encode({ sids: [...done, ...refused] }));
      expect(fed.drained.events.at(-1)).toEqual({ type, sids: [...done, ...refused] });
      if (type === 'start-some-requested') fed.server.answerStartSome({ done, refused }, 0);
      else fed.server.answerStopSome({ done, refused }, 0);
      fed.drain();
      const said = fed.said();
      const first = ack.octetsIn(said);
      expect(fed.server.state).toBe('ready');
      return [said.subarray(0, first), said.subarray(first)]
        .filter(({ length }) => length > 0)
        .map((octets) => ack.decode(octets));
    };

    test('has one answer where all were done, or none', () => {
      expect(answered(sids, [])).toEqual([{ accept: accepts.ok, sids }]);
      expect(answered([], sids)).toEqual([{ accept: accepts.failure, sids }]);
      expect(answered([], [])).toEqual([{ accept: accepts.ok, sids: [] }]);
    });

    test('has one for those that were done and one for those that were not', () => {
      expect(answered([someSid], [others])).toEqual([
        { accept: accepts.ok, sids: [someSid] },
        { accept: accepts.failure, sids: [others] },
      ]);
    });

    test('is waited for until it is whole, and what follows it waits for the answer', () => {
      const fed = agreed();
      for (const octet of asking.encode({ sids })) {
        expect(fed.types).toEqual(['ready']);
        fed.feed(Uint8Array.of(octet));
      }
      expect(fed.types).toEqual(['ready', type]);
      fed.feed(request);
      expect(fed.types).toEqual(['ready', type]);
      if (type === 'start-some-requested') fed.server.answerStartSome({ done: sids, refused: [] }, 0);
      else fed.server.answerStopSome({ done: sids, refused: [] }, 0);
      fed.drain();
      expect(fed.types).toEqual(['ready', type, 'session-requested']);
    });
  });

  test('SERVWAIT rests while one of them runs, and begins again when the last has ended', () => {
    const { server } = agreed(900).feed(StartNSessions.encode({ sids }));
    server.answerStartSome({ done: [someSid], refused: [others] }, 100);
    expect(server.deadlineNanos).toBeUndefined();
    server.sessionsEnded(5000);
    expect(server.deadlineNanos).toBe(5900);
    server.sessionsEnded(5500);
    expect(server.deadlineNanos).toBe(5900);
  });

  test('SERVWAIT goes on where none was started', () => {
    const { server } = agreed(900).feed(StartNSessions.encode({ sids }));
    server.answerStartSome({ done: [], refused: sids }, 100);
    expect(server.deadlineNanos).toBe(1000);
  });
});

describe('an unexpected command', () => {
  test.each([0, 1, 4, 6, 7, 9, 11, 255])(
    '%d is answered with "not supported", then the connection ends',
    (command) => {
      const fed = new Fed().ready().feed(Uint8Array.of(command));
      expect(AcceptSession.decode(fed.said())).toEqual({
        accept: accepts['not-supported'],
        port: 0,
        sid: new Uint8Array(16),
        ...NO_OCTETS,
      });
      expect(fed.drained.ends).toEqual([{ code: 'unexpected-command', command, state: 'ready' }]);
    },
  );

  test('is also one that is known but out of turn', () => {
    const fed = new Fed().ready().feed(request, start, start);
    expect(fed.drained.ends).toEqual([
      { code: 'unexpected-command', command: commands['Start-Sessions'], state: 'running' },
    ]);
    const early = new Fed().ready().feed(stop(0));
    expect(early.drained.ends).toMatchObject([{ code: 'unexpected-command', state: 'ready' }]);
  });
});

describe('limits', () => {
  test('octets held while a decision is awaited', () => {
    const fill = (more: number): Fed =>
      new Fed(openServer(), NO_ONE_DECIDES)
        .ready()
        .feed(request, new Uint8Array(CONTROL_BUFFER_OCTETS_MAX + more));
    expect(fill(0).drained.ends).toEqual([]);
    expect(fill(1).drained.ends).toEqual([{ code: 'input-overflow' }]);
  });

  test('SERVWAIT ends a silent connection at its instant and not before', () => {
    const fed = new Fed(openServer({ servwaitNanos: 900 }, 1000));
    expect(fed.server.deadlineNanos).toBe(1900);
    fed.server.timeout(1899);
    fed.drain();
    expect(fed.drained.ends).toEqual([]);
    fed.server.timeout(1900);
    fed.drain();
    expect(fed.drained.ends).toEqual([{ code: 'timeout', state: 'greeted' }]);
    expect(fed.server.deadlineNanos).toBeUndefined();
  });

  test('SERVWAIT begins anew with each whole message, not with each octet', () => {
    const fed = new Fed(openServer({ servwaitNanos: 900 }));
    fed.server.receive(setUp(1), 500);
    expect(fed.server.deadlineNanos).toBe(1400);
    fed.server.receive(request.subarray(0, 111), 1300);
    expect(fed.server.deadlineNanos).toBe(1400);
  });

  test('SERVWAIT rests while sessions run and while we owe an answer, and can be switched off', () => {
    const server = openServer({ servwaitNanos: 900 });
    const fed = new Fed(server, NO_ONE_DECIDES).ready();
    fed.feed(request);
    expect(server.deadlineNanos).toBeUndefined();
    server.acceptSession(1, someSid, 100);
    expect(server.deadlineNanos).toBe(1000);
    fed.feed(start);
    server.startSessions(200);
    expect(server.deadlineNanos).toBeUndefined();
    server.receive(stop(1), 5000);
    expect(server.deadlineNanos).toBe(5900);
    const patient = new Fed(openServer({ servwaitNanos: 0 }));
    expect(patient.server.deadlineNanos).toBeUndefined();
    patient.server.timeout(1e18);
    patient.drain();
    expect(patient.drained.ends).toEqual([]);
  });
});

test('a decision that comes after the connection has ended is ignored', () => {
  const fed = new Fed(openServer(), NO_ONE_DECIDES).ready().feed(request);
  fed.server.closed();
  fed.server.acceptSession(1, someSid, 0);
  fed.server.useKey(new Uint8Array(16), 0);
  fed.server.receive(request, 0);
  fed.server.closed();
  fed.drain();
  expect(fed.said()).toHaveLength(0);
  expect(fed.drained.ends).toEqual([{ code: 'closed', state: 'requested' }]);
});

test('a decision nobody asked for is a fault of ours', () => {
  const fed = new Fed().ready();
  expect(() => fed.server.acceptSession(1, someSid, 0)).toThrow(LocalError);
});

test('a key that nobody wants is ignored', () => {
  const fed = new Fed(openServer({ modes: 0xf }));
  fed.said();
  fed.server.useKey(new Uint8Array(16), 0);
  fed.drain();
  expect([fed.said().length, fed.server.state]).toEqual([0, 'greeted']);
});

test('control messages are counted', () => {
  const fed = new Fed().ready().feed(request, start, stop(1));
  expect(fed.server.counters).toEqual({ received: 4, sent: 4 });
});
