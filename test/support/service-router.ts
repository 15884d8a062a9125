/** A router that has service sessions to show. */
import { chunksOf } from './chunks.ts';
import { openShell, runAll, startRouter, type TestRouter } from './router.ts';

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
