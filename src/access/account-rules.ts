/** Rules of `system login` that one statement alone cannot break: among them, that nobody grants what they lack. */
import { findingsBelow, type Committer, type Finding } from '../config/commit.ts';
import { classOf, type Classes, type LoginConfiguration, type User } from './classes.ts';
import { authorizedKeysOf, faultyKeys } from './public-keys.ts';

const finding = findingsBelow(['system', 'login']);

/** A configuration of logins, and the classes that it makes. */
export interface Accounting {
  readonly login: LoginConfiguration;
  readonly classes: Classes;
}

export function verifyAccounts({ login, classes }: Accounting, builtIn: Classes): readonly Finding[] {
  const taken = [...login.class.keys()]
    .filter((name) => builtIn.has(name))
    .map((name) => finding('error', 'class-built-in', ['class', name], { name }));
  return [...taken, ...[...login.user].flatMap(([name, user]) => verifyUser(name, user, classes))];
}

function verifyUser(name: string, user: User, classes: Classes): readonly Finding[] {
  const path = ['user', name];
  const { authentication } = user;
  const findings: Finding[] = [];
  const className = classOf(user);
  if (user.class !== undefined && user.role !== undefined)
    findings.push(finding('error', 'class-and-role', path, {}));
  else if (!classes.has(className))
    findings.push(finding('error', 'no-such-class', [...path, 'class'], { name: className }));
  if (authentication['plain-text-password'] ?? authentication['plaintext-password'])
    findings.push(finding('error', 'password-in-clear', [...path, 'authentication'], {}));
  for (const identifier of faultyKeys(authentication))
    findings.push(
      finding('error', 'key-and-type', [...path, 'authentication', 'public-keys', identifier], {}),
    );
  if (!canLogIn(user)) findings.push(finding('warning', 'no-authentication', path, { name }));
  return findings;
}

function canLogIn({ authentication }: User): boolean {
  return authentication['encrypted-password'] !== undefined || authorizedKeysOf(authentication).length > 0;
}

/**
 * What the change would give somebody that the committer does not hold: by a class, by a user's class, or by a new way to
 * be a user who holds more.
 */
export function forbiddenGrants(
  before: Accounting,
  after: Accounting,
  { can }: Committer,
): readonly Finding[] {
  const lacking = (given: Iterable<string>, path: readonly string[]): Finding[] => {
    const privilege = [...given].find((word) => !can(word));
    return privilege === undefined ? [] : [finding('error', 'grant-not-held', path, { privilege })];
  };
  const classes = [...after.login.class.keys()].flatMap((name) =>
    lacking(added(before.classes.get(name), after.classes.get(name)), ['class', name]),
  );
  const users = [...after.login.user].flatMap(([name, user]) => {
    const was = before.login.user.get(name);
    const held = after.classes.get(classOf(user)) ?? new Set<string>();
    const sameProof = was !== undefined && proofOf(was) === proofOf(user);
    const given = sameProof ? added(before.classes.get(classOf(was)), held) : held;
    return lacking(given, ['user', name]);
  });
  return [...classes, ...users];
}

function added(
  before: ReadonlySet<string> = new Set(),
  after: ReadonlySet<string> = new Set(),
): readonly string[] {
  return [...after].filter((privilege) => !before.has(privilege));
}

/** All by which somebody proves to be the user; no two have the same. */
function proofOf({ authentication }: User): string {
  return JSON.stringify({ ...authentication, 'public-keys': [...authentication['public-keys']] });
}
