/** A program that attaches to the router that owns the state directory: its terminal or its lines go there. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { BatchOutput } from '../../shell/batch.ts';
import { RESTORE_TERMINAL, type Terminal } from '../../shell/interactive.ts';
import { StoreError } from '../../store/database.ts';
import { announced } from './meeting-point.ts';
import {
  ATTACH_VERSION,
  AttachError,
  LINES_AHEAD_MAX,
  received,
  send,
  type FromRouter,
  type Hello,
} from './messages.ts';

/** A router that has said welcome. */
export interface Reached {
  readonly socket: Socket;
  readonly messages: AsyncGenerator<FromRouter, void>;
}

/** How long a process that owns the directory may take until it can be reached, or has gone. */
const PATIENCE_MILLIS = 10_000;
const RETRY_MILLIS = 50;

/**
 * Makes this process the owner of the state directory by `open`, or reaches the router that is. Throws what `open` throws (StoreError
 * `in-use` where the owner cannot be reached), or AttachError `other-version`.
 */
export async function ownOrReach<Owned extends object>(
  directory: string,
  open: () => Owned,
): Promise<Owned | Reached> {
  for (let waited = 0; ; waited += RETRY_MILLIS) {
    try {
      return open();
    } catch (error) {
      const isTaken = error instanceof StoreError && error.problem.code === 'in-use';
      if (!isTaken || waited >= PATIENCE_MILLIS) throw error;
    }
    // It may be starting, or about to end.
    const reached = await reach(directory);
    if (reached) return reached;
    await delay(RETRY_MILLIS);
  }
}

async function reach(directory: string): Promise<Reached | undefined> {
  const path = announced(directory);
  if (path === undefined) return undefined;
  const socket = connect(path);
  try {
    await once(socket, 'connect');
  } catch {
    return undefined;
  }
  socket.on('error', () => undefined);
  const messages = received<FromRouter>(socket);
  const first = await messages.next();
  if (first.done === true) return undefined;
  if (first.value.type === 'welcome' && first.value.version === ATTACH_VERSION) return { socket, messages };
  socket.destroy();
  throw new AttachError('other-version');
}

/** What a program was started with that matters to the router it attaches to. */
export type Wishes = Pick<Hello, 'role' | 'login' | 'stopOnError' | 'directory'>;

/** Works at the running router's shell until that ends, or `signal` is aborted; the exit status. Throws AttachError. */
export async function converseThere(
  { socket, messages }: Reached,
  terminal: Terminal,
  error: BatchOutput['error'],
  wishes: Wishes,
  signal: AbortSignal,
): Promise<number> {
  const { colourLevel } = terminal;
  send(socket, { type: 'hello', ...wishes, terminal: { ...terminal.size(), colourLevel } });
  const stopResizing = terminal.onResize(() => void send(socket, { type: 'size', ...terminal.size() }));
  const type = (octets: Buffer): void => {
    if (send(socket, { type: 'keys', octets: octets.toString('latin1') })) return;
    terminal.input.pause();
    socket.once('drain', () => terminal.input.resume());
  };
  terminal.input.on('data', type);
  terminal.input.once('end', () => send(socket, { type: 'end' }));
  signal.addEventListener('abort', () => void send(socket, { type: 'stop' }), { once: true });
  const out = { write: (text: string) => (terminal.output.write(text) ? undefined : terminal.drained()) };
  try {
    return await hear(messages, { out, error });
  } catch (gone) {
    terminal.output.write(`${RESTORE_TERMINAL}\r\n`);
    throw gone;
  } finally {
    socket.destroy();
    stopResizing();
    terminal.input.off('data', type);
  }
}

/** Has the lines run by the running router, in order; the exit status. Throws AttachError. */
export async function batchThere(
  { socket, messages }: Reached,
  lines: AsyncIterable<string> | Iterable<string>,
  output: BatchOutput,
  wishes: Wishes,
  signal: AbortSignal,
): Promise<number> {
  send(socket, { type: 'hello', ...wishes });
  signal.addEventListener('abort', () => void send(socket, { type: 'stop' }), { once: true });
  const ahead = new Window(LINES_AHEAD_MAX);
  let unreadable: unknown;
  void sendLines(socket, lines, ahead).catch((error: unknown) => {
    // Standard input that is closed because nobody needs it any more is no failure.
    if (!ahead.closed) unreadable = error;
    socket.destroy();
  });
  try {
    return await hear(messages, output, () => ahead.free());
  } catch (gone) {
    throw unreadable ?? gone;
  } finally {
    socket.destroy();
    ahead.close();
  }
}

async function sendLines(
  socket: Socket,
  lines: AsyncIterable<string> | Iterable<string>,
  ahead: Window,
): Promise<void> {
  for await (const text of lines) {
    if (!(await ahead.take())) return;
    send(socket, { type: 'line', text });
  }
  send(socket, { type: 'end' });
}

/** Passes on what the router says until it gives an exit status. Throws AttachError. */
async function hear(
  messages: Reached['messages'],
  { out, error }: BatchOutput,
  done: () => void = () => undefined,
): Promise<number> {
  for await (const message of messages) {
    if (message.type === 'exit') return message.status;
    if (message.type === 'output') await out.write(message.text);
    else if (message.type === 'error') await error(message.line);
    else if (message.type === 'done') done();
  }
  throw new AttachError('router-gone');
}

/** So many may be under way at once. */
class Window {
  #left: number;
  closed = false;
  #wake: () => void = () => undefined;

  constructor(size: number) {
    this.#left = size;
  }

  /** False when nothing is to follow. */
  async take(): Promise<boolean> {
    while (this.#left === 0 && !this.closed) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#left -= 1;
    return !this.closed;
  }

  free(): void {
    this.#left += 1;
    this.#wake();
  }

  close(): void {
    this.closed = true;
    this.#wake();
  }
}
