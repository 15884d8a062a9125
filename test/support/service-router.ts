/** A router that has service sessions to show. */
import { openShell, runAll, startRouter, type TestRouter } from './router.ts';

async function* chunksOf(text: string): AsyncIterable<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text));
}

/** Imports what a file of that text holds, in place of what was there. */
export function importText({ router }: TestRouter, text: string): ReturnType<typeof router.services.import> {
  return router.services.import(chunksOf(text), {
    name: 'test',
    replace: true,
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
