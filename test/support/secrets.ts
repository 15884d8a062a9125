/** Secrets of a router under test, and keys that are made of them at once. */
import { pbkdf2Sync } from 'node:crypto';
import { SECRET_KEY_OCTETS, Secrets } from '../../src/config/secrets.ts';
import type { DeriveKey, KeyChains } from '../../src/engine/key-chains.ts';

export const testSecrets = new Secrets(new Uint8Array(SECRET_KEY_OCTETS));

/** Takes no turn of the event loop, so that a simulation stays the same. */
export const deriveKeyAtOnce: DeriveKey = (secret, salt, count) =>
  Promise.resolve(pbkdf2Sync(secret, salt, count, 16, 'sha1'));

/** A chain `users` of KeyIDs and their secrets, as the configuration of the Server or the client would have it. */
export function keyChainsOf(role: 'server' | 'client', users: Readonly<Record<string, string>>): KeyChains {
  const path = ['services', 'rpm', 'twamp', role, 'authentication-key-chain', 'users', 'key-id'];
  const keys = Object.entries(users).map(
    ([keyId, secret]) => [keyId, { secret: testSecrets.seal([...path, keyId, 'secret'], secret) }] as const,
  );
  return new Map([['users', { 'key-id': new Map(keys) }]]);
}
