/** Modes 2, 4 and 8: both cores against recorded peers, against each other, and against what was changed on the way. */
import { pbkdf2Sync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Random } from '../../src/clock.ts';
import { IncomingChain, OutgoingChain } from '../../src/twamp/control-cipher.ts';
import { ControlClient, type ControlClientEvent } from '../../src/twamp/control-client.ts';
import { ControlServer, type ControlServerEvent } from '../../src/twamp/control-server.ts';
import {
  AcceptSession,
  layouts,
  RequestTwSession,
  ServerStart,
  StopSessions,
} from '../../src/twamp/messages.ts';
import {
  accepts,
  acceptName,
  commands,
  COUNT_MAX,
  COUNT_MIN,
  modeFeatures,
  modes,
} from '../../src/twamp/protocol.ts';
import { encodeKeyId, sealToken } from '../../src/twamp/session-keys.ts';
import { decodeRequest, type SessionRequest } from '../../src/twamp/session-request.ts';
import { octetByOctet, randomChunks } from '../support/chunks.ts';
import {
  converse,
  derivedKey,
  Drained,
  granting,
  keyedClient,
  openServer,
  running,
  someRequest,
  someSid,
} from '../support/control-pair.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import {
  clearText,
  keyedVectors,
  readKeys,
  readVector,
  saidBy,
  turnsOf,
  wrongSecretVector,
  type RecordedKeys,
} from '../support/twamp-vectors.ts';

const SEEDS = Array.from({ length: 10 }, (_, index) => index + 1);

/** The ways each recording is replayed. */
const cuts: [string, (octets: Uint8Array) => Uint8Array[]][] = [
  ['whole', (octets) => [octets]],
  ['octet by octet', octetByOctet],
  ...SEEDS.map((seed): [string, (octets: Uint8Array) => Uint8Array[]] => [
    `in chunks of seed ${seed}`,
    (octets) => randomChunks(octets, new SeededRandom(seed)),
  ]),
];

/** What the recorded end drew, in the order in which ours draws it. */
function drawing(...drawn: Uint8Array[]): Random {
  return { octets: () => drawn.shift()! };
}

describe.each(keyedVectors)('%s', (name) => {
  const vector = readVector(name);
  const keys = readKeys(name);
  const byServer = saidBy(vector, 'server');
  const byClient = saidBy(vector, 'control-client');
  const serverMessages = cutMessages(clearText(byServer, 'server', keys), [64, 48], () => 48);
  const clientMessages = cutMessages(clearText(byClient, 'control-client', keys), [164], lengthOfCommand);
  const requests = clientMessages.filter(([command]) => command === commands['Request-TW-Session']);

  test('PBKDF2 makes the key that was recorded', () => {
    expect(hex(deriveFor(keys, byServer))).toBe(keys.derivedKey);
  });

  test.each(cuts)('[004/server] our Server says what theirs said, fed everything ahead %s', (_, cut) => {
    const random = drawing(byServer.slice(16, 32), byServer.slice(32, 48), byServer.slice(80, 96));
    const { startTime } = ServerStart.decode(serverMessages[1]!);
    const server = new ControlServer({ modes: byServer[15]!, startTime, servwaitNanos: 0, random }, 0);
    const drained = new Drained<ControlServerEvent>();
    const answers = serverMessages
      .slice(2, 2 + requests.length)
      .map((octets) => AcceptSession.decode(octets));
    const decide = (event: ControlServerEvent): void => {
      if (event.type === 'key-wanted') server.useKey(Buffer.from(keys.derivedKey, 'hex'), 0);
      if (event.type === 'start-requested') server.startSessions(0);
      if (event.type !== 'session-requested') return;
      const { accept, port, sid } = answers.shift()!;
      const refusal = acceptName(accept);
      if (refusal === 'ok') server.acceptSession(port, sid, 0);
      else server.refuseSession(refusal, 0);
    };
    for (const chunk of cut(byClient)) {
      server.receive(chunk, 0);
      drained.drain(server, decide);
    }
    expect(hex(drained.takeOctets())).toBe(hex(byServer));
    expect(drained.ends).toEqual([]);
    expect(drained.events[0]).toMatchObject({ type: 'key-wanted', keyId: keys.keyId, count: 2048 });
    const ready = drained.events[1] as Extract<ControlServerEvent, { type: 'ready' }>;
    expect(ready.mode).toBe(keys.mode);
    expect(hex(ready.keys!.aesKey)).toBe(keys.aesKey);
    expect(hex(ready.keys!.hmacKey)).toBe(keys.hmacKey);
  });

  test.each(cuts)('[004/control-client] our Control-Client says what theirs said, fed %s', (_, cut) => {
    const drawn = [
      Buffer.from(keys.aesKey, 'hex'),
      Buffer.from(keys.hmacKey, 'hex'),
      byClient.slice(148, 164),
    ];
    const keyed = { mode: keys.mode, keyId: keys.keyId, random: drawing(...drawn) };
    const client = new ControlClient({ answerNanos: 0, keyed }, 0);
    const drained = new Drained<ControlClientEvent>();
    const wanted = requests.map(
      (octets) => decodeRequest(RequestTwSession.decode(octets), 0) as SessionRequest,
    );
    const started = clientMessages.length > 1 + requests.length;
    const decide = (event: ControlClientEvent): void => {
      const request = event.type === 'key-wanted' ? undefined : wanted.shift();
      if (event.type === 'key-wanted') client.useKey(Buffer.from(keys.derivedKey, 'hex'), 0);
      else if (event.type === 'started')
        client.stopSessions(StopSessions.decode(clientMessages.at(-1)!).sessions, 0);
      else if (request !== undefined) client.requestSession(request, 0);
      else if (started) client.startSessions(0);
    };
    for (const chunk of turnsOf(vector, 'server').flatMap(cut)) {
      client.receive(chunk, 0);
      drained.drain(client, decide);
    }
    expect(drained.ends).toEqual([]);
    const said = drained.takeOctets();
    const ours = cutMessages(clearText(said, 'control-client', keys), [164], lengthOfCommand);
    expect(ours.map(withoutGarbage)).toEqual(clientMessages.map(withoutGarbage));
    // Their second request has octets left over in its SID, so that from there on ours differ.
    if (requests.length === 1) expect(hex(said)).toBe(hex(byClient));
    else expect(hex(said.subarray(0, 164 + 112))).toBe(hex(byClient.subarray(0, 164 + 112)));
  });
});

