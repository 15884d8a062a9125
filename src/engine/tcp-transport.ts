/** The Transport over the kernel's TCP. */
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { createServer, Socket, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { Address6 } from 'ip-address';
import { ipVersionOf } from '../twamp/address-field.ts';
import type { Vrf } from '../native/routing-instance.ts';
import { available, SystemCallError, type LibcAvailability } from '../native/libc.ts';
import { familyOf } from '../datapath/socket-address.ts';
import { NativeSockets } from './native-sockets.ts';
import { TransportError } from './transport.ts';
import type {
  ConnectAddress,
  ControlOptions,
  Endpoint,
  ListenAddress,
  Listener,
  Route,
  Stream,
  StreamHandlers,
  Transport,
  TransportErrorCode,
} from './transport.ts';

/** How long a connection may take to be made, to all addresses of a name together. */
const CONNECT_MILLIS_MAX = 10_000;

/** How long a peer may take to close after we have. */
const LINGER_MILLIS_MAX = 1_000;

/** Octets that may wait for a peer to read them. */
const UNREAD_OCTETS_MAX = 256 * 1024;

const codes: Readonly<Record<string, TransportErrorCode>> = {
  EADDRINUSE: 'port-in-use',
  EACCES: 'port-permission',
  EPERM: 'port-permission',
  ENOENT: 'no-such-namespace',
  ENODEV: 'no-such-device',
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

/** What binding to, and leaving from, an address that was asked for says. */
const sourceCodes: typeof codes = {
  ...codes,
  EADDRNOTAVAIL: 'address-unavailable',
  EINVAL: 'source-unusable',
};

/** What setns(2) says: that we may not, or that the file is no network namespace. */
const setnsCodes: Readonly<Record<string, TransportErrorCode>> = {
  EPERM: 'namespace-permission',
  EINVAL: 'no-such-namespace',
};

function nativeSockets(availability: LibcAvailability): NativeSockets | undefined {
  return 'libc' in availability ? new NativeSockets(availability.libc) : undefined;
}

/** To see whether a VRF has sockets. */
const ANY_ADDRESS = '0.0.0.0';

/**
 * With the C library, sockets are made by system calls and handed to node:net: in any VRF and with every option.
 * Entering a namespace moves the calling thread alone, so the main thread enters it, makes the socket and leaves
 * again without yielding (see native/routing-instance.ts); a thread of its own would only add a hand-over.
 * Without, they are node:net's: in the default VRF, and with no option but the silence before keepalives.
 */
export class TcpTransport implements Transport {
  readonly #availability: () => LibcAvailability;
  #found: { readonly native: NativeSockets | undefined } | undefined;

  constructor(availability: () => LibcAvailability = available) {
    this.#availability = availability;
  }

  /** The C library is loaded for the first socket, or the first question about one. */
  get #native(): NativeSockets | undefined {
    this.#found ??= { native: nativeSockets(this.#availability()) };
    return this.#found.native;
  }

  get unsettable(): readonly (keyof ControlOptions)[] {
    return this.#native === undefined ? ['dscp', 'keepintvlSeconds', 'keepcnt'] : [];
  }

  interfaceAddresses(vrf: Vrf, interfaceName: string): readonly string[] {
    return (this.#interfacesIn(vrf)[interfaceName] ?? []).map((of) =>
      plainAddress(of.family === 'IPv6' && of.scopeid > 0 ? `${of.address}%${interfaceName}` : of.address),
    );
  }

  /** None where the VRF is no longer there. */
  #interfacesIn(vrf: Vrf): ReturnType<typeof networkInterfaces> {
    if (this.#native === undefined) return networkInterfaces();
    try {
      return this.#native.within(vrf, networkInterfaces);
    } catch (error) {
      if (error instanceof SystemCallError) return {};
      throw error;
    }
  }

  incarnationOf(vrf: Vrf): string | undefined {
    return this.#native?.incarnationOf(vrf) ?? (vrf.kind === 'default' ? vrf.kind : undefined);
  }

  obstacleIn(vrf: Vrf): TransportErrorCode | undefined {
    if (this.#native === undefined) return vrf.kind === 'default' ? undefined : 'no-native-sockets';
    try {
      this.#native.close(this.#native.open(vrf, ANY_ADDRESS));
      return undefined;
    } catch (error) {
      return toTransportError(error).code;
    }
  }

  async listen(
    { vrf, port }: ListenAddress,
    options: ControlOptions,
    onStream: (stream: Stream) => void,
  ): Promise<Listener> {
    let inForce = options;
    const server = createServer((socket) => {
      if (this.#native === undefined) keepAlive(socket, inForce);
      else if (inForce.dscp === undefined) markAsOpened(this.#native, socket);
      const stream = TcpStream.of(socket);
      if (stream === undefined) socket.destroy();
      else onStream(stream);
    });
    const use = await this.#bind(server, { vrf, port }, options).catch((error: unknown) => {
      throw toTransportError(error);
    });
    const address = server.address() as { readonly port: number };
    return {
      port: address.port,
      use: (changed) => {
        inForce = changed;
        use(changed);
      },
      // The callback of close() would wait for open connections, which are to stay.
      close: () => {
        server.close();
        return Promise.resolve();
      },
    };
  }

  async connect(to: ConnectAddress, options: ControlOptions, signal: AbortSignal): Promise<Stream> {
    signal.throwIfAborted();
    const { vrf, port, sourceAddress } = to;
    try {
      const addresses = await addressesOf(to, signal);
      const tries = addresses.map((address) => async () => {
        signal.throwIfAborted();
        const socket = this.#open(vrf, address, options);
        const end = { host: address, port, ...(sourceAddress && { localAddress: sourceAddress }) };
        return connected(socket, end, CONNECT_MILLIS_MAX / addresses.length, signal);
      });
      const socket = await firstOf(tries);
      const stream = TcpStream.of(socket);
      if (stream !== undefined) return stream;
      socket.destroy();
      throw new TransportError('connection-refused', 'closed while connecting');
    } catch (error) {
      throw signal.aborted ? signal.reason : toTransportError(error, sourceAddress);
    }
  }

  async route(to: ConnectAddress, signal: AbortSignal): Promise<Route> {
    signal.throwIfAborted();
    const { vrf, port, sourceAddress } = to;
    try {
      const addresses = await addressesOf(to, signal);
      const tries = addresses.map((remote) => async () => ({
        local: sourceAddress ?? (await this.#sourceTowards(vrf, remote, port)),
        remote: plainAddress(remote),
      }));
      return await firstOf(tries);
    } catch (error) {
      throw signal.aborted ? signal.reason : toTransportError(error, sourceAddress);
    }
  }

  /** The address that packets to `remote` leave from: that of a UDP socket which is connected to it. */
  async #sourceTowards(vrf: Vrf, remote: string, port: number): Promise<string> {
    if (this.#native === undefined) requireDefault(vrf);
    const socket = createSocket(ipVersionOf(remote) === 4 ? 'udp4' : 'udp6');
    try {
      if (this.#native !== undefined) socket.bind({ fd: this.#native.openDatagram(vrf, remote).fd });
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.connect(port, remote, (error?: Error) => (error ? reject(error) : resolve()));
      });
      return plainAddress(socket.address().address);
    } finally {
      socket.close();
    }
  }

  /** Gives what changes the options of connections to come. */
  async #bind(
    server: Server,
    { vrf, port }: ListenAddress,
    options: ControlOptions,
  ): Promise<(options: ControlOptions) => void> {
    if (this.#native === undefined) {
      requireDefault(vrf);
      await listening(server, { host: '::', port }).catch((error: unknown) => {
        // A machine without IPv6.
        if (codeOf(error) === 'EAFNOSUPPORT' || codeOf(error) === 'EADDRNOTAVAIL')
          return listening(server, { host: '0.0.0.0', port });
        throw error;
      });
      return () => undefined;
    }
    const native = this.#native;
    const socket = native.bind(vrf, port, options);
    await listening(server, { fd: socket.fd });
    return (changed) => native.use(socket, changed);
  }

  #open(vrf: Vrf, address: string, options: ControlOptions): Socket {
    if (this.#native !== undefined) return new Socket({ fd: this.#native.open(vrf, address, options).fd });
    requireDefault(vrf);
    const socket = new Socket();
    keepAlive(socket, options);
    return socket;
  }
}

function requireDefault(vrf: Vrf): void {
  if (vrf.kind !== 'default') throw new TransportError('no-native-sockets', vrf.name);
}

/** A connection that is gone already is left alone. */
function markAsOpened(native: NativeSockets, socket: Socket): void {
  // Node has no other name for the descriptor; nobody closes it within this turn.
  const { _handle: handle } = socket as unknown as { readonly _handle?: { readonly fd: number } | null };
  if (!handle || handle.fd < 0) return;
  try {
    native.markAsOpened({ fd: handle.fd, family: familyOf(socket.localAddress ?? ANY_ADDRESS) });
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
  }
}

/** All of the options that node:net knows. */
function keepAlive(socket: Socket, { keepidleSeconds }: ControlOptions): void {
  socket.setKeepAlive(true, keepidleSeconds * 1000);
}

function listening(
  server: Server,
  at: { readonly host: string; readonly port: number } | { readonly fd: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(at, () => {
      server.off('error', reject);
      // accept() fails when the process has no descriptors left; the listener itself goes on.
      server.on('error', () => undefined);
      resolve();
    });
  });
}

