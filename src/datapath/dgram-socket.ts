/** A test session's UDP socket over node:dgram: fills an arena with what arrives, and sends from it. */
import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket } from 'node:dgram';
import { once } from 'node:events';
import { SocketAddress, isIPv6 } from 'node:net';
import { randomWord } from './random-word.ts';
import { TTL_INITIAL } from '../twamp/packets.ts';
import { DatapathError } from './datapath.ts';
import type { Capabilities, DatapathErrorCode } from './datapath.ts';
import type { OpenRequest } from './link.ts';
import { NO_SLOT } from './packet-slots.ts';
import type { PacketSlots, SendListener } from './packet-slots.ts';
import { portsToTry } from './ports.ts';

/**
 * Asked of the kernel, which gives what its own limit allows; holds what arrives while the thread is held up.
 */
const RECEIVE_BUFFER_OCTETS = 1024 * 1024;

/** node:dgram sees neither TTL nor kernel stamps, and cannot set DSCP. */
export const dgramCapabilities: Capabilities = { stamps: 'user-space', dscp: false, ttl: false };

/** A session, as its socket sees it. */
export interface PacketHandler extends SendListener {
  /** The first thing done about a datagram: take its stamp. */
  arrived(): void;
  /** It came from the remote, or to who has no one remote: `octets` octets at `offset`, in a slot that is now the handler's. */
  received(socket: DgramSocket, offset: number, octets: number, sender: RemoteInfo): void;
  /** It came from anybody else. */
  receivedFromStranger(): void;
  /** It could not be read, or there was no room for it. */
  receiveFailed(): void;
  /** The packet with this Sequence Number is about to be sent. */
  sending(sequence: number): void;
}

/** What errno of bind(2) means a wrong address; EADDRINUSE means another port, all others are failures. */
const addressErrors: ReadonlySet<string | undefined> = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL']);

export class DgramSocket {
  readonly localPort: number;
  readonly #socket: Socket;
  readonly #slots: PacketSlots;
  readonly #handler: PacketHandler;
  readonly #remoteAddress: string;
  /** The remote address as the kernel writes it, without zone. */
  readonly #remoteCanonical: string;
  #remotePort: number;
  /** It has no one remote: each reply goes where its packet came from. */
  readonly light: boolean;

  /** Binds to the first port that is free. Rejects with DatapathError. */
  static async bind(request: OpenRequest, slots: PacketSlots, handler: PacketHandler): Promise<DgramSocket> {
    if (request.vrf.kind !== 'default') {
      throw new DatapathError('address-unavailable', `node:dgram has no sockets in ${request.vrf.name}`);
    }
    const random = randomWord();
    for (const port of portsToTry(request.ports, request.wantedPort, random)) {
      const socket = unboundSocket(request.localAddress);
      const error = await bindTo(socket, request.localAddress, port);
      if (error === undefined) return new DgramSocket(socket, request, slots, handler);
      socket.close();
      if (error.code !== 'EADDRINUSE') throw new DatapathError(codeOf(error), error.message);
    }
    const { first, last } = request.ports;
    throw new DatapathError('ports-exhausted', `no free port in ${first}-${last} on ${request.localAddress}`);
  }

  private constructor(socket: Socket, request: OpenRequest, slots: PacketSlots, handler: PacketHandler) {
    this.localPort = socket.address().port;
    this.#socket = socket;
    this.#slots = slots;
    this.#handler = handler;
    this.#remoteAddress = request.remoteAddress;
    this.#remoteCanonical = canonical(request.remoteAddress);
    this.#remotePort = request.remotePort;
    this.light = request.light !== undefined;
    socket.setTTL(TTL_INITIAL);
    socket.on('message', (message, sender) => this.#receive(message, sender));
    socket.on('error', () => handler.receiveFailed());
  }

  set remotePort(port: number) {
    this.#remotePort = port;
  }

  /** Packets leave with this TTL from now on; TTL_INITIAL until then. */
  set ttl(ttl: number) {
    this.#socket.setTTL(ttl);
  }

  /** Sends the packet of `octets` octets at `offset`, to the remote or to `to`, and frees the slot when that is done. */
  send(offset: number, octets: number, sequence: number, to?: RemoteInfo): void {
    this.#handler.sending(sequence);
    const whenSent = this.#slots.whenSent(offset, sequence, this.#handler);
    this.#socket.send(
      this.#slots.arena.bytes,
      offset,
      octets,
      to?.port ?? this.#remotePort,
      to?.address ?? this.#remoteAddress,
      whenSent,
    );
  }

  async close(): Promise<void> {
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  #receive(message: Buffer, sender: RemoteInfo): void {
    this.#handler.arrived();
    if (!this.light && !this.#isRemote(sender)) {
      this.#handler.receivedFromStranger();
      return;
    }
    const offset = this.#slots.take();
    if (offset === NO_SLOT) {
      this.#handler.receiveFailed();
      return;
    }
    message.copy(this.#slots.arena.bytes, offset);
    this.#handler.received(this, offset, message.length, sender);
  }

  #isRemote({ address, port }: RemoteInfo): boolean {
    if (port !== this.#remotePort) return false;
    return address === this.#remoteCanonical || withoutZone(address) === this.#remoteCanonical;
  }
}

function unboundSocket(localAddress: string): Socket {
  return createSocket({
    ...(isIPv6(localAddress) ? { type: 'udp6', ipv6Only: true } : { type: 'udp4' }),
    recvBufferSize: RECEIVE_BUFFER_OCTETS,
    // Only addresses come here. Without a lookup of ours, every packet would wait a turn for the resolver's.
    lookup: (address, _options, found) => found(null, address, isIPv6(address) ? 6 : 4),
  });
}

async function bindTo(
  socket: Socket,
  address: string,
  port: number,
): Promise<NodeJS.ErrnoException | undefined> {
  try {
    const listening = once(socket, 'listening');
    socket.bind({ address, port, exclusive: true });
    await listening;
    return undefined;
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
}

function codeOf(error: NodeJS.ErrnoException): DatapathErrorCode {
  return addressErrors.has(error.code) ? 'address-unavailable' : 'failed';
}

function canonical(address: string): string {
  return new SocketAddress({ address, family: isIPv6(address) ? 'ipv6' : 'ipv4' }).address;
}

function withoutZone(address: string): string {
  const zone = address.indexOf('%');
  return zone < 0 ? address : address.slice(0, zone);
}
