/** The secrets that a benchmark's Servers and clients share, in the configuration of each kind of program. */
import { appendFileSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import type { Workshop } from './programs.ts';

/** Secret by KeyID, which is the user of perfSONAR's programs. */
export type SharedSecrets = Readonly<Record<string, string>>;

/** Statements of `services rpm twamp server` or `client`. */
export function keyStatements(secrets: SharedSecrets): string[] {
  return Object.entries(secrets).map(
    ([user, secret]) => `set authentication-key-chain users key-id ${user} secret ${secret}`,
  );
}

/** perfSONAR's file of passphrases. */
export function passphrases(secrets: SharedSecrets): string {
  const rows = Object.entries(secrets).map(
    ([user, secret]) => `${user}\t${Buffer.from(secret).toString('hex')}\n`,
  );
  return rows.join('');
}

/** A copy of twampd's directory of configuration files, with users added; gives its path. */
export function copyTwampdConfiguration(
  workshop: Workshop,
  directory: string,
  secrets: SharedSecrets,
): string {
  const copy = workshop.room();
  cpSync(directory, copy, { recursive: true });
  appendFileSync(join(copy, 'twamp-server.pfs'), passphrases(secrets));
  return copy;
}
