/** Terminal input to keys: controls, escape sequences (xterm, VT220, rxvt, Linux), bracketed paste. */

export type KeyName =
  | 'text'
  | 'space'
  | '?'
  | 'enter'
  | 'tab'
  | 'shift-tab'
  | 'backspace'
  | 'delete'
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'home'
  | 'end'
  | 'page-up'
  | 'page-down'
  | `ctrl-${string}`
  | `alt-${string}`
  | 'end-of-input';

export interface Key {
  readonly name: KeyName;
  /** What the key inserts, '' for none. A key named `text` may be a whole run of characters. */
  readonly text: string;
}

/** The longest escape sequence that is recognised; the rest of a longer one is skipped. */
export const SEQUENCE_CHARACTERS_MAX = 32;

export const PASTE_MODE_ON = '\x1b[?2004h';
export const PASTE_MODE_OFF = '\x1b[?2004l';
const PASTE_END = '\x1b[201~';
const ESCAPE = '\x1b';

const controls: Readonly<Record<string, KeyName>> = {
  '\t': 'tab',
  '\r': 'enter',
  '\n': 'enter',
  '\x7f': 'backspace',
};

/** What follows ESC, and the key it stands for. */
const sequences: Readonly<Record<string, KeyName>> = {
  '[A': 'up',
  '[B': 'down',
  '[C': 'right',
  '[D': 'left',
  '[H': 'home',
  '[F': 'end',
  '[Z': 'shift-tab',
  OA: 'up',
  OB: 'down',
  OC: 'right',
  OD: 'left',
  OH: 'home',
  OF: 'end',
  OM: 'enter',
  '[1~': 'home',
  '[3~': 'delete',
  '[4~': 'end',
  '[5~': 'page-up',
  '[6~': 'page-down',
  '[7~': 'home',
  '[8~': 'end',
  '[1;3C': 'alt-right',
  '[1;3D': 'alt-left',
  '[1;5C': 'ctrl-right',
  '[1;5D': 'ctrl-left',
  Oc: 'ctrl-right',
  Od: 'ctrl-left',
  '[3;3~': 'alt-delete',
  '[3;5~': 'ctrl-delete',
};
const PASTE_START = '[200~';

/** Characters that insert themselves, up to the two that a router's shell answers at once. */
const TEXT_RUN = /[^\p{Cc} ?]+/uy;
const LINE_BREAK = /\r\n|\r|\n/;

const key = (name: KeyName, text = ''): Key => ({ name, text });

const codePointAt = (text: string, at: number): string => String.fromCodePoint(text.codePointAt(at)!);

/** The key of one typed character; undefined for the C1 controls, which no key sends. */
function keyOf(character: string): Key | undefined {
  if (character === ' ') return key('space', ' ');
  if (character === '?') return key('?', '?');
  if (character in controls) return key(controls[character]!);
  const code = character.codePointAt(0)!;
  if (code < 0x20) return key(`ctrl-${String.fromCharCode(code | 0x40).toLowerCase()}`);
  return code < 0xa0 && code > 0x7f ? undefined : key('text', character);
}

type State = 'typed' | 'escape' | 'sequence' | 'paste';

/**
 * Remembers what a chunk left incomplete. Needs no time: ESC waits for the next character, as Meta does in
 * Emacs.
 */
export class KeyDecoder {
  #state: State = 'typed';
  /** What followed ESC so far; in a paste, the part of PASTE_END the last chunk ended in. */
  #partial = '';
  /** The last character was CR: an LF that follows belongs to it. */
  #afterReturn = false;

  /** Each state takes characters from `at` and answers how far it came. */
  readonly #states: Record<State, (input: string, at: number, keys: Key[]) => number> = {
    typed: (input, at, keys) => this.#typed(input, at, keys),
    escape: (input, at, keys) => this.#escape(input, at, keys),
    sequence: (input, at, keys) => this.#sequence(input, at, keys),
    paste: (input, at, keys) => this.#paste(input, at, keys),
  };

  /** The keys that `input` completes. Costs time linear in its length, however it is cut. */
  decode(input: string): Key[] {
    const keys: Key[] = [];
    for (let at = 0; at < input.length;) at = this.#states[this.#state](input, at, keys);
    return keys;
  }

  #typed(input: string, at: number, keys: Key[]): number {
    TEXT_RUN.lastIndex = at;
    const run = TEXT_RUN.exec(input)?.[0];
    const afterReturn = this.#afterReturn;
    this.#afterReturn = false;
    if (run !== undefined) {
      keys.push(key('text', run));
      return at + run.length;
    }
    const character = codePointAt(input, at);
    if (character === ESCAPE) this.#state = 'escape';
    else if (character !== '\n' || !afterReturn)
      keys.push(...[keyOf(character)].filter((it) => it !== undefined));
    this.#afterReturn = character === '\r';
    return at + character.length;
  }

  #escape(input: string, at: number, keys: Key[]): number {
    const character = codePointAt(input, at);
    if (character === ESCAPE) return at + 1;
    if (character === '[' || character === 'O') {
      this.#state = 'sequence';
      this.#partial = character;
      return at + 1;
    }
    this.#state = 'typed';
    // An ESC by itself must not take the meaning of a Ctrl-C, or of any control key, that comes after it.
    if (character < ' ') return at;
    const { name, text } = keyOf(character) ?? key('text');
    keys.push(key(`alt-${name === 'text' ? text.toLowerCase() : name}`));
    return at + character.length;
  }

  /**
   * ECMA-48 §5.4: parameters and intermediates 20–3F, then one final octet 40–7E; anything else breaks it
   * off.
   */
  #sequence(input: string, at: number, keys: Key[]): number {
    const character = input.charAt(at);
    if (character < ' ' || character > '~') {
      this.#state = 'typed';
      return at;
    }
    if (this.#partial.length < SEQUENCE_CHARACTERS_MAX) this.#partial += character;
    if (character < '@') return at + 1;
    this.#state = this.#partial === PASTE_START ? 'paste' : 'typed';
    const name = sequences[this.#partial];
    if (name !== undefined) keys.push(key(name));
    this.#partial = '';
    return at + 1;
  }

  #paste(input: string, at: number, keys: Key[]): number {
    const pending = this.#partial + input.slice(at);
    const end = pending.indexOf(PASTE_END);
    if (end >= 0) {
      this.#pasted(pending.slice(0, end), keys);
      this.#state = 'typed';
      const taken = end + PASTE_END.length - this.#partial.length;
      this.#partial = '';
      return at + taken;
    }
    let held = PASTE_END.length - 1;
    while (!pending.endsWith(PASTE_END.slice(0, held))) held--;
    this.#partial = pending.slice(pending.length - held);
    this.#pasted(pending.slice(0, pending.length - held), keys);
    return input.length;
  }

  /** Pasted text means itself: only its line breaks are keys, and a tab separates words. */
  #pasted(text: string, keys: Key[]): void {
    if (text === '') return;
    const body = this.#afterReturn && text.startsWith('\n') ? text.slice(1) : text;
    this.#afterReturn = text.endsWith('\r');
    for (const [index, line] of body.split(LINE_BREAK).entries()) {
      if (index > 0) keys.push(key('enter'));
      if (line !== '') keys.push(key('text', line.replaceAll('\t', ' ')));
    }
  }
}
