/** The terminal as one screen that is drawn anew at intervals, for commands that show what changes. */
import type { Clock, Timers } from '../clock.ts';
import type { Drawn, WatchOptions } from '../commands/command.ts';
import { printable } from '../render/printable.ts';
import { clustersOf } from './editor/graphemes.ts';
import type { Key } from './editor/key-decoder.ts';
import { SIZE_DEFAULT, type ScreenSize } from './editor/painter.ts';

/** The alternate screen, without a cursor: what stood on the screen comes back with the other one. */
export const TAKE_SCREEN = '\x1b[?1049h\x1b[?25l';
export const GIVE_BACK_SCREEN = '\x1b[?25h\x1b[?1049l';

const FIRST_ROW = '\x1b[H';
const ERASE_ROW = '\x1b[K';

/** A terminal whose screen is taken. */
export interface FullScreen {
  /** A line feed begins the next row. */
  write(text: string): Promise<void> | void;
  /** 0 is unknown. */
  size(): ScreenSize;
  onResize(listener: () => void): () => void;
  /** Undefined once the signal is aborted. */
  readKeyBefore(signal: AbortSignal): Promise<Key | undefined>;
}

const quitKeys: ReadonlySet<string> = new Set(['q', 'Q', 'ctrl-c', 'end-of-input']);

/**
 * Shows `drawn` until q or Ctrl-C is pressed, the input ends, all rounds were shown, or the signal is aborted. Rejects with
 * what `drawn` throws.
 */
export async function watchOn(
  screen: FullScreen,
  drawn: Drawn,
  { intervalNanos, rounds = Infinity }: WatchOptions,
  clock: Clock & Timers,
  signal: AbortSignal,
): Promise<void> {
  const sampler = new Sampler(drawn);
  let sampleAtNanos = clock.monoNanos();
  try {
    while (!signal.aborted) {
      if (!sampler.isRunning && clock.monoNanos() >= sampleAtNanos) {
        if (sampler.samples > rounds) return;
        sampleAtNanos = clock.monoNanos() + intervalNanos;
        sampler.sample();
      }
      sampler.throwFailure();
      const size = sizeOf(screen);
      await screen.write(frame(drawn.draw(size), size));
      const key = await keyBefore(sampleAtNanos, sampler, screen, clock, signal);
      if (key === undefined) continue;
      const pressed = key.text === '' ? key.name : key.text;
      if (quitKeys.has(pressed)) return;
      drawn.press?.(pressed);
    }
  } finally {
    sampler.stop();
  }
}

/** Takes readings, one after the other, which may take their time. */
class Sampler {
  readonly #drawn: Drawn;
  readonly #ending = new AbortController();
  #failure: { readonly error: unknown } | undefined;
  isRunning = false;
  samples = 0;
  /** Told when a reading has been taken. */
  onSampled: (() => void) | undefined;

  constructor(drawn: Drawn) {
    this.#drawn = drawn;
  }

  sample(): void {
    this.samples += 1;
    const taken = this.#drawn.sample(this.#ending.signal);
    if (taken === undefined) return;
    this.isRunning = true;
    const over = (): void => {
      this.isRunning = false;
      this.onSampled?.();
    };
    taken.catch((error: unknown) => (this.#failure = { error })).finally(over);
  }

  throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** What is under way is given up, and nobody hears of it. */
  stop(): void {
    this.onSampled = undefined;
    this.#ending.abort();
  }
}

/** Undefined when the screen is to be drawn anew first. */
async function keyBefore(
  atNanos: number,
  sampler: Sampler,
  screen: FullScreen,
  timers: Timers,
  signal: AbortSignal,
): Promise<Key | undefined> {
  const redraw = new AbortController();
  const giveUp = (): void => redraw.abort();
  signal.addEventListener('abort', giveUp, { once: true });
  sampler.onSampled = giveUp;
  const timer = sampler.isRunning ? undefined : timers.at(atNanos, giveUp);
  const stopResize = screen.onResize(giveUp);
  try {
    return await screen.readKeyBefore(redraw.signal);
  } finally {
    signal.removeEventListener('abort', giveUp);
    sampler.onSampled = undefined;
    timer?.cancel();
    stopResize();
  }
}

function sizeOf(screen: FullScreen): ScreenSize {
  const { columns, rows } = screen.size();
  return { columns: columns || SIZE_DEFAULT.columns, rows: rows || SIZE_DEFAULT.rows };
}

/**
 * Every row of the screen, each erased before it is written: behind a row that is full, some terminals would erase its
 * last character.
 */
function frame(lines: readonly string[], { columns, rows }: ScreenSize): string {
  const cut = Array.from({ length: rows }, (_, row) => cutAt(columns, printable(lines[row] ?? '')));
  return FIRST_ROW + cut.map((line) => ERASE_ROW + line).join('\n');
}

function cutAt(columns: number, line: string): string {
  let used = 0;
  for (const { offset, width } of clustersOf(line)) {
    used += width;
    if (used > columns) return line.slice(0, offset);
  }
  return line;
}
