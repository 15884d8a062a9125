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

/** Of UTF-8 for one unit of UTF-16. */
const UNIT_OCTETS_MAX = 3;
const ENCODED_OCTETS = 512 * 1024;
/** Shorter ones are written as they are. */
const LONG = 16_384;

/**
 * Long texts are encoded into the same memory again and again: fresh memory for each would cost more than all else that is
 * done with them. Undefined: there is something in it that waits to be written.
 */
let encoded: Uint8Array | undefined = new Uint8Array(0);
const encoder = new TextEncoder();

function encodedText(text: string): readonly [octets: Uint8Array | string, written: () => void] {
  if (encoded === undefined || text.length < LONG || text.length * UNIT_OCTETS_MAX > ENCODED_OCTETS)
    return [text, () => undefined];
  const memory = encoded.length > 0 ? encoded : new Uint8Array(ENCODED_OCTETS);
  encoded = undefined;
  const { written } = encoder.encodeInto(text, memory);
  return [memory.subarray(0, written), () => (encoded = memory)];
}

/** Waits for a reader that is slower than the router. */
function writeOut(text: string): Promise<void> | undefined {
  if (process.stdout.write(...encodedText(text))) return undefined;
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
