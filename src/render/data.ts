/**
 * Data as a command gives them to be written as JSON or XML. What is an array may as well be any other iterable, or
 * batches of items that are yet to come, and a property may be a function that gives it: all are read when the writer
 * comes to them, so that a long table is never in memory as a whole, and what is known at its end can stand behind it.
 */

/** A part of drawn text, or something to wait for before more is read; a wait that rejects ends the drawing. */
export type Piece = string | Promise<unknown>;

/** Batches of items, read one after the other. */
export type Batches<Item> = AsyncIterable<readonly Item[]>;

/** The property itself, where it is given by a function. */
export function reached(property: unknown): unknown {
  return typeof property === 'function' ? (property as () => unknown)() : property;
}

export function isComposite(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

export function isSequence(value: object): value is Iterable<unknown> | Batches<unknown> {
  return Symbol.iterator in value || Symbol.asyncIterator in value;
}

/** What the pieces draw of each item. Batches are given up with the drawing. */
export function* drawn<Item>(
  items: Iterable<Item> | Batches<Item>,
  draw: (item: Item) => Iterable<Piece>,
): Generator<Piece, void, undefined> {
  if (Symbol.iterator in items) {
    for (const item of items) yield* draw(item);
    return;
  }
  const batches = items[Symbol.asyncIterator]();
  let isOver = false;
  try {
    for (;;) {
      const next = yield* awaited(batches.next());
      if (next.done) {
        isOver = true;
        return;
      }
      for (const item of next.value) yield* draw(item);
    }
  } finally {
    // Nobody can wait here; whoever gave the batches sees to what its end may bring.
    if (!isOver) void batches.return?.().catch(() => undefined);
  }
}

/** What a promise gives, within something that is drawn. */
export function* awaited<Value>(promise: Promise<Value>): Generator<Piece, Value, undefined> {
  let arrived: { readonly value: Value } | undefined;
  yield promise.then((value) => (arrived = { value }));
  return arrived!.value;
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
export function wholeLines(fragments: Iterable<string>): Generator<string, void, undefined>;
export function wholeLines(fragments: Iterable<Piece>): Generator<Piece, void, undefined>;
export function* wholeLines(fragments: Iterable<Piece>): Generator<Piece, void, undefined> {
  let text = '';
  for (const fragment of fragments) {
    if (typeof fragment !== 'string') {
      yield fragment;
      continue;
    }
    text += fragment;
    if (text.length < PIECE_LENGTH) continue;
    const end = text.lastIndexOf('\n') + 1;
    if (end > 0) yield text.slice(0, end);
    text = text.slice(end);
  }
  if (text !== '') yield text;
}
