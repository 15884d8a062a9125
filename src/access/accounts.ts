/** Users and login classes as configured: who there is, what they may do, and how they prove who they are. */
import type { Clock } from '../clock.ts';
import type { KeptCommitter } from '../config/archive.ts';
import type { Committer, Finding, Participant } from '../config/commit.ts';
import type { Configuration } from '../config/configuration.ts';
import type { Can } from '../config/privileges.ts';
import { hashPassword, isPassword } from '../config/passwords.ts';
import type { Identity } from '../shell/login.ts';
import { forbiddenGrants, verifyAccounts, type Accounting } from './account-rules.ts';
import { FailedAttempts } from './attempts.ts';
import { classOf, configuredClasses, narrowedTo, type Classes, type LoginConfiguration } from './classes.ts';
import { UsageError } from './options.ts';
import { authorizedKeysOf, type SshKey } from './public-keys.ts';
import { Turns } from './turns.ts';

/** Passwords that are hashed at once: more would take all memory and processors from measurements. */
const HASHES_AT_ONCE_MAX = 2;

/** What stays of an identity, whatever becomes of its rights. */
type Whose = Pick<Identity, 'user' | 'configured' | 'directory'> & { readonly role?: string | undefined };

/** The class that holds every privilege. */
const OWNER_CLASS = 'super-user';

export class Accounts implements Participant {
  readonly #builtIn: Classes;
  readonly #attempts: FailedAttempts;
  readonly #hashing = new Turns(HASHES_AT_ONCE_MAX);
  readonly #listeners = new Set<() => void>();
  /** Undefined before the first configuration is in force. */
  #applied: Accounting | undefined;
  /** What the password of somebody who has none is compared with. */
  #decoy: Promise<string> | undefined;

  constructor(builtIn: Classes, clock: Clock) {
    this.#builtIn = builtIn;
    this.#attempts = new FailedAttempts(clock);
  }

  /** Login classes by name. */
  get classes(): Classes {
    return this.#applied?.classes ?? this.#builtIn;
  }

  /** Names of the users there are. */
  get users(): readonly string[] {
    return [...(this.#applied?.login.user.keys() ?? [])];
  }

  /** `system login retry-options`, undefined before the first configuration is in force. */
  get retryOptions(): LoginConfiguration['retry-options'] | undefined {
    return this.#applied?.login['retry-options'];
  }

  get lockedOut(): readonly { readonly user: string; readonly untilWallNanos: bigint }[] {
    return this.retryOptions ? this.#attempts.lockedOut(this.retryOptions) : [];
  }

  verify({ system: { login } }: Configuration, committer?: Committer): readonly Finding[] {
    const after = this.#accountingOf(login);
    const findings = verifyAccounts(after, this.#builtIn);
    if (committer === undefined || this.#applied === undefined) return findings;
    return [...findings, ...forbiddenGrants(this.#applied, after, committer)];
  }

  apply({ system: { login } }: Configuration): Promise<readonly Finding[]> {
    this.#applied = this.#accountingOf(login);
    this.#attempts.keep(login.user);
    for (const changed of this.#listeners) changed();
    return Promise.resolve([]);
  }

  /** Calls `listener` after each change of users or classes; returns what ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * The identity of whoever knows the password. Takes as long for somebody unknown, locked out or without a password as
   * for a password that is wrong; waits while HASHES_AT_ONCE_MAX others are checked.
   */
  async authenticate(user: string, password: string): Promise<Identity | undefined> {
    const stored = this.#applied?.login.user.get(user)?.authentication['encrypted-password'];
    const known = await this.#hashing.take(async () => {
      const compared = stored ?? (await (this.#decoy ??= hashPassword('')));
      return isPassword(password, compared);
    });
    const options = this.retryOptions;
    if (stored === undefined || options === undefined) return undefined;
    if (this.#attempts.isLockedOut(user, options)) return undefined;
    if (known) this.#attempts.forget(user);
    else if (this.#applied?.login.user.has(user)) this.#attempts.fail(user, options);
    return known ? this.identity(user) : undefined;
  }

  /** Undefined for somebody unknown. */
  identity(user: string): Identity | undefined {
    const configured = this.#applied?.login.user.get(user);
    if (!configured) return undefined;
    const className = classOf(configured);
    const privileges = this.classes.get(className);
    return privileges && this.#identityOf({ user, className, privileges, configured: true });
  }

  /** The console's owner, whom no configuration can shut out; the style may be configured for a user of that name. */
  owner(user: string): Identity {
    const privileges = this.#builtIn.get(OWNER_CLASS)!;
    return this.#identityOf({ user, className: OWNER_CLASS, privileges, configured: false });
  }

  /** The owner, with the rights of the class that was asked for. Throws UsageError where there is no such class. */
  ownerAs(user: string, role: string | undefined): Identity {
    const owner = this.owner(user);
    const identity = role === undefined ? owner : this.narrowed(owner, role);
    if (identity) return identity;
    throw new UsageError(`no login class '${role!}' (${[...this.classes.keys()].join(', ')})`);
  }

  /** The same login with the rights of a class, if it has them itself; undefined where there is no such class. */
  narrowed(identity: Identity, role: string): Identity | undefined {
    const asked = this.classes.get(role);
    return asked && narrowedTo(identity, role, asked);
  }

  /** What has become of a login since it began; undefined when its user, or the class it asked for, is gone. */
  renewed({ user, configured, role, directory }: Whose): Identity | undefined {
    const now = configured ? this.identity(user) : this.owner(user);
    const narrowed = now && role !== undefined ? this.narrowed(now, role) : now;
    return narrowed && directory !== undefined ? { ...narrowed, directory } : narrowed;
  }

  /** What people call the user; undefined where nobody has said. */
  fullNameOf(user: string): string | undefined {
    return this.#applied?.login.user.get(user)?.['full-name'];
  }

  /** What somebody may do now who has left a commit behind; undefined when their user, or the class they asked for, is gone. */
  rightsOf({ user, configured, role }: KeptCommitter): Can | undefined {
    const now = this.renewed({ user, configured, role });
    return now && ((privilege) => now.privileges.has(privilege));
  }

  /** None for somebody unknown. */
  authorizedKeys(user: string): readonly SshKey[] {
    const authentication = this.#applied?.login.user.get(user)?.authentication;
    return authentication ? authorizedKeysOf(authentication) : [];
  }

  /** Lets one user in again, or all who are locked out; how many that were. */
  unlock(user?: string): number {
    const locked = this.lockedOut.filter((each) => user === undefined || each.user === user);
    for (const each of locked) this.#attempts.forget(each.user);
    return locked.length;
  }

  #accountingOf(login: LoginConfiguration): Accounting {
    const configured = configuredClasses(login, this.#builtIn.get(OWNER_CLASS)!);
    return { login, classes: new Map([...configured, ...this.#builtIn]) };
  }

  #identityOf(identity: Omit<Identity, 'idleTimeoutMinutes' | 'style'>): Identity {
    const login = this.#applied?.login;
    const style = login?.user.get(identity.user)?.['cli-style'];
    const ofClass = login?.class.get(identity.className)?.['idle-timeout'];
    const idleTimeoutMinutes = ofClass ?? login?.['idle-timeout'] ?? 0;
    return { ...identity, idleTimeoutMinutes, ...(style && { style }) };
  }
}
