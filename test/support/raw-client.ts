/** A client of a Server under test that sends whatever octets a test wants. */
import type { Endpoint, Stream } from '../../src/engine/transport.ts';
import { RequestTwSession, SetUpResponse, StartSessions, StopSessions } from '../../src/twamp/messages.ts';
import { encodeRequest, type SessionRequest } from '../../src/twamp/session-request.ts';
import { someRequest } from './control-pair.ts';
import type { VirtualNetwork } from './virtual-network.ts';
import type { VirtualTime } from './virtual-time.ts';

/** Long enough for an answer, short enough to be no deadline's length. */
const ANSWER_NANOS = 20e6;

export class RawClient {
  closed = false;
  readonly startMessage = StartSessions.encode({});
  readonly #time: VirtualTime;
  readonly #stream: Stream;
  #heard: Uint8Array[] = [];
  #nextPort = 50_000;

  /** Connects and waits for the greeting. */
  static async connect(
    network: VirtualNetwork,
    time: VirtualTime,
    from: string,
    to: Endpoint,
  ): Promise<RawClient> {
    const address = { vrf: { kind: 'default' }, host: to.address, port: to.port } as const;
    const options = { dscp: 0, keepidleSeconds: 120, keepintvlSeconds: 5, keepcnt: 6 };
    const { signal } = new AbortController();
    const stream = await time.until(network.host(from).connect(address, options, signal));
    const client = new RawClient(time, stream);
    await time.pass(ANSWER_NANOS);
    return client;
  }

  private constructor(time: VirtualTime, stream: Stream) {
    this.#time = time;
    this.#stream = stream;
    stream.open({ onData: (octets) => this.#heard.push(octets), onClose: () => void (this.closed = true) });
  }

  /** What was heard since the last call. */
  heard(): Uint8Array {
    const heard = Buffer.concat(this.#heard);
    this.#heard = [];
    return heard;
  }

  /** Sends and hangs up. */
  async partWith(...messages: Uint8Array[]): Promise<void> {
    for (const message of messages) this.#stream.write(message);
    await this.close();
  }

  /** Sends, and gives what comes back. */
  async exchange(...messages: Uint8Array[]): Promise<Uint8Array> {
    this.heard();
    for (const message of messages) this.#stream.write(message);
    await this.#time.pass(ANSWER_NANOS);
    return this.heard();
  }

  async setUp(mode = 1): Promise<void> {
    await this.exchange(this.setUpMessage(mode));
  }

  setUpMessage(mode = 1): Uint8Array {
    const keys = { keyId: new Uint8Array(80), token: new Uint8Array(64), clientIv: new Uint8Array(16) };
    return SetUpResponse.encode({ mode, ...keys });
  }

  requestMessage(changes: Partial<SessionRequest>): Uint8Array {
    const senderPort = this.#nextPort++;
    return RequestTwSession.encode(encodeRequest({ ...someRequest, senderPort, ...changes }));
  }

  stopMessage(sessions: number): Uint8Array {
    return StopSessions.encode({ accept: 0, sessions });
  }

  async close(): Promise<void> {
    this.#stream.end();
    await this.#time.pass(ANSWER_NANOS);
  }
}
