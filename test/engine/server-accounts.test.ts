/** Accounts of clients: how many are remembered, who is forgotten first, and what a clear leaves. */
import { describe, expect, test } from 'vitest';
import { CLIENT_ACCOUNTS_MAX, ServerAccounts } from '../../src/engine/server-accounts.ts';

const addresses = (accounts: ServerAccounts): string[] => accounts.clients.map(({ address }) => address);

describe('accounts', () => {
  test('of one client are one account, and reasons are counted', () => {
    const accounts = new ServerAccounts();
    accounts.refuseConnection(accounts.of('192.0.2.1'), 'maximum-connections');
    accounts.refuseSession(accounts.of('192.0.2.1'), 'maximum-sessions');
    accounts.refuseSession(accounts.of('192.0.2.2'), 'maximum-sessions');
    expect(accounts.clients).toMatchObject([
      { address: '192.0.2.1', connectionsRefused: 1, sessionsRefused: 1 },
      { address: '192.0.2.2', connectionsRefused: 0, sessionsRefused: 1 },
    ]);
    expect(Object.fromEntries(accounts.refusals)).toEqual({
      'maximum-connections': 1,
      'maximum-sessions': 2,
    });
  });

  test('are no more than there is room for: the idle one heard of longest ago goes', () => {
    const accounts = new ServerAccounts();
    accounts.of('connected').openConnection();
    accounts.of('idle');
    for (let index = 2; index < CLIENT_ACCOUNTS_MAX; index += 1) accounts.of(`10.${index}`);
    expect(addresses(accounts)).toContain('idle');
    accounts.of('one more');
    expect(addresses(accounts)).toHaveLength(CLIENT_ACCOUNTS_MAX);
    expect(addresses(accounts)).not.toContain('idle');
    expect(addresses(accounts)).toContain('connected');
  });

  test('that are cleared keep what is open, and who is connected', () => {
    const accounts = new ServerAccounts();
    const account = accounts.of('connected');
    account.openConnection();
    account.sessions = 3;
    accounts.refuseSession(account, 'maximum-sessions');
    accounts.of('gone');
    accounts.clear();
    expect(addresses(accounts)).toEqual(['connected']);
    expect(account).toMatchObject({
      connections: 1,
      sessions: 3,
      connectionsAccepted: 0,
      sessionsRefused: 0,
    });
    expect(accounts.refusals.size).toBe(0);
  });
});
