/** Data as JSON text. */
import { drawn, isComposite, isSequence, reached, wholeLines, type Batches, type Piece } from './data.ts';

const INDENT = '  ';

/**
 * `value` as JSON of two blanks a level, properties in the order they were written, in pieces of whole lines. A bigint
 * is a number with all its digits; an undefined property is left out; what JSON cannot say (NaN, undefined in an array)
 * is null.
 */
export function json(value: unknown): Iterable<Piece> {
  return wholeLines(document(value));
}

function* document(value: unknown): Iterable<Piece> {
  yield* write(value, '\n');
  yield '\n';
}

/** `newline` is a line feed and the indentation of the value itself. */
function* write(value: unknown, newline: string): Iterable<Piece> {
  if (!isComposite(value)) yield scalar(value);
  else if (isSequence(value)) yield* array(value, newline);
  else yield* object(value, newline);
}

function* array(elements: Iterable<unknown> | Batches<unknown>, newline: string): Iterable<Piece> {
  const inner = newline + INDENT;
  let before = '[';
  yield* drawn(elements, function* (element) {
    yield before + inner;
    yield* write(element, inner);
    before = ',';
  });
  yield before === '[' ? '[]' : `${newline}]`;
}

/** A run of plain properties is one fragment. */
function* object(value: Readonly<Record<string, unknown>>, newline: string): Iterable<Piece> {
  const inner = newline + INDENT;
  let before = '{';
  let run = '';
  for (const name of Object.keys(value)) {
    const property = reached(value[name]);
    if (property === undefined) continue;
    run += `${before}${inner}${JSON.stringify(name)}: `;
    before = ',';
    if (isComposite(property)) {
      yield run;
      yield* write(property, inner);
      run = '';
    } else run += scalar(property);
  }
  yield before === '{' ? '{}' : `${run}${newline}}`;
}

function scalar(value: unknown): string {
  if (typeof value === 'bigint') return value.toString();
  return value === undefined ? 'null' : JSON.stringify(value);
}
