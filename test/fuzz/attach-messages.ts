/** What a program that attaches says to the router, or anybody at that socket. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import type { Socket } from 'node:net';
import {
  AttachError,
  received,
  type FromProgram,
  type FromRouter,
  type TerminalSize,
} from '../../src/access/attach/messages.ts';
import { linesOf } from '../../src/access/lines.ts';
import { octetByOctet } from '../support/chunks.ts';
import { octetsOf, type FuzzTarget } from './target.ts';

const LINE_CHARACTERS_MAX = 64;

type Said = FromProgram | FromRouter | string;

async function said(chunks: readonly Uint8Array[]): Promise<Said[]> {
  const stream = new PassThrough();
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  const messages: Said[] = [];
  try {
    for await (const message of received<FromProgram | FromRouter>(stream as unknown as Socket))
      messages.push(message);
  } catch (error) {
    if (!(error instanceof AttachError)) throw error;
    messages.push(error.code);
  }
  return messages;
}

async function lines(chunks: readonly Uint8Array[]): Promise<string[]> {
  const found: string[] = [];
  const stream = PassThrough.from(chunks.map((chunk) => Buffer.from(chunk)));
  for await (const line of linesOf(stream, LINE_CHARACTERS_MAX)) found.push(line);
  return found;
}

/** What a terminal says of itself is a size that can be drawn at. */
function checkSize({ columns, rows }: TerminalSize): void {
  for (const length of [columns, rows]) assert(Number.isInteger(length) && length >= 0 && length <= 65_535);
}

export const target: FuzzTarget = {
  isAsync: true,
  octetsMax: 512,
  words: [
    '{"type":"hello","stopOnError":true,"login":false}',
    '{"type":"keys","octets":"',
    '"size"',
    '"columns":80',
    '"rows":24',
    '"line"',
    '"text"',
    '"__proto__"',
    '\n',
  ],
  run: async (octets) => {
    const whole = await said([octets]);
    assert.deepEqual(await said(octetByOctet(octets)), whole);
    for (const message of whole) {
      if (typeof message === 'string') continue;
      if (message.type === 'size') checkSize(message);
      if (message.type === 'hello' && message.terminal !== undefined) checkSize(message.terminal);
    }
    const read = await lines([octets]);
    assert.deepEqual(await lines(octetByOctet(octets)), read);
    for (const line of read) assert(line.length <= LINE_CHARACTERS_MAX + 1 && !line.includes('\n'));
  },
  seeds: () =>
    [
      { type: 'hello', login: false, stopOnError: true, terminal: { columns: 80, rows: 24, colourLevel: 0 } },
      { type: 'keys', octets: 'show\r' },
      { type: 'size', columns: 80, rows: 24 },
      { type: 'line', text: 'show version' },
      { type: 'end' },
      { type: 'welcome', version: 1 },
      { type: 'output', text: 'a\n' },
      { type: 'error', line: 'ERROR: no' },
      { type: 'exit', status: 1 },
    ].map((message) => octetsOf(`${JSON.stringify(message)}\n`)),
};
