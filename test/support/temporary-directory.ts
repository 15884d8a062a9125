/** A directory for the files of one test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** An empty directory that is removed with all its content when the running test ends, or `atEnd`. */
export function temporaryDirectory(atEnd: (end: () => void) => void = onTestFinished): string {
  const directory = mkdtempSync(join(tmpdir(), 'dnrouter-test-'));
  atEnd(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
