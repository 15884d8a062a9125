/** The public keys of a user, as the configuration has them. */
import { readSshKey, type SshKey } from '../grammar/ssh-key.ts';
import type { LoginConfiguration } from './classes.ts';

type User = LoginConfiguration['user'] extends ReadonlyMap<string, infer Entry> ? Entry : never;
type Authentication = User['authentication'];

export type { SshKey };

/** The families by the statements that hold their keys. */
const families = { 'ssh-ed25519': 'ssh-ed25519', 'ssh-ecdsa': 'ecdsa-sha2', 'ssh-rsa': 'ssh-rsa' } as const;

export function authorizedKeysOf(authentication: Authentication): readonly SshKey[] {
  return Object.entries(families).flatMap(([statement, family]) =>
    authentication[statement as keyof typeof families].flatMap((text) => readSshKey(text, family) ?? []),
  );
}
