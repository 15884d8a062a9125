/** The public keys of a user, as the configuration has them. */
import { readSshKey, type SshKey } from '../grammar/ssh-key.ts';
import type { User } from './classes.ts';

export type { SshKey };

type Authentication = User['authentication'];

/** The statements that hold keys as authorized_keys has them. */
const statements = ['ssh-ed25519', 'ssh-ecdsa', 'ssh-rsa'] as const;

export function authorizedKeysOf(authentication: Authentication): readonly SshKey[] {
  const whole = statements.flatMap((statement) => authentication[statement]);
  return [...whole, ...inParts(authentication).values()].flatMap((text) => readSshKey(text) ?? []);
}

/** Identifiers of keys in two parts that do not make one. */
export function faultyKeys(authentication: Authentication): readonly string[] {
  return [...inParts(authentication)].flatMap(([identifier, text]) => (readSshKey(text) ? [] : [identifier]));
}

/** Keys in two parts, as authorized_keys has them, by identifier. */
function inParts(authentication: Authentication): ReadonlyMap<string, string> {
  return new Map(
    [...authentication['public-keys']].map(([identifier, { type = '', key = '' }]) => [
      identifier,
      `${type} ${key}`,
    ]),
  );
}
