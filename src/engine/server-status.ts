/** The Server at one moment, for whoever shows it. */
import type { Mode } from '../twamp/protocol.ts';
import type { SessionRequest } from '../twamp/session-request.ts';
import type { ClientAccount, Refusal } from './server-accounts.ts';
import type { Figures } from './figures.ts';
import type { ServerConfiguration } from './server.ts';
import type { Endpoint } from './transport.ts';

/** A test session that was accepted and not stopped. */
export interface SessionStatus {
  readonly sessionId: number;
  /** 32 hexadecimal digits. */
  readonly sid: string;
  readonly sender: Endpoint;
  readonly reflector: Endpoint;
  /** Started: its packets are reflected. */
  readonly active: boolean;
  /** When its packets may begin, as the client asked; undefined: at once. */
  readonly startWallNanos: bigint | undefined;
  readonly request: Pick<SessionRequest, 'paddingOctets' | 'timeoutNanos' | 'dscp'>;
  readonly figures: Figures;
}

/** A control connection that is set up. */
export interface ConnectionStatus {
  readonly connectionId: number;
  readonly vrf: string;
  readonly client: Endpoint;
  readonly server: Endpoint;
  readonly mode: Mode;
  readonly sessions: readonly SessionStatus[];
}

export interface ServerStatus {
  /** Undefined: there is no Server. */
  readonly configuration: ServerConfiguration | undefined;
  /** The port listened on in each routing instance. */
  readonly ports: ReadonlyMap<string, number>;
  readonly connections: readonly ConnectionStatus[];
  /** Connections whose set-up has not come to its end. */
  readonly halfOpen: number;
  readonly refusals: ReadonlyMap<Refusal, number>;
  readonly clients: readonly ClientAccount[];
}
