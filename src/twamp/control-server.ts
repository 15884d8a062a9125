/** The Server's end of a control connection: greets, answers, and asks its owner for every decision. */
import type { Random } from '../clock.ts';
import { IV_OCTETS } from './control-cipher.ts';
import { ControlEndpoint, type Handlers } from './control-endpoint.ts';
import type { ControlEnd } from './control.ts';
import type { MessageName, RequestTwSession, SetUpResponse, StopSessions } from './messages.ts';
import {
  accepts,
  commands,
  featuresOf,
  GREETING_COUNT,
  modeFeatures,
  modeOf,
  type Accept,
} from './protocol.ts';
import {
  CHALLENGE_OCTETS,
  decodeKeyId,
  openToken,
  type Agreement,
  type SessionKeys,
} from './session-keys.ts';
import { decodeRequest, type SessionRequest } from './session-request.ts';
import { SID_OCTETS } from './sid.ts';

export type ControlServerEvent =
  /**
   * `useKey` what PBKDF2 makes of the secret of `keyId`; of an unknown KeyID, what it makes of a secret that
   * nobody has, so that the client cannot tell the one from the other.
   */
  | {
      readonly type: 'key-wanted';
      readonly keyId: string;
      readonly salt: Uint8Array;
      readonly count: number;
    }
  /** The mode is agreed; requests may come. */
  | ({ readonly type: 'ready' } & Agreement)
  /** Decide with `acceptSession` or `refuseSession`, now or later; what follows waits. */
  | { readonly type: 'session-requested'; readonly request: SessionRequest }
  /** A request that breaks the RFC or our limits has been refused already. */
  | { readonly type: 'session-refused'; readonly accept: Accept }
  /** Decide with `startSessions` or `refuseStart`. */
  | { readonly type: 'start-requested' }
  /** Of the sessions accepted, start these, and say with `answerStartSome` which were. */
  | { readonly type: 'start-some-requested'; readonly sids: readonly Uint8Array[] }
  /** Stop these as if by Stop-Sessions, and say with `answerStopSome` which were. */
  | { readonly type: 'stop-some-requested'; readonly sids: readonly Uint8Array[] }
  /**
   * Every session is stopped: reflect for its timeout more, then never. `sessions` should be the number
   * accepted; in keyed modes it is, but in unauthenticated mode peers send 0 or 65536, and nothing depends on
   * it.
   */
  | { readonly type: 'stopped'; readonly sessions: number; readonly accept: number };

export interface ControlServerOptions {
  /** The bits offered in the greeting; 0 sends the peer away. */
  readonly modes: number;
  /** When this Server came to life, NTP. */
  readonly startTime: bigint;
  /** SERVWAIT: how long a client may be silent, 0 for ever. */
  readonly servwaitNanos: number;
  readonly random: Random;
}

/** We do not ask for octets of our own in the test packets. RFC 6038 §3.4. */
const NO_SERVER_OCTETS = 0;

/** All of an Accept-Session that grants nothing but the reason. */
const NO_SESSION = { port: 0, sid: new Uint8Array(SID_OCTETS), reflectedOctets: 0, serverOctets: 0 };
/** What has become of the sessions that a command of RFC 5938 lists, by SID. */
export interface SomeSessions {
  readonly done: readonly Uint8Array[];
  readonly refused: readonly Uint8Array[];
}

const NO_IV = new Uint8Array(IV_OCTETS);
const SALT_OCTETS = 16;

export class ControlServer extends ControlEndpoint<ControlServerEvent> {
  protected override readonly handlers: Handlers = {
    'Set-Up-Response': (message, nowNanos) => this.#hearSetUpResponse(message, nowNanos),
    'Request-TW-Session': (message, nowNanos) => this.#hearRequest(message, nowNanos),
    'Start-Sessions': () => this.emit({ type: 'start-requested' }),
    'Stop-Sessions': (message, nowNanos) => this.#hearStopSessions(message, nowNanos),
    'Start-N-Sessions': ({ sids }) => this.emit({ type: 'start-some-requested', sids }),
    'Stop-N-Sessions': ({ sids }) => this.emit({ type: 'stop-some-requested', sids }),
  };
  readonly #options: ControlServerOptions;
  readonly #challenge: Uint8Array;
  readonly #salt: Uint8Array;
  /** While a key is wanted. */
  #setUp: SetUpResponse | undefined;
  #keyed = false;
  /** A sum of `modeFeatures`, once it is agreed. */
  #features = 0;
  /** The 16 bits that the answer to the request at hand repeats. RFC 6038 §3.4. */
  #reflectedOctets = 0;
  /** Accepted since the last Stop-Sessions. */
  #accepted = 0;

