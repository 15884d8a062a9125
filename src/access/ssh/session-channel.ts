/** One session of a connection: its streams, between the client's window and the main thread's. */
import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { Connection, ServerChannel, Session } from 'ssh2';
import {
  INPUT_OCTETS_MAX,
  type FromWorker,
  type SessionSignal,
  type TerminalSize,
  type ToWorker,
} from './link.ts';

/** Octets that may wait in the socket before more output is made: a client that does not read stops its session. */
export const UNSENT_OCTETS_MAX = 256 * 1024;

/** How long a client may take to read the last output and to close, once its session is over. */
const END_MILLIS_MAX = 10_000;

/** What ssh2 keeps of output that waited for the client's window, and would send again behind other output. */
interface ChannelRemainders {
  _chunk: undefined;
  _chunkErr: undefined;
}

export class SessionChannel {
  readonly #id: number;
  readonly #socket: Socket;
  readonly #client: Connection;
  readonly #channel: ServerChannel;
  readonly #post: (message: FromWorker, transfer?: ArrayBuffer[]) => void;
  #inputCredit = INPUT_OCTETS_MAX;
  readonly #output: Extract<ToWorker, { type: 'write' }>[] = [];
  /** Output is under way, or waits for the client. */
  #busy = false;
  #status: number | undefined;
  #size: TerminalSize | undefined;
  #signal: SessionSignal | undefined;
  #noticePending = false;
  #closed = false;

  constructor(
    id: number,
    socket: Socket,
    client: Connection,
    session: Session,
    channel: ServerChannel,
    post: (message: FromWorker, transfer?: ArrayBuffer[]) => void,
  ) {
    this.#id = id;
    this.#socket = socket;
    this.#client = client;
    this.#channel = channel;
    this.#post = post;
    channel.on('readable', () => this.#attempt(() => this.#read()));
    channel.on('end', () => post({ type: 'input-ended', session: id }));
    // Writing to a client that is gone; its connection tells.
    for (const stream of [channel, channel.stderr]) stream.on('error', () => undefined);
    // The channel itself closes only when its input has been read.
    session.on('close', () => this.close());
    session.on('window-change', (accept: (() => void) | undefined, _reject, { cols, rows }) => {
      accept?.();
      this.#notice({ columns: cols, rows });
    });
  }

  /** Octets of the client that nobody has asked for yet. */
  get unread(): number {
    return this.#channel.readableLength;
  }

  handle(message: Extract<ToWorker, { session: number }>): void {
    this.#attempt(() => this.#handle(message));
  }

  #handle(message: Extract<ToWorker, { session: number }>): void {
    switch (message.type) {
      case 'write':
        this.#output.push(message);
        this.#write();
        break;
      case 'used':
        this.#inputCredit += message.octets;
        this.#read();
        break;
      case 'noticed':
        this.#noticePending = false;
        this.#tellNotice();
        break;
      case 'end':
        this.#status = message.status;
        setTimeout(() => this.#attempt(() => this.#channel.close()), END_MILLIS_MAX).unref();
        this.#write();
        break;
    }
  }

  signal(signal: SessionSignal): void {
    if (this.#signal !== 'end') this.#signal = signal;
    this.#tellNotice();
  }

  /** The client, or its connection, has gone. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#post({ type: 'closed', session: this.#id });
  }

  #notice(size: TerminalSize): void {
    this.#size = size;
    this.#tellNotice();
  }

  #tellNotice(): void {
    if (this.#noticePending || (this.#size === undefined && this.#signal === undefined)) return;
    this.#noticePending = true;
    this.#post({ type: 'notice', session: this.#id, size: this.#size, signal: this.#signal });
    this.#size = undefined;
    this.#signal = undefined;
  }

  #read(): void {
    while (this.#inputCredit > 0) {
      const octets = Math.min(this.#inputCredit, this.#channel.readableLength);
      // With nothing to read, this makes the end of the stream be told.
      const chunk = this.#channel.read(octets === 0 ? undefined : octets) as Buffer | null;
      if (chunk === null) return;
      this.#inputCredit -= chunk.length;
      // A copy: the buffer is a view of what the socket has read, which would travel whole.
      const copy = new Uint8Array(chunk);
      this.#post({ type: 'input', session: this.#id, octets: copy }, [copy.buffer]);
    }
  }

  /** One piece after the other; each waits until the client's window, its socket and a key exchange let it through. */
  #write(): void {
    if (this.#busy) return;
    if (this.#socket.writableLength > UNSENT_OCTETS_MAX) {
      this.#resumeOn(this.#socket, 'drain');
      return;
    }
    const piece = this.#output.shift();
    if (piece === undefined) {
      if (this.#status !== undefined) this.#finish(this.#status);
      return;
    }
    const octets = Buffer.from(piece.text);
    const writtenBefore = this.#socket.bytesWritten;
    const stream = piece.to === 'output' ? this.#channel.stdout : this.#channel.stderr;
    this.#busy = true;
    stream.write(octets, () => {
      this.#busy = false;
      Object.assign<ServerChannel, ChannelRemainders>(this.#channel, {
        _chunk: undefined,
        _chunkErr: undefined,
      });
      this.#post({ type: 'written', session: this.#id, characters: piece.text.length });
      // During a key exchange ssh2 takes everything and sends nothing.
      const held = this.#socket.bytesWritten - writtenBefore < octets.length;
      if (held) this.#resumeOn(this.#client, 'rekey');
      else this.#attempt(() => this.#write());
    });
  }

  #resumeOn(emitter: EventEmitter, event: 'drain' | 'rekey'): void {
    this.#busy = true;
    emitter.once(event, () => {
      this.#busy = false;
      this.#attempt(() => this.#write());
    });
  }

  /** ssh2 throws where a connection has gone that its close has not told of yet; nobody else is to feel that. */
  #attempt(action: () => void): void {
    if (this.#closed) return;
    try {
      action();
    } catch {
      this.close();
    }
  }

  #finish(status: number): void {
    this.#busy = true;
    this.#channel.exit(status);
    this.#channel.end();
  }
}
