/** The Server's end of a control connection: greets, answers, and asks its owner for every decision. */
import type { Random } from '../clock.ts';
import { messagesOf } from './control.ts';
import { ControlEndpoint, type Handlers } from './control-endpoint.ts';
import type { MessageName, RequestTwSession, SetUpResponse } from './messages.ts';
import { accepts, commands, GREETING_COUNT, modes, type Accept } from './protocol.ts';
import { decodeRequest, type SessionRequest } from './session-request.ts';
import { SID_OCTETS } from './sid.ts';

export type ControlServerEvent =
  /** The mode is agreed; requests may come. */
  | { readonly type: 'ready' }
  /** Decide with `acceptSession` or `refuseSession`, now or later; what follows waits. */
  | { readonly type: 'session-requested'; readonly request: SessionRequest }
  /** A request that breaks the RFC or our limits has been refused already. */
  | { readonly type: 'session-refused'; readonly accept: Accept }
  /** Decide with `startSessions` or `refuseStart`. */
  | { readonly type: 'start-requested' }
  /**
   * Every session is stopped: reflect for its timeout more, then never. The RFC wants `sessions` to be the
   * number in progress, but peers send 0 or 65536, and in unauthenticated mode nothing depends on it.
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

const NO_SID = new Uint8Array(SID_OCTETS);
const NO_IV = new Uint8Array(16);

export class ControlServer extends ControlEndpoint<ControlServerEvent> {
  protected override readonly handlers: Handlers = {
    'Set-Up-Response': (message, nowNanos) => this.#hearSetUpResponse(message, nowNanos),
    'Request-TW-Session': (message, nowNanos) => this.#hearRequest(message, nowNanos),
    'Start-Sessions': () => this.emit({ type: 'start-requested' }),
    'Stop-Sessions': ({ sessions, accept }) => this.emit({ type: 'stopped', sessions, accept }),
  };
  readonly #options: ControlServerOptions;

  constructor(options: ControlServerOptions, nowNanos: number) {
    super('server', options.servwaitNanos, nowNanos);
    this.#options = options;
    const challenge = options.random.octets(16);
    const salt = options.random.octets(16);
    this.say('Server-Greeting', { modes: options.modes, challenge, salt, count: GREETING_COUNT }, nowNanos);
    if (options.modes === 0) this.close({ code: 'declined' });
  }

  /** Grants the session just requested, reflecting on `port`. */
  acceptSession(port: number, sid: Uint8Array, nowNanos: number): void {
    this.#answerRequest('ok', port, sid, nowNanos);
    this.proceed(nowNanos);
  }

  /** Refuses the session just requested; the connection goes on. */
  refuseSession(accept: Exclude<Accept, 'ok'>, nowNanos: number): void {
    this.#answerRequest(accept, 0, NO_SID, nowNanos);
    this.proceed(nowNanos);
  }

  /** The sessions accepted run now. */
  startSessions(nowNanos: number): void {
    this.say('Start-Ack', { accept: accepts.ok }, nowNanos);
    this.proceed(nowNanos);
  }

  /** Every session has ended by itself, for want of packets. */
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
    const name = messagesOf(this.state).find((allowed) => commandNumbers[allowed] === command);
    if (name !== undefined) return name;
    // "If a TWAMP Server receives an unexpected Command Number, it MUST respond with the Accept field set to
    // 3 […] in the Accept-Session message" (RFC 5357 §3.5). Where the next command begins nobody knows, so
    // this is the end.
    this.transmit('Accept-Session', { accept: accepts['not-supported'], port: 0, sid: NO_SID });
    this.close({ code: 'unexpected-command', command, state: this.state });
    return undefined;
  }

  #hearSetUpResponse({ mode }: SetUpResponse, nowNanos: number): void {
    const { modes: offered, startTime } = this.#options;
    if (mode === 0) {
      this.close({ code: 'declined' });
      return;
    }
    const accept = mode === modes.unauthenticated && (offered & mode) !== 0 ? 'ok' : 'not-supported';
    this.say('Server-Start', { accept: accepts[accept], serverIv: NO_IV, startTime }, nowNanos);
    if (accept === 'ok') this.emit({ type: 'ready' });
    else this.close({ code: 'mode-not-offered', offered, wanted: mode });
  }

  #hearRequest(message: RequestTwSession, nowNanos: number): void {
    const request = decodeRequest(message);
    if (typeof request === 'object') {
      this.emit({ type: 'session-requested', request });
    } else {
      this.#answerRequest(request, 0, NO_SID, nowNanos);
      this.emit({ type: 'session-refused', accept: request });
    }
  }

  #answerRequest(accept: Accept, port: number, sid: Uint8Array, nowNanos: number): void {
    this.say('Accept-Session', { accept: accepts[accept], port, sid }, nowNanos);
  }
}

const commandNumbers: Partial<Record<MessageName, number>> = commands;
