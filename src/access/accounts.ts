/** Users and login classes as configured: who there is, what they may do, and how they prove who they are. */
import type { Finding, Participant } from '../config/commit.ts';
import type { Configuration } from '../config/configuration.ts';
import { hashPassword, isPassword } from '../config/passwords.ts';
import type { Identity } from '../shell/login.ts';
import { configuredClasses, narrowedTo, type Classes, type LoginConfiguration } from './classes.ts';
import { UsageError } from './options.ts';
import { authorizedKeysOf, type SshKey } from './public-keys.ts';
import { Turns } from './turns.ts';

/** Passwords that are hashed at once: more would take all memory and processors from measurements. */
export const HASHES_AT_ONCE_MAX = 2;

type User = LoginConfiguration['user'] extends ReadonlyMap<string, infer Entry> ? Entry : never;

const NOBODY: LoginConfiguration = { class: new Map(), user: new Map() };

/** The class that holds every privilege. */
const OWNER_CLASS = 'super-user';

/** The class of a user for whom none is configured, as on DNOS. */
export const CLASS_DEFAULT = 'viewer';

export class Accounts implements Participant {
  readonly #builtIn: Classes;
  readonly #hashing = new Turns(HASHES_AT_ONCE_MAX);
  readonly #listeners = new Set<() => void>();
  #login = NOBODY;
  #classes: Classes;
  /** What the password of somebody who has none is compared with. */
  #decoy: Promise<string> | undefined;

  constructor(builtIn: Classes) {
    this.#builtIn = builtIn;
    this.#classes = builtIn;
  }

  /** Login classes by name, configured ones last. */
  get classes(): Classes {
    return this.#classes;
  }

  /** Names of the users there are. */
  get users(): readonly string[] {
    return [...this.#login.user.keys()];
  }

  verify({ system: { login } }: Configuration): readonly Finding[] {
    const classes = this.#classesOf(login);
    const taken = [...login.class.keys()]
      .filter((name) => this.#builtIn.has(name))
      .map((name) => finding('error', 'class-built-in', ['class', name], { name }));
    const users = [...login.user].flatMap(([name, user]) => verifyUser(name, user, classes));
    return [...taken, ...users];
  }

  apply({ system: { login } }: Configuration): Promise<readonly Finding[]> {
    this.#login = login;
    this.#classes = this.#classesOf(login);
    for (const changed of this.#listeners) changed();
    return Promise.resolve([]);
  }

  /** Calls `listener` after each change of users or classes; returns what ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * The identity of whoever knows the password. Takes as long for somebody unknown, or without a password, as for a
   * password that is wrong; waits while HASHES_AT_ONCE_MAX others are checked.
   */
  async authenticate(user: string, password: string): Promise<Identity | undefined> {
    const stored = this.#login.user.get(user)?.authentication['encrypted-password'];
    const known = await this.#hashing.take(async () => {
      const compared = stored ?? (await (this.#decoy ??= hashPassword('')));
      return isPassword(password, compared);
    });
    return known && stored !== undefined ? this.identity(user) : undefined;
  }

  /** Undefined for somebody unknown. */
  identity(user: string): Identity | undefined {
    const configured = this.#login.user.get(user);
    if (!configured) return undefined;
    const className = configured.class ?? CLASS_DEFAULT;
    const privileges = this.#classes.get(className);
    return privileges && { user, className, privileges, configured: true };
  }

  /** The console's owner, whom no configuration can shut out. */
  owner(user: string): Identity {
    return { user, className: OWNER_CLASS, privileges: this.#builtIn.get(OWNER_CLASS)!, configured: false };
  }

  /** The owner, with the rights of the class that was asked for. Throws UsageError where there is no such class. */
  ownerAs(user: string, role: string | undefined): Identity {
    const owner = this.owner(user);
    const identity = role === undefined ? owner : this.narrowed(owner, role);
    if (identity) return identity;
    throw new UsageError(`no login class '${role!}' (${[...this.#classes.keys()].join(', ')})`);
  }

  /** The same login with the rights of a class, if it has them itself; undefined where there is no such class. */
  narrowed(identity: Identity, role: string): Identity | undefined {
    const asked = this.#classes.get(role);
    return asked && narrowedTo(identity, role, asked);
  }

  /** What has become of a login since it began; undefined when its user is gone. */
  renewed(identity: Identity): Identity | undefined {
    const { user, configured, role } = identity;
    const now = configured ? this.identity(user) : this.owner(user);
    return now && role !== undefined ? this.narrowed(now, role) : now;
  }

  #classesOf(login: LoginConfiguration): Classes {
    return new Map([...configuredClasses(login, this.#builtIn.get(OWNER_CLASS)!), ...this.#builtIn]);
  }

  /** None for somebody unknown. */
  authorizedKeys(user: string): readonly SshKey[] {
    const authentication = this.#login.user.get(user)?.authentication;
    return authentication ? authorizedKeysOf(authentication) : [];
  }
}

function verifyUser(name: string, user: User, classes: Classes): readonly Finding[] {
  const path = ['user', name];
  const className = user.class ?? CLASS_DEFAULT;
  const findings: Finding[] = [];
  if (!classes.has(className))
    findings.push(finding('error', 'no-such-class', [...path, 'class'], { name: className }));
  const { authentication } = user;
  if (authentication['encrypted-password'] === undefined && authorizedKeysOf(authentication).length === 0)
    findings.push(finding('warning', 'no-authentication', path, { name }));
  return findings;
}

function finding(
  severity: Finding['severity'],
  code: string,
  path: readonly string[],
  details: Finding['details'],
): Finding {
  return { severity, code, path: ['system', 'login', ...path], details };
}
