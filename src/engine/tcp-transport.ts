/** The Transport over the kernel's TCP. */
import { createServer, Socket, type Server } from 'node:net';
import { Address6 } from 'ip-address';
import { DEFAULT_ROUTING_INSTANCE, TransportError } from './transport.ts';
import type {
  ConnectAddress,
  Endpoint,
  ListenAddress,
  Listener,
  Stream,
  StreamHandlers,
  Transport,
  TransportErrorCode,
} from './transport.ts';

/** How long a connection may take to be made. */
const CONNECT_MILLIS_MAX = 10_000;

/** How long a peer may take to close after we have. */
const LINGER_MILLIS_MAX = 1_000;

/** Octets that may wait for a peer to read them. */
const UNREAD_OCTETS_MAX = 256 * 1024;

/** Silence after which the kernel asks whether the peer is still there. */
const KEEP_ALIVE_MILLIS = 60_000;

const codes: Readonly<Record<string, TransportErrorCode>> = {
  EADDRINUSE: 'port-in-use',
  EACCES: 'port-permission',
  EPERM: 'port-permission',
  ENOTFOUND: 'name-unresolved',
  EAI_AGAIN: 'name-unresolved',
  ECONNREFUSED: 'connection-refused',
  ECONNRESET: 'connection-refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  EINVAL: 'unreachable',
  ETIMEDOUT: 'connect-timeout',
};

export class TcpTransport implements Transport {
  async listen(
    { routingInstance, port }: ListenAddress,
    onStream: (stream: Stream) => void,
  ): Promise<Listener> {
    requireDefault(routingInstance);
    const server = createServer((socket) => {
      const stream = TcpStream.of(socket);
      if (stream === undefined) socket.destroy();
      else onStream(stream);
    });
    await bind(server, '::', port)
      .catch((error: unknown) => {
        // A machine without IPv6.
        if (codeOf(error) === 'EAFNOSUPPORT' || codeOf(error) === 'EADDRNOTAVAIL')
          return bind(server, '0.0.0.0', port);
        throw error;
      })
      .catch((error: unknown) => {
        throw toTransportError(error);
      });
    const address = server.address() as { readonly port: number };
    return {
      port: address.port,
      // The callback of close() would wait for open connections, which are to stay.
      close: () => {
        server.close();
        return Promise.resolve();
      },
    };
  }

  async connect({ routingInstance, host, port }: ConnectAddress, signal: AbortSignal): Promise<Stream> {
    requireDefault(routingInstance);
    signal.throwIfAborted();
    const socket = new Socket();
    try {
      await connected(socket, host, port, signal);
      const stream = TcpStream.of(socket);
      if (stream === undefined) throw new TransportError('connection-refused', 'closed while connecting');
      return stream;
    } catch (error) {
      socket.destroy();
      throw signal.aborted ? signal.reason : toTransportError(error);
    }
  }
}

function requireDefault(routingInstance: string): void {
  if (routingInstance === DEFAULT_ROUTING_INSTANCE) return;
  throw new TransportError('no-such-instance', routingInstance);
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      // accept() fails when the process has no descriptors left; the listener itself goes on.
      server.on('error', () => undefined);
      resolve();
    });
  });
}

function connected(socket: Socket, host: string, port: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(new TransportError('connect-timeout', `${CONNECT_MILLIS_MAX} ms`)),
      CONNECT_MILLIS_MAX,
    );
    const onAbort = (): void => reject(new Error('aborted'));
    signal.addEventListener('abort', onAbort, { once: true });
    const settle = (action: () => void): void => {
      clearTimeout(late);
      signal.removeEventListener('abort', onAbort);
      action();
    };
    socket.once('error', (error) => settle(() => reject(error)));
    socket.connect({ host, port }, () => settle(resolve));
  });
}

class TcpStream implements Stream {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly #socket: Socket;

  private constructor(socket: Socket, local: Endpoint, remote: Endpoint) {
    this.#socket = socket;
    this.local = local;
    this.remote = remote;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MILLIS);
  }

  /** Undefined when the peer is gone already, so that nobody knows who it was. */
  static of(socket: Socket): TcpStream | undefined {
    // Every error is followed by 'close', which is what the owner hears. Without a listener it would end the process.
    socket.on('error', () => undefined);
    const { localAddress, localPort, remoteAddress, remotePort } = socket;
    if (localAddress === undefined || localPort === undefined) return undefined;
    if (remoteAddress === undefined || remotePort === undefined) return undefined;
    const local = { address: plainAddress(localAddress), port: localPort };
    return new TcpStream(socket, local, { address: plainAddress(remoteAddress), port: remotePort });
  }

  open({ onData, onClose }: StreamHandlers): void {
    if (this.#socket.destroyed) {
      queueMicrotask(onClose);
      return;
    }
    this.#socket.on('data', onData);
    this.#socket.once('close', onClose);
  }

  write(octets: Uint8Array): void {
    if (!this.#socket.writable) return;
    this.#socket.write(octets);
    if (this.#socket.writableLength > UNREAD_OCTETS_MAX) this.#socket.destroy();
  }

  end(): void {
    if (this.#socket.destroyed) return;
    const late = setTimeout(() => this.#socket.destroy(), LINGER_MILLIS_MAX);
    this.#socket.once('close', () => clearTimeout(late));
    this.#socket.end();
    // What is not read is reset by the kernel, and a reset overtakes our last words.
    this.#socket.resume();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** The text form of Endpoint for one of node:net. */
export function plainAddress(address: string): string {
  if (!address.includes(':')) return address;
  const [bare, zone] = address.split('%');
  const parsed = new Address6(bare!);
  if (parsed.isMapped4()) return parsed.to4().correctForm();
  return zone === undefined ? parsed.correctForm() : `${parsed.correctForm()}%${zone}`;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

function toTransportError(error: unknown): TransportError {
  if (error instanceof TransportError) return error;
  const message = error instanceof Error ? error.message : String(error);
  // A name with several addresses fails with the errors of all of them.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return new TransportError(codes[codeOf(first) ?? ''] ?? 'failed', message);
}
