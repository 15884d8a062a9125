/** A Control-Client before a Server that says anything, in every mode. */
import { OutgoingChain } from '../../src/twamp/control-cipher.ts';
import { ControlClient, type ControlClientEvent } from '../../src/twamp/control-client.ts';
import { AcceptSession, ServerGreeting, ServerStart, StartAck } from '../../src/twamp/messages.ts';
import { SESSION_OF_SEED, keyedOptions } from './control-client-keys.ts';
import { running } from '../support/control-pair.ts';
import { openVectors, readVector, saidBy } from '../support/twamp-vectors.ts';
import {
  ALL_FEATURES,
  ALL_MODES,
  IV,
  OCTETS_MAX,
  protections,
  sameHoweverCut,
  type Conversation,
  type TurnOctets,
} from './control.ts';
import { chosen, Choices, type FuzzTarget } from './target.ts';

function open(how: number): Conversation<ControlClientEvent> {
  const protection = protections[how % protections.length]!;
  const keyed = protection === 'unauthenticated' ? undefined : keyedOptions(protection);
  const client = new ControlClient({ answerNanos: 1e9, keyed, features: how & 0x10 ? ALL_FEATURES : 0 }, 0);
  return { endpoint: client, decide: running(client, [2, 1]) };
}

/** A Server that speaks before its turn is sent away: each message comes by itself. */
const turnOctets: TurnOctets<ControlClientEvent> = ({ state }) => {
  if (state === 'connected') return ServerGreeting.octets;
  if (state === 'answered') return ServerStart.octets;
  if (state === 'requested') return AcceptSession.octets;
  return state === 'starting' ? StartAck.octets : undefined;
};

/** Of what a Server says that is sealed: the rest of Server-Start, and the answers that `running` asks for. */
const SEALED_OCTETS = [
  ServerStart.octets - ServerStart.offset('startTime'),
  ...[AcceptSession, AcceptSession, StartAck, AcceptSession, StartAck].map(({ octets }) => octets),
];

/** What a Server says in keyed modes: the greeting and the beginning of Server-Start are clear, the rest is sealed. */
function sealedBehindIv(said: Uint8Array): Uint8Array {
  const clear = ServerGreeting.octets + ServerStart.offset('startTime');
  if (said.length <= clear) return said;
  const begun = said.slice(0, clear);
  const serverIv = begun.subarray(clear - 16);
  const rest = new Uint8Array(Math.ceil((said.length - clear) / 16) * 16);
  rest.set(said.subarray(clear));
  const chain = new OutgoingChain(SESSION_OF_SEED, serverIv);
  // The rest of Server-Start has no HMAC of its own.
  let at = 0;
  for (const [index, octets] of SEALED_OCTETS.entries()) {
    if (at + octets > rest.length) break;
    chain.seal(rest.subarray(at, at + octets), index > 0);
    at += octets;
  }
  if (at < rest.length) chain.seal(rest.subarray(at), false);
  return Buffer.concat([begun, rest]);
}

const greeting = ServerGreeting.encode({
  modes: ALL_MODES,
  challenge: new Uint8Array(16).fill(1),
  salt: new Uint8Array(16).fill(2),
  count: 1024,
});
const accept = AcceptSession.encode({
  accept: 0,
  port: 20_000,
  sid: new Uint8Array(16).fill(9),
  reflectedOctets: 0,
  serverOctets: 0,
});
const conversation = Buffer.concat([
  greeting,
  ServerStart.encode({ accept: 0, serverIv: IV, startTime: 1n }),
  accept,
  accept,
  StartAck.encode({ accept: 0 }),
  accept,
  StartAck.encode({ accept: 0 }),
]);

/** The first octet chooses protection and features. */
export const target: FuzzTarget = {
  octetsMax: OCTETS_MAX,
  run: (octets) => {
    const choices = new Choices(octets);
    const how = choices.octet();
    const isKeyed = how % protections.length !== 0 && (how & 0x20) === 0;
    const said = isKeyed ? sealedBehindIv(choices.rest) : choices.rest;
    sameHoweverCut(said, () => open(how), turnOctets);
  },
  seeds: () => [
    ...openVectors.map((name) => chosen([0], saidBy(readVector(name), 'server'))),
    ...[0, 1, 2, 3, 0x10, 0x11, 0x21].map((how) => chosen([how], conversation)),
    ...['SSH-2.0-OpenSSH_9.6\r\n', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'hello\n'].map((text) =>
      chosen([0], text),
    ),
  ],
};
