/** A test session's UDP socket, made by system calls: its port, options and remote, but none of its packets. */
import { randomWord } from './random-word.ts';
import { TTL_INITIAL } from '../twamp/packets.ts';
import { DatapathError } from './datapath.ts';
import type { Capabilities } from './datapath.ts';
import { c, sockaddrIn } from '../native/layouts.ts';
import { SystemCallError, succeed } from '../native/libc.ts';
import type { Libc } from '../native/libc.ts';
import type { OpenRequest } from './link.ts';
import { portsToTry } from './ports.ts';
import { socketIn, within } from '../native/routing-instance.ts';
import { familyOf, lengthOf, setPort, socketAddress } from './socket-address.ts';

/** Holds what arrives while the thread is held up: a third of a second at 50,000 packets of 41 octets a second. */
const RECEIVE_BUFFER_OCTETS = 8 * 1024 * 1024;

export const kernelCapabilities: Capabilities = { stamps: 'kernel', dscp: true, ttl: true };

type Option = readonly [level: number, name: number, value: number];

const commonOptions: readonly Option[] = [
  [c.SOL_SOCKET, c.SO_TIMESTAMPNS, 1],
  [c.SOL_SOCKET, c.SO_RXQ_OVFL, 1],
];

const optionsOf = new Map<number, readonly Option[]>([
  [
    c.AF_INET,
    [
      [c.IPPROTO_IP, c.IP_TTL, TTL_INITIAL],
      [c.IPPROTO_IP, c.IP_RECVTTL, 1],
      [c.IPPROTO_IP, c.IP_RECVTOS, 1],
    ],
  ],
  [
    c.AF_INET6,
    [
      [c.IPPROTO_IPV6, c.IPV6_V6ONLY, 1],
      [c.IPPROTO_IPV6, c.IPV6_UNICAST_HOPS, TTL_INITIAL],
      [c.IPPROTO_IPV6, c.IPV6_RECVHOPLIMIT, 1],
      [c.IPPROTO_IPV6, c.IPV6_RECVTCLASS, 1],
    ],
  ],
]);

/** Who reads of every datagram where it came to. */
const pktinfoOf = new Map<number, Option>([
  [c.AF_INET, [c.IPPROTO_IP, c.IP_PKTINFO, 1]],
  [c.AF_INET6, [c.IPPROTO_IPV6, c.IPV6_RECVPKTINFO, 1]],
]);

/** No socket of ours can be bound like that, whatever the port. */
const unavailable: ReadonlySet<string> = new Set([
  'EADDRNOTAVAIL',
  'EAFNOSUPPORT',
  'EINVAL',
  'ENOENT',
  'ENODEV',
]);

export class KernelSocket {
  readonly fd: number;
  readonly family: number;
  readonly localPort: number;
  /** The sockaddr of the remote, in SOCKET_ADDRESS_OCTETS octets and as words. */
  readonly remote: Uint8Array;
  readonly remoteWords: Uint32Array;
  /** It has no one remote: each reply goes where its packet came from. */
  readonly light: boolean;
  /** Datagrams may be sent as one that the kernel cuts apart: they have one remote, and it has not refused to. */
  segments: boolean;
  readonly #libc: Libc;
  readonly #options: Options;
  /** Of the packets that are sent: six bits of DSCP above two of ECN. */
  #trafficClass = 0;

  /** Binds to the first port that is free. Throws DatapathError. */
  static open(libc: Libc, request: OpenRequest): KernelSocket {
    try {
      return within(libc, request.vrf, () => KernelSocket.#open(libc, request));
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error;
      throw new DatapathError(unavailable.has(error.code) ? 'address-unavailable' : 'failed', error.message);
    }
  }

  static #open(libc: Libc, request: OpenRequest): KernelSocket {
    const { localAddress, vrf } = request;
    const family = familyOf(localAddress);
    const fd = socketIn(libc, vrf.kind === 'namespace' ? { kind: 'default' } : vrf, family, c.SOCK_DGRAM);
    try {
      const options = new Options(libc, fd);
      configure(libc, options, family);
      if (request.light) succeed(libc, 'setsockopt', options.set(pktinfoOf.get(family)!));
      return new KernelSocket(libc, options, family, bindToFirstFree(libc, fd, request), request);
    } catch (error) {
      libc.close(fd);
      throw error;
    }
  }