describe(wrongSecretVector, () => {
  const vector = readVector(wrongSecretVector);
  const byServer = saidBy(vector, 'server');

  test.each(cuts)('is refused with the octets that were recorded, fed %s', (_, cut) => {
    const random = drawing(byServer.slice(16, 32), byServer.slice(32, 48));
    const server = new ControlServer({ modes: 0xf, startTime: 5n, servwaitNanos: 0, random }, 0);
    const drained = new Drained<ControlServerEvent>();
    for (const chunk of cut(saidBy(vector, 'control-client'))) {
      server.receive(chunk, 0);
      drained.drain(server, (event) => {
        if (event.type === 'key-wanted') server.useKey(deriveFor(readKeys(wrongSecretVector), byServer), 0);
      });
    }
    expect(hex(drained.takeOctets())).toBe(hex(byServer));
    expect(drained.ends).toEqual([{ code: 'wrong-key' }]);
  });

  test('is how our Control-Client is refused', () => {
    const client = keyedClient('authenticated');
    const drained = new Drained<ControlClientEvent>();
    for (const turn of turnsOf(vector, 'server')) {
      client.receive(turn, 0);
      drained.drain(client, running(client, [1]));
    }
    expect(drained.ends).toEqual([{ code: 'refused', message: 'Server-Start', accept: accepts.failure }]);
  });
});

