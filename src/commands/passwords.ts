/** Passwords that are typed: those of `set system login user`, and one's own. */
import { hashPassword } from '../config/passwords.ts';
import { getAt } from '../config/tree.ts';
import type { Statement } from '../grammar/match.ts';
import { act, type Session } from './command.ts';
import { Refusal } from './refusal.ts';

/** As on Junos. */
const PASSWORD_CHARACTERS_MIN = 6;

/** Where a password is kept, beside the statements that only say how it is typed. */
const KEPT_AS = 'encrypted-password';

/** What gives the password of a statement that says how it is typed. */
const typed: Readonly<Record<string, (session: Session, statement: Statement) => Promise<string>>> = {
  'plain-text-password': newPassword,
  'plaintext-password': (_, { value }) => Promise.resolve(longEnough(String(value))),
};

/** Whether a statement says how a password is typed, and is not kept as it is. */
export function saysPassword({ path }: Statement): boolean {
  return typed[path.at(-1)!] !== undefined;
}

/** The statements as they are kept: no password is ever part of a configuration. Throws Refusal. */
export async function withHashedPasswords(
  session: Session,
  statements: readonly Statement[],
): Promise<readonly Statement[]> {
  const kept: Statement[] = [];
  for (const statement of statements) {
    const read = typed[statement.path.at(-1)!];
    if (read === undefined) kept.push(statement);
    else {
      const value = await hashPassword(await read(session, statement));
      kept.push({ path: [...statement.path.slice(0, -1), KEPT_AS], value });
    }
  }
  return kept;
}

/** The own password, after the old one. Whoever may log in may do it, and nothing but that is changed. */
export const setCliPassword = act(async ({ router, session }) => {
  const { user, configured } = session;
  if (!configured) throw new Refusal('no-account');
  const old = await askSecret(session, 'Old password: ');
  if (!(await router.people.checkPassword(user, old))) throw new Refusal('wrong-password');
  const value = await hashPassword(await newPassword(session));
  const path = ['system', 'login', 'user', user];
  await router.configuration.amend(
    (running) => {
      if (getAt(running, path) === undefined) throw new Refusal('no-account');
      return [{ path: [...path, 'authentication', KEPT_AS], value }];
    },
    { user, can: () => true, comment: 'own password changed' },
  );
  session.committed();
  return 'Password changed';
});

/** Typed twice, as one does not see it. */
async function newPassword(session: Session): Promise<string> {
  const password = longEnough(await askSecret(session, 'New password: '));
  if ((await askSecret(session, 'Retype new password: ')) !== password) throw new Refusal('passwords-differ');
  return password;
}

async function askSecret(session: Session, question: string): Promise<string> {
  const answer = await session.ask(question, { masked: true });
  if (answer === undefined) throw new Refusal('nobody-to-ask');
  if (answer === '') throw new Refusal('no-password');
  return answer;
}

function longEnough(password: string): string {
  if (password.length >= PASSWORD_CHARACTERS_MIN) return password;
  throw new Refusal('password-too-short', { minimum: PASSWORD_CHARACTERS_MIN });
}
