/** What the main thread and a datapath worker say to each other: sessions, never packets. */
import { CounterTable } from '../twamp/counters.ts';
import type { LightRules } from '../twamp/light-rules.ts';
import type { PacketMode, StampMode } from '../twamp/packet-forms.ts';
import type { PaddingRequest } from '../twamp/padding.ts';
import { LIGHT_REFLECTORS_MAX, LINGERING_SESSIONS_MAX, RUNNING_SESSIONS_MAX } from './datapath.ts';
import type { Capabilities, DatapathErrorCode, ReflectorRequest } from './datapath.ts';

/**
 * Sessions of one worker; each has a number below it, which is free again once its `stopped` has been heard.
 */
export const SESSIONS_MAX = RUNNING_SESSIONS_MAX + LINGERING_SESSIONS_MAX + LIGHT_REFLECTORS_MAX;

/** The number of no session: packets of a rehearsal are of it. */
export const REHEARSALS = SESSIONS_MAX;

/** The counters of a worker's sessions, and of what is rehearsed: new ones, or those over `buffer`. */
export function workerCounters(buffer?: SharedArrayBuffer): CounterTable {
  return new CounterTable(SESSIONS_MAX + 1, buffer);
}

export type WorkerRole = 'reflector' | 'sender';

/** What a worker is started with. */
export interface WorkerStart {
  readonly role: WorkerRole;
  /** Of `workerCounters`. */
  readonly counters: SharedArrayBuffer;
  /** The HeldDescriptors of the worker. */
  readonly descriptors: SharedArrayBuffer;
  /** The main thread's `monoOriginNanos()`. */
  readonly monoOriginNanos: number;
}

/** Binds a socket. */
export interface OpenMessage {
  readonly type: 'open';
  readonly session: number;
  readonly request: OpenRequest;
}

/** A reflector's `remotePort` and packets are known; a sender learns them, and its own DSCP, with its run. */
export interface OpenRequest extends Omit<ReflectorRequest, 'onFailed'> {
  /** Of a reflector that has no one remote. */
  readonly light?: LightRules | undefined;
}

export interface RunMessage extends PacketMode, PaddingRequest {
  readonly type: 'run';
  readonly session: number;
  readonly remotePort: number;
  readonly dscp: number;
  readonly ttl: number;
  readonly count: number;
  readonly intervalNanos: number;
  readonly exponential: boolean;
  readonly startMonoNanos: number;
  readonly timeoutNanos: number;
  /** Of a SampleRing. */
  readonly ring: SharedArrayBuffer;
  /** Of a PacingHistogram. */
  readonly pacing: SharedArrayBuffer;
  /** Of a NewestTlvs. */
  readonly newestTlvs: SharedArrayBuffer;
}

/** Changes a reflector that has no one remote. */
export interface LightMessage extends Pick<OpenRequest, 'dscp'> {
  readonly type: 'light';
  readonly session: number;
  readonly stamp: StampMode;
  readonly light: LightRules;
}

export type ReflectorMessage =
  OpenMessage | LightMessage | { readonly type: 'start' | 'stop'; readonly session: number };

export type SenderMessage = OpenMessage | RunMessage | { readonly type: 'stop'; readonly session: number };

export type WorkerMessage =
  /** Comes first: it has what it needs. */
  | { readonly type: 'loaded' }
  | {
      readonly type: 'opened';
      readonly session: number;
      readonly localPort: number;
      readonly capabilities: Capabilities;
    }
  | {
      readonly type: 'refused';
      readonly session: number;
      readonly code: DatapathErrorCode;
      readonly message: string;
    }
  | { readonly type: 'stopped'; readonly session: number }
  /** A run is stopped before its end. */
  | { readonly type: 'cut'; readonly session: number; readonly awaitedFrom: number }
  /** Some ring has samples; sent every few milliseconds at the most. */
  | { readonly type: 'samples' }
  /** A run has ended by itself. Its samples are in its ring. */
  | { readonly type: 'done'; readonly session: number };
