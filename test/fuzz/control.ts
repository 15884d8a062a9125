/** One end of a control connection that hears an input: at once, octet by octet, and cut in pieces. */
import assert from 'node:assert/strict';
import { IV_OCTETS, OutgoingChain } from '../../src/twamp/control-cipher.ts';
import type { ControlEndpoint } from '../../src/twamp/control-endpoint.ts';
import { modeFeatures, modes } from '../../src/twamp/protocol.ts';
import { octetByOctet, randomChunks } from '../support/chunks.ts';
import { Drained } from '../support/control-pair.ts';
import { SeededRandom } from '../support/seeded-random.ts';

/** How the connection is protected, by the first octet of an input. */
export const protections = ['unauthenticated', 'authenticated', 'encrypted', 'mixed'] as const;
export const ALL_FEATURES = Object.values<number>(modeFeatures).reduce((sum, bit) => sum | bit);
export const ALL_MODES = Object.values<number>(modes).reduce((sum, bit) => sum | bit) | ALL_FEATURES;

export const SESSION_KEYS = {
  aesKey: Uint8Array.from({ length: 16 }, (_, index) => index),
  hmacKey: Uint8Array.from({ length: 32 }, (_, index) => 0x40 + index),
};
export const IV = new Uint8Array(IV_OCTETS).fill(7);

/**
 * Seals what the peer says once the connection is keyed, so that the fuzzer need not find AES's key: the input says each
 * message in clear, its length before it, and whether its HMAC is to be right.
 */
export function sealed(said: Uint8Array): Uint8Array {
  const chain = new OutgoingChain(SESSION_KEYS, IV);
  const parts: Uint8Array[] = [];
  for (let at = 0; at < said.length;) {
    const blocks = (said[at]! & 0x0f) + 1;
    const isSigned = (said[at]! & 0x80) === 0;
    const octets = new Uint8Array(16 * blocks);
    octets.set(said.subarray(at + 1, at + 1 + octets.length));
    chain.seal(octets, isSigned);
    parts.push(octets);
    at += 1 + octets.length;
  }
  return Buffer.concat(parts);
}

/** What `sealed` makes these messages of. */
export const unsealed = (...messages: readonly Uint8Array[]): Uint8Array =>
  Buffer.concat(messages.flatMap((octets) => [Uint8Array.of(octets.length / 16 - 1), octets]));

export interface Conversation<Event> {
  readonly endpoint: ControlEndpoint<Event>;
  /** What the owner does with each event. */
  readonly decide: (event: Event) => void;
}

/** How many octets the peer says before it waits for an answer; undefined: it does not wait. */
export type TurnOctets<Event> = (endpoint: ControlEndpoint<Event>) => number | undefined;

const cuts = (random: SeededRandom): ((octets: Uint8Array) => readonly Uint8Array[])[] => [
  (octets) => [octets],
  octetByOctet,
  (octets) => randomChunks(octets, random, 40),
];

/** The same events, ends and octets come of what a peer says, however it is cut; nothing comes behind the end. */
export function sameHoweverCut<Event>(
  said: Uint8Array,
  open: () => Conversation<Event>,
  turnOctets: TurnOctets<Event> = () => undefined,
): void {
  const [whole, ...others] = cuts(new SeededRandom(said.length)).map((cut) =>
    heard(said, open(), turnOctets, cut),
  );
  for (const other of others) assert.deepEqual(other, whole);
}

function heard<Event>(
  said: Uint8Array,
  { endpoint, decide }: Conversation<Event>,
  turnOctets: TurnOctets<Event>,
  cut: (octets: Uint8Array) => readonly Uint8Array[],
): unknown {
  const drained = new Drained<Event>();
  const drain = (): void => {
    drained.drain(endpoint, decide);
    assert(drained.ends.length <= 1, 'a connection ends once');
    assert.equal(endpoint.state === 'closed', drained.ends.length === 1);
  };
  drain();
  for (let at = 0; at < said.length;) {
    const end = at + (turnOctets(endpoint) ?? said.length);
    for (const chunk of cut(said.subarray(at, end))) {
      endpoint.receive(chunk, 0);
      drain();
    }
    at = end;
  }
  const { received, sent } = endpoint.counters;
  assert(received <= said.length / MESSAGE_OCTETS_MIN);
  endpoint.closed();
  drain();
  assert.equal(endpoint.deadlineNanos, undefined);
  // How much of it is told depends on how much there is.
  const ends = drained.ends.map((end) => (end.code === 'not-twamp' ? end.code : end));
  const octets = Buffer.from(drained.takeOctets()).toString('hex');
  return { octets, events: drained.events, ends, received, sent };
}

const MESSAGE_OCTETS_MIN = 32;

export const OCTETS_MAX = 2048;
