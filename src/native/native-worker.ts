/** A thread that loads the C library (libc.ts), and is not ended in the midst of that. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

/** Who has not loaded it by then is stuck. */
const LOADING_MILLIS_MAX = 10_000;

/** Its first message says that it has loaded what it needs. */
export class NativeWorker extends Worker {
  readonly #loaded = new Promise<void>((resolve) => {
    this.once('message', resolve);
    this.once('exit', () => resolve());
  });

  /**
   * Fulfilled when it can be terminated. Until then koffi, which throws what it finds while it is loaded, would find that
   * it may not, and end the process.
   */
  async loaded(): Promise<void> {
    await Promise.race([this.#loaded, sleep(LOADING_MILLIS_MAX, undefined, { ref: false })]);
  }
}
