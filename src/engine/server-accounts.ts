/** What the Server has let in and refused since it last was told to forget: by reason, and by client. */
import type { ConnectionRefusal, SessionRefusal, SetUpRefusal } from './admission.ts';
import type { Figures } from './figures.ts';

export type Refusal = ConnectionRefusal | SetUpRefusal | SessionRefusal;

/** Clients that are remembered; of those without a connection, the one heard of longest ago is forgotten first. */
export const CLIENT_ACCOUNTS_MAX = 4096;

/** One client address. */
export class ClientAccount {
  readonly address: string;
  /** Open now; these two survive a clear. */
  connections = 0;
  sessions = 0;
  connectionsAccepted = 0;
  connectionsRefused = 0;
  sessionsAccepted = 0;
  sessionsRefused = 0;
  /** Packets of sessions that have ended. */
  received = 0;
  sent = 0;

  constructor(address: string) {
    this.address = address;
  }

  openConnection(): void {
    this.connections += 1;
    this.connectionsAccepted += 1;
  }

  closeConnection(): void {
    this.connections -= 1;
  }

  /** A session has ended, its figures are final. */
  addPackets({ received, sent }: Figures): void {
    this.received += received;
    this.sent += sent;
  }

  /** Starts counting anew. */
  clear(): void {
    this.connectionsAccepted = 0;
    this.connectionsRefused = 0;
    this.sessionsAccepted = 0;
    this.sessionsRefused = 0;
    this.received = 0;
    this.sent = 0;
  }
}

export class ServerAccounts {
  /** The client heard of last comes last. */
  readonly #clients = new Map<string, ClientAccount>();
  readonly #refusals = new Map<Refusal, number>();

  get clients(): readonly ClientAccount[] {
    return [...this.#clients.values()];
  }

  /** How often each refusal has been given. */
  get refusals(): ReadonlyMap<Refusal, number> {
    return this.#refusals;
  }

  /** The account of a client that has just been heard of. */
  of(address: string): ClientAccount {
    const account = this.#clients.get(address) ?? new ClientAccount(address);
    this.#clients.delete(address);
    this.#clients.set(address, account);
    if (this.#clients.size > CLIENT_ACCOUNTS_MAX) this.#forgetOne();
    return account;
  }

  refuseConnection(account: ClientAccount, reason: ConnectionRefusal | SetUpRefusal): void {
    account.connectionsRefused += 1;
    this.#count(reason);
  }

  refuseSession(account: ClientAccount, reason: SessionRefusal): void {
    account.sessionsRefused += 1;
    this.#count(reason);
  }

  /** Starts counting anew; clients that are gone are forgotten. */
  clear(): void {
    this.#refusals.clear();
    for (const account of this.clients) {
      if (account.connections === 0) this.#clients.delete(account.address);
      else account.clear();
    }
  }

  #count(reason: Refusal): void {
    this.#refusals.set(reason, (this.#refusals.get(reason) ?? 0) + 1);
  }

  #forgetOne(): void {
    for (const [address, account] of this.#clients) {
      if (account.connections > 0) continue;
      this.#clients.delete(address);
      return;
    }
  }
}
