/** Users and logins, as commands see them; the room `access` has them. */
import type { EditMode } from '../config/database.ts';

/** Somebody at a shell. */
export interface LiveLoginRow {
  readonly id: number;
  readonly user: string;
  /** Undefined where nobody has said it. */
  readonly fullName: string | undefined;
  readonly className: string;
  readonly way: 'console' | 'batch' | 'attach' | 'ssh';
  /** Where it comes from, with its port; undefined for this machine. */
  readonly address: string | undefined;
  readonly sinceWallNanos: bigint;
  readonly idleSeconds: number;
  /** The line that runs, without its secrets; undefined for none. */
  readonly running: string | undefined;
}

/** Somebody in configuration mode. */
export interface EditorRow extends LiveLoginRow {
  /** The login itself, which tells one's own from others. */
  readonly session: object;
  readonly mode: EditMode;
  readonly editingSinceWallNanos: bigint;
  /** The level that is edited. */
  readonly path: readonly string[];
}

/** A user whom wrong passwords have locked out. */
export interface LockedOut {
  readonly user: string;
  readonly untilWallNanos: bigint;
}

export interface People {
  readonly userNames: readonly string[];
  readonly classNames: readonly string[];
  /** In the order in which they came. */
  readonly logins: readonly LiveLoginRow[];
  /** In the order in which they came. */
  readonly editors: readonly EditorRow[];
  readonly lockedOut: readonly LockedOut[];
  /** Ends one login, or all of a user; how many there were. */
  logout(whom: { readonly user: string } | { readonly id: number }, by: string): number;
  /** How many were let in again. */
  unlock(user: string | undefined): number;
  /** Whether that is the user's password; counts as a try to log in. */
  checkPassword(user: string, password: string): Promise<boolean>;
}
