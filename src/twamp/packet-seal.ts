/** What protects keyed test packets, allocating nothing for any. RFC 5357 §4.1.2, §4.2.1; RFC 8762 §4.4. */
import { unsafe } from '@noble/ciphers/aes.js';
import { formOf } from './packet-forms.ts';
import type { PacketMode, SenderForm } from './packet-forms.ts';
import { PacketHmac, Sha1, Sha256 } from './packet-hmac.ts';
import type { TestKeys } from './test-keys.ts';

const BLOCK_OCTETS = 16;

/** What is done last to a packet that leaves, and first to one that arrives. */
export interface Seal {
  /** Signs, and may encrypt, the packet at `offset`. */
  close(view: DataView, offset: number, form: SenderForm): void;
  /** Undoes that, and returns whether the HMAC is right; if it is not, the packet's octets mean nothing. */
  open(view: DataView, offset: number, form: SenderForm): boolean;
}

/** What seals the packets of a session; undefined: nothing does. Throws RangeError if the keys for it are missing. */
export function sealOf(packets: PacketMode): Seal | undefined {
  if (packets.stamp) return packets.stamp.hmacKey && new HmacSeal(packets.stamp.hmacKey);
  if (formOf(packets).sender.sealedOctets === 0) return undefined;
  if (packets.keys === undefined) throw new RangeError(`mode ${packets.mode} needs keys`);
  return new CipherSeal(packets.keys);
}

/** STAMP's: HMAC-SHA-256 over the first `sealedOctets` of a packet. */
class HmacSeal implements Seal {
  readonly #hmac: PacketHmac;

  constructor(hmacKey: Uint8Array) {
    this.#hmac = new PacketHmac(new Sha256(), hmacKey);
  }

  close(view: DataView, offset: number, { sealedOctets, hmac }: SenderForm): void {
    this.#hmac.sign(view, offset, sealedOctets, offset + hmac);
  }

  open(view: DataView, offset: number, { sealedOctets, hmac }: SenderForm): boolean {
    return this.#hmac.verify(view, offset, sealedOctets, offset + hmac);
  }
}

/**
 * TWAMP's: AES-128-CBC from IV 0 over the first `sealedOctets` of a packet (one block of it is what the RFC calls
 * ECB), and HMAC-SHA1 over the same octets in clear; the HMAC itself stays in clear.
 */
export class CipherSeal implements Seal {
  readonly #encryptionKey: Uint32Array;
  readonly #decryptionKey: Uint32Array;
  readonly #hmac: PacketHmac;

  constructor({ aesKey, hmacKey }: TestKeys) {
    this.#encryptionKey = unsafe.expandKeyLE(aesKey);
    this.#decryptionKey = unsafe.expandKeyDecLE(aesKey);
    this.#hmac = new PacketHmac(new Sha1(), hmacKey);
  }

  close(view: DataView, offset: number, { sealedOctets, hmac }: SenderForm): void {
    this.#hmac.sign(view, offset, sealedOctets, offset + hmac);
    let [c0, c1, c2, c3] = [0, 0, 0, 0];
    for (let at = offset; at < offset + sealedOctets; at += BLOCK_OCTETS) {
      const { s0, s1, s2, s3 } = unsafe.encrypt(
        this.#encryptionKey,
        c0 ^ view.getUint32(at, true),
        c1 ^ view.getUint32(at + 4, true),
        c2 ^ view.getUint32(at + 8, true),
        c3 ^ view.getUint32(at + 12, true),
      );
      view.setUint32(at, (c0 = s0), true);
      view.setUint32(at + 4, (c1 = s1), true);
      view.setUint32(at + 8, (c2 = s2), true);
      view.setUint32(at + 12, (c3 = s3), true);
    }
  }

  open(view: DataView, offset: number, { sealedOctets, hmac }: SenderForm): boolean {
    let [c0, c1, c2, c3] = [0, 0, 0, 0];
    for (let at = offset; at < offset + sealedOctets; at += BLOCK_OCTETS) {
      const e0 = view.getUint32(at, true);
      const e1 = view.getUint32(at + 4, true);
      const e2 = view.getUint32(at + 8, true);
      const e3 = view.getUint32(at + 12, true);
      const { s0, s1, s2, s3 } = unsafe.decrypt(this.#decryptionKey, e0, e1, e2, e3);
      view.setUint32(at, c0 ^ s0, true);
      view.setUint32(at + 4, c1 ^ s1, true);
      view.setUint32(at + 8, c2 ^ s2, true);
      view.setUint32(at + 12, c3 ^ s3, true);
      c0 = e0;
      c1 = e1;
      c2 = e2;
      c3 = e3;
    }
    return this.#hmac.verify(view, offset, sealedOctets, offset + hmac);
  }
}
