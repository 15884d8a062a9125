/** The keys that a Control-Client of a certain seed makes up, so that a Server can be fuzzed behind them. */
import type { KeyedMode } from '../../src/twamp/protocol.ts';
import type { KeyedOptions } from '../../src/twamp/control-client.ts';
import { AES_KEY_OCTETS, HMAC_KEY_OCTETS } from '../../src/twamp/test-keys.ts';
import { SeededRandom } from '../support/seeded-random.ts';

const CLIENT_SEED = 2;

export const keyedOptions = (mode: KeyedMode): KeyedOptions => ({
  mode,
  keyId: 'somebody',
  random: new SeededRandom(CLIENT_SEED),
});

const random = new SeededRandom(CLIENT_SEED);
export const SESSION_OF_SEED = {
  aesKey: random.octets(AES_KEY_OCTETS),
  hmacKey: random.octets(HMAC_KEY_OCTETS),
};
