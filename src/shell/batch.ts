/** Runs lines in order, each to its end: stdin that is no terminal, `-c`, ssh without a terminal. */
import { getEventListeners } from 'node:events';
import { describe } from '../commands/messages.ts';
import { Refusal } from '../commands/refusal.ts';
import type { LineOptions, Shell, Sink } from './shell.ts';
import { BATCH_LINE_CHARACTERS_MAX, TextOfLines } from './text-of-lines.ts';
import { untilAborted } from './until-aborted.ts';

/** How a batch reaches its caller. */
export interface BatchOutput {
  readonly out: Sink;
  /** One line, without its line feed. */
  readonly error: (line: string) => Promise<void> | void;
}

export interface BatchOptions {
  readonly stopOnError: boolean;
  readonly signal: AbortSignal;
}

export { BATCH_LINE_CHARACTERS_MAX };

/** The exit status: 0 when every line succeeded, 1 when any failed. */
export async function runBatch(
  shell: Shell,
  lines: AsyncIterable<string> | Iterable<string>,
  { out, error }: BatchOutput,
  { stopOnError, signal }: BatchOptions,
): Promise<0 | 1> {
  const { login } = shell;
  let number = 0;
  /** Lines that the command took beside its own. */
  let taken = 0;
  let status = 0 as 0 | 1;
  const phases = new Phases(signal);
  const fail = (text: string): Promise<void> | void => {
    status = 1;
    return error(`line ${number}: ${unframed(text)}`);
  };
  const given = untilAborted(lines, signal);
  const takeText = async (charactersMax: number): Promise<string | undefined> => {
    const text = new TextOfLines(charactersMax);
    for (;;) {
      const next = await given.next();
      if (next.done) break;
      taken += 1;
      if (TEXT_ENDS.includes(next.value.replace(/\r$/, ''))) break;
      text.add(next.value);
    }
    return signal.aborted ? undefined : text.whole();
  };
  for await (const line of given) {
    number += 1 + taken;
    taken = 0;
    if (line.length > BATCH_LINE_CHARACTERS_MAX) {
      await fail(login.style.error(`Line is longer than ${BATCH_LINE_CHARACTERS_MAX} characters.`));
    } else {
      const outcome = await shell.execute(line.replace(/\r$/, ''), {
        sink: out,
        readText: takeText,
        ...phases.ofLine(),
      });
      if (outcome.status === 'failed') await fail(outcome.text);
    }
    if (login.left || signal.aborted || (status !== 0 && stopOnError)) break;
  }
  if (login.editing?.candidate.changed)
    await fail(login.style.error(describe(new Refusal('uncommitted-changes'))));
  return signal.aborted ? 1 : status;
}

/** Lines that end a text: Ctrl-D as a terminal would have sent it, and what stands for it where that is hard to write. */
const TEXT_ENDS: readonly string[] = ['\x04', '.'];

/** Whether nothing that has gone before minds what becomes of the signal: a new one for each phase takes a tenth of a short line. */
function isFresh(signal: AbortSignal): boolean {
  return !signal.aborted && getEventListeners(signal, 'abort').length === 0;
}

/** The lines of an error without what sets them apart on a screen. */
function unframed(text: string): string {
  return text
    .trim()
    .split('\n')
    .map((line, index) => (index === 0 ? line : `  ${line.trim()}`))
    .join('\n');
}

/**
 * The phases of a line: its command, then its output; where it has several commands, those of each. What is told to end gives up its command, and still prints what
 * came of it.
 */
class Phases {
  readonly #signal: AbortSignal;
  #stop = new AbortController();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  ofLine(): Pick<LineOptions, 'nextSignal' | 'interrupt'> {
    let isCommand = true;
    const nextSignal = (): AbortSignal => {
      if (!isFresh(this.#stop.signal)) this.#stop = new AbortController();
      if (isCommand) this.#signal.addEventListener('abort', this.#giveUp, { once: true });
      else this.#signal.removeEventListener('abort', this.#giveUp);
      if (isCommand && this.#signal.aborted) this.#giveUp();
      isCommand = !isCommand;
      return this.#stop.signal;
    };
    return { nextSignal, interrupt: this.#giveUp };
  }

  /** One for all lines: a signal keeps a listener once, however often it is given. */
  readonly #giveUp = (): void => this.#stop.abort();
}
