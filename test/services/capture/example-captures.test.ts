/** The captures that come with the program. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exampleCaptures } from '../../../src/services/capture/example-captures.ts';

async function octetsIn(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

test('are the two files of a directory, opened when they are asked for', async () => {
  const directory = join(import.meta.dirname, '../../../docs/examples');
  const { inside, outside } = exampleCaptures(directory);
  expect(await octetsIn(inside())).toEqual(readFileSync(join(directory, 'inside.pcap')));
  expect(await octetsIn(outside())).toEqual(readFileSync(join(directory, 'outside.pcapng')));
  const none = exampleCaptures(join(directory, 'none'));
  await expect(octetsIn(none.inside())).rejects.toThrow('ENOENT');
});
