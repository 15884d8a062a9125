/** Users and logins as commands see them. */
import { printableLine } from '../render/printable.ts';
import type { EditorRow, LiveLoginRow, LockedOut, People } from '../commands/people.ts';
import type { Accounts } from './accounts.ts';
import type { LiveLogin, Logins } from './logins.ts';

export class Roll implements People {
  readonly #accounts: Accounts;
  readonly #logins: Logins;

  constructor(accounts: Accounts, logins: Logins) {
    this.#accounts = accounts;
    this.#logins = logins;
  }

  get userNames(): readonly string[] {
    return this.#accounts.users;
  }

  get classNames(): readonly string[] {
    return [...this.#accounts.classes.keys()];
  }

  get logins(): readonly LiveLoginRow[] {
    return this.#logins.all.map((live) => this.#rowOf(live));
  }

  get editors(): readonly EditorRow[] {
    return this.#logins.all.flatMap((live) => {
      const { editing } = live.login;
      if (editing === undefined) return [];
      const { mode, path, sinceWallNanos } = editing;
      return [
        { ...this.#rowOf(live), session: live.login, mode, path, editingSinceWallNanos: sinceWallNanos },
      ];
    });
  }

  get lockedOut(): readonly LockedOut[] {
    return this.#accounts.lockedOut;
  }

  logout(whom: { readonly user: string } | { readonly id: number }, by: string): number {
    const meant = this.#logins.all.filter(({ id, login }) =>
      'id' in whom ? id === whom.id : login.user === whom.user,
    );
    for (const live of meant) live.end({ code: 'logged-out', by });
    return meant.length;
  }

  unlock(user: string | undefined): number {
    return this.#accounts.unlock(user);
  }

  async checkPassword(user: string, password: string): Promise<boolean> {
    return (await this.#accounts.authenticate(user, password)) !== undefined;
  }

  #rowOf({ id, login, origin, sinceWallNanos, idleSeconds }: LiveLogin): LiveLoginRow {
    return {
      id,
      user: login.user,
      fullName: this.#accounts.fullNameOf(login.user),
      className: login.identity.className,
      way: origin.way,
      address: origin.address,
      sinceWallNanos,
      idleSeconds,
      running: login.running === undefined ? undefined : printableLine(login.running),
    };
  }
}
