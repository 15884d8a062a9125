/** Why a measurement could not be made, as data. */
import { acceptName } from '../twamp/protocol.ts';
import type { ControlEnd } from '../twamp/control.ts';
import type { DatapathErrorCode } from '../datapath/datapath.ts';
import { TransportError, type ConnectAddress, type TransportErrorCode } from './transport.ts';

export type MeasurementErrorCode =
  | TransportErrorCode
  /** `ports-exhausted`: `first`, `last`; `address-unavailable`: `address`. */
  | DatapathErrorCode
  /** `name`: no routing instance is called so. */
  | 'no-such-instance'
  /** `maximum`: more packets cannot be kept. */
  | 'too-many-to-log'
  /** `name`: no network interface is called so. */
  | 'no-such-interface'
  /** `name`: no key chain of the client has a key that is called so. */
  | 'no-such-user'
  /** Connected, then nothing: `seconds`. */
  | 'greeting-timeout'
  /** Set up, then nothing: `seconds`, `state`. */
  | 'answer-timeout'
  /** `said`: the beginning of what came instead of a greeting. */
  | 'not-twamp'
  /** Modes 0: the server does not want us. */
  | 'declined'
  /** `offered`: the server's Modes. */
  | 'mode-not-offered'
  /** `count`: the iterations of PBKDF2 that the server asks for, which are too many, or too few. */
  | 'count-refused'
  /** What came from the server has been changed on the way. */
  | 'wrong-hmac'
  /** `accept`: the name of the Accept value in Server-Start, Accept-Session or Start-Ack. */
  | 'set-up-refused'
  | 'session-refused'
  | 'start-refused'
  /** `state`: of the control connection. */
  | 'connection-closed'
  | 'protocol-error'
  /** Given up before anything was measured. */
  | 'interrupted';

export class MeasurementError extends Error {
  readonly code: MeasurementErrorCode;
  readonly details: Readonly<Record<string, string | number>>;

  constructor(code: MeasurementErrorCode, details: Readonly<Record<string, string | number>> = {}) {
    super(code);
    this.name = 'MeasurementError';
    this.code = code;
    this.details = details;
  }
}

/** What is wrong with the address that was to be measured from: `address`. */
const ofSource: ReadonlySet<TransportErrorCode> = new Set([
  'source-of-other-version',
  'source-unusable',
  'address-unavailable',
]);

/** For what the transport has rejected with; `to` and `signal`: those it was given. */
export function errorOfTransport(
  error: unknown,
  { sourceAddress: address = '' }: Pick<ConnectAddress, 'sourceAddress'>,
  signal: AbortSignal,
): MeasurementError {
  if (signal.aborted) return new MeasurementError('interrupted');
  const code = error instanceof TransportError ? error.code : 'failed';
  return new MeasurementError(code, ofSource.has(code) ? { address } : {});
}

/** `answerSeconds`: how long each answer was waited for. */
export function errorOfEnd(end: ControlEnd, answerSeconds: number): MeasurementError {
  switch (end.code) {
    case 'declined':
      return new MeasurementError('declined');
    case 'mode-not-offered':
      return new MeasurementError('mode-not-offered', { offered: end.offered });
    case 'count-refused':
      return new MeasurementError('count-refused', { count: end.count });
    case 'wrong-hmac':
      return new MeasurementError('wrong-hmac');
    case 'not-twamp':
      return new MeasurementError('not-twamp', { said: Buffer.from(end.octets).toString('latin1') });
    case 'timeout':
      return end.state === 'connected'
        ? new MeasurementError('greeting-timeout', { seconds: answerSeconds })
        : new MeasurementError('answer-timeout', { seconds: answerSeconds, state: end.state });
    case 'refused': {
      const code = end.message === 'Server-Start' ? 'set-up-refused' : 'start-refused';
      return new MeasurementError(code, { accept: acceptName(end.accept) });
    }
    case 'closed':
      return new MeasurementError('connection-closed', { state: end.state });
    case 'wrong-key':
    case 'wrong-session-count':
    case 'unexpected-command':
    case 'unexpected-octets':
    case 'input-overflow':
      return new MeasurementError('protocol-error');
  }
}
