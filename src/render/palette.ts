/** Colours by meaning; a level of 0 leaves text as it is. */
import { Chalk } from 'chalk';

export interface Palette {
  error(text: string): string;
}

/** `level` is the terminal's, as chalk counts: 0 none, 1 sixteen colours, 2 of 256, 3 of all. */
export function palette(level: 0 | 1 | 2 | 3): Palette {
  const chalk = new Chalk({ level });
  return { error: (text) => chalk.red(text) };
}
