/** What the engine needs of TCP, so that a simulation can be it. */

/** The only routing instance there is so far: the machine's own routing table. */
export const DEFAULT_ROUTING_INSTANCE = 'default';

export interface Endpoint {
  /** Shortest text form; an IPv4 peer of an IPv6 socket is IPv4; a link-local address keeps its zone. */
  readonly address: string;
  readonly port: number;
}

export interface Transport {
  /** Listens on every address of a routing instance. Rejects with TransportError. */
  listen(at: ListenAddress, onStream: (stream: Stream) => void): Promise<Listener>;
  /**
   * Resolves a name and connects. Rejects with TransportError, or with the signal's reason once it is
   * aborted.
   */
  connect(to: ConnectAddress, signal: AbortSignal): Promise<Stream>;
}

export interface ListenAddress {
  readonly routingInstance: string;
  /** 0: any free one. */
  readonly port: number;
}

export interface ConnectAddress {
  readonly routingInstance: string;
  /** A name or an address. */
  readonly host: string;
  readonly port: number;
}

export interface Listener {
  readonly port: number;
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
  | 'no-such-instance'
  | 'name-unresolved'
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
