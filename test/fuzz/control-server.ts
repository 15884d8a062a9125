/** A Server before a Control-Client that says anything, in every mode. */
import { ControlServer, type ControlServerEvent } from '../../src/twamp/control-server.ts';
import {
  RequestTwSession,
  SetUpResponse,
  StartNSessions,
  StartSessions,
  StopNSessions,
  StopSessions,
} from '../../src/twamp/messages.ts';
import { modeFeatures, modes } from '../../src/twamp/protocol.ts';
import { encodeKeyId, sealToken } from '../../src/twamp/session-keys.ts';
import { encodeRequest } from '../../src/twamp/session-request.ts';
import { derivedKey, someRequest, someSid } from '../support/control-pair.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { openVectors, readVector, saidBy } from '../support/twamp-vectors.ts';
import {
  ALL_FEATURES,
  ALL_MODES,
  IV,
  OCTETS_MAX,
  protections,
  sameHoweverCut,
  sealed,
  SESSION_KEYS,
  unsealed,
  type Conversation,
} from './control.ts';
import { chosen, Choices, type FuzzTarget } from './target.ts';

/** How the owner answers: bits of the second octet. */
const answers = { refusesSessions: 1, refusesStart: 2, refusesSome: 4 } as const;
const SERVER_SEED = 1;
/** What a Server of this seed greets with, 16 octets of them. */
const challenge = new SeededRandom(SERVER_SEED).octets(16);

function open(owner: number): Conversation<ControlServerEvent> {
  const random = new SeededRandom(SERVER_SEED);
  const server = new ControlServer({ modes: ALL_MODES, startTime: 1n, servwaitNanos: 1e9, random }, 0);
  const has = (bit: number): boolean => (owner & bit) !== 0;
  const decide = (event: ControlServerEvent): void => {
    if (event.type === 'key-wanted') server.useKey(derivedKey, 0);
    else if (event.type === 'session-requested') {
      if (has(answers.refusesSessions)) server.refuseSession('temporary-resource-limit', 0);
      else server.acceptSession(event.request.receiverPort, someSid, 0);
    } else if (event.type === 'start-requested') {
      if (has(answers.refusesStart)) server.refuseStart('failure', 0);
      else server.startSessions(0);
    } else if (event.type === 'start-some-requested' || event.type === 'stop-some-requested') {
      const refused = event.sids.filter((_, index) => has(answers.refusesSome) && index % 2 === 0);
      const done = event.sids.filter((sid) => !refused.includes(sid));
      if (event.type === 'start-some-requested') server.answerStartSome({ done, refused }, 0);
      else server.answerStopSome({ done, refused }, 0);
    }
  };
  return { endpoint: server, decide };
}

function setUp(mode: number): Uint8Array {
  const token = sealToken(derivedKey, challenge, SESSION_KEYS);
  return SetUpResponse.encode({ mode, keyId: encodeKeyId('somebody'), token, clientIv: IV });
}

const features = [0, ...Object.values(modeFeatures), ALL_FEATURES];

const commands = [
  RequestTwSession.encode(encodeRequest(someRequest)),
  StartSessions.encode({}),
  StopSessions.encode({ accept: 0, sessions: 1 }),
];
const some = [
  RequestTwSession.encode(encodeRequest(someRequest)),
  StartNSessions.encode({ sids: [someSid] }),
  StopNSessions.encode({ sids: [someSid] }),
];

/** The first octet chooses protection and features, the second the owner; in keyed modes the rest is what `sealed` seals. */
export const target: FuzzTarget = {
  octetsMax: OCTETS_MAX,
  run: (octets) => {
    const choices = new Choices(octets);
    const how = choices.octet();
    const owner = choices.octet();
    const protection = protections[how % protections.length]!;
    const feature = features[Math.floor(how / protections.length) % features.length]!;
    // Nothing is set up: the input is all there is.
    if (how >= 0xf0) {
      sameHoweverCut(choices.rest, () => open(owner));
      return;
    }
    const begun = setUp(modes[protection] | feature);
    const said = protection === 'unauthenticated' ? choices.rest : sealed(choices.rest);
    sameHoweverCut(Buffer.concat([begun, said]), () => open(owner));
  },
  seeds: () => [
    ...openVectors.map((name) => chosen([0xf0, 0], saidBy(readVector(name), 'control-client'))),
    ...[0, 4, 24].map((how) => chosen([how, 0], Buffer.concat([...commands, ...some]))),
    ...[1, 2, 3, 25, 26, 27].map((how) => chosen([how, 0], unsealed(...commands))),
    ...[4, 5, 24, 25].map((how) => chosen([how, 4], how % 4 === 0 ? Buffer.concat(some) : unsealed(...some))),
  ],
};