/** The addresses of a host that can be reached as it is asked for, in the order in which to try them. */
async function addressesOf(
  { host, sourceAddress, ipVersion }: ConnectAddress,
  signal: AbortSignal,
): Promise<string[]> {
  const late = new TransportError('name-unresolved', `${host}: no answer`);
  const answers = await inTime(lookup(host, { all: true }), CONNECT_MILLIS_MAX, signal, late);
  const all = answers.map(({ address }) => address);
  const found = all.filter((address) => ipVersion === undefined || ipVersionOf(address) === ipVersion);
  if (found.length === 0)
    throw new TransportError(ipVersion === 4 ? 'no-ipv4-address' : 'no-ipv6-address', host);
  if (sourceAddress === undefined) return found;
  const reachable = found.filter((address) => ipVersionOf(address) === ipVersionOf(sourceAddress));
  if (reachable.length > 0) return reachable;
  throw new TransportError('source-of-other-version', `${host} from ${sourceAddress}`);
}

/** The first that succeeds, tried in turn; when none does, the error of the first. */
async function firstOf<T>(tries: readonly (() => Promise<T>)[]): Promise<T> {
  let first: unknown;
  for (const attempt of tries) {
    try {
      return await attempt();
    } catch (error) {
      first ??= error;
    }
  }
  throw first;
}

