/** The Control-Client's end of a control connection: sets it up, then asks what its owner wants asked. */
import type { Random } from '../clock.ts';
import { IV_OCTETS } from './control-cipher.ts';
import { ControlEndpoint, type Handlers } from './control-endpoint.ts';
import { speakerOf, type ControlEnd } from './control.ts';
import { clearOctetsOf, ServerStart } from './messages.ts';
import type { AcceptSession, MessageName, ServerGreeting, StartAck } from './messages.ts';
import {
  acceptName,
  accepts,
  COUNT_MAX,
  COUNT_MIN,
  modes,
  type Accept,
  type KeyedMode,
  type Mode,
} from './protocol.ts';
import { encodeKeyId, sealToken, type Agreement, type SessionKeys } from './session-keys.ts';
import { encodeRequest, type SessionRequest } from './session-request.ts';
import { AES_KEY_OCTETS, HMAC_KEY_OCTETS } from './test-keys.ts';

export type ControlClientEvent =
  /** `useKey` what PBKDF2 makes of the secret of our KeyID. */
  | { readonly type: 'key-wanted'; readonly salt: Uint8Array; readonly count: number }
  /** Request sessions now; `startTime` (NTP) is when the Server came to life. */
  | ({ readonly type: 'ready'; readonly startTime: bigint } & Agreement)
  /** Test packets go to `port`; `serverOctets` open their padding where reflecting octets is agreed. */
  | ({ readonly type: 'session-accepted' } & AcceptedSession)
  | { readonly type: 'session-refused'; readonly accept: Accept }
  /** Every session accepted runs. */
  | { readonly type: 'started' };

export interface AcceptedSession {
  readonly port: number;
  readonly sid: Uint8Array;
  /** 16 bits of the Server's, 0 for none. RFC 6038 §3.4. */
  readonly serverOctets: number;
}

export interface ControlClientOptions {
  /** How long the Server may take for each answer. */
  readonly answerNanos: number;
  /** Undefined: unauthenticated mode. */
  readonly keyed?: KeyedOptions | undefined;
  /** The sum of the `modeFeatures` that are agreed on if the Server offers them; undefined: none. */
  readonly features?: number | undefined;
}

export interface KeyedOptions {
  readonly mode: KeyedMode;
  /** Which secret we have in common with the Server. */
  readonly keyId: string;
  readonly random: Random;
}

/**
 * Octets at the start of a greeting that carry nothing; a server of another protocol often says text there.
 */
const UNUSED_OCTETS = 12;

/** How much of what a host said instead of a greeting is kept. */
const NOT_TWAMP_OCTETS_MAX = 64;

const NO_KEY: { readonly keyId: Uint8Array; readonly token: Uint8Array; readonly clientIv: Uint8Array } = {
  keyId: new Uint8Array(80),
  token: new Uint8Array(64),
  clientIv: new Uint8Array(16),
};

/** Where the chain of what the Server says begins. */
const SERVER_IV_OFFSET = ServerStart.offset('serverIv');

export class ControlClient extends ControlEndpoint<ControlClientEvent> {
  protected override readonly handlers: Handlers = {
    'Server-Greeting': (greeting, nowNanos) => this.#hearGreeting(greeting, nowNanos),
    'Server-Start': (start) => this.#hearServerStart(start),
    'Accept-Session': (answer) => this.#hearAcceptSession(answer),
    'Start-Ack': (ack) => this.#hearStartAck(ack),
  };

  readonly #keyed: KeyedOptions | undefined;
  /** Those wanted, and from the greeting on those agreed on. */
  #features: number;
  /** While a key is wanted. */
  #greeting: ServerGreeting | undefined;
  #keys: SessionKeys | undefined;

  constructor(options: ControlClientOptions, nowNanos: number) {
    super('control-client', options.answerNanos, nowNanos);
    this.#keyed = options.keyed;
    this.#features = options.features ?? 0;
  }

  override receive(octets: Uint8Array, nowNanos: number): void {
    super.receive(octets, nowNanos);
    // A Server only ever answers, so nothing can be meant for later.
    const early = speakerOf(this.state) === 'control-client' && this.unread.length > 0;
    if (early) this.close({ code: 'unexpected-octets', state: this.state });
  }

