/** A Control-Client of the benchmark, for the sessions that other measurements need. */
import { createConnection, type Socket } from 'node:net';
import { ControlClient, type ControlClientEvent } from '../../src/twamp/control-client.ts';

const ANSWER_NANOS = 20e9;

const monoNanos = (): number => performance.now() * 1e6;

/** The header every test packet has; what else it holds is padding. */
const SENDER_OCTETS = 14;

export interface ControlAddress {
  readonly host: string;
  readonly port: number;
  /** Where to connect from. */
  readonly localAddress?: string;
}

export class ControlConnection {
  readonly #socket: Socket;
  readonly #core = new ControlClient({ answerNanos: ANSWER_NANOS }, monoNanos());
  #answer: ((event: ControlClientEvent | Error) => void) | undefined;
  #sessions = 0;

  /** Connects and waits until sessions may be requested. */
  static async open(to: ControlAddress): Promise<ControlConnection> {
    const socket = createConnection({ ...to, noDelay: true });
    const connection = new ControlConnection(socket);
    await connection.#answerTo(() => undefined);
    return connection;
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (octets) => this.#input(() => this.#core.receive(octets, monoNanos())));
    socket.on('error', (error) => this.#answer?.(error));
    socket.on('close', () => this.#answer?.(new Error('The server closed the control connection.')));
  }

  /** Packets of `octets` octets from `senderPort`; gives the port they go to. */
  async requestSession(senderPort: number, octets: number): Promise<number> {
    const request = {
      ipVersion: 4,
      senderAddress: undefined,
      receiverAddress: undefined,
      senderPort,
      receiverPort: 0,
      paddingOctets: octets - SENDER_OCTETS,
      startTime: 0n,
      timeoutNanos: 1e9,
      dscp: 0,
    } as const;
    const answer = await this.#answerTo(() => this.#core.requestSession(request, monoNanos()));
    if (answer.type !== 'session-accepted') throw new Error(`The server refused a session: ${answer.type}`);
    this.#sessions += 1;
    return answer.port;
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
      else if (output.type === 'event') this.#answer?.(output.event);
      else this.#answer?.(new Error(`The control connection ended: ${output.end.code}`));
    }
  }
}

/** `sessions` sessions on `connections` connections, running; their reflectors' ports and what ends them. */
export async function openSessions(
  to: ControlAddress,
  senderPort: number,
  { octets, sessions, connections }: { octets: number; sessions: number; connections: number },
): Promise<{ readonly ports: readonly number[]; readonly close: () => void }> {
  const opened: ControlConnection[] = [];
  const ports: number[] = [];
  for (let index = 0; index < connections; index += 1) {
    const connection = await ControlConnection.open(to);
    opened.push(connection);
    while (ports.length < ((index + 1) * sessions) / connections) {
      ports.push(await connection.requestSession(senderPort, octets));
    }
    await connection.startSessions();
  }
  return {
    ports,
    close: () => {
      for (const connection of opened) {
        connection.stopSessions();
        connection.close();
      }
    },
  };
}
