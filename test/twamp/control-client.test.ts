/** The Control-Client core: what it makes of servers, and of what is none. */
import { describe, expect, test } from 'vitest';
import { ControlClient, type ControlClientEvent } from '../../src/twamp/control-client.ts';
import { LocalError } from '../../src/twamp/control.ts';
import {
  AcceptSession,
  ServerGreeting,
  ServerStart,
  SetUpResponse,
  StartAck,
} from '../../src/twamp/messages.ts';
import { accepts, modeFeatures } from '../../src/twamp/protocol.ts';
import {
  derivedKey,
  Drained,
  keyedClient,
  openClient,
  someRequest,
  someSid,
} from '../support/control-pair.ts';

const greeting = (modes: number): Uint8Array =>
  ServerGreeting.encode({ modes, challenge: new Uint8Array(16), salt: new Uint8Array(16), count: 0 });
const serverStart = (accept: number): Uint8Array =>
  ServerStart.encode({ accept, serverIv: new Uint8Array(16), startTime: 5n });
const answer = (accept: number): Uint8Array =>
  AcceptSession.encode({ accept, port: 7, sid: someSid, reflectedOctets: 0, serverOctets: 0 });

function drain(client: ControlClient): Drained<ControlClientEvent> {
  const drained = new Drained<ControlClientEvent>();
  drained.drain(client, () => undefined);
  return drained;
}

function ready(): ControlClient {
  const client = openClient();
  client.receive(greeting(1), 0);
  client.receive(serverStart(0), 0);
  drain(client);
  return client;
}

describe('set-up', () => {
  test('chooses mode 1 of all that are offered, known or not', () => {
    const client = openClient();
    client.receive(greeting(0xffffffff), 0);
    const { mode, keyId, token, clientIv } = SetUpResponse.decode(drain(client).takeOctets());
    expect(mode).toBe(1);
    expect([...keyId, ...token, ...clientIv].every((octet) => octet === 0)).toBe(true);
  });

  test('takes those of the features wanted that are offered', () => {
    const { reflectOctets, symmetricalSize, ptpv2Timestamps } = modeFeatures;
    const client = new ControlClient({ answerNanos: 0, features: reflectOctets | symmetricalSize }, 0);
    client.receive(greeting(1 | symmetricalSize | ptpv2Timestamps), 0);
    client.receive(serverStart(0), 0);
    const drained = drain(client);
    expect(SetUpResponse.decode(drained.takeOctets()).mode).toBe(1 | symmetricalSize);
    expect(drained.events).toMatchObject([{ type: 'ready', features: symmetricalSize }]);
  });

  test('ignores a key that is not wanted, or not any more', () => {
    const early = keyedClient('encrypted');
    early.useKey(derivedKey, 0);
    expect(drain(early).takeOctets()).toHaveLength(0);
    const late = keyedClient('encrypted');
    const offer = { modes: 4, challenge: new Uint8Array(16), salt: new Uint8Array(16), count: 2048 };
    late.receive(ServerGreeting.encode(offer), 0);
    late.closed();
    late.useKey(derivedKey, 0);
    const { ends, events } = drain(late);
    expect(events.map(({ type }) => type)).toEqual(['key-wanted']);
    expect(ends).toEqual([{ code: 'closed', state: 'greeted' }]);
  });

  test('closes on a server that declines or wants keys', () => {
    const declined = openClient();
    declined.receive(greeting(0), 0);
    expect(drain(declined).ends).toEqual([{ code: 'declined' }]);
    const keyed = openClient();
    keyed.receive(greeting(6), 0);
    expect(drain(keyed).ends).toEqual([{ code: 'mode-not-offered', offered: 6, wanted: 1 }]);
  });

  test('tells when the server says no', () => {
    const client = openClient();
    client.receive(greeting(1), 0);
    client.receive(serverStart(accepts['permanent-resource-limit']), 0);
    expect(drain(client).ends).toEqual([{ code: 'refused', message: 'Server-Start', accept: 4 }]);
  });

  test.each([
    'SSH-2.0-OpenSSH_9.2p1\r\n',
    'HTTP/1.1 400 Bad Request\r\n\r\n',
    '220-a\r\n220 b\r\n',
    '220-a\n220-b\n220 c',
    '220-a\r220-b\r220 c',
  ])('knows %j for no greeting', (banner) => {
    for (const size of [1, banner.length]) {
      const client = openClient();
      for (let at = 0; at < banner.length; at += size)
        client.receive(Buffer.from(banner.slice(at, at + size)), 0);
      const [end] = drain(client).ends;
      expect(end?.code).toBe('not-twamp');
      expect(banner.startsWith(Buffer.from((end as { octets: Uint8Array }).octets).toString())).toBe(true);
    }
  });

  test('keeps no more than the beginning of what is no greeting', () => {
    const client = openClient();
    client.receive(Buffer.from('x'.repeat(1000)), 0);
    expect(drain(client).ends.map(plain as (end: object) => object)).toEqual([
      { code: 'not-twamp', octets: new Uint8Array(64).fill(0x78) },
    ]);
  });

  test.each([0x00, 0x1f, 0x7f, 0x80, 0xff])(
    'takes unused octets of %i for no text, nor some of text',
    (octet) => {
      for (const texts of [0, 11]) {
        const client = openClient();
        const octets = greeting(1).fill(octet, 0, 12).fill(0x41, 0, texts);
        client.receive(octets, 0);
        expect(drain(client).ends).toEqual([]);
        expect(client.state).toBe('answered');
      }
    },
  );

  test('takes text for what is no greeting only in its place', () => {
    const client = openClient();
    client.receive(greeting(1), 0);
    client.receive(serverStart(0).fill(0x41, 0, 15), 0);
    expect(drain(client).events).toMatchObject([{ type: 'ready' }]);
    const cut = openClient();
    cut.receive(greeting(1), 0);
    cut.receive(Buffer.from('AAA'), 0);
    cut.closed();
    expect(drain(cut).ends).toEqual([{ code: 'closed', state: 'answered' }]);
  });

  test('knows a short answer for no greeting once nothing follows', () => {
    const cut = openClient(100);
    cut.receive(Buffer.from('220 hi\r\n'), 0);
    expect(drain(cut).ends).toEqual([]);
    cut.closed();
    expect(drain(cut).ends).toEqual([{ code: 'not-twamp', octets: Buffer.from('220 hi\r\n') }].map(plain));
    const silent = openClient(100);
    silent.receive(Uint8Array.of(0), 0);
    silent.timeout(100);
    expect(drain(silent).ends).toMatchObject([{ code: 'not-twamp' }]);
  });

  test('waits for a silent server no longer than agreed', () => {
    const client = openClient(100, 50);
    expect(client.deadlineNanos).toBe(150);
    client.timeout(150);
    expect(drain(client).ends).toEqual([{ code: 'timeout', state: 'connected' }]);
  });

  test('sees that the server hung up before the greeting', () => {
    const client = openClient();
    client.closed();
    expect(drain(client).ends).toEqual([{ code: 'closed', state: 'connected' }]);
  });
});

