/** Both cores together over a link that cuts anyhow, against recorded peers, and against garbage. */
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { ControlClient, ControlClientEvent } from '../../src/twamp/control-client.ts';
import { ControlServer, type ControlServerEvent } from '../../src/twamp/control-server.ts';
import { AcceptSession, RequestTwSession, ServerStart, StopSessions } from '../../src/twamp/messages.ts';
import { commands } from '../../src/twamp/protocol.ts';
import { decodeRequest, type SessionRequest } from '../../src/twamp/session-request.ts';
import { octetByOctet, randomChunks } from '../support/chunks.ts';
import { converse, Drained, granting, openClient, openServer, running } from '../support/control-pair.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { recordedSessions, testVectors } from '../support/test-packets.ts';
import {
  keyedVectors,
  openVectors,
  readVector,
  saidBy,
  turnsOf,
  wrongSecretVector,
  type TwampVector,
} from '../support/twamp-vectors.ts';

const SEEDS = Array.from({ length: 20 }, (_, index) => index + 1);

function outOfOneMind(seed: number): { server: ControlServerEvent[]; client: ControlClientEvent[] } {
  const random = new SeededRandom(seed);
  const [server, client] = [openServer(), openClient()];
  const [ofServer, ofClient] = [new Drained<ControlServerEvent>(), new Drained<ControlClientEvent>()];
  const cut = seed === 1 ? octetByOctet : (octets: Uint8Array) => randomChunks(octets, random);
  converse([server, ofServer, granting(server)], [client, ofClient, running(client, [3, 1, 2])], cut);
  expect([ofServer.ends, ofClient.ends]).toEqual([[], []]);
  expect(server.counters.received).toBe(client.counters.sent);
  expect(client.counters.received).toBe(server.counters.sent);
  return { server: ofServer.events, client: ofClient.events };
}

test.each(SEEDS)('three rounds on one connection, cut by seed %d', (seed) => {
  const { server, client } = outOfOneMind(seed);
  const count = (events: { type: string }[], type: string): number =>
    events.filter((e) => e.type === type).length;
  expect(count(client, 'session-accepted')).toBe(6);
  expect(count(client, 'started')).toBe(3);
  expect(count(server, 'stopped')).toBe(3);
});

/** The ways each recording is replayed. */
const cuts: [string, (octets: Uint8Array) => Uint8Array[]][] = [
  ['whole', (octets) => [octets]],
  ['octet by octet', octetByOctet],
  ...SEEDS.map((seed): [string, (octets: Uint8Array) => Uint8Array[]] => [
    `in chunks of seed ${seed}`,
    (octets) => randomChunks(octets, new SeededRandom(seed)),
  ]),
];

test('every recording is replayed, its control connection here or in keyed-conversation, its test packets too', () => {
  const files = readdirSync(new URL('../vectors/twamp', import.meta.url));
  const recordings = files.filter((file) => file.includes('twampd')).map((file) => file.replace('.json', ''));
  expect(recordings.length).toBeGreaterThan(0);
  expect([...openVectors, ...keyedVectors, wrongSecretVector].sort()).toEqual(recordings.sort());
  const measured = recordings.filter((name) => recordedSessions(name).length > 0);
  expect([...testVectors].sort()).toEqual(measured.sort());
});

describe.each(openVectors)('%s', (name) => {
  const vector = readVector(name);

  test.each(cuts)('[004/server] our Server says what theirs said, fed everything ahead %s', (_, cut) => {
    const server = serverOf(vector);
    const drained = new Drained<ControlServerEvent>();
    const decide = decisionsOf(vector, server);
    for (const chunk of cut(saidBy(vector, 'control-client'))) {
      server.receive(chunk, 0);
      drained.drain(server, decide);
    }
    expect(hex(drained.takeOctets())).toBe(hex(saidBy(vector, 'server')));
    expect(drained.ends).toEqual([]);
    expect(server.state).toBe('ready');
  });

  test.each(cuts)('[004/control-client] our Control-Client says what theirs said, fed %s', (_, cut) => {
    const client = openClient();
    const drained = new Drained<ControlClientEvent>();
    const decide = choicesOf(vector, client);
    // A server says nothing before it is asked, so only its single turns are cut.
    for (const chunk of turnsOf(vector, 'server').flatMap(cut)) {
      client.receive(chunk, 0);
      drained.drain(client, decide);
    }
    expect(hex(drained.takeOctets())).toBe(hex(saidBy(vector, 'control-client')));
    expect(drained.ends).toEqual([]);
  });
});

