/** A Control-Client of the benchmark, for the sessions that other measurements need. */
import { createConnection, type Socket } from 'node:net';
import { systemRandom } from '../../src/clock.ts';
import { deriveKey } from '../../src/engine/key-chains.ts';
import { ControlClient, type ControlClientEvent } from '../../src/twamp/control-client.ts';
import { formOf, type PacketMode } from '../../src/twamp/packet-forms.ts';
import { modes, type KeyedMode } from '../../src/twamp/protocol.ts';
import { packetModeOf, type Agreement } from '../../src/twamp/session-keys.ts';

const ANSWER_NANOS = 20e9;

const monoNanos = (): number => performance.now() * 1e6;

export interface ControlAddress {
  readonly host: string;
  readonly port: number;
  /** Where to connect from. */
  readonly localAddress?: string;
  /** Undefined: unauthenticated. */
  readonly credentials?: Credentials | undefined;
}

/** What a keyed connection is set up with. */
export interface Credentials {
  readonly mode: KeyedMode;
  readonly keyId: string;
  readonly secret: string;
}

/** A session accepted. */
export interface TestSession {
  /** Where its packets go to. */
  readonly port: number;
  /** How they look. */
  readonly packets: PacketMode;
}

export class ControlConnection {
  readonly #socket: Socket;
  readonly #core: ControlClient;
  readonly #credentials: Credentials | undefined;
  /** Once sessions may be requested. */
  #agreement: Agreement | undefined;
  #answer: ((event: ControlClientEvent | Error) => void) | undefined;
  #sessions = 0;

  /** Connects and waits until sessions may be requested. */
  static async open({ credentials, ...to }: ControlAddress): Promise<ControlConnection> {
    const socket = createConnection({ ...to, noDelay: true });
    const connection = new ControlConnection(socket, credentials);
    await connection.#answerTo(() => undefined);
    return connection;
  }

  private constructor(socket: Socket, credentials: Credentials | undefined) {
    this.#socket = socket;
    this.#credentials = credentials;
    const keyed = credentials && { ...credentials, random: systemRandom };
    this.#core = new ControlClient({ answerNanos: ANSWER_NANOS, keyed }, monoNanos());
    socket.on('data', (octets) => this.#input(() => this.#core.receive(octets, monoNanos())));
    socket.on('error', (error) => this.#answer?.(error));
    socket.on('close', () => this.#answer?.(new Error('The server closed the control connection.')));
  }

  /** Packets of `octets` octets from `senderPort`. */
  async requestSession(senderPort: number, octets: number): Promise<TestSession> {
    const agreement = this.#agreement!;
    const { sender } = formOf({ mode: modes[agreement.mode] });
    const request = {
      ipVersion: 4,
      senderAddress: undefined,
      receiverAddress: undefined,
      senderPort,
      receiverPort: 0,
      paddingOctets: octets - sender.padding,
      startTime: 0n,
      timeoutNanos: 1e9,
      dscp: 0,
    } as const;
    const answer = await this.#answerTo(() => this.#core.requestSession(request, monoNanos()));
    if (answer.type !== 'session-accepted') throw new Error(`The server refused a session: ${answer.type}`);
    this.#sessions += 1;
    return { port: answer.port, packets: packetModeOf(agreement, answer.sid) };
  }

  async startSessions(): Promise<void> {
    await this.#answerTo(() => this.#core.startSessions(monoNanos()));
  }

  stopSessions(): void {
    this.#input(() => this.#core.stopSessions(this.#sessions, monoNanos()));
  }

  close(): void {
    this.#answer = undefined;
    this.#socket.end();
  }

  #answerTo(act: () => void): Promise<ControlClientEvent> {
    return new Promise((resolve, reject) => {
      this.#answer = (answer) => (answer instanceof Error ? reject(answer) : resolve(answer));
      this.#input(act);
    });
  }

  #input(act: () => void): void {
    act();
    for (let output = this.#core.poll(); output !== undefined; output = this.#core.poll()) {
      if (output.type === 'transmit') this.#socket.write(output.octets);
      else if (output.type === 'event') this.#hear(output.event);
      else this.#answer?.(new Error(`The control connection ended: ${output.end.code}`));
    }
  }

  #hear(event: ControlClientEvent): void {
    if (event.type === 'ready') this.#agreement = event;
    if (event.type === 'key-wanted') void this.#giveKey(event.salt, event.count);
    else this.#answer?.(event);
  }

  async #giveKey(salt: Uint8Array, count: number): Promise<void> {
    const key = await deriveKey(this.#credentials!.secret, salt, count);
    this.#input(() => this.#core.useKey(key, monoNanos()));
  }
}

/** `sessions` sessions on `connections` connections, running, and what ends them. */
export async function openSessions(
  to: ControlAddress,
  senderPort: number,
  { octets, sessions, connections }: { octets: number; sessions: number; connections: number },
): Promise<{ readonly running: readonly TestSession[]; readonly close: () => void }> {
  const opened: ControlConnection[] = [];
  const running: TestSession[] = [];
  for (let index = 0; index < connections; index += 1) {
    const connection = await ControlConnection.open(to);
    opened.push(connection);
    while (running.length < ((index + 1) * sessions) / connections) {
      running.push(await connection.requestSession(senderPort, octets));
    }
    await connection.startSessions();
  }
  return {
    running,
    close: () => {
      for (const connection of opened) {
        connection.stopSessions();
        connection.close();
      }
    },
  };
}
