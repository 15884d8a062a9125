/**
 * What keeps a control connection secret and whole in modes 2, 4 and 8: for each direction one chain of AES-CBC that
 * runs on across messages, and an HMAC over all that was said since the last one. RFC 4656 §3.2, RFC 5357 §3.2.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  timingSafeEqual,
  type Cipher,
  type Decipher,
} from 'node:crypto';
import type { SessionKeys } from './session-keys.ts';

export const BLOCK_OCTETS = 16;
export const IV_OCTETS = 16;

/** HMAC-SHA1, of which the first octets are sent. */
const HMAC_OCTETS = 16;

class RunningHmac {
  readonly #key: Uint8Array;
  #hmac: ReturnType<typeof createHmac>;

  constructor(key: Uint8Array) {
    this.#key = key;
    this.#hmac = createHmac('sha1', key);
  }

  add(octets: Uint8Array): void {
    this.#hmac.update(octets);
  }

  /** Over everything added since the last call. */
  take(): Uint8Array {
    const digest = this.#hmac.digest().subarray(0, HMAC_OCTETS);
    this.#hmac = createHmac('sha1', this.#key);
    return digest;
  }
}

/** What we say. */
export class OutgoingChain {
  readonly #cipher: Cipher;
  readonly #hmac: RunningHmac;

  constructor({ aesKey, hmacKey }: SessionKeys, iv: Uint8Array) {
    this.#cipher = createCipheriv('aes-128-cbc', aesKey, iv).setAutoPadding(false);
    this.#hmac = new RunningHmac(hmacKey);
  }

  /** Enciphers whole blocks in place; `signed`: the last 16 octets become the HMAC first. */
  seal(octets: Uint8Array, signed: boolean): void {
    const hmacOffset = signed ? octets.length - HMAC_OCTETS : octets.length;
    this.#hmac.add(octets.subarray(0, hmacOffset));
    if (signed) octets.set(this.#hmac.take(), hmacOffset);
    octets.set(this.#cipher.update(octets));
  }
}

/** What the peer says. */
export class IncomingChain {
  readonly #decipher: Decipher;
  readonly #hmac: RunningHmac;

  constructor({ aesKey, hmacKey }: SessionKeys, iv: Uint8Array) {
    this.#decipher = createDecipheriv('aes-128-cbc', aesKey, iv).setAutoPadding(false);
    this.#hmac = new RunningHmac(hmacKey);
  }

  /** The plaintext of whole blocks, which must come in order. */
  decipher(blocks: Uint8Array): Uint8Array {
    return this.#decipher.update(blocks);
  }

  /** Takes note of plaintext; `signed`: its last 16 octets are an HMAC, and this tells whether it is right. */
  verify(octets: Uint8Array, signed: boolean): boolean {
    const hmacOffset = signed ? octets.length - HMAC_OCTETS : octets.length;
    this.#hmac.add(octets.subarray(0, hmacOffset));
    return !signed || timingSafeEqual(this.#hmac.take(), octets.subarray(hmacOffset));
  }
}
