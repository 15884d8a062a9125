/** What a program that attaches says to the router, or anybody at that socket. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import type { Socket } from 'node:net';
import { AttachError, received, type FromProgram } from '../../src/access/attach/messages.ts';
import { linesOf } from '../../src/access/lines.ts';
import { octetByOctet } from '../support/chunks.ts';
import { octetsOf, type FuzzTarget } from './target.ts';

const LINE_CHARACTERS_MAX = 64;

async function said(chunks: readonly Uint8Array[]): Promise<unknown[]> {
  const stream = new PassThrough();
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  const messages: unknown[] = [];
  try {
    for await (const message of received<FromProgram>(stream as unknown as Socket)) messages.push(message);
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
    ].map((message) => octetsOf(`${JSON.stringify(message)}\n`)),
};
