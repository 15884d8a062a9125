/** What the main thread and the ssh worker say to each other. Connections, sessions and attempts are known by numbers. */
import type { ListenAddress } from '../listening.ts';
import type { ConnectionRefusal, ConnectionSettings } from './limits.ts';

export interface WorkerStart {
  /** Where the host keys are, or are to be made. */
  readonly hostKeyDirectory: string;
  readonly settings: SshSettings;
}

/** What holds for connections to come. */
export interface SshSettings extends ConnectionSettings {
  readonly passwords: boolean;
  readonly publicKeys: boolean;
  /** Failures on one connection that end it. */
  readonly triesBeforeDisconnect: number;
  /** From the first octet to the login. */
  readonly loginSecondsMax: number;
  readonly sessionsPerConnection: number;
  /** Silence after which a client is asked whether it is there; 0: it is not asked. */
  readonly aliveIntervalSeconds: number;
  readonly aliveCountMax: number;
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** How a user wants to be believed. A key is asked for before anything is signed with it. */
export type Credential =
  | { readonly kind: 'password'; readonly password: string }
  | { readonly kind: 'key'; readonly algorithm: string; readonly blob: Uint8Array };

/** Characters of output that a session may have on their way to the client; the main thread keeps to it. */
export const OUTPUT_CHARACTERS_MAX = 64 * 1024;

/** Octets of input that a session may have on their way to the main thread; the worker keeps to it. */
export const INPUT_OCTETS_MAX = 64 * 1024;

export type ToWorker =
  | { readonly type: 'settings'; readonly settings: SshSettings }
  | { readonly type: 'listen'; readonly at: ListenAddress }
  | { readonly type: 'unlisten'; readonly at: ListenAddress }
  | { readonly type: 'verdict'; readonly attempt: number; readonly verdict: Verdict }
  | {
      readonly type: 'write';
      readonly session: number;
      readonly text: string;
      readonly to: 'output' | 'error';
    }
  /** So much input has been used up. */
  | { readonly type: 'used'; readonly session: number; readonly octets: number }
  /** The last notice has been taken; there may be another. */
  | { readonly type: 'noticed'; readonly session: number }
  /** The session is over: once its output is out, the client hears the status. Frees the session's number. */
  | { readonly type: 'end'; readonly session: number; readonly status: number }
  | { readonly type: 'disconnect'; readonly connection: number };

export type Verdict =
  | 'accepted'
  | 'refused'
  /** Nobody of this address is listened to for now. */
  | 'locked-out';

export type FromWorker =
  | { readonly type: 'listening'; readonly at: ListenAddress }
  /** The answer to `unlisten`: nobody is let in there any more. */
  | { readonly type: 'unlistened'; readonly at: ListenAddress }
  | { readonly type: 'not-listening'; readonly at: ListenAddress; readonly code: string }
  | {
      readonly type: 'attempt';
      readonly attempt: number;
      readonly address: string;
      readonly port: number;
      readonly user: string;
      readonly credential: Credential;
    }
  /** A connection has ended on which somebody failed to log in as `user`, by what the main thread has not judged alone. */
  | {
      readonly type: 'failed';
      readonly address: string;
      readonly port: number;
      readonly user: string;
      readonly with: Credential['kind'];
    }
  /** Connections of one network that were closed before a word was said, gathered over TURNED_AWAY_MILLIS. */
  | {
      readonly type: 'turned-away';
      /** Of the first. */
      readonly address: string;
      readonly port: number;
      readonly refusal: ConnectionRefusal;
      readonly count: number;
    }
  | {
      readonly type: 'logged-in';
      readonly connection: number;
      /** With the port. */
      readonly address: string;
      readonly user: string;
    }
  | { readonly type: 'disconnected'; readonly connection: number }
  | {
      readonly type: 'opened';
      readonly session: number;
      readonly connection: number;
      /** Undefined: the client wants a shell. */
      readonly command: string | undefined;
      /** Undefined: there is none. */
      readonly terminal: ({ readonly name: string } & TerminalSize) | undefined;
    }
  | { readonly type: 'input'; readonly session: number; readonly octets: Uint8Array }
  | { readonly type: 'input-ended'; readonly session: number }
  /** Comes once at a time: what happens until it is noticed is told with the next one. */
  | {
      readonly type: 'notice';
      readonly session: number;
      readonly size: TerminalSize | undefined;
      readonly signal: SessionSignal | undefined;
    }
  /** Of output, so much is out. */
  | { readonly type: 'written'; readonly session: number; readonly characters: number }
  /** The client has closed it. */
  | { readonly type: 'closed'; readonly session: number };

/** Gives up what runs, or ends the session. */
export type SessionSignal = 'interrupt' | 'end';
