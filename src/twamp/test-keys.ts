/** The keys of a test session, derived from those of its control connection. RFC 5357 §4.1.2, RFC 4656 §4.1.2. */
import { createCipheriv } from 'node:crypto';

/** AES_KEY_OCTETS for AES-128, HMAC_KEY_OCTETS for HMAC-SHA1: of a control connection, or of a test session. */
export interface TestKeys {
  readonly aesKey: Uint8Array;
  readonly hmacKey: Uint8Array;
}

export const AES_KEY_OCTETS = 16;
export const HMAC_KEY_OCTETS = 32;

const ZERO_IV = new Uint8Array(16);

/**
 * The session keys of the token (RFC 4656 §3.1), each encrypted with the SID as the key: the AES key as one
 * block, the HMAC key as two chained from IV 0.
 */
export function testKeys(sid: Uint8Array, sessionKeys: TestKeys): TestKeys {
  const encrypt = (octets: Uint8Array): Uint8Array => {
    return createCipheriv('aes-128-cbc', sid, ZERO_IV).setAutoPadding(false).update(octets);
  };
  return { aesKey: encrypt(sessionKeys.aesKey), hmacKey: encrypt(sessionKeys.hmacKey) };
}
