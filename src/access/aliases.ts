/** Gives each login the aliases that its user has made, at whichever login. */
import type { Aliases } from '../commands/command.ts';
import { Refusal } from '../commands/refusal.ts';
import type { AliasesStore, StoredAlias } from '../store/aliases.ts';
import type { RowsOwner } from '../store/owned-rows.ts';
import type { Accounts } from './accounts.ts';
import { forgetRemoved } from './owners.ts';

/** Aliases of one user, in one role. */
export const ALIASES_MAX = 100;

export interface UserAliasesParts {
  readonly store: AliasesStore;
  readonly accounts: Accounts;
  /** Told of what could not be read; without aliases everybody can still work. */
  readonly report: (error: unknown) => void;
}

export class UserAliases {
  readonly #parts: UserAliasesParts;

  constructor(parts: UserAliasesParts) {
    this.#parts = parts;
    const { store, accounts } = parts;
    accounts.onChange(() => this.#attempt(() => forgetRemoved(store, accounts)));
  }

  /** Of this user alone, in this role alone. */
  of(owner: RowsOwner): Aliases {
    const { store, accounts } = this.#parts;
    return {
      all: () => this.#attempt(() => store.of(owner)) ?? [],
      set: (alias: StoredAlias) => {
        // Nothing is left of somebody who has been removed, also by a login that is about to end.
        if (!accounts.renewed(owner)) return;
        if (!store.put(owner, alias, ALIASES_MAX))
          throw new Refusal('too-many-aliases', { maximum: ALIASES_MAX });
      },
      unset: (name: string) => store.remove(owner, name),
    };
  }

  #attempt<Result>(action: () => Result): Result | undefined {
    try {
      return action();
    } catch (error) {
      this.#parts.report(error);
      return undefined;
    }
  }
}