/** The socket, once it is connected; destroyed when it cannot be. */
async function connected(
  socket: Socket,
  to: { readonly host: string; readonly port: number; readonly localAddress?: string },
  millisMax: number,
  signal: AbortSignal,
): Promise<Socket> {
  const connecting = new Promise<Socket>((resolve, reject) => {
    socket.once('error', reject);
    socket.connect(to, () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
  const late = new TransportError('connect-timeout', `${to.host}: ${millisMax} ms`);
  try {
    return await inTime(connecting, millisMax, signal, late);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/**
 * What the promise gives; rejects with `late` after so long, and when the signal is aborted. A signal of AbortSignal.timeout
 * would be there, with its timer, until the time is over: some 1.5 KB for each connection of the last ten seconds.
 */
function inTime<T>(promise: Promise<T>, millisMax: number, signal: AbortSignal, late: Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(late);
    const timer = setTimeout(giveUp, millisMax);
    signal.addEventListener('abort', giveUp, { once: true });
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
    });
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
    if (this.#socket.writableCorked === 0) this.#cork();
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

  /** What is written in one turn of the event loop leaves in one system call. */
  #cork(): void {
    this.#socket.cork();
    setImmediate(() => this.#socket.uncork());
  }
}

/** Of an IPv4-mapped IPv6 address as inet_ntop writes it. RFC 4291 §2.5.5.2. */
const MAPPED_PREFIX = '::ffff:';

/** The text form of Endpoint for one of node:net. */
export function plainAddress(address: string): string {
  if (!address.includes(':')) return address;
  // Every IPv4 client of a listener for both: too common to be parsed.
  if (address.startsWith(MAPPED_PREFIX) && address.includes('.')) return address.slice(MAPPED_PREFIX.length);
  const [bare, zone] = address.split('%');
  const parsed = new Address6(bare!);
  if (parsed.isMapped4()) return parsed.to4().correctForm();
  return zone === undefined ? parsed.correctForm() : `${parsed.correctForm()}%${zone}`;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

function toTransportError(error: unknown, sourceAddress?: string): TransportError {
  if (error instanceof TransportError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const ofCall = error instanceof SystemCallError && error.call === 'setns' ? setnsCodes : codes;
  const table = ofCall === codes && sourceAddress !== undefined ? sourceCodes : ofCall;
  return new TransportError(table[codeOf(error) ?? ''] ?? 'failed', message);
}
