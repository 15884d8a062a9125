/** The captures that come with the program. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { exampleCaptures } from '../../../src/services/capture/example-captures.ts';

test('are the two files of a directory, opened when they are asked for', async () => {
  const directory = join(import.meta.dirname, '../../../docs/examples');
  const { inside, outside } = exampleCaptures(directory);
  expect(await buffer(inside())).toEqual(readFileSync(join(directory, 'inside.pcap')));
  expect(await buffer(outside())).toEqual(readFileSync(join(directory, 'outside.pcapng')));
  const none = exampleCaptures(join(directory, 'none'));
  await expect(buffer(none.inside())).rejects.toThrow('ENOENT');
});
