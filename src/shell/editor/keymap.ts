/** Which key does what: the Emacs keys of a router's shell. A key without an entry does nothing. */
import type { Motion } from './buffer.ts';
import type { KeyName } from './key-decoder.ts';

/** What changes the draft and nothing else. */
export type DraftCommand =
  | { readonly type: 'move' | 'erase' | 'kill'; readonly to: Motion }
  | { readonly type: 'yank' | 'yank-older' | 'transpose' | 'undo' | 'older' | 'newer' | 'search' }
  | { readonly type: 'search-shorter' | 'search-cancel' };

/** What needs the terminal or the shell. */
export type EditorCommand =
  | { readonly type: 'complete'; readonly key: 'tab' | 'space' }
  | { readonly type: 'help' | 'quote' | 'prefix' | 'clear-screen' };

/** What ends the reading of a line, or may. */
export type LeaveCommand = { readonly type: 'submit' | 'interrupt' | 'up' | 'end' | 'erase-or-end' };

export type Command = DraftCommand | EditorCommand | LeaveCommand;

export type Keymap = Readonly<Partial<Record<KeyName, Command>>>;

const move = (to: Motion): Command => ({ type: 'move', to });
const erase = (to: Motion): Command => ({ type: 'erase', to });
const kill = (to: Motion): Command => ({ type: 'kill', to });

/** What any line needs. */
const plainEditing: Keymap = {
  left: move('left'),
  'ctrl-b': move('left'),
  right: move('right'),
  'ctrl-f': move('right'),
  home: move('line-start'),
  'ctrl-a': move('line-start'),
  end: move('line-end'),
  'ctrl-e': move('line-end'),
  'alt-b': move('word-left'),
  'alt-left': move('word-left'),
  'ctrl-left': move('word-left'),
  'alt-f': move('word-right'),
  'alt-right': move('word-right'),
  'ctrl-right': move('word-right'),

  backspace: erase('left'),
  'ctrl-h': erase('left'),
  delete: erase('right'),

  'ctrl-k': kill('line-end'),
  'ctrl-u': kill('line-start'),
  'ctrl-w': kill('blank-word-left'),
  'alt-backspace': kill('word-left'),
  'alt-ctrl-h': kill('word-left'),
  'alt-d': kill('word-right'),
  'alt-delete': kill('word-right'),
  'ctrl-delete': kill('word-right'),
  'ctrl-y': { type: 'yank' },
  'alt-y': { type: 'yank-older' },
  'ctrl-t': { type: 'transpose' },
  'ctrl-_': { type: 'undo' },
  'ctrl-x': { type: 'prefix' },

  'ctrl-v': { type: 'quote' },
  'ctrl-l': { type: 'clear-screen' },
  enter: { type: 'submit' },
  'ctrl-c': { type: 'interrupt' },
  'ctrl-d': { type: 'erase-or-end' },
  'ctrl-z': { type: 'up' },
  'end-of-input': { type: 'end' },
};

/** Keys behind Ctrl-X. */
export const prefixedKeys: Keymap = { 'ctrl-u': { type: 'undo' } };

/** Keys while a command line is read. */
export const commandKeys: Keymap = {
  ...plainEditing,
  '?': { type: 'help' },
  tab: { type: 'complete', key: 'tab' },
  space: { type: 'complete', key: 'space' },
  up: { type: 'older' },
  'ctrl-p': { type: 'older' },
  down: { type: 'newer' },
  'ctrl-n': { type: 'newer' },
  'ctrl-r': { type: 'search' },
};

/**
 * Keys while a masked line (a password) is read: no help, completion or history, and `?` and blanks are
 * text.
 */
export const maskedKeys: Keymap = plainEditing;

/** Keys while lines of a text are read: the same, but what is typed can be seen. */
export const verbatimKeys: Keymap = { ...plainEditing };

/**
 * Keys while history is searched, before those of the line: text extends the query, any other key accepts
 * the match.
 */
export const searchKeys: Keymap = {
  'ctrl-r': { type: 'search' },
  backspace: { type: 'search-shorter' },
  'ctrl-h': { type: 'search-shorter' },
  'ctrl-g': { type: 'search-cancel' },
};
