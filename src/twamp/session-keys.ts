/** The keys of a connection in modes 2, 4 and 8, and the token that carries them. RFC 4656 §3.1, RFC 5357 §3.1. */
import { createCipheriv, createDecipheriv, timingSafeEqual } from 'node:crypto';
import type { PacketMode } from './packet-forms.ts';
import { modes, type Mode } from './protocol.ts';
import { AES_KEY_OCTETS, testKeys, type TestKeys } from './test-keys.ts';

/** AES Session-key and HMAC Session-key: what the Control-Client makes up for one connection. */
export type SessionKeys = TestKeys;

/** What a connection has agreed on. */
export interface Agreement {
  readonly mode: Mode;
  /** A sum of `modeFeatures`. */
  readonly features: number;
  /** Undefined in unauthenticated mode. */
  readonly keys: SessionKeys | undefined;
}

export const CHALLENGE_OCTETS = 16;

/** Of the key that PBKDF2-HMAC-SHA1 makes of passphrase, salt and count: it seals the token and nothing else. */
export const DERIVED_KEY_OCTETS = 16;

const KEY_ID_OCTETS = 80;
const ZERO_IV = new Uint8Array(16);

/** Challenge and session keys, enciphered with the derived key: 64 octets. */
export function sealToken(derivedKey: Uint8Array, challenge: Uint8Array, keys: SessionKeys): Uint8Array {
  const cipher = createCipheriv('aes-128-cbc', derivedKey, ZERO_IV).setAutoPadding(false);
  return cipher.update(Buffer.concat([challenge, keys.aesKey, keys.hmacKey]));
}

/** The session keys of a token; undefined when it does not hold our challenge, and so was made with another key. */
export function openToken(
  derivedKey: Uint8Array,
  challenge: Uint8Array,
  token: Uint8Array,
): SessionKeys | undefined {
  const decipher = createDecipheriv('aes-128-cbc', derivedKey, ZERO_IV).setAutoPadding(false);
  const opened = decipher.update(token);
  if (!timingSafeEqual(opened.subarray(0, CHALLENGE_OCTETS), challenge)) return undefined;
  const hmacKeyOffset = CHALLENGE_OCTETS + AES_KEY_OCTETS;
  return {
    aesKey: opened.subarray(CHALLENGE_OCTETS, hmacKeyOffset),
    hmacKey: opened.subarray(hmacKeyOffset),
  };
}

/** What the packets of a test session look like on a connection that has come to `agreement`. */
export function packetModeOf(agreement: Agreement, sid: Uint8Array): PacketMode {
  const { mode, features, keys } = agreement;
  return { mode: modes[mode] | features, keys: keys && testKeys(sid, keys) };
}

/** The field for a KeyID of at most 80 octets of UTF-8, the rest zero. Throws RangeError beyond. */
export function encodeKeyId(keyId: string): Uint8Array {
  const field = new Uint8Array(KEY_ID_OCTETS);
  field.set(Buffer.from(keyId));
  return field;
}

/** The KeyID of a field, up to the first zero; what is no UTF-8 becomes one that nobody has. */
export function decodeKeyId(field: Uint8Array): string {
  const end = field.indexOf(0);
  return Buffer.from(end < 0 ? field : field.subarray(0, end)).toString();
}
