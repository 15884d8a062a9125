/**
 * Data as a command gives them to be written as JSON or XML. What is an array may as well be any other iterable, and a
 * property may be a function that gives it: both are read when the writer comes to them, so that a long table is never
 * in memory as a whole, and what is known at its end can stand behind it.
 */

/** The property itself, where it is given by a function. */
export function reached(property: unknown): unknown {
  return typeof property === 'function' ? (property as () => unknown)() : property;
}

export function isComposite(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

export function isSequence(value: object): value is Iterable<unknown> {
  return Symbol.iterator in value;
}

/** What `change` makes of each item, when it is read. */
export function* mapped<Item, Made>(
  items: Iterable<Item>,
  change: (item: Item) => Made,
): Generator<Made, void, undefined> {
  for (const item of items) yield change(item);
}

/** About how long a piece is, in UTF-16 units: a fraction of a millisecond of drawing. */
export const PIECE_LENGTH = 16_384;

/** The text of the fragments in pieces of whole lines; only the last one may end without a line feed. */
export function* wholeLines(fragments: Iterable<string>): Generator<string, void, undefined> {
  let text = '';
  for (const fragment of fragments) {
    text += fragment;
    if (text.length < PIECE_LENGTH) continue;
    const end = text.lastIndexOf('\n') + 1;
    if (end > 0) yield text.slice(0, end);
    text = text.slice(end);
  }
  if (text !== '') yield text;
}