  private constructor(
    libc: Libc,
    options: Options,
    family: number,
    localPort: number,
    { remoteAddress, remotePort, light }: OpenRequest,
  ) {
    this.#libc = libc;
    this.#options = options;
    this.fd = options.fd;
    this.family = family;
    this.localPort = localPort;
    this.light = light !== undefined;
    this.segments = !this.light;
    this.remote = socketAddress(libc, remoteAddress, remotePort);
    this.remoteWords = new Uint32Array(this.remote.buffer);
  }

  set remotePort(port: number) {
    setPort(this.remote, port);
  }

  /** Packets leave with this DSCP from now on. */
  set dscp(dscp: number) {
    const trafficClass = dscp << 2;
    if (trafficClass === this.#trafficClass) return;
    this.#trafficClass = trafficClass;
    if (this.family === c.AF_INET) this.#options.set([c.IPPROTO_IP, c.IP_TOS, trafficClass]);
    else this.#options.set([c.IPPROTO_IPV6, c.IPV6_TCLASS, trafficClass]);
  }

  get dscp(): number {
    return this.#trafficClass >>> 2;
  }

  /** Packets leave with this TTL from now on; TTL_INITIAL until then. */
  set ttl(ttl: number) {
    if (this.family === c.AF_INET) this.#options.set([c.IPPROTO_IP, c.IP_TTL, ttl]);
    else this.#options.set([c.IPPROTO_IPV6, c.IPV6_UNICAST_HOPS, ttl]);
  }

  close(): void {
    this.#libc.close(this.fd);
  }
}

/** Sets integer options of a socket. */
class Options {
  readonly fd: number;
  readonly #libc: Libc;
  readonly #value: Int32Array;

  constructor(libc: Libc, fd: number) {
    this.fd = fd;
    this.#libc = libc;
    this.#value = new Int32Array(libc.scratch.buffer, 0, 1);
  }

  /** Negative when the kernel refuses. */
  set([level, name, value]: Option): number {
    this.#value[0] = value;
    return this.#libc.setsockopt(
      this.fd,
      level,
      name,
      this.#libc.scratch.address,
      Int32Array.BYTES_PER_ELEMENT,
    );
  }
}

/** Before it is bound: the first packet is stamped like all others. Throws SystemCallError. */
function configure(libc: Libc, options: Options, family: number): void {
  for (const option of commonOptions) succeed(libc, 'setsockopt', options.set(option));
  for (const option of optionsOf.get(family)!) succeed(libc, 'setsockopt', options.set(option));
  // Beyond the system's limit if we may, else what it allows.
  if (options.set([c.SOL_SOCKET, c.SO_RCVBUFFORCE, RECEIVE_BUFFER_OCTETS]) < 0) {
    options.set([c.SOL_SOCKET, c.SO_RCVBUF, RECEIVE_BUFFER_OCTETS]);
  }
}

function bindToFirstFree(libc: Libc, fd: number, { localAddress, wantedPort, ports }: OpenRequest): number {
  const address = new Uint8Array(libc.scratch.buffer);
  address.set(socketAddress(libc, localAddress, 0));
  const length = lengthOf(address[sockaddrIn.family]!);
  const random = randomWord();
  for (const port of portsToTry(ports, wantedPort, random)) {
    setPort(address, port);
    if (libc.bind(fd, libc.scratch.address, length) === 0) return port;
    const code = libc.errorName();
    if (code !== 'EADDRINUSE') throw new SystemCallError('bind', code);
  }
  const { first, last } = ports;
  throw new DatapathError('ports-exhausted', `no free port in ${first}-${last} on ${localAddress}`);
}
