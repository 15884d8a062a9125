/** What the router keeps for users goes with them, and what it keeps for a role goes with its class. */
import type { OwnedStore } from '../store/owned-rows.ts';
import type { Accounts } from './accounts.ts';

export function forgetRemoved(store: OwnedStore, accounts: Pick<Accounts, 'renewed'>): void {
  for (const owner of store.owners()) if (!accounts.renewed(owner)) store.forget(owner);
}
