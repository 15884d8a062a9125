/** Long work on the main thread is done in slices; between them everybody else has their turn. */
import type { Clock } from '../clock.ts';

/** Work that can be left for a while wherever it yields; what it makes comes at its end. */
export type InTurns<Made> = Generator<undefined, Made>;

/** For how long others wait for their turn, in nanoseconds. */
export const SLICE_NANOS = 2_000_000;

export class Slices {
  readonly #clock: Pick<Clock, 'monoNanos'>;
  #endNanos: number;

  /** The first begins now. */
  constructor(clock: Pick<Clock, 'monoNanos'>) {
    this.#clock = clock;
    this.#endNanos = clock.monoNanos() + SLICE_NANOS;
  }

  get over(): boolean {
    return this.#clock.monoNanos() >= this.#endNanos;
  }

  /** Gives others their turn; then the next begins. */
  async next(): Promise<void> {
    await new Promise(setImmediate);
    this.#endNanos = this.#clock.monoNanos() + SLICE_NANOS;
  }
}

/** Does the work in slices. Rejects with what it throws. */
export async function inTurns<Made>(
  work: Iterator<unknown, Made>,
  clock: Pick<Clock, 'monoNanos'>,
): Promise<Made> {
  const slices = new Slices(clock);
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    if (slices.over) await slices.next();
  }
}

/** Does the work at once, for little of it, or where nobody waits. */
export function atOnce<Made>(work: Iterator<unknown, Made>): Made {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}