  /** The answer to `key-wanted`: 16 octets. */
  useKey(derivedKey: Uint8Array, nowNanos: number): void {
    const greeting = this.#greeting;
    if (greeting === undefined) return;
    this.#greeting = undefined;
    const { mode, keyId, random } = this.#keyed!;
    const keys = { aesKey: random.octets(AES_KEY_OCTETS), hmacKey: random.octets(HMAC_KEY_OCTETS) };
    const clientIv = random.octets(IV_OCTETS);
    const token = sealToken(derivedKey, greeting.challenge, keys);
    this.#keys = keys;
    this.sealWith(keys, clientIv);
    this.openWith(keys, clearOctetsOf('Server-Start'), (clear) =>
      clear.slice(SERVER_IV_OFFSET, SERVER_IV_OFFSET + IV_OCTETS),
    );
    const response = { mode: modes[mode] | this.#features, keyId: encodeKeyId(keyId), token, clientIv };
    this.say('Set-Up-Response', response, nowNanos);
  }

  /** Asks for a session; after `ready` or the answer to the last request. */
  requestSession(request: SessionRequest, nowNanos: number): void {
    this.say('Request-TW-Session', encodeRequest(request), nowNanos);
  }

  /** Starts every session accepted. */
  startSessions(nowNanos: number): void {
    this.say('Start-Sessions', {}, nowNanos);
  }

  /**
   * Stops every session; there is no answer, and new ones may be requested at once. `sessions`: how many run.
   */
  stopSessions(sessions: number, nowNanos: number): void {
    this.say('Stop-Sessions', { accept: accepts.ok, sessions }, nowNanos);
  }

  protected override recognise(beginning: Uint8Array): MessageName | undefined {
    if (this.state === 'connected' && isText(beginning)) {
      this.close(this.#notTwamp());
      return undefined;
    }
    return this.allowed[0];
  }

  protected override silenceMeans(): ControlEnd | undefined {
    return this.state === 'connected' && this.unread.length > 0 ? this.#notTwamp() : undefined;
  }

  get #mode(): Mode {
    return this.#keyed?.mode ?? 'unauthenticated';
  }

  #notTwamp(): ControlEnd {
    return { code: 'not-twamp', octets: this.unread.slice(0, NOT_TWAMP_OCTETS_MAX) };
  }

  #hearGreeting(greeting: ServerGreeting, nowNanos: number): void {
    const { modes: offered, salt, count } = greeting;
    const wanted = modes[this.#mode];
    this.#features &= offered;
    if (offered === 0) this.close({ code: 'declined' });
    else if ((offered & wanted) === 0) this.close({ code: 'mode-not-offered', offered, wanted });
    else if (this.#keyed === undefined) {
      this.say('Set-Up-Response', { mode: wanted | this.#features, ...NO_KEY }, nowNanos);
    } else if (count < COUNT_MIN || count > COUNT_MAX) this.close({ code: 'count-refused', count });
    else {
      this.#greeting = greeting;
      this.emit({ type: 'key-wanted', salt, count });
    }
  }

  #hearServerStart({ accept, startTime }: ServerStart): void {
    const agreement = { mode: this.#mode, features: this.#features, keys: this.#keys };
    if (accept === accepts.ok) this.emit({ type: 'ready', startTime, ...agreement });
    else this.close({ code: 'refused', message: 'Server-Start', accept });
  }

  #hearAcceptSession({ accept, port, sid, serverOctets }: AcceptSession): void {
    // A session that is accepted without a port to send to cannot be run.
    if (accept === accepts.ok && port !== 0) this.emit({ type: 'session-accepted', port, sid, serverOctets });
    else
      this.emit({ type: 'session-refused', accept: accept === accepts.ok ? 'failure' : acceptName(accept) });
  }

  #hearStartAck({ accept }: StartAck): void {
    if (accept === accepts.ok) this.emit({ type: 'started' });
    else this.close({ code: 'refused', message: 'Start-Ack', accept });
  }
}

/** A banner such as `SSH-2.0-…` or `HTTP/1.1 …` where a greeting has its unused octets. */
function isText(beginning: Uint8Array): boolean {
  const unused = beginning.subarray(0, UNUSED_OCTETS);
  const printable = (octet: number): boolean =>
    (octet >= 0x20 && octet < 0x7f) || octet === 0x0d || octet === 0x0a;
  return unused.length === UNUSED_OCTETS && unused.every(printable);
}
