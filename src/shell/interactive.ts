/** The interactive loop: prompt, line, command, over any channel. */
import { NANOS_PER_SECOND, type Clock, type Timer, type Timers } from '../clock.ts';
import type { CliProperties, Drawn, WatchOptions } from '../commands/command.ts';
import { Slices } from '../config/turns.ts';
import { TextOfLines } from './text-of-lines.ts';
import { palette } from '../render/palette.ts';
import { printable, printableLine } from '../render/printable.ts';
import { LINE_CHARACTERS_MAX } from './editor/buffer.ts';
import { LineEditor, type EditorChannel } from './editor/editor.ts';
import { PASTE_MODE_OFF } from './editor/key-decoder.ts';
import { cursorColumns, type ScreenSize } from './editor/painter.ts';
import { GIVE_BACK_SCREEN, TAKE_SCREEN, watchOn } from './full-screen.ts';
import { Pager, type PagerTerminal } from './pager.ts';
import type { Paging } from './pipes.ts';
import type { Contact } from './login.ts';
import type { Outcome, Shell, Sink } from './shell.ts';

/** A terminal as the loop needs it: the editor's channel, and its colours. */
export interface Terminal extends EditorChannel {
  /** Levels of colour as chalk counts them; 0 for none. */
  readonly colourLevel: 0 | 1 | 2 | 3;
}

/** For a terminal whose shell went without giving it back; the cursor stays where it is. */
export const RESTORE_TERMINAL = `${PASTE_MODE_OFF}\x1b[?25h\x1b[?1047l`;

/** For output: as wide as the login says. */
const outputSize = (terminal: Terminal, { screenWidth }: CliProperties): ScreenSize => ({
  ...terminal.size(),
  ...(screenWidth !== undefined && { columns: screenWidth }),
});

/** For the line that is edited: the terminal wraps it where it ends itself, whatever the login says, if it tells where. */
function editingSize(terminal: Terminal, cli: CliProperties): ScreenSize {
  const told = terminal.size();
  return told.columns > 0 ? told : outputSize(terminal, cli);
}

/** Of what is drawn on the whole screen: beyond its right edge nothing can be. */
function watchedSize({ columns, rows }: ScreenSize, screenWidth = Infinity): ScreenSize {
  return { columns: columns > 0 ? Math.min(columns, screenWidth) : columns, rows };
}

/** The terminal as the editor of that login sees it. */
const editingChannel = (terminal: Terminal, cli: CliProperties): EditorChannel => ({
  input: terminal.input,
  output: terminal.output,
  drained: () => terminal.drained(),
  size: () => editingSize(terminal, cli),
  onResize: (listener) => terminal.onResize(listener),
});

/** Reads and runs lines until the login leaves or the input ends. `contact` is what the login was made with. */
export class InteractiveLoop {
  readonly contact: Contact;
  readonly #terminal: Terminal;
  readonly #clock: Clock & Timers;
  #editor: LineEditor | undefined;
  /** While a line is read, and no answer: what stands before it. */
  #promptNow: (() => string) | undefined;
  #progressShown = false;
  /** Until a command that says nothing is told of. */
  #silence: Timer | undefined;
  #colours = palette(0);
  #screenTaken = false;
  /** Ctrl-C was pressed at a question of the line under way, where it is an answer. */
  #givenUp = false;
  /** As the login that runs a line wants it. */
  #screenWidth: number | undefined;
  #closed = false;

