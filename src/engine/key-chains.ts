/** The secrets that we share with peers, and the keys that are made of them. */
import { pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import type { Findings } from '../config/commit.ts';
import type { Path } from '../config/tree.ts';
import { atOnce, type InTurns } from '../config/turns.ts';
import type { Secrets } from '../config/secrets.ts';
import { DERIVED_KEY_OCTETS } from '../twamp/session-keys.ts';

/** The statement `authentication-key-chain`. */
export type KeyChains = ReadonlyMap<
  string,
  { readonly 'key-id': ReadonlyMap<string, { readonly secret?: string }> }
>;

/** PBKDF2-HMAC-SHA1 of a secret: the 16 octets that seal a token. RFC 4656 §3.1. */
export type DeriveKey = (secret: string, salt: Uint8Array, count: number) => Promise<Uint8Array>;

/** Not on the main thread, where thousands of iterations would hold everything up. */
export const deriveKey: DeriveKey = (secret, salt, count) =>
  promisify(pbkdf2)(secret, salt, count, DERIVED_KEY_OCTETS, 'sha1');

/** A KeyID of any chain, as it is configured. */
interface ConfiguredKey {
  readonly keyId: string;
  readonly path: Path;
  /** As stored. */
  readonly sealed: string | undefined;
}

/** The keys of all chains of the Server, or of the client; `path` is that of its statement. */
function* keysOf(chains: KeyChains, path: Path): IterableIterator<ConfiguredKey> {
  for (const [chain, { 'key-id': keys }] of chains) {
    for (const [keyId, { secret }] of keys) {
      const keyPath = [...path, 'authentication-key-chain', chain, 'key-id', keyId];
      yield { keyId, path: keyPath, sealed: secret };
    }
  }
}

/** Secret by KeyID; those that cannot be opened are not in it. */
export function secretsOf(chains: KeyChains, path: Path, secrets: Secrets): ReadonlyMap<string, string> {
  return atOnce(secretsInTurns(chains, path, secrets));
}

/** The same. */
export function* secretsInTurns(
  chains: KeyChains,
  path: Path,
  secrets: Secrets,
): InTurns<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const { keyId, path: keyPath, sealed } of keysOf(chains, path)) {
    const secret = sealed === undefined ? undefined : secrets.open([...keyPath, 'secret'], sealed);
    if (secret !== undefined) found.set(keyId, secret);
    yield;
  }
  return found;
}

/** What is wrong with the chains: each KeyID has one secret, which is ours to read. */
export function* verifyKeyChains(chains: KeyChains, path: Path, secrets: Secrets): Findings {
  const known = new Set<string>();
  for (const { keyId, path: keyPath, sealed } of keysOf(chains, path)) {
    const again = known.has(keyId);
    known.add(keyId);
    const code = again ? 'key-id-twice' : faultOf(sealed, keyPath, secrets);
    yield code === undefined
      ? undefined
      : { severity: 'error', code, path: keyPath, details: { 'key-id': keyId } };
  }
}

function faultOf(sealed: string | undefined, keyPath: Path, secrets: Secrets): string | undefined {
  if (sealed === undefined) return 'no-secret';
  return secrets.open([...keyPath, 'secret'], sealed) === undefined ? 'unreadable-secret' : undefined;
}
