/** Whom a way in that only the router's owner can use stands for: the owner, or whoever logs in there. */
import type { Clock, Timers } from '../clock.ts';
import type { Terminal } from '../shell/interactive.ts';
import type { Identity } from '../shell/login.ts';
import type { Accounts } from './accounts.ts';
import { logIn } from './console-login.ts';
import type { Origin } from './logins.ts';
import { UsageError } from './options.ts';
import type { Reception } from './reception.ts';

export interface Wish {
  /** Ask for a user and a password. */
  readonly login: boolean;
  /** The class to whose rights it is narrowed. */
  readonly role: string | undefined;
  readonly origin: Origin;
  /** Where the owner's program was started, unless in this process. */
  readonly directory?: string;
}

export interface IdentifyParts {
  readonly accounts: Accounts;
  readonly reception: Reception;
  readonly clock: Clock & Timers;
}

/** Undefined for a login that failed. Throws UsageError. */
export async function identify(
  owner: string,
  { login, role, origin, directory }: Wish,
  terminal: Terminal | undefined,
  { accounts, reception, clock }: IdentifyParts,
  signal: AbortSignal,
): Promise<Identity | undefined> {
  // Before anybody types a password for nothing.
  const asOwner = accounts.ownerAs(owner, role);
  if (!login) return directory === undefined ? asOwner : { ...asOwner, directory };
  if (terminal === undefined) throw new UsageError('--login needs a terminal');
  if (accounts.users.length === 0)
    throw new UsageError('no users are configured (set system login user NAME class CLASS)');
  const refused = (user: string): void =>
    reception.refuse({ user, origin, text: 'login', result: 'not-authenticated' });
  const identity = await logIn(terminal, { accounts, clock, refused }, signal);
  return identity && role !== undefined ? accounts.narrowed(identity, role) : identity;
}