describe('sessions', () => {
  test('granted without a port are refused: there is nowhere to send to', () => {
    const client = ready();
    client.requestSession(someRequest, 0);
    const nowhere = { accept: accepts.ok, port: 0, sid: someSid, reflectedOctets: 0, serverOctets: 0 };
    client.receive(AcceptSession.encode(nowhere), 0);
    expect(drain(client).events).toEqual([{ type: 'session-refused', accept: 'failure' }]);
  });

  test('granted and refused are told apart; an unknown code is a failure', () => {
    const client = ready();
    for (const accept of [0, 5, 200]) {
      client.requestSession(someRequest, 0);
      client.receive(answer(accept), 0);
    }
    expect(drain(client).events).toEqual([
      { type: 'session-accepted', port: 7, sid: someSid, serverOctets: 0 },
      { type: 'session-refused', accept: 'temporary-resource-limit' },
      { type: 'session-refused', accept: 'failure' },
    ]);
  });

  test('wait for each answer no longer than agreed, and for running tests for ever', () => {
    const client = openClient(100);
    client.receive(greeting(1), 10);
    expect(client.deadlineNanos).toBe(110);
    client.receive(serverStart(0), 20);
    expect(client.deadlineNanos).toBeUndefined();
    client.startSessions(30);
    expect(client.deadlineNanos).toBe(130);
    client.receive(StartAck.encode({ accept: 0 }), 40);
    expect(client.deadlineNanos).toBeUndefined();
    expect(drain(client).events.map(({ type }) => type)).toEqual(['ready', 'started']);
  });

  test('that are not started end the connection', () => {
    const client = ready();
    client.startSessions(0);
    client.receive(StartAck.encode({ accept: 2 }), 0);
    expect(drain(client).ends).toEqual([{ code: 'refused', message: 'Start-Ack', accept: 2 }]);
  });
});

test('a server that speaks out of turn is left', () => {
  const client = ready();
  client.receive(Uint8Array.of(0), 0);
  expect(drain(client).ends).toEqual([{ code: 'unexpected-octets', state: 'ready' }]);
});

test('a command out of turn is a fault of ours', () => {
  const client = ready();
  expect(() => client.stopSessions(0, 0)).toThrow(LocalError);
  client.requestSession(someRequest, 0);
  expect(() => client.requestSession(someRequest, 0)).toThrow(LocalError);
});

/** Buffers compare as the octets they are. */
function plain<End extends { octets: Uint8Array }>(end: End): End {
  return { ...end, octets: new Uint8Array(end.octets) };
}
