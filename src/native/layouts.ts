/** How C lays out what is given to the kernel: offsets in octets, on 64-bit little-endian Linux. */

/** A machine whose layouts are known. */
export interface Host {
  readonly platform: string;
  readonly arch: string;
  readonly endianness: 'LE' | 'BE';
}

/** All 64-bit little-endian machines that Node runs on agree, but for epoll_event, which x64 packs. */
const knownArchitectures: ReadonlySet<string> = new Set(['x64', 'arm64']);

/** Why the layouts below do not hold on this host; undefined when they do. */
export function unknownHost({ platform, arch, endianness }: Host): string | undefined {
  if (platform !== 'linux') return `the datapath's system calls are those of Linux, not of ${platform}`;
  if (!knownArchitectures.has(arch)) return `the layout of C structures on ${arch} is not known`;
  if (endianness !== 'LE') return 'the layout of C structures on big-endian machines is not known';
  return undefined;
}

export const iovec = { base: 0, length: 8, octets: 16 } as const;

/** struct msghdr is the head of it. */
export const mmsghdr = {
  name: 0,
  nameLength: 8,
  iov: 16,
  iovCount: 24,
  control: 32,
  controlLength: 40,
  flags: 48,
  /** Octets of the message. */
  length: 56,
  octets: 64,
} as const;

/** The data follows the header, and the next header follows at a multiple of 8 octets. */
export const cmsghdr = { length: 0, level: 8, type: 12, data: 16, alignment: 8 } as const;

/** Port and address are big-endian. */
export const sockaddrIn = { family: 0, port: 2, address: 4, octets: 16 } as const;
export const sockaddrIn6 = { family: 0, port: 2, flow: 4, address: 8, scope: 24, octets: 28 } as const;
/** The kernel gives the port, and has groups joined by an option. */
export const sockaddrNl = { family: 0, port: 4, groups: 8, octets: 12 } as const;

/**
 * struct in_pktinfo: the local address of a datagram that came, the source of one that leaves, and what it was sent to;
 * and in6_pktinfo.
 */
export const inPktinfo = { interface: 0, local: 4, destination: 8, octets: 12 } as const;
export const in6Pktinfo = { local: 0, interface: 16, octets: 20 } as const;

/** struct ucred of SO_PEERCRED. */
export const ucred = { pid: 0, uid: 4, gid: 8, octets: 12 } as const;

export const timespec = { seconds: 0, nanos: 8, octets: 16 } as const;

/** struct timex of adjtimex(2); errors in microseconds, `tai` in seconds. */
export const timex = {
  modes: 0,
  maximumError: 24,
  estimatedError: 32,
  status: 40,
  tai: 160,
  octets: 208,
} as const;

/** struct epoll_event. */
export interface EpollEventLayout {
  readonly events: number;
  readonly data: number;
  readonly octets: number;
}

export function epollEvent(arch: string): EpollEventLayout {
  return arch === 'x64' ? { events: 0, data: 4, octets: 12 } : { events: 0, data: 8, octets: 16 };
}

/** Constants of Linux' headers, the same on x64 and arm64. */
export const c = {
  AF_INET: 2,
  AF_INET6: 10,
  AF_NETLINK: 16,
  SOCK_STREAM: 1,
  SOCK_DGRAM: 2,
  SOCK_RAW: 3,
  SOCK_NONBLOCK: 0o4000,
  SOCK_CLOEXEC: 0o2000000,

  SOL_SOCKET: 1,
  SO_REUSEADDR: 2,
  SO_RCVBUF: 8,
  SO_KEEPALIVE: 9,
  SO_PEERCRED: 17,
  SO_BINDTODEVICE: 25,
  SO_RCVBUFFORCE: 33,
  SO_TIMESTAMPNS: 35,
  SO_RXQ_OVFL: 40,

  IPPROTO_IP: 0,
  IP_TOS: 1,
  IP_TTL: 2,
  IP_PKTINFO: 8,
  IP_RECVTTL: 12,
  IP_RECVTOS: 13,

  IPPROTO_UDP: 17,
  UDP_SEGMENT: 103,

  IPPROTO_TCP: 6,
  TCP_KEEPIDLE: 4,
  TCP_KEEPINTVL: 5,
  TCP_KEEPCNT: 6,
  TCP_SAVE_SYN: 27,
  TCP_SAVED_SYN: 28,

  IPPROTO_IPV6: 41,
  IPV6_UNICAST_HOPS: 16,
  IPV6_V6ONLY: 26,
  IPV6_RECVPKTINFO: 49,
  IPV6_PKTINFO: 50,
  IPV6_RECVHOPLIMIT: 51,
  IPV6_HOPLIMIT: 52,
  IPV6_RECVTCLASS: 66,
  IPV6_TCLASS: 67,

  MSG_TRUNC: 0x20,
  MSG_DONTWAIT: 0x40,

  EPOLLIN: 1,
  EPOLL_CTL_ADD: 1,
  EPOLL_CTL_DEL: 2,
  EPOLL_CLOEXEC: 0o2000000,

  EFD_NONBLOCK: 0o4000,
  EFD_CLOEXEC: 0o2000000,

  CLOCK_REALTIME: 0,
  CLOCK_MONOTONIC: 1,
  TIMER_ABSTIME: 1,
  PR_SET_TIMERSLACK: 29,
  SCHED_OTHER: 0,
  SCHED_FIFO: 1,

  O_RDONLY: 0,
  O_CLOEXEC: 0o2000000,
  CLONE_NEWNET: 0x40000000,

  /** adjtimex: the clock is not synchronised (its result, and the bit of `status`). */
  TIME_ERROR: 5,
  STA_UNSYNC: 0x40,
} as const;