describe.each(['authenticated', 'encrypted', 'mixed'] as const)('both of us, %s', (mode) => {
  test.each(SEEDS)('three rounds on one connection, cut by seed %d', (seed) => {
    const random = new SeededRandom(seed);
    const [server, client] = [openServer({ modes: 0xf }), keyedClient(mode)];
    const [ofServer, ofClient] = [new Drained<ControlServerEvent>(), new Drained<ControlClientEvent>()];
    const cut = seed === 1 ? octetByOctet : (octets: Uint8Array) => randomChunks(octets, random);
    converse([server, ofServer, granting(server)], [client, ofClient, running(client, [3, 1, 2])], cut);
    expect([ofServer.ends, ofClient.ends]).toEqual([[], []]);
    const keysOf = (events: (ControlServerEvent | ControlClientEvent)[]): unknown =>
      events.flatMap((event) =>
        event.type === 'ready' ? [hex(event.keys!.aesKey), hex(event.keys!.hmacKey)] : [],
      );
    expect(keysOf(ofServer.events)).toEqual(keysOf(ofClient.events));
    expect(ofServer.events.filter(({ type }) => type === 'stopped')).toHaveLength(3);
  });

  test.each(SEEDS)('an octet changed on its way to the Server ends the connection, seed %d', (seed) => {
    const random = new SeededRandom(seed);
    const [server, client] = [openServer({ modes: 0xf }), keyedClient(mode)];
    const [ofServer, ofClient] = [new Drained<ControlServerEvent>(), new Drained<ControlClientEvent>()];
    converse([server, ofServer, granting(server)], [client, ofClient, running(client, [])], (o) => [o]);
    client.requestSession(someRequest, 0);
    ofClient.drain(client, () => undefined);
    const changed = ofClient.takeOctets();
    // The first octet is the command, which is read, and refused, before the HMAC has come.
    changed[16 + random.below(changed.length - 16)]! ^= 1 + random.below(255);
    server.receive(changed, 0);
    ofServer.drain(server, granting(server));
    expect(ofServer.ends).toEqual([{ code: 'wrong-hmac', message: 'Request-TW-Session' }]);
    expect(ofServer.takeOctets()).toHaveLength(0);
  });

  test.each([0, 2, 65_536])('Stop-Sessions must account for the session accepted: %d', (sessions) => {
    const [server, client] = [openServer({ modes: 0xf }), keyedClient(mode)];
    const [ofServer, ofClient] = [new Drained<ControlServerEvent>(), new Drained<ControlClientEvent>()];
    const decide = running(client, [1]);
    converse(
      [server, ofServer, granting(server)],
      [
        client,
        ofClient,
        (event) => (event.type === 'started' ? client.stopSessions(sessions, 0) : decide(event)),
      ],
      (octets) => [octets],
    );
    expect(ofServer.ends).toEqual([{ code: 'wrong-session-count', sessions, accepted: 1 }]);
  });
});

describe('sessions one by one (RFC 5938)', () => {
  const keys = { aesKey: new Uint8Array(16).fill(1), hmacKey: new Uint8Array(32).fill(2) };
  const iv = new Uint8Array(16).fill(3);

  /** A Server that has agreed on them in encrypted mode, and what a client that knows the keys says and hears. */
  function agreed() {
    const server = openServer({ modes: modes.encrypted | modeFeatures.individualSessionControl });
    const drained = new Drained<ControlServerEvent>();
    const decide = granting(server);
    const exchange = (octets: Uint8Array): Buffer => {
      server.receive(octets, 0);
      drained.drain(server, (event) => {
        decide(event);
        if (event.type === 'start-some-requested') {
          server.answerStartSome({ done: event.sids, refused: [] }, 0);
        }
      });
      return Buffer.from(drained.takeOctets());
    };
    const { challenge } = layouts['Server-Greeting'].decode(exchange(new Uint8Array()));
    const mode = modes.encrypted | modeFeatures.individualSessionControl;
    const token = sealToken(derivedKey, challenge, keys);
    const setUp = { mode, keyId: encodeKeyId('somebody'), token, clientIv: iv };
    const start = exchange(layouts['Set-Up-Response'].encode(setUp));
    const incoming = new IncomingChain(keys, start.subarray(16, 32));
    incoming.verify(incoming.decipher(start.subarray(32)), false);
    return { exchange, drained, incoming, outgoing: new OutgoingChain(keys, iv) };
  }

  test('a list of SIDs and its answer are enciphered and signed like every command', () => {
    const { exchange, drained, incoming, outgoing } = agreed();
    const command = layouts['Start-N-Sessions'].encode({ sids: [someSid, new Uint8Array(16)] });
    outgoing.seal(command, true);
    const answer = incoming.decipher(exchange(command));
    expect(drained.ends).toEqual([]);
    expect(incoming.verify(answer, true)).toBe(true);
    const sids = [someSid, new Uint8Array(16)];
    expect(layouts['Start-N-Ack'].decode(answer)).toEqual({ accept: accepts.ok, sids });
  });

  test.each([0, 7])('Stop-Sessions need not account for every session: %d', (sessions) => {
    const { exchange, drained, outgoing } = agreed();
    const command = layouts['Stop-Sessions'].encode({ accept: accepts.ok, sessions });
    outgoing.seal(command, true);
    exchange(command);
    expect(drained.events.at(-1)).toEqual({ type: 'stopped', sessions, accept: accepts.ok });
    expect(drained.ends).toEqual([]);
  });

  test('one that was changed on its way ends the connection', () => {
    const { exchange, drained, outgoing } = agreed();
    const command = layouts['Stop-N-Sessions'].encode({ sids: [someSid] });
    outgoing.seal(command, true);
    command[40]! ^= 1;
    expect(exchange(command)).toHaveLength(0);
    expect(drained.ends).toEqual([{ code: 'wrong-hmac', message: 'Stop-N-Sessions' }]);
  });
});