/** A Server with the randomness and the start time of the recorded one. */
function serverOf(vector: TwampVector): ControlServer {
  const said = saidBy(vector, 'server');
  const challengeAndSalt = [said.slice(16, 32), said.slice(32, 48)];
  const random = { octets: () => challengeAndSalt.shift()! };
  const { startTime } = ServerStart.decode(said.subarray(64));
  return new ControlServer({ modes: 0xf, startTime, servwaitNanos: 0, random }, 0);
}

/** The ports and SIDs the recorded Server granted. */
function decisionsOf(vector: TwampVector, server: ControlServer): (event: ControlServerEvent) => void {
  const answers = turnsOf(vector, 'server')
    .filter((octets) => octets.length === AcceptSession.octets)
    .slice(1)
    .map((octets) => AcceptSession.decode(octets));
  return (event) => {
    if (event.type === 'start-requested') server.startSessions(0);
    if (event.type !== 'session-requested') return;
    const { port, sid } = answers.shift()!;
    server.acceptSession(port, sid, 0);
  };
}

/** The requests of the recorded Control-Client, and the number it named when it stopped. */
function choicesOf(vector: TwampVector, client: ControlClient): (event: ControlClientEvent) => void {
  const said = turnsOf(vector, 'control-client');
  const requests = said
    .filter(([command]) => command === commands['Request-TW-Session'])
    .map((octets) => decodeRequest(RequestTwSession.decode(octets), 0) as SessionRequest);
  const { sessions } = StopSessions.decode(said.at(-1)!);
  return (event) => {
    const request = requests.shift();
    if (event.type === 'started') client.stopSessions(sessions, 0);
    else if (request === undefined) client.startSessions(0);
    else client.requestSession(request, 0);
  };
}

describe('garbage', () => {
  // Whatever comes, the answer is octets, events and at most one end, never an exception, and the cut does
  // not matter.
  const outcome = <Event>(
    endpoint: ControlServer | ControlClient,
    drained: Drained<Event>,
    decide: (event: Event) => void,
    chunks: Uint8Array[],
  ): unknown => {
    for (const chunk of chunks) {
      endpoint.receive(chunk, 0);
      drained.drain(endpoint as never, decide);
    }
    return [hex(drained.takeOctets()), drained.events, drained.ends.map(({ code }) => code)];
  };

  test.each(SEEDS)('at any place of a conversation, seed %d', (seed) => {
    const random = new SeededRandom(seed);
    for (const name of openVectors) {
      const vector = readVector(name);
      const said = spoiled(saidBy(vector, 'control-client'), random);
      const byServer = (chunks: Uint8Array[]): unknown => {
        const server = openServer({ modes: 0xf });
        return outcome(server, new Drained<ControlServerEvent>(), granting(server), chunks);
      };
      expect(byServer([said])).toEqual(byServer(octetByOctet(said)));

      const answered = spoiled(saidBy(vector, 'server'), random);
      const client = openClient();
      const ends = outcome(
        client,
        new Drained<ControlClientEvent>(),
        running(client, [2, 2]),
        octetByOctet(answered),
      );
      expect((ends as [string, unknown[], string[]])[2].length).toBeLessThanOrEqual(1);
    }
  });

  /** Some octets changed, cut off, or followed by noise. */
  function spoiled(octets: Uint8Array, random: SeededRandom): Uint8Array {
    const kept = octets.slice(0, octets.length - random.below(2) * random.below(octets.length));
    for (let changes = random.below(6); changes > 0; changes -= 1)
      kept[random.below(kept.length)] = random.below(256);
    return Buffer.concat([kept, random.octets(random.below(2) * random.below(300))]);
  }
});

function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex');
}
