/** A router that has service sessions to show. */
import { openShell, runAll, startRouter, type TestRouter } from './router.ts';

const CHUNK_OCTETS = 65_536;

export async function* chunksOf(file: string | Uint8Array, octets = CHUNK_OCTETS): AsyncIterable<Uint8Array> {
  const all = typeof file === 'string' ? Buffer.from(file) : file;
  for (let at = 0; at < all.length; at += octets) yield await Promise.resolve(all.subarray(at, at + octets));
}

/** Imports what a file of that text holds, in place of what was there or beside it. */
export function importText(
  { router }: TestRouter,
  text: string,
  octets?: number,
  replace = true,
): ReturnType<typeof router.services.import> {
  return router.services.import(chunksOf(text, octets), {
    name: 'test',
    replace,
    signal: new AbortController().signal,
  });
}

export async function importRecords(test: TestRouter, records: readonly unknown[]): Promise<void> {
  await importText(test, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
}

/** What lines print at a router that has these records, the last of them. */
export async function shownOf(records: readonly unknown[], ...lines: readonly string[]): Promise<string> {
  const test = await startRouter();
  await importRecords(test, records);
  return runAll(await openShell(test), ...lines);
}
