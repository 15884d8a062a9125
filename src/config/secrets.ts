/** Secrets at rest: sealed with AES-256-GCM, each bound to the path of its statement. */
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import type { Statement } from '../grammar/match.ts';
import type { GrammarNode } from '../grammar/node.ts';
import { isSealed, SEALED_PREFIX } from '../grammar/secret.ts';
import { schemaAlong, type Path } from './tree.ts';

export const SECRET_KEY_OCTETS = 32;

const NONCE_OCTETS = 12;
const TAG_OCTETS = 16;

export class Secrets {
  readonly #key: Uint8Array;
  #derived: { readonly seal: Uint8Array; readonly nonce: Uint8Array } | undefined;

  /** `key`: SECRET_KEY_OCTETS that nobody else knows. */
  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** Derived with the first secret: most starts of a program have none to open. */
  get #keys(): { readonly seal: Uint8Array; readonly nonce: Uint8Array } {
    const derive = (use: string): Uint8Array => createHmac('sha256', this.#key).update(use).digest();
    return (this.#derived ??= { seal: derive('seal'), nonce: derive('nonce') });
  }

  /**
   * The form in which the secret is stored: nonce, tag and ciphertext. The nonce follows from path and secret, so that
   * a secret which is set again is no change, and no nonce ever serves for two texts.
   */
  seal(path: Path, secret: string): string {
    const place = placeOf(path);
    const nonce = createHmac('sha256', this.#keys.nonce).update(place).update(secret).digest();
    const cipher = createCipheriv('aes-256-gcm', this.#keys.seal, nonce.subarray(0, NONCE_OCTETS)).setAAD(
      place,
    );
    const sealed = Buffer.concat([cipher.update(secret), cipher.final()]);
    const octets = Buffer.concat([nonce.subarray(0, NONCE_OCTETS), cipher.getAuthTag(), sealed]);
    return SEALED_PREFIX + octets.toString('base64url');
  }

  /** The secret; undefined when it was sealed for another path, or with another key. */
  open(path: Path, stored: string): string | undefined {
    const octets = Buffer.from(stored.slice(SEALED_PREFIX.length), 'base64url');
    if (octets.length < NONCE_OCTETS + TAG_OCTETS) return undefined;
    const decipher = createDecipheriv('aes-256-gcm', this.#keys.seal, octets.subarray(0, NONCE_OCTETS));
    decipher.setAAD(placeOf(path)).setAuthTag(octets.subarray(NONCE_OCTETS, NONCE_OCTETS + TAG_OCTETS));
    try {
      const sealed = octets.subarray(NONCE_OCTETS + TAG_OCTETS);
      return Buffer.concat([decipher.update(sealed), decipher.final()]).toString();
    } catch {
      return undefined;
    }
  }

  /**
   * The statement with its secret, if it has one, in the form in which it is stored; undefined when it is sealed
   * already, but not for this place.
   */
  sealed(schema: GrammarNode, statement: Statement): Statement | undefined {
    const { path, value } = statement;
    if (value === undefined || !isSealed(schemaAlong(schema, path).at(-1))) return statement;
    const text = String(value);
    if (!text.startsWith(SEALED_PREFIX)) return { ...statement, value: this.seal(path, text) };
    return this.open(path, text) === undefined ? undefined : statement;
  }
}

/** No two paths have the same. */
function placeOf(path: Path): Buffer {
  return Buffer.from(JSON.stringify(path));
}
