/** The other end of test sessions, whether they are agreed on over a control connection or not. */
import type { SenderRun } from '../datapath/datapath.ts';
import type { TwampMode } from '../store/twamp-sessions.ts';
import type { PacketMode } from '../twamp/packet-forms.ts';
import type { SessionRequest } from '../twamp/session-request.ts';
import type { Endpoint } from './transport.ts';

/** A request but for what follows from what the two ends have agreed on. */
export type PlainRequest = Omit<SessionRequest, 'reflect'>;

/** What a session-to-be is like, as its other end has it. */
export interface AgreedSession {
  /** Of the Session-Reflector, UDP. */
  readonly port: number;
  /** 16 octets; undefined: sessions of this peer have none. */
  readonly sid: Uint8Array | undefined;
  /** What its packets look like. */
  readonly packets: PacketMode & Pick<SenderRun, 'serverOctets'>;
}

export interface Peer {
  /** Of the rows of its sessions. */
  readonly mode: TwampMode;
  /** Our end, as the peer sees it. */
  readonly local: Pick<Endpoint, 'address'>;
  readonly remote: Pick<Endpoint, 'address'>;
  /** Rejects with MeasurementError, `session-refused` among them. */
  requestSession(request: PlainRequest): Promise<AgreedSession>;
  /** Rejects with MeasurementError. */
  startSessions(): Promise<void>;
  stopSessions(sessions: number): void;
  /** `promise`; rejects with the reason when the peer is lost before it is settled. */
  orEnded<T>(promise: Promise<T>): Promise<T>;
  close(): Promise<void>;
}
