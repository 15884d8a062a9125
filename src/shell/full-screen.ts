/** The terminal as one screen that is drawn anew every second, for commands that show what changes. */
import { NANOS_PER_SECOND, type Clock, type Timers } from '../clock.ts';
import type { Watched } from '../commands/command.ts';
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
 * Shows `watched` until q or Ctrl-C is pressed, the input ends, or the signal is aborted. Rejects with what `watched`
 * throws.
 */
export async function watchOn(
  screen: FullScreen,
  watched: Watched,
  clock: Clock & Timers,
  signal: AbortSignal,
): Promise<void> {
  let sampleAtNanos = clock.monoNanos();
  while (!signal.aborted) {
    if (clock.monoNanos() >= sampleAtNanos) {
      watched.sample();
      sampleAtNanos = clock.monoNanos() + NANOS_PER_SECOND;
    }
    const size = sizeOf(screen);
    await screen.write(frame(watched.draw(size), size));
    const key = await keyBefore(sampleAtNanos, screen, clock, signal);
    if (key !== undefined && quitKeys.has(key.text === '' ? key.name : key.text)) return;
  }
}

/** Undefined when the screen is to be drawn anew first. */
async function keyBefore(
  atNanos: number,
  screen: FullScreen,
  timers: Timers,
  signal: AbortSignal,
): Promise<Key | undefined> {
  const redraw = new AbortController();
  const giveUp = (): void => redraw.abort();
  signal.addEventListener('abort', giveUp, { once: true });
  const timer = timers.at(atNanos, () => redraw.abort());
  const stopResize = screen.onResize(() => redraw.abort());
  try {
    return await screen.readKeyBefore(redraw.signal);
  } finally {
    signal.removeEventListener('abort', giveUp);
    timer.cancel();
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
