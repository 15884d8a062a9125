/** One control connection as Control-Client: the core over a stream, each command a promise of its answer. */
import { NANOS_PER_SECOND, type Clock, type Random, type Timer, type Timers } from '../clock.ts';
import { ControlClient, type ControlClientEvent } from '../twamp/control-client.ts';
import { modeFeatures, type KeyedMode, type Mode } from '../twamp/protocol.ts';
import { packetModeOf, type Agreement } from '../twamp/session-keys.ts';
import type { DeriveKey } from './key-chains.ts';
import { errorOfEnd, errorOfTransport, MeasurementError } from './measurement-error.ts';
import type { AgreedSession, Peer, PlainRequest } from './peer.ts';
import type { ConnectAddress, ControlOptions, Endpoint, Stream, Transport } from './transport.ts';

/** How long a Server may take to greet, and for each answer. */
export const ANSWER_SECONDS_MAX = 10;

/** Of our own connections, unless they are configured; the keepalives are the defaults of the Server's. */
const CONTROL_OPTIONS: ControlOptions = {
  dscp: 0,
  keepidleSeconds: 120,
  keepintvlSeconds: 5,
  keepcnt: 6,
};

/** How we prove who we are. */
export interface Credentials {
  readonly mode: KeyedMode;
  readonly keyId: string;
  readonly secret: string;
}

/** A Server; without credentials, its control connection and test packets are open. */
export interface ServerAddress extends ConnectAddress {
  readonly credentials?: Credentials | undefined;
  /** The sum of the `modeFeatures` to agree on where the Server offers them; undefined: none. */
  readonly features?: number | undefined;
}

export interface ClientParts {
  readonly clock: Clock & Timers;
  readonly random: Random;
  readonly transport: Transport;
  readonly deriveKey: DeriveKey;
}

/** How long a Server may take to close after Stop-Sessions. */
const CLOSE_SECONDS_MAX = 1;

