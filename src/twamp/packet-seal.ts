/** What protects keyed test packets: encryption in place, and the HMAC in clear beside it. RFC 5357 §4.1.2, §4.2.1. */
import { unsafe } from '@noble/ciphers/aes.js';
import { formOf } from './packet-forms.ts';
import type { PacketMode, SenderForm } from './packet-forms.ts';
import { PacketHmac, Sha1 } from './packet-hmac.ts';
import type { TestKeys } from './test-keys.ts';

const BLOCK_OCTETS = 16;

/** What seals the packets of a session; undefined: nothing does. Throws RangeError if the keys for it are missing. */
export function sealOf(packets: PacketMode): PacketSeal | undefined {
  if (formOf(packets).sender.sealedOctets === 0) return undefined;
  if (packets.keys === undefined) throw new RangeError(`mode ${packets.mode} needs keys`);
  return new PacketSeal(packets.keys);
}

/**
 * AES-128-CBC from IV 0 over the first `sealedOctets` of a packet (one block of it is what the RFC calls ECB), and
 * HMAC-SHA1 over the same octets in clear. Allocates nothing for a packet.
 */
export class PacketSeal {
  readonly #encryptionKey: Uint32Array;
  readonly #decryptionKey: Uint32Array;
  readonly #hmac: PacketHmac;

  constructor({ aesKey, hmacKey }: TestKeys) {
    this.#encryptionKey = unsafe.expandKeyLE(aesKey);
    this.#decryptionKey = unsafe.expandKeyDecLE(aesKey);
    this.#hmac = new PacketHmac(new Sha1(), hmacKey);
  }

  /** Signs and encrypts the packet at `offset`. */
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

  /** Decrypts the packet at `offset` and returns whether its HMAC is right; if not, its octets mean nothing. */
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