  constructor(options: ControlServerOptions, nowNanos: number) {
    super('server', options.servwaitNanos, nowNanos);
    this.#options = options;
    this.#challenge = options.random.octets(CHALLENGE_OCTETS);
    this.#salt = options.random.octets(SALT_OCTETS);
    const greeting = { challenge: this.#challenge, salt: this.#salt, count: GREETING_COUNT };
    this.say('Server-Greeting', { modes: options.modes, ...greeting }, nowNanos);
    if (options.modes === 0) this.close({ code: 'declined' });
  }

  /** The answer to `key-wanted`: 16 octets. */
  useKey(derivedKey: Uint8Array, nowNanos: number): void {
    const setUp = this.#setUp;
    if (setUp === undefined || this.state === 'closed') return;
    this.#setUp = undefined;
    const keys = openToken(derivedKey, this.#challenge, setUp.token);
    if (keys === undefined) {
      this.#refuseSetUp('failure', { code: 'wrong-key' }, nowNanos);
      return;
    }
    const serverIv = this.#options.random.octets(IV_OCTETS);
    this.#keyed = true;
    this.sealWith(keys, serverIv);
    this.openWith(keys, 0, () => setUp.clientIv);
    this.#acceptSetUp(setUp, serverIv, keys, nowNanos);
    this.proceed(nowNanos);
  }

  /** Grants the session just requested, reflecting on `port`. */
  acceptSession(port: number, sid: Uint8Array, nowNanos: number): void {
    this.#accepted += 1;
    const reflected = { reflectedOctets: this.#reflectedOctets, serverOctets: NO_SERVER_OCTETS };
    this.say('Accept-Session', { accept: accepts.ok, port, sid, ...reflected }, nowNanos);
    this.proceed(nowNanos);
  }

  /** Refuses the session just requested; the connection goes on. */
  refuseSession(accept: Exclude<Accept, 'ok'>, nowNanos: number): void {
    this.#refuseRequest(accept, nowNanos);
    this.proceed(nowNanos);
  }

  /** The sessions accepted run now. */
  startSessions(nowNanos: number): void {
    this.say('Start-Ack', { accept: accepts.ok }, nowNanos);
    this.suspendWaiting();
    this.proceed(nowNanos);
  }

  /** Each session of `done` runs now; none of `refused` did anything for it. */
  answerStartSome({ done, refused }: SomeSessions, nowNanos: number): void {
    this.#answerSome('Start-N-Ack', { done, refused }, nowNanos);
    if (done.length > 0) this.suspendWaiting();
    this.proceed(nowNanos);
  }

  /** Those of `done` are stopped; whether others run, `sessionsEnded` tells. */
  answerStopSome({ done, refused }: SomeSessions, nowNanos: number): void {
    this.#answerSome('Stop-N-Ack', { done, refused }, nowNanos);
    this.proceed(nowNanos);
  }

  /** No session runs any more, for want of packets or because the last was stopped on its own. */
  sessionsEnded(nowNanos: number): void {
    this.resumeWaiting(nowNanos);
  }

  /** There is no session that could run; the connection ends. */
  refuseStart(accept: Exclude<Accept, 'ok'>, nowNanos: number): void {
    this.say('Start-Ack', { accept: accepts[accept] }, nowNanos);
    this.close({ code: 'refused', message: 'Start-Ack', accept: accepts[accept] });
  }

  protected override recognise(beginning: Uint8Array): MessageName | undefined {
    if (this.state === 'greeted') return 'Set-Up-Response';
    const command = beginning[0]!;
    const name = this.allowed.find((allowed) => commandNumbers[allowed] === command);
    if (name !== undefined) return name;
    // "If a TWAMP Server receives an unexpected Command Number, it MUST respond with the Accept field set to
    // 3 […] in the Accept-Session message" (RFC 5357 §3.5). Where the next command begins nobody knows, so
    // this is the end.
    this.transmit('Accept-Session', { ...NO_SESSION, accept: accepts['not-supported'] });
    this.close({ code: 'unexpected-command', command, state: this.state });
    return undefined;
  }

  #hearSetUpResponse(message: SetUpResponse, nowNanos: number): void {
    const { modes: offered } = this.#options;
    const mode = modeOf(message.mode);
    if (message.mode === 0) this.close({ code: 'declined' });
    else if (mode === undefined || (message.mode & ~offered) !== 0) {
      const end = { code: 'mode-not-offered', offered, wanted: message.mode } as const;
      this.#refuseSetUp('not-supported', end, nowNanos);
    } else if (mode === 'unauthenticated') this.#acceptSetUp(message, NO_IV, undefined, nowNanos);
    else {
      this.#setUp = message;
      const keyId = decodeKeyId(message.keyId);
      this.emit({ type: 'key-wanted', keyId, salt: this.#salt, count: GREETING_COUNT });
    }
  }

  #acceptSetUp(
    { mode }: SetUpResponse,
    serverIv: Uint8Array,
    keys: SessionKeys | undefined,
    nowNanos: number,
  ): void {
    const { startTime } = this.#options;
    this.#features = featuresOf(mode);
    if (this.#individually) this.controlIndividually();
    this.say('Server-Start', { accept: accepts.ok, serverIv, startTime }, nowNanos);
    this.emit({ type: 'ready', mode: modeOf(mode)!, features: this.#features, keys });
  }

  /** All but Accept is zero: there is nothing to tell to somebody who is not let in. RFC 4656 §3.1. */
  #refuseSetUp(accept: Exclude<Accept, 'ok'>, end: ControlEnd, nowNanos: number): void {
    const refusal = { accept: accepts[accept], serverIv: NO_IV, startTime: 0n };
    this.say('Server-Start', refusal, nowNanos);
    this.close(end);
  }

  #hearRequest(message: RequestTwSession, nowNanos: number): void {
    const request = decodeRequest(message, this.#features);
    if (typeof request === 'object') {
      this.#reflectedOctets = request.reflect?.octetsToBeReflected ?? 0;
      this.emit({ type: 'session-requested', request });
    } else {
      this.#refuseRequest(request, nowNanos);
      this.emit({ type: 'session-refused', accept: request });
    }
  }

  #hearStopSessions({ sessions, accept }: StopSessions, nowNanos: number): void {
    const accepted = this.#accepted;
    this.#accepted = 0;
    this.resumeWaiting(nowNanos);
    // Individual session control leaves open whether sessions that do not run are to be counted.
    const strict = this.#keyed && !this.#individually;
    if (strict && sessions !== accepted) this.close({ code: 'wrong-session-count', sessions, accepted });
    else this.emit({ type: 'stopped', sessions, accept });
  }

  get #individually(): boolean {
    return (this.#features & modeFeatures.individualSessionControl) !== 0;
  }

  /** One answer for those that were done and one for those that were not, as far as there are any. */
  #answerSome(name: 'Start-N-Ack' | 'Stop-N-Ack', { done, refused }: SomeSessions, nowNanos: number): void {
    const ok = { accept: accepts.ok, sids: done };
    const failure = { accept: accepts.failure, sids: refused };
    // The law knows one answer to a command: the last one.
    if (done.length > 0 && refused.length > 0) this.transmit(name, ok);
    this.say(name, refused.length > 0 ? failure : ok, nowNanos);
  }

  #refuseRequest(accept: Accept, nowNanos: number): void {
    this.say('Accept-Session', { ...NO_SESSION, accept: accepts[accept] }, nowNanos);
  }
}

const commandNumbers: Partial<Record<MessageName, number>> = commands;