describe('the key', () => {
  const keyWanted = (count: number): Drained<ControlClientEvent> => {
    const client = keyedClient('encrypted');
    const drained = new Drained<ControlClientEvent>();
    const blank = new Uint8Array(16);
    const greeting = { modes: modes.encrypted, challenge: blank, salt: blank, count };
    client.receive(layouts['Server-Greeting'].encode(greeting), 0);
    drained.drain(client, () => undefined);
    return drained;
  };

  test.each([COUNT_MIN, COUNT_MAX])('is made with a Count of %d', (count) => {
    expect(keyWanted(count).events).toMatchObject([{ type: 'key-wanted', count }]);
  });

  test.each([0, COUNT_MIN - 1, COUNT_MAX + 1, 2 ** 32 - 1])('is not made with a Count of %d', (count) => {
    const { events, ends } = keyWanted(count);
    expect([events, ends]).toEqual([[], [{ code: 'count-refused', count }]]);
  });

  test('of no token is right for a client that knows another secret', () => {
    const [server, client] = [openServer({ modes: 0xf }), keyedClient('encrypted')];
    const [ofServer, ofClient] = [new Drained<ControlServerEvent>(), new Drained<ControlClientEvent>()];
    converse(
      [
        server,
        ofServer,
        (event) => {
          if (event.type === 'key-wanted') server.useKey(new Uint8Array(16), 0);
        },
      ],
      [client, ofClient, running(client, [1])],
      (octets) => [octets],
    );
    expect(ofServer.ends).toEqual([{ code: 'wrong-key' }]);
    expect(ofClient.ends).toEqual([{ code: 'refused', message: 'Server-Start', accept: accepts.failure }]);
  });

  test("that comes when the connection has ended is nobody's", () => {
    const server = openServer({ modes: 0xf });
    const client = keyedClient('encrypted');
    const drained = new Drained<ControlServerEvent>();
    const ofClient = new Drained<ControlClientEvent>();
    drained.drain(server, () => undefined);
    client.receive(drained.takeOctets(), 0);
    ofClient.drain(client, running(client, []));
    server.receive(ofClient.takeOctets(), 0);
    server.closed();
    server.useKey(derivedKey, 0);
    drained.drain(server, () => undefined);
    expect(drained.events.map(({ type }) => type)).toEqual(['key-wanted']);
  });
});

test.each([
  ['a', 1],
  ['x'.repeat(80), 80],
  ['é'.repeat(40), 80],
])('a KeyID of %s fits its field', (keyId, octets) => {
  const field = encodeKeyId(keyId);
  expect([field.length, field.filter((octet) => octet !== 0).length]).toEqual([80, octets]);
});

test('a KeyID of 81 octets does not', () => {
  expect(() => encodeKeyId('x'.repeat(81))).toThrow(RangeError);
});

function deriveFor({ secret }: RecordedKeys, greeting: Uint8Array): Uint8Array {
  return pbkdf2Sync(secret, greeting.subarray(32, 48), 2048, 16, 'sha1');
}

function lengthOfCommand(command: number): number {
  return command === commands['Request-TW-Session'] ? 112 : 32;
}

/** The messages of a stream: the first are so long, and each further one as long as its first octet says. */
function cutMessages(
  octets: Uint8Array,
  first: readonly number[],
  lengthOf: (command: number) => number,
): Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (let at = 0; at < octets.length;) {
    const end = at + (first[messages.length] ?? lengthOf(octets[at]!));
    messages.push(octets.subarray(at, end));
    at = end;
  }
  return messages;
}

/** A request in hexadecimal, but for its SID and HMAC. */
function withoutGarbage(message: Uint8Array): string {
  if (message[0] !== commands['Request-TW-Session'] || message.length !== 112) return hex(message);
  return hex(message.slice(0, 96).fill(0, 48, 64));
}

function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex');
}
