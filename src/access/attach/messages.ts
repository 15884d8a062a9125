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
type Shape = (value: unknown) => boolean;

/** More than a kernel keeps of a terminal's size. */
const TERMINAL_LENGTH_MAX = 65_535;
const COLOUR_LEVEL_MAX = 3;

const string: Shape = (value) => typeof value === 'string';
const boolean: Shape = (value) => typeof value === 'boolean';
const integerTo =
  (maximum: number): Shape =>
  (value) =>
    Number.isInteger(value) && (value as number) >= 0 && (value as number) <= maximum;
const integer = integerTo(Number.MAX_SAFE_INTEGER);
const length = integerTo(TERMINAL_LENGTH_MAX);
const optional =
  (shape: Shape): Shape =>
  (value) =>
    value === undefined || shape(value);
const fields =
  (shape: Readonly<Record<string, Shape>>): Shape =>
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(shape).every(([name, fits]) => fits((value as Readonly<Record<string, unknown>>)[name]));

/** The fields of each type of message. */
const shapes: { readonly [T in Message['type']]: Shape } = {
  welcome: fields({ version: integer }),
  hello: fields({
    login: boolean,
    stopOnError: boolean,
    role: optional(string),
    terminal: optional(fields({ columns: length, rows: length, colourLevel: integerTo(COLOUR_LEVEL_MAX) })),
    directory: optional(string),
  }),
  keys: fields({ octets: string }),
  size: fields({ columns: length, rows: length }),
  line: fields({ text: string }),
  end: fields({}),
  stop: fields({}),
  output: fields({ text: string }),
  error: fields({ line: string }),
  done: fields({}),
  exit: fields({ status: integer }),
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
  const { type } = value as Readonly<Record<string, unknown>>;
  return typeof type === 'string' && Object.hasOwn(shapes, type) && shapes[type as Message['type']](value);
}