  constructor(terminal: Terminal, clock: Clock & Timers) {
    this.#terminal = terminal;
    this.#clock = clock;
    this.contact = {
      ask: async (question, { masked = false, interrupted = '' } = {}) => {
        this.#endSilence();
        const result = await this.#editor?.read(question, { mask: masked });
        if (result?.type === 'interrupt') this.#givenUp = true;
        if (result?.type === 'line') return result.line;
        // Ctrl-D is no answer either, while there is somebody to ask again.
        return result?.type === 'end' && this.#editor?.inputEnded === true ? undefined : interrupted;
      },
      tell: (text) => void this.#write(`${text}\n`),
      announce: (text) => {
        if (!this.#editor?.interject(printable(text), this.#promptNow?.())) void this.#write(`${text}\n`);
      },
      progress: (text) => {
        this.#silence?.cancel();
        this.#progress(text);
      },
      watch: (drawn, options, signal) => this.#watch(drawn, options, signal),
    };
  }

  async run(shell: Shell): Promise<void> {
    const { history } = shell.login;
    const editor = new LineEditor(editingChannel(this.#terminal, shell.login.cli), shell, history);
    this.#editor = editor;
    let prompt = '';
    let atPrompt = false;
    const slices = new Slices(this.#clock);
    const stopFollowing = shell.login.onChange(() => {
      const before = prompt;
      prompt = shell.login.prompt;
      if (atPrompt && prompt !== before) editor.changePrompt(prompt);
    });
    try {
      while (!shell.login.left) {
        // Pasted lines leave a turn to others, and to keys like Ctrl-C.
        if (slices.over) await slices.next();
        prompt = shell.login.prompt;
        atPrompt = true;
        this.#promptNow = () => (prompt = shell.login.prompt);
        const result = await editor.read(prompt);
        this.#promptNow = undefined;
        atPrompt = false;
        if (this.#closed) return;
        if (result.type === 'interrupt' && result.cause === 'line-too-long') {
          void this.#write(
            `${shell.login.style.error(`Line is longer than ${LINE_CHARACTERS_MAX} characters.`)}\n`,
          );
        } else if (result.type === 'line') {
          const text = shell.keptOf(result.line);
          if (text !== undefined) history.add(result.line, { text, wallNanos: this.#clock.wallNanos() });
          await this.#execute(shell, editor, result.line, prompt);
        } else if (result.type === 'up' && shell.login.editing) {
          await this.#execute(shell, editor, 'exit configuration-mode', prompt);
        } else if (result.type === 'end') {
          const isEditing = (): boolean => shell.login.editing !== undefined;
          const wasEditing = isEditing();
          if (wasEditing) await this.#execute(shell, editor, 'exit configuration-mode', prompt);
          // A style that refuses to leave changes behind would refuse for ever.
          if (!wasEditing || (editor.inputEnded && isEditing())) shell.login.leave();
        }
      }
    } finally {
      stopFollowing();
      this.close();
    }
  }

  /** Gives the terminal back as it was found, whatever is under way, and leaves it alone. Idempotent. */
  close(): void {
    this.#silence?.cancel();
    this.#giveBackScreen();
    this.#editor?.close();
    this.#closed = true;
  }

  async #execute(shell: Shell, editor: LineEditor, line: string, prompt: string): Promise<void> {
    const { login } = shell;
    this.#givenUp = false;
    let stop = new AbortController();
    const nextSignal = () => (stop = new AbortController()).signal;
    editor.onInterrupt = () => stop.abort();
    const screen: Sink = { write: (text) => this.#write(text) };
    const terminal: PagerTerminal = {
      ...screen,
      control: (sequence) => void this.#writeRaw(sequence),
      mark: (text) => void this.#writeRaw(`\r\x1b[K${printableLine(text)}`),
      setAside: () => editor.setAside(),
      giveBack: (text) => editor.giveBack(text),
      readKey: () => editor.readKeyAside(stop.signal),
      size: () => outputSize(this.#terminal, login.cli),
      onResize: (listener) => this.#terminal.onResize(listener),
    };
    const interrupt = (): void => stop.abort();
    const pager = ({ always, held }: Paging): Sink => {
      const screenLength = always && login.cli.screenLength === 0 ? undefined : login.cli.screenLength;
      if (screenLength === 0 && !held) return screen;
      return new Pager(terminal, { screenLength, mark: login.style.pager, held, quit: interrupt });
    };
    const { columns } = outputSize(this.#terminal, login.cli);
    const screenful = (login.cli.screenLength ?? 0) || this.#terminal.size().rows;
    this.#colours = palette(login.cli.colours && login.style.colours ? this.#terminal.colourLevel : 0);
    this.#screenWidth = login.cli.screenWidth;
    this.#tellOfSilence(this.#clock.monoNanos());
    const outcome = await shell.execute(line, {
      sink: screen,
      pager,
      ...(screenful > 1 && { screenful: screenful - 1 }),
      ...(columns > 0 && { columns }),
      nextSignal,
      interrupt,
      givenUp: () => this.#givenUp,
      readText: (charactersMax) => this.#readText(editor, charactersMax),
    });
    editor.onInterrupt = undefined;
    this.#endSilence();
    await this.#report(outcome, shell, line, prompt);
  }

  /** Undefined when it is given up, also by the terminal that goes away. */
  async #readText(editor: LineEditor, charactersMax: number): Promise<string | undefined> {
    await this.#write('[Type ^D at a new line to end input]\n');
    const text = new TextOfLines(charactersMax);
    for (;;) {
      const result = await editor.read('', { verbatim: true });
      if (result.type === 'line') text.add(result.line);
      else if (result.type === 'interrupt' && result.cause === 'line-too-long') text.cut();
      else return result.type === 'end' && !this.#closed && !editor.inputEnded ? text.whole() : undefined;
    }
  }

  async #report(outcome: Outcome, shell: Shell, line: string, prompt: string): Promise<void> {
    if (outcome.status !== 'failed') return;
    const { style, cli } = shell.login;
    if (outcome.column !== undefined) {
      const view = {
        prompt: prompt.slice(prompt.lastIndexOf('\n') + 1),
        line: { text: line.padEnd(outcome.column), cursor: outcome.column },
      };
      const column = cursorColumns(view, editingSize(this.#terminal, cli));
      await this.#write(`${style.caret(column)}\n`);
    }
    this.#writeRaw(`${this.#colours.error(printable(outcome.text))}\n`);
  }

  /** False where nobody is there yet. */
  async #watch(drawn: Drawn, options: WatchOptions, signal: AbortSignal): Promise<boolean> {
    const editor = this.#editor;
    if (editor === undefined) return false;
    this.#endSilence();
    this.#writeRaw(TAKE_SCREEN);
    this.#screenTaken = true;
    const screen = {
      write: (text: string) => this.#writeAndWait(text),
      size: () => watchedSize(this.#terminal.size(), this.#screenWidth),
      onResize: (listener: () => void) => this.#terminal.onResize(listener),
      readKeyBefore: (signal: AbortSignal) => editor.readKeyBefore(signal),
    };
    try {
      await watchOn(screen, drawn, options, this.#clock, signal);
    } finally {
      this.#giveBackScreen();
    }
    return true;
  }

  #giveBackScreen(): void {
    if (this.#screenTaken) this.#writeRaw(GIVE_BACK_SCREEN);
    this.#screenTaken = false;
  }

  async #write(text: string): Promise<void> {
    this.#endSilence();
    await this.#writeAndWait(this.#colours.states(printable(text)));
  }

  async #writeAndWait(text: string): Promise<void> {
    if (!this.#writeRaw(text)) await this.#terminal.drained();
  }

  /** False when the terminal asks to wait. */
  #writeRaw(text: string): boolean {
    return text === '' || this.#closed || this.#terminal.output.write(text.replaceAll('\n', '\r\n'));
  }

  /** Tells once a second of a command that began then and says nothing itself. */
  #tellOfSilence(begunNanos: number): void {
    const nowNanos = this.#clock.monoNanos();
    this.#silence = this.#clock.at(nowNanos + NANOS_PER_SECOND, () => {
      const seconds = Math.round((this.#clock.monoNanos() - begunNanos) / NANOS_PER_SECOND);
      this.#progress(`Working for ${seconds} s, Ctrl-C gives up`);
      this.#tellOfSilence(begunNanos);
    });
  }

  /** One row that each progress line overwrites, and that is taken away when something is said. */
  #progress(text: string): void {
    const { columns } = this.#terminal.size();
    const row = printableLine(text);
    this.#writeRaw(`\r${columns > 1 ? row.slice(0, columns - 1) : row}\x1b[K`);
    this.#progressShown = true;
  }

  #endSilence(): void {
    this.#silence?.cancel();
    this.#silence = undefined;
    if (this.#progressShown) this.#writeRaw('\r\x1b[K');
    this.#progressShown = false;
  }
}
