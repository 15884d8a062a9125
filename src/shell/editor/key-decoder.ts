/** Terminal input to keys: controls, escape sequences (xterm, VT220, rxvt, Linux, screen), bracketed paste. */

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

/** Keys that terminals send sequences for. */
type PlainKeyName =
  'delete' | 'up' | 'down' | 'left' | 'right' | 'home' | 'end' | 'page-up' | 'page-down' | 'shift-tab';

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
const sequences: Readonly<
  Record<string, PlainKeyName | 'enter' | 'ctrl-left' | 'ctrl-right' | 'ctrl-delete'>
> = {
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
  // rxvt: with Shift, and with Control.
  '[a': 'up',
  '[b': 'down',
  '[c': 'right',
  '[d': 'left',
  '[3$': 'delete',
  '[7$': 'home',
  '[8$': 'end',
  Oc: 'ctrl-right',
  Od: 'ctrl-left',
  '[3^': 'ctrl-delete',
};

/** xterm: `[1;5C` is `[C` with modifiers, one more than the sum of Shift 1, Alt 2, Control 4 and Meta 8. */
const WITH_MODIFIERS = /^\[(\d+);(\d+)([A-Z~])$/;
const CONTROL = 4;
const ALT_OR_META = 2 | 8;

/** The key of a sequence; undefined for one that nobody knows. */
function keyNameOf(sequence: string): KeyName | undefined {
  const modified = WITH_MODIFIERS.exec(sequence);
  if (modified === null) return sequences[sequence];
  const [, number = '', sum, final = ''] = modified;
  const name = sequences[final === '~' ? `[${number}~` : `[${final}`];
  const modifiers = Number(sum) - 1;
  if (name === undefined || (modifiers & (CONTROL | ALT_OR_META)) === 0) return name;
  return `${modifiers & CONTROL ? 'ctrl' : 'alt'}-${name}`;
}

/** Whether the sequence goes on after a character that would end others. */
const isOpen = (sequence: string): boolean => sequence === '[[';

/** Whether it ends with a character that would not end others: rxvt has `$` for Shift. */
const isClosed = (sequence: string): boolean => /^\[\d+\$$/.test(sequence);

const PASTE_START = '[200~';

/** Keys that with Alt go by words; anything else after a stray ESC is meant without. */
const wordKeys: ReadonlySet<string> = new Set(['left', 'right', 'delete']);

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
  /** ESC came twice: rxvt and PuTTY say Alt so before the sequence of an arrow. */
  #meta = false;
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
    if (character === ESCAPE) {
      this.#meta = true;
      return at + 1;
    }
    if (character === '[' || character === 'O') {
      this.#state = 'sequence';
      this.#partial = character;
      return at + 1;
    }
    this.#state = 'typed';
    this.#meta = false;
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
      this.#meta = false;
      return at;
    }
    if (this.#partial.length < SEQUENCE_CHARACTERS_MAX) this.#partial += character;
    if (isOpen(this.#partial) || (character < '@' && !isClosed(this.#partial))) return at + 1;
    this.#state = this.#partial === PASTE_START ? 'paste' : 'typed';
    const name = keyNameOf(this.#partial);
    if (name !== undefined) keys.push(key(this.#meta && wordKeys.has(name) ? `alt-${name}` : name));
    this.#partial = '';
    this.#meta = false;
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

  /** Pasted text means itself: only its line breaks are keys. */
  #pasted(text: string, keys: Key[]): void {
    if (text === '') return;
    const body = this.#afterReturn && text.startsWith('\n') ? text.slice(1) : text;
    this.#afterReturn = text.endsWith('\r');
    for (const [index, line] of body.split(LINE_BREAK).entries()) {
      if (index > 0) keys.push(key('enter'));
      if (line !== '') keys.push(key('text', line));
    }
  }
}
