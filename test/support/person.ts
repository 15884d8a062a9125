/** Somebody at a real pseudo-terminal, in which the program or another command runs. */
import { spawn, type IPty } from '@lydell/node-pty';
import { onTestFinished } from 'vitest';
import { PROGRAM } from './program.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** A person at a terminal that runs the program. */
export class Person {
  readonly pty: IPty;
  readonly ended: Promise<number>;
  readonly state: string;
  #seen = '';
  #wake: (() => void) | undefined;

  /** `atEnd` sees to it that what it is given is done in the end. */
  constructor(
    words: readonly string[] = [],
    state = temporaryDirectory(),
    atEnd: (end: () => void) => void = onTestFinished,
  ) {
    this.state = state;
    this.pty = spawn(PROGRAM, ['--state', state, ...words], {
      name: 'xterm',
      cols: 100,
      rows: 40,
    });
    this.ended = new Promise((resolve) => this.pty.onExit(({ exitCode }) => resolve(exitCode)));
    this.pty.onData((text) => {
      this.#seen += text;
      this.#wake?.();
    });
    atEnd(() => this.pty.kill('SIGKILL'));
  }

  type(keys: string): void {
    this.pty.write(keys);
  }

  /** What came since the last time. */
  get unseen(): string {
    return this.#seen;
  }

  /** Resolves with all that came, up to and with `mark`, since the last time. */
  async see(mark: string): Promise<string> {
    while (!this.#seen.includes(mark)) await new Promise<void>((resolve) => (this.#wake = resolve));
    const end = this.#seen.indexOf(mark) + mark.length;
    const text = this.#seen.slice(0, end);
    this.#seen = this.#seen.slice(end);
    return text;
  }
}
