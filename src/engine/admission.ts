/** What the limits of the server's configuration let in, and how the rest is refused. Pure. */
import { Address4, Address6 } from 'ip-address';
import { ipVersionOf } from '../twamp/address-field.ts';
import type { Accept } from '../twamp/protocol.ts';
import type { SessionRequest } from '../twamp/session-request.ts';
import type { Endpoint } from './transport.ts';

/** The limits of reference 002 that concern numbers. */
export interface Limits {
  readonly 'maximum-connections': number;
  readonly 'maximum-connections-per-client': number;
  readonly 'maximum-sessions': number;
  readonly 'maximum-sessions-per-connection': number;
}

/** What there is already. */
export interface Load {
  readonly connections: number;
  /** Connections of the one client in question. */
  readonly connectionsOfClient: number;
}

/** Why a connection is greeted with Modes 0: "the server does not wish to communicate" (RFC 4656 §3.1). */
export type ConnectionRefusal =
  | 'client-not-allowed'
  /** The client has connected to an address that is not one of `source-interface`. */
  | 'address-not-served'
  | 'maximum-connections'
  | 'maximum-connections-per-client';

/** Why a connection is not set up: KeyID or secret is wrong. Which of the two, nobody is told. */
export type SetUpRefusal = 'wrong-key';

export type SessionRefusal =
  /** Against the RFC; the core has answered. */
  | 'invalid-request'
  | 'maximum-sessions'
  | 'maximum-sessions-per-connection'
  | 'third-party'
  | 'sender-port'
  | 'address-not-served'
  | 'address-unavailable'
  | 'ports-exhausted'
  | 'no-thread'
  | 'internal-failure';

/** How each refusal reads in Accept-Session. RFC 4656 §3.3. */
export const refusalAccepts: Readonly<Record<SessionRefusal, Exclude<Accept, 'ok'>>> = {
  'invalid-request': 'not-supported',
  // Others' sessions end some day; this connection's own number never grows.
  'maximum-sessions': 'temporary-resource-limit',
  'maximum-sessions-per-connection': 'permanent-resource-limit',
  'third-party': 'not-supported',
  'sender-port': 'not-supported',
  'address-not-served': 'not-supported',
  'address-unavailable': 'not-supported',
  'ports-exhausted': 'temporary-resource-limit',
  'no-thread': 'temporary-resource-limit',
  'internal-failure': 'internal-error',
};

/** What a client is, and where it has connected to. */
export interface Arrival {
  readonly allowed: boolean;
  readonly addressServed: boolean;
}

/** Undefined: let it in. */
export function refuseConnection(
  { allowed, addressServed }: Arrival,
  load: Load,
  limits: Limits,
): ConnectionRefusal | undefined {
  if (!allowed) return 'client-not-allowed';
  if (!addressServed) return 'address-not-served';
  if (load.connections >= limits['maximum-connections']) return 'maximum-connections';
  if (load.connectionsOfClient >= limits['maximum-connections-per-client'])
    return 'maximum-connections-per-client';
  return undefined;
}

/** Undefined: there is room for one more. */
export function refuseSession(
  load: { readonly sessions: number; readonly sessionsOfConnection: number },
  limits: Limits,
): SessionRefusal | undefined {
  if (load.sessionsOfConnection >= limits['maximum-sessions-per-connection'])
    return 'maximum-sessions-per-connection';
  if (load.sessions >= limits['maximum-sessions']) return 'maximum-sessions';
  return undefined;
}

/**
 * Where a session's packets come from and go to. The sender must be the control peer, or somebody whom
 * `allowsSender` lets in: a request may not aim our reflections at anybody else.
 */
export function addressesOf(
  request: Pick<SessionRequest, 'senderAddress' | 'receiverAddress'>,
  { local, remote }: { readonly local: Endpoint; readonly remote: Endpoint },
  allowsSender: (address: string) => boolean,
): { readonly localAddress: string; readonly remoteAddress: string } | 'third-party' {
  const { senderAddress = remote.address, receiverAddress = local.address } = request;
  const isPeer = withoutZone(senderAddress) === withoutZone(remote.address);
  if (!isPeer && !(isHost(senderAddress) && allowsSender(senderAddress))) return 'third-party';
  const isOurs = withoutZone(receiverAddress) === withoutZone(local.address);
  return {
    localAddress: isOurs ? local.address : receiverAddress,
    remoteAddress: isPeer ? remote.address : senderAddress,
  };
}

/** Whether one host can have the address. */
function isHost(address: string): boolean {
  if (ipVersionOf(address) === 6) return !new Address6(address).isMulticast();
  return address !== '255.255.255.255' && !new Address4(address).isMulticast();
}

function withoutZone(address: string): string {
  return address.split('%')[0]!;
}
