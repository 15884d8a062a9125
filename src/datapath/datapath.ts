/** The contract of the datapath: UDP test sessions, off the main thread, that count, sample and end. */
import type { TestCounters } from '../twamp/counters.ts';
import type { LightRules } from '../twamp/light-rules.ts';
import type { PacketMode, StampMode } from '../twamp/packet-forms.ts';
import type { PacingError } from '../twamp/pacing.ts';
import type { TlvReport } from '../twamp/newest-tlvs.ts';
import type { PaddingRequest } from '../twamp/padding.ts';
import type { ReflectorMode } from '../twamp/reflector.ts';
import type { SampleBatch } from '../twamp/samples.ts';
import type { Vrf } from '../native/routing-instance.ts';

export type { DropReason, TestCounters } from '../twamp/counters.ts';
export type { PacingError } from '../twamp/pacing.ts';
export type { SampleBatch } from '../twamp/samples.ts';

/** Of one kind, open at once: the most that `maximum-sessions` allows … */
export const RUNNING_SESSIONS_MAX = 2048;
/** … and those that have stopped, and still reflect what is under way to them; the one stopped first makes room. */
export const LINGERING_SESSIONS_MAX = 256;
/** Reflectors that serve whoever comes, open at once. */
export const LIGHT_REFLECTORS_MAX = 64;

/** Opens test sessions. The real one is `WorkerDatapath`; a simulation passes its own. */
export interface Datapath {
  /** Binds a UDP socket and stands ready; nothing is reflected before start(). Rejects with DatapathError. */
  openReflector(request: ReflectorRequest): Promise<Reflector>;
  /** Binds a UDP socket and reflects from now on. Rejects with DatapathError. */
  openLight(request: LightRequest): Promise<LightReflector>;
  /** Binds a UDP socket; nothing is sent before start(). Rejects with DatapathError. */
  openSender(request: SenderRequest): Promise<Sender>;
  /** Ends every session and every thread. Opening after it rejects. */
  close(): Promise<void>;
}

/** UDP ports that may be granted, both ends included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** What a Session-Reflector is bound to, and the one Session-Sender it answers. */
export interface ReflectorRequest extends ReflectorMode {
  readonly vrf: Vrf;
  readonly localAddress: string;
  /** Wanted port (0: none wanted); if it is taken or outside `ports`, another of `ports` is granted. */
  readonly wantedPort: number;
  readonly ports: PortRange;
  /** Packets from anybody else are counted as `wrong-source` and not reflected. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** DSCP of replies; undefined: that of the packet each of them answers. */
  readonly dscp?: number | undefined;
  /** The worker failed: nothing is reflected any more, and only stop() and the counters are of use. */
  readonly onFailed?: () => void;
}

/** A Session-Reflector (RFC 5357 §4.2) on its own socket. */
export interface Reflector {
  readonly localPort: number;
  readonly capabilities: Capabilities;
  /** Reflection begins with the end of this tick of the event loop; until then packets are counted as `not-active`. */
  start(): void;
  counters(): TestCounters;
  /** Mono instant of the last packet that was received from the Session-Sender, 0 if none. */
  lastPacketMonoNanos(): number;
  /** Ends reflection and frees the port; the counters keep their last values. */
  stop(): Promise<void>;
}

/** What a Session-Reflector without control connection can be told anew. */
export interface LightSettings {
  /** DSCP of replies; undefined: that of the packet each of them answers. */
  readonly dscp?: number | undefined;
  /** The SSID is that of each packet. */
  readonly stamp: StampMode;
  /** Whom it answers. */
  readonly rules: LightRules;
}

/** What a Session-Reflector without control connection is bound to. */
export interface LightRequest extends LightSettings {
  readonly vrf: Vrf;
  /** 0.0.0.0 or :: for all of its family; a reply leaves from the address that its packet came to. */
  readonly localAddress: string;
  readonly port: number;
  /** The worker failed: nothing is reflected any more. */
  readonly onFailed?: () => void;
}

/** A Session-Reflector of TWAMP Light (RFC 5357 appendix I) and STAMP (RFC 8762): one socket, many Session-Senders. */
export interface LightReflector {
  readonly localPort: number;
  /** Goes by these from now on. Another mode or key begins the counters anew. */
  use(settings: LightSettings): void;
  /** Of all Session-Senders together; their order is not watched. */
  counters(): TestCounters;
  /** Ends reflection and frees the port; the counters keep their last values. */
  stop(): Promise<void>;
}

/** What a Session-Sender is bound to, and whom it measures. */
export interface SenderRequest {
  readonly vrf: Vrf;
  readonly localAddress: string;
  readonly ports: PortRange;
  readonly remoteAddress: string;
  /** DSCP of the test packets. */
  readonly dscp: number;
  /** TTL of the test packets; undefined: 255, as RFC 5357 §4.1.2 has it. */
  readonly ttl?: number | undefined;
}

/** A Session-Sender (RFC 5357 §4.1) on its own socket. */
export interface Sender {
  readonly localPort: number;
  readonly capabilities: Capabilities;
  /** Begins the only run of this sender. */
  start(run: SenderRun): void;
  counters(): TestCounters;
  /** What the reflector has answered to the `tlvs` of the run, once it has ended; without any, nothing. */
  tlvs(): TlvReport;
  /** How late the packets sent so far left; undefined before the first. */
  pacing(): PacingError | undefined;
  /**
   * Of a run that was stopped before its end: the lowest Sequence Number to which a reply would still have been in
   * time. Undefined: there is no such run.
   */
  awaitedFrom(): number | undefined;
  /** Ends the run without `onDone`, after handing over the samples that are already there. */
  stop(): Promise<void>;
}

/** `count` packets, one every `intervalNanos` from `startMonoNanos` on, then a wait for the last replies. */
export interface SenderRun extends PacketMode, PaddingRequest {
  readonly remotePort: number;
  readonly count: number;
  readonly intervalNanos: number;
  /** Intervals are random, of an exponential distribution whose mean `intervalNanos` is. */
  readonly exponential?: boolean | undefined;
  readonly startMonoNanos: number;
  /** After the last packet, how long to wait for replies. */
  readonly timeoutNanos: number;
  /** Called on the main thread with a batch of samples (views valid during the call only). */
  readonly onSamples: (samples: SampleBatch) => void;
  /** All sent and (all answered or timed out), or the worker failed. */
  readonly onDone: (end: SenderEnd) => void;
}

export interface SenderEnd {
  /** Packets that left. */
  readonly sent: number;
  /** Replies that were received and counted, but found the way to the main thread full. */
  readonly samplesLost: number;
  readonly failed?: boolean;
}

/** How well the path of a session can measure: what a result says of the instrument. */
export interface Capabilities {
  /** Who takes the receive stamps: the kernel when a packet arrives, or this program when it is given one. */
  readonly stamps: 'kernel' | 'user-space';
  /** Whether the `dscp` of a request reaches the wire. */
  readonly dscp: boolean;
  /** Whether the TTL of received packets is seen. */
  readonly ttl: boolean;
}

export type DatapathErrorCode =
  | 'ports-exhausted'
  | 'address-unavailable'
  /** The system starts no more threads of this user. */
  | 'no-thread'
  | 'failed';

/** Why a session could not be opened. `message` is for a log; words for a person are made from `code`. */
export class DatapathError extends Error {
  readonly code: DatapathErrorCode;

  constructor(code: DatapathErrorCode, message: string) {
    super(message);
    this.name = 'DatapathError';
    this.code = code;
  }
}
