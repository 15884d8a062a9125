/** What this process writes: results on standard output, remarks and errors on standard error. */
import { printable } from '../render/printable.ts';
import type { BatchOutput } from '../shell/batch.ts';

/** A line, without its line feed. */
export function complainPlainly(line: string): void {
  process.stderr.write(`${printable(line)}\n`);
}

/** A line that names the program. */
export function complain(text: string): void {
  complainPlainly(`dnrouter: ${text}`);
}

export const standardOutput: BatchOutput = { out: { write: writeOut }, error: complainPlainly };

/** Waits for a reader that is slower than the router. */
function writeOut(text: string): Promise<void> | undefined {
  if (process.stdout.write(text)) return undefined;
  return new Promise((resolve) => {
    const goOn = (): void => {
      process.stdout.off('drain', goOn).off('close', goOn);
      resolve();
    };
    process.stdout.on('drain', goOn).on('close', goOn);
  });
}

/** A reader that has gone (`| head -1`) ends the router quietly; a disk that is full is an error. */
export function endWithOutput(stop: AbortController): void {
  const end = (error: NodeJS.ErrnoException): void => {
    if (stop.signal.aborted) return;
    if (error.code !== 'EPIPE') complain(`standard output cannot be written: ${error.message}`);
    process.exitCode = 1;
    stop.abort();
  };
  process.stdout.on('error', end);
  process.stderr.on('error', () => stop.abort());
}