/** `promise`, or MeasurementError `interrupted` as soon as the signal is aborted. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new MeasurementError('interrupted'));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

export class ClientConnection implements Peer {
  readonly #stream: Stream;
  readonly #clock: Clock & Timers;
  readonly #deriveKey: DeriveKey;
  readonly #credentials: Credentials | undefined;
  readonly #core: ControlClient;
  readonly #closed: Promise<void>;
  #endReason: MeasurementError | undefined;
  /** Who must hear of the end. */
  readonly #waiting = new Set<(reason: MeasurementError) => void>();
  #onEvent: (event: ControlClientEvent) => void = () => undefined;
  #deadline: Timer | undefined;
  #agreement: Agreement | undefined;

  /** Connects and sets up. Rejects with MeasurementError, `interrupted` once the signal is aborted. */
  static async open(
    to: ServerAddress,
    parts: ClientParts,
    signal: AbortSignal,
    options = CONTROL_OPTIONS,
  ): Promise<ClientConnection> {
    const stream = await parts.transport.connect(to, options, signal).catch((error: unknown) => {
      throw errorOfTransport(error, to, signal);
    });
    const connection = new ClientConnection(stream, to, parts);
    try {
      await abortable(
        connection.#answerTo(() => undefined),
        signal,
      );
      return connection;
    } catch (error) {
      stream.end();
      throw error;
    }
  }

  private constructor(stream: Stream, { credentials, features }: ServerAddress, parts: ClientParts) {
    const { clock, random, deriveKey } = parts;
    this.#stream = stream;
    this.#clock = clock;
    this.#deriveKey = deriveKey;
    this.#credentials = credentials;
    const keyed = credentials && { mode: credentials.mode, keyId: credentials.keyId, random };
    const answerNanos = ANSWER_SECONDS_MAX * NANOS_PER_SECOND;
    this.#core = new ControlClient({ answerNanos, keyed, features }, clock.monoNanos());
    this.#closed = new Promise((resolve) => {
      stream.open({
        onData: (octets) => this.#input((nowNanos) => this.#core.receive(octets, nowNanos)),
        onClose: () => {
          resolve();
          this.#input(() => this.#core.closed());
        },
      });
    });
    this.#drain();
  }

  get local(): Endpoint {
    return this.#stream.local;
  }

  get remote(): Endpoint {
    return this.#stream.remote;
  }

  get mode(): Mode {
    return this.#agreement!.mode;
  }

  /** Why the connection has ended, whoever ended it; undefined while it stands. */
  get endReason(): MeasurementError | undefined {
    return this.#endReason;
  }

  /** Control messages. */
  get counters(): { readonly received: number; readonly sent: number } {
    return this.#core.counters;
  }

  /** Rejects with MeasurementError `session-refused`, or with the reason the connection has ended. */
  async requestSession(request: PlainRequest): Promise<AgreedSession> {
    const reflects = (this.#agreement!.features & modeFeatures.reflectOctets) !== 0;
    const { paddingOctets } = request;
    const reflect = reflects ? { octetsToBeReflected: 0, paddingToReflect: paddingOctets } : undefined;
    const answer = await this.#answerTo((nowNanos) =>
      this.#core.requestSession({ ...request, reflect }, nowNanos),
    );
    if (answer.type === 'session-accepted') {
      const { port, sid, serverOctets } = answer;
      const packets = packetModeOf(this.#agreement!, sid);
      return { port, sid, packets: { ...packets, serverOctets: reflects ? serverOctets : undefined } };
    }
    const accept = answer.type === 'session-refused' ? answer.accept : 'failure';
    throw new MeasurementError('session-refused', { accept });
  }

  /** Rejects with the reason the connection has ended. */
  async startSessions(): Promise<void> {
    await this.#answerTo((nowNanos) => this.#core.startSessions(nowNanos));
  }

  /** Stops the sessions, if the connection still stands. */
  stopSessions(sessions: number): void {
    if (this.#core.state === 'running')
      this.#input((nowNanos) => this.#core.stopSessions(sessions, nowNanos));
  }

  /** `promise`; rejects with the reason when the connection ends before it is settled. */
  orEnded<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#endReason !== undefined) reject(this.#endReason);
      this.#waiting.add(reject);
      promise.then(resolve, reject).finally(() => this.#waiting.delete(reject));
    });
  }

  /**
   * Closes; fulfilled when the Server has closed too, so that what it records of us is complete, or takes too
   * long.
   */
  async close(): Promise<void> {
    this.#stream.end();
    const late = new Promise<void>((resolve) => {
      const timer = this.#clock.at(this.#clock.monoNanos() + CLOSE_SECONDS_MAX * NANOS_PER_SECOND, resolve);
      void this.#closed.then(() => timer.cancel());
    });
    await Promise.race([this.#closed, late]);
  }

  /** Does what the Server answers to, and waits for the answer. */
  #answerTo(act: (nowNanos: number) => void): Promise<ControlClientEvent> {
    const answer = new Promise<ControlClientEvent>((resolve) => (this.#onEvent = resolve));
    this.#input(act);
    return this.orEnded(answer);
  }

  #hearEnd(reason: MeasurementError): void {
    this.#endReason = reason;
    for (const hear of this.#waiting) hear(reason);
    this.#waiting.clear();
  }

  #handle(event: ControlClientEvent): void {
    if (event.type === 'ready') this.#agreement = event;
    if (event.type === 'key-wanted') void this.#provideKey(event.salt, event.count);
    else this.#onEvent(event);
  }

  async #provideKey(salt: Uint8Array, count: number): Promise<void> {
    const key = await this.#deriveKey(this.#credentials!.secret, salt, count);
    this.#input((nowNanos) => this.#core.useKey(key, nowNanos));
  }

  #input(act: (nowNanos: number) => void): void {
    act(this.#clock.monoNanos());
    this.#drain();
  }

  #drain(): void {
    for (let output = this.#core.poll(); output !== undefined; output = this.#core.poll()) {
      if (output.type === 'transmit') this.#stream.write(output.octets);
      else if (output.type === 'event') this.#handle(output.event);
      else {
        this.#stream.end();
        this.#hearEnd(errorOfEnd(output.end, ANSWER_SECONDS_MAX));
      }
    }
    this.#deadline?.cancel();
    const { deadlineNanos } = this.#core;
    if (deadlineNanos === undefined) return;
    const onDeadline = (): void => this.#input((nowNanos) => this.#core.timeout(nowNanos));
    this.#deadline = this.#clock.at(deadlineNanos, onDeadline);
  }
}
