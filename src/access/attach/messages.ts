/** What a program that attaches and the router say to each other: one JSON object a line. */
import type { Socket } from 'node:net';
import { linesOf } from '../lines.ts';

/** Ends that do not speak the same version do not go on. */
export const ATTACH_VERSION = 1;

/** The first thing that is said by who attaches. */
export interface Hello {
  readonly type: 'hello';
  /** The login class to whose rights the login is narrowed. */
  readonly role?: string;
  /** Whether to ask for a user and a password, which takes a terminal. */
  readonly login: boolean;
  /** The terminal to converse at; a batch has none. */
  readonly terminal?: TerminalSize & { readonly colourLevel: 0 | 1 | 2 | 3 };
  readonly stopOnError: boolean;
  /** Where names of files begin. */
  readonly directory?: string;
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export type FromProgram =
  | Hello
  /** Octets from the terminal, each as the character of that number. */
  | { readonly type: 'keys'; readonly octets: string }
  | ({ readonly type: 'size' } & TerminalSize)
  /** A line of the batch. No more than LINES_AHEAD_MAX may be sent for which there was no `done`. */
  | { readonly type: 'line'; readonly text: string }
  /** No more lines will come. */
  | { readonly type: 'end' }
  /** A signal has told the program to end: what is under way is given up, and what came of it is still said. */
  | { readonly type: 'stop' };

export type FromRouter =
  /** The first thing that is said, by the router. */
  | { readonly type: 'welcome'; readonly version: number }
  | { readonly type: 'output'; readonly text: string }
  /** A line for standard error, without its line feed. */
  | { readonly type: 'error'; readonly line: string }
  /** A line of the batch was taken. */
  | { readonly type: 'done' }
  /** Nothing follows. */
  | { readonly type: 'exit'; readonly status: number };

/** Lines of a batch that are on their way, or wait for their turn. */
export const LINES_AHEAD_MAX = 64;

/** Longer output is cut into several messages. */
export const OUTPUT_CHARACTERS_MAX = 65_536;

/** A longer message ends the connection; a character may take six as an escape. */
const MESSAGE_CHARACTERS_MAX = 1_048_576;

/** Whether more may be sent at once; otherwise the socket says `drain` when it may. */
export function send(socket: Socket, message: FromProgram | FromRouter): boolean {
  return socket.destroyed || socket.write(`${JSON.stringify(message)}\n`);
}

/** Whatever was said, in order. Ends with the connection, however that ends. Throws AttachError `garbled`. */
export async function* received<Message extends FromProgram | FromRouter>(
  socket: Socket,
): AsyncGenerator<Message, void> {
  try {
    for await (const line of linesOf(socket, MESSAGE_CHARACTERS_MAX)) yield read(line) as Message;
  } catch (error) {
    // A connection that was cut is one that has ended.
    if (error instanceof AttachError) throw error;
  }
}

export type AttachErrorCode =
  /** What came is no message of this version. */
  | 'garbled'
  /** The running router speaks another version. */
  | 'other-version'
  /** No socket can be had under a name that is short enough, in a directory that is ours alone. */
  | 'no-meeting-point'
  /** The router ended amid what it did for us. */
  | 'router-gone';

const texts: { readonly [C in AttachErrorCode]: string } = {
  garbled: 'The other end of the attach socket does not speak as it should.',
  'other-version': 'The running router is of another version (restart it, or use its program).',
  'no-meeting-point':
    'No directory for the attach socket: its path is too long, or belongs to somebody else.',
  'router-gone': 'The running router has ended.',
};

/** The message is for people. */
export class AttachError extends Error {
  readonly code: AttachErrorCode;

  constructor(code: AttachErrorCode) {
    super(texts[code]);
    this.name = 'AttachError';
    this.code = code;
  }
}

type Message = FromProgram | FromRouter;
type Shape = 'string' | 'number' | 'boolean';

/** The fields that each type of message must have. */
const shapes: { readonly [T in Message['type']]: Readonly<Record<string, Shape>> } = {
  welcome: { version: 'number' },
  hello: { stopOnError: 'boolean' },
  keys: { octets: 'string' },
  size: { columns: 'number', rows: 'number' },
  line: { text: 'string' },
  end: {},
  stop: {},
  output: { text: 'string' },
  error: { line: 'string' },
  done: {},
  exit: { status: 'number' },
};

/** Throws AttachError `garbled`. */
function read(line: string): Message {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new AttachError('garbled');
  }
  if (!isMessage(value)) throw new AttachError('garbled');
  return value;
}

function isMessage(value: unknown): value is Message {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  const { type } = fields;
  if (typeof type !== 'string' || !Object.hasOwn(shapes, type)) return false;
  const shape = shapes[type as Message['type']];
  return Object.entries(shape).every(([name, expected]) => typeof fields[name] === expected);
}
