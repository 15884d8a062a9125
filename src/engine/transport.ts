/** What the engine needs of TCP and of the way to a host, so that a simulation can be it. */
import type { Vrf } from '../native/routing-instance.ts';
import type { IpVersion } from '../twamp/address-field.ts';

export interface Endpoint {
  /** Shortest text form; an IPv4 peer of an IPv6 socket is IPv4; a link-local address keeps its zone. */
  readonly address: string;
  readonly port: number;
}

export interface Transport {
  /** Listens on every address of a VRF. Rejects with TransportError. */
  listen(at: ListenAddress, options: ControlOptions, onStream: (stream: Stream) => void): Promise<Listener>;
  /**
   * Resolves a name and connects. Rejects with TransportError, or with the signal's reason once it is
   * aborted.
   */
  connect(to: ConnectAddress, options: ControlOptions, signal: AbortSignal): Promise<Stream>;
  /**
   * Resolves a name, and finds the address that packets to it leave from; sends nothing. Rejects with TransportError, or
   * with the signal's reason once it is aborted.
   */
  route(to: ConnectAddress, signal: AbortSignal): Promise<Route>;
  /** Options that have no effect here. */
  readonly unsettable: readonly (keyof ControlOptions)[];
  /** The addresses that an interface of a VRF has now, in the text form of Endpoint; none where there is no such interface. */
  interfaceAddresses(vrf: Vrf, interfaceName: string): readonly string[];
  /**
   * Which of those that have had its name a VRF is now: sockets stay in the one in which they were made. Undefined: there
   * is none.
   */
  incarnationOf(vrf: Vrf): string | undefined;
  /** Why no socket can be made in a VRF; undefined when one can. */
  obstacleIn(vrf: Vrf): TransportErrorCode | undefined;
}

export interface ListenAddress {
  readonly vrf: Vrf;
  /** 0: any free one. */
  readonly port: number;
}

export interface ConnectAddress {
  readonly vrf: Vrf;
  /** A name, which is resolved as the machine itself does, or an address. */
  readonly host: string;
  readonly port: number;
  /** Undefined: the one that the routing table picks. */
  readonly sourceAddress?: string | undefined;
  /** Undefined: either. */
  readonly ipVersion?: IpVersion | undefined;
}

/** The addresses of both ends. */
export interface Route {
  readonly local: string;
  readonly remote: string;
}

/** What a control connection's packets carry, and when the kernel gives a silent peer up. */
export interface ControlOptions {
  /** Undefined: a listener's connections have that of the SYN that opened them (RFC 5357 §3.1); others have 0. */
  readonly dscp: number | undefined;
  /** Silence before the first keepalive. */
  readonly keepidleSeconds: number;
  readonly keepintvlSeconds: number;
  /** Keepalives without an answer that end the connection. */
  readonly keepcnt: number;
}

export interface Listener {
  readonly port: number;
  /** Changes the options of connections that come from now on. */
  use(options: ControlOptions): void;
  /** Refuses new connections from now on; those that are open stay. */
  close(): Promise<void>;
}

/** An open TCP connection. Nothing is delivered before `open`. */
export interface Stream {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** Begins delivery. `onClose` comes once, after the last `onData`, whoever closed. */
  open(handlers: StreamHandlers): void;
  /** A peer that does not read what is written to it is cut off. */
  write(octets: Uint8Array): void;
  /** Delivers what was written, then closes; a peer that does not close too is cut off soon. */
  end(): void;
  destroy(): void;
}

export interface StreamHandlers {
  readonly onData: (octets: Uint8Array) => void;
  readonly onClose: () => void;
}

export type TransportErrorCode =
  | 'port-in-use'
  | 'port-permission'
  /** There is no network namespace, or no device, of that name. */
  | 'no-such-namespace'
  | 'no-such-device'
  /** This process may not enter the namespace. */
  | 'namespace-permission'
  /** Only the default VRF can be served without the native socket calls. */
  | 'no-native-sockets'
  | 'name-unresolved'
  /** The host has no address of that version. */
  | 'no-ipv4-address'
  | 'no-ipv6-address'
  /** The host has no address of the version of `sourceAddress`. */
  | 'source-of-other-version'
  /** No address of the VRF. */
  | 'address-unavailable'
  /** Packets cannot leave from `sourceAddress` to the host, as those from a loopback address. */
  | 'source-unusable'
  | 'connection-refused'
  | 'unreachable'
  | 'connect-timeout'
  | 'failed';

/** Why TCP did not. `message` is for a log; words for a person are made from `code`. */
export class TransportError extends Error {
  readonly code: TransportErrorCode;

  constructor(code: TransportErrorCode, message: string) {
    super(message);
    this.name = 'TransportError';
    this.code = code;
  }
}
