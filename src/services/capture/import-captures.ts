/** Connections of one capture, or of two that belong together. */
import { randomInt } from 'node:crypto';
import { captureFormOf, MAGIC_OCTETS } from './capture-file.ts';
import { CaptureReader } from './capture-reader.ts';
import type { Pairing, PairedConnection } from './pairing.ts';
import type { CapturedSession } from './session-tracker.ts';

export type Chunks = AsyncIterable<Uint8Array>;

/** A file, of which the beginning has been read. */
export interface BegunFile {
  readonly beginning: Uint8Array;
  /** All of it. */
  readonly chunks: Chunks;
}

export async function begun(chunks: Chunks): Promise<BegunFile> {
  const rest = chunks[Symbol.asyncIterator]();
  let beginning: Uint8Array = new Uint8Array();
  while (beginning.length < MAGIC_OCTETS) {
    const next = await rest.next();
    if (next.done === true) break;
    beginning = Buffer.concat([beginning, next.value]);
  }
  const all = async function* (): AsyncGenerator<Uint8Array> {
    yield beginning;
    yield* { [Symbol.asyncIterator]: () => rest };
  };
  return { beginning, chunks: all() };
}

/** Undefined where the file is no capture. */
export function captureReaderOf({ beginning }: BegunFile): CaptureReader | undefined {
  const form = captureFormOf(beginning);
  // The seed keeps whoever makes a capture from knowing where its sessions fall in a table.
  return form && new CaptureReader(form, randomInt(2 ** 32));
}

/** Of a single capture. */
export async function* connectionsOf(
  reader: CaptureReader,
  chunks: Chunks,
): AsyncGenerator<PairedConnection> {
  for await (const { connection } of sessionsOf(reader, chunks))
    yield { connection, isFromOutside: undefined };
}

/** Of a capture made inside of a router; what is not given yet waits in the pairing. */
export async function* connectionsInside(
  reader: CaptureReader,
  chunks: Chunks,
  pairing: Pairing,
): AsyncGenerator<PairedConnection> {
  for await (const session of sessionsOf(reader, chunks)) {
    const connection = pairing.addInside(session);
    if (connection !== undefined) yield connection;
  }
}

/** Of the one made outside, and then all that waited. */
export async function* connectionsOutside(
  reader: CaptureReader,
  chunks: Chunks,
  pairing: Pairing,
): AsyncGenerator<PairedConnection> {
  for await (const session of sessionsOf(reader, chunks)) {
    const connection = pairing.addOutside(session);
    if (connection !== undefined) yield connection;
  }
  yield* pairing.end();
}

async function* sessionsOf(reader: CaptureReader, chunks: Chunks): AsyncGenerator<CapturedSession> {
  for await (const chunk of chunks) yield* reader.take(chunk);
  yield* reader.end();
}
