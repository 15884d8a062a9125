/** Sockets made by system calls, to be handed to Node's modules: in any VRF, with options that Node cannot set. */
import type { Vrf } from '../native/routing-instance.ts';
import { c, ucred } from '../native/layouts.ts';
import { succeed, SystemCallError, type Libc } from '../native/libc.ts';
import { incarnationOf, socketIn, within } from '../native/routing-instance.ts';
import { familyOf, lengthOf, socketAddress } from '../datapath/socket-address.ts';
import type { ControlOptions } from './transport.ts';

/** The DSCP is the upper six of the eight bits of TOS and traffic class. RFC 2474 §3. */
const DSCP_SHIFT = 2;

/** The longest headers of IP and TCP, options and all. */
const SYN_OCTETS_MAX = 512;

/** A machine without IPv6. */
const withoutIpv6: ReadonlySet<string> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL']);

/** A descriptor that its owner must close or hand on. */
export interface NativeSocket {
  readonly fd: number;
  /** AF_INET or AF_INET6. */
  readonly family: number;
}

/** Every method throws SystemCallError. */
export class NativeSockets {
  readonly #libc: Libc;

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  /** A socket that can be connected to an address of the family of `address`. */
  open(vrf: Vrf, address: string, options?: ControlOptions): NativeSocket {
    return this.#make(vrf, familyOf(address), (socket) => options && this.use(socket, options));
  }

  /** A socket of UDP for the family of `address`. */
  openDatagram(vrf: Vrf, address: string): NativeSocket {
    const family = familyOf(address);
    return { fd: socketIn(this.#libc, vrf, family, c.SOCK_DGRAM), family };
  }

  /** A socket bound to every address of a VRF, ready to listen. Connections it accepts inherit its options. */
  bind(vrf: Vrf, port: number, options: ControlOptions): NativeSocket {
    try {
      return this.#bindTo('::', vrf, port, options);
    } catch (error) {
      if (error instanceof SystemCallError && withoutIpv6.has(error.code))
        return this.#bindTo('0.0.0.0', vrf, port, options);
      throw error;
    }
  }

  /** Sets the options of a socket, from its next packet or the next connection it accepts on. */
  use({ fd, family }: NativeSocket, options: ControlOptions): void {
    const { dscp, keepidleSeconds, keepintvlSeconds, keepcnt } = options;
    this.#set(fd, c.SOL_SOCKET, c.SO_KEEPALIVE, 1);
    this.#set(fd, c.IPPROTO_TCP, c.TCP_KEEPIDLE, keepidleSeconds);
    this.#set(fd, c.IPPROTO_TCP, c.TCP_KEEPINTVL, keepintvlSeconds);
    this.#set(fd, c.IPPROTO_TCP, c.TCP_KEEPCNT, keepcnt);
    this.#set(fd, c.IPPROTO_TCP, c.TCP_SAVE_SYN, dscp === undefined ? 1 : 0);
    this.#mark({ fd, family }, dscp ?? 0);
  }

  /** Marks the packets of a connection with the DSCP of the SYN that opened it, if the kernel has kept that. */
  markAsOpened(connection: NativeSocket): void {
    const length = this.#libc.memory(Int32Array.BYTES_PER_ELEMENT);
    new Int32Array(length.buffer)[0] = SYN_OCTETS_MAX;
    const syn = this.#libc.memory(SYN_OCTETS_MAX);
    const { IPPROTO_TCP, TCP_SAVED_SYN } = c;
    const result = this.#libc.getsockopt(
      connection.fd,
      IPPROTO_TCP,
      TCP_SAVED_SYN,
      syn.address,
      length.address,
    );
    succeed(this.#libc, 'getsockopt', result);
    if (new Int32Array(length.buffer)[0]! === 0) return;
    this.#mark(connection, dscpOf(new DataView(syn.buffer)));
  }

  /** An IPv6 socket takes both: IP_TOS is for its IPv4 peers. */
  #mark({ fd, family }: NativeSocket, dscp: number): void {
    this.#set(fd, c.IPPROTO_IP, c.IP_TOS, dscp << DSCP_SHIFT);
    if (family === c.AF_INET6) this.#set(fd, c.IPPROTO_IPV6, c.IPV6_TCLASS, dscp << DSCP_SHIFT);
  }

  /** The user whose process connected a Unix socket. unix(7), SO_PEERCRED. */
  peerUid(fd: number): number {
    const credentials = this.#libc.memory(ucred.octets);
    const length = this.#libc.memory(Uint32Array.BYTES_PER_ELEMENT);
    new Uint32Array(length.buffer)[0] = ucred.octets;
    const { address } = credentials;
    const result = this.#libc.getsockopt(fd, c.SOL_SOCKET, c.SO_PEERCRED, address, length.address);
    succeed(this.#libc, 'getsockopt', result);
    return new DataView(credentials.buffer).getUint32(ucred.uid, true);
  }

  /** Does `work`, which must not await, in the namespace of a VRF. */
  within<Result>(vrf: Vrf, work: () => Result): Result {
    return within(this.#libc, vrf, work);
  }

  /** As Transport has it. */
  incarnationOf(vrf: Vrf): string | undefined {
    return incarnationOf(this.#libc, vrf);
  }

  close({ fd }: NativeSocket): void {
    this.#libc.close(fd);
  }

  #bindTo(address: string, vrf: Vrf, port: number, options: ControlOptions): NativeSocket {
    return this.#make(vrf, familyOf(address), (socket) => {
      const { fd, family } = socket;
      this.#set(fd, c.SOL_SOCKET, c.SO_REUSEADDR, 1);
      if (family === c.AF_INET6) this.#set(fd, c.IPPROTO_IPV6, c.IPV6_V6ONLY, 0);
      this.use(socket, options);
      const octets = socketAddress(this.#libc, address, port);
      const memory = this.#libc.memory(octets.length);
      new Uint8Array(memory.buffer).set(octets);
      succeed(this.#libc, 'bind', this.#libc.bind(fd, memory.address, lengthOf(family)));
    });
  }

  #set(fd: number, level: number, name: number, value: number): void {
    const memory = this.#libc.memory(Int32Array.BYTES_PER_ELEMENT);
    new Int32Array(memory.buffer)[0] = value;
    const result = this.#libc.setsockopt(fd, level, name, memory.address, Int32Array.BYTES_PER_ELEMENT);
    succeed(this.#libc, 'setsockopt', result);
  }

  /** Closes the socket if it cannot be prepared. */
  #make(vrf: Vrf, family: number, prepare: (socket: NativeSocket) => void): NativeSocket {
    const socket = { fd: socketIn(this.#libc, vrf, family, c.SOCK_STREAM), family };
    try {
      prepare(socket);
      return socket;
    } catch (error) {
      this.close(socket);
      throw error;
    }
  }
}

/** Of a packet, IP header first: RFC 791 §3.1 has the octet second, RFC 8200 §3 four bits further to the front. */
function dscpOf(packet: DataView): number {
  const first = packet.getUint16(0);
  const isIpv4 = first >> 12 === 4;
  return ((isIpv4 ? first : first >> 4) & 0xff) >> DSCP_SHIFT;
}
