/** Colours by meaning; a level of 0 leaves text as it is. */
import { Chalk } from 'chalk';

export interface Palette {
  error(text: string): string;
  /** The words for states that stand alone in a cell of a table, or at the end of a line behind a colon. */
  states(text: string): string;
}

const STATE =
  /(?<=\| |: )(?:(up|enabled|active|Enabled|ACTIVE)|(down|disabled|inactive|failed|Disabled|INACTIVE))(?= *(?:\||$))/gm;

/** `level` is the terminal's, as chalk counts: 0 none, 1 sixteen colours, 2 of 256, 3 of all. */
export function palette(level: 0 | 1 | 2 | 3): Palette {
  const chalk = new Chalk({ level });
  const state = (word: string, good: string | undefined): string =>
    good === undefined ? chalk.red(word) : chalk.green(word);
  return {
    error: (text) => chalk.red(text),
    states: (text) => (level === 0 ? text : text.replace(STATE, state)),
  };
}
