/** How long a session lives without a packet: the defaults of Linux (Documentation/networking/nf_conntrack-sysctl.rst). */
import type { SctpState } from './sctp-states.ts';
import type { TcpState } from './tcp-states.ts';

/** Seconds, as are all here. */
export const tcpLifetimes: Readonly<Record<TcpState, number>> = {
  'syn-sent': 120,
  'syn-received': 60,
  established: 432_000,
  'fin-wait': 120,
  'close-wait': 60,
  'last-ack': 30,
  'time-wait': 120,
  close: 10,
  'syn-sent-2': 120,
};

/** At the most, while data is not acknowledged, is sent again and again, or nobody has room for more. */
export const TCP_STALLED_SECONDS = 300;
/** Retransmissions after which a connection is taken for stalled. */
export const TCP_RETRANSMISSIONS_MAX = 3;

export const sctpLifetimes: Readonly<Record<SctpState, number>> = {
  closed: 10,
  'cookie-wait': 3,
  'cookie-echoed': 3,
  established: 210,
  'shutdown-sent': 3,
  'shutdown-ack-sent': 3,
  'heartbeat-sent': 30,
};

export const lifetimes = {
  udp: 30,
  udpStream: 120,
  icmp: 30,
  gre: 30,
  greReplied: 180,
  generic: 600,
  /** Signalling of SIP, for as long as a registration usually holds (module parameter sip_timeout). */
  sip: 3600,
} as const;

/** Datagrams in both directions for as long make a stream. */
export const UDP_STREAM_AFTER_SECONDS = 2;
