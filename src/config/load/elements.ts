/** Reads elements with content, which is what a configuration is in JSON and XML, as statements. */
import type { GrammarNode } from '../../grammar/node.ts';
import type { ReadingParts, Said } from './said.ts';
import { commentIn } from '../marks.ts';
import type { Faults } from './faults.ts';
import type { Place, Words } from './statement-reader.ts';

/** A property of an object, each value of an array by itself; or an element of XML. */
export interface Element {
  readonly name: string;
  readonly line: number;
  /** Of an element without others in it; undefined: it says nothing but that it is there. */
  readonly text: string | undefined;
  readonly children: readonly Element[];
  /** What is said of it beside what it says. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** What the key of an entry is called. */
const KEY = 'name';

/** What is done with a statement, where that is told. */
const OPERATIONS: readonly string[] = ['merge', 'replace', 'delete'];

/** What some elements at a place say. */
export function* readElements(
  elements: readonly Element[],
  place: Place,
  parts: ReadingParts,
  depth = 1,
): Iterable<Said | undefined> {
  const { faults, limits } = parts;
  for (const element of elements) {
    if (depth > limits.depth) faults.end(element.line, 'too-deep', place.path, { maximum: limits.depth });
    yield* readElement(element, place, parts, depth);
  }
}

function* readElement(
  element: Element,
  place: Place,
  parts: ReadingParts,
  depth: number,
): Iterable<Said | undefined> {
  const { reader, faults } = parts;
  const { line, attributes } = element;
  const { operation } = attributes;
  const node = reader.childOf(place.node, { text: element.name, quoted: false });
  const isList = node?.value?.arity === 'key';
  const key = isList ? element.children.find(({ name }) => name === KEY) : undefined;
  const below = element.children.filter((child) => child !== key);
  const isText = element.text !== undefined && (element.text.trim() !== '' || takesText(node));
  const text = isText ? element.text : key?.text;
  const words = [{ text: element.name, quoted: false }];
  if (text !== undefined) words.push({ text, quoted: true });
  if (operation !== undefined && !OPERATIONS.includes(operation)) {
    faults.add(line, 'unknown-operation', place.path, { operation });
    return;
  }
  const read = reader.read(place, words, below.length > 0);
  if (read.fault) {
    const { code, path, details } = read.fault;
    faults.add(line, code, path, details);
    return;
  }
  if (isList && key === undefined) {
    faults.add(line, 'missing-key', read.path);
    return;
  }
  if (operation === 'replace' || operation === 'delete')
    yield { line, verb: 'clear', statement: { path: read.path, value: undefined } };
  if (operation === 'delete') return;
  for (const statement of read.statements) yield { line, verb: 'set', statement };
  if (read.place) yield* readElements(below, read.place, parts, depth + 1);
  yield* markedBy(element, read, faults);
}

/** Words for what is so, and what is not. */
const TRUTHS = new Map([
  ['true', true],
  ['inactive', true],
  ['false', false],
  ['active', false],
]);

/** A value that is one of several is marked by itself, but its comment is of them all. */
function* markedBy(
  { line, attributes }: Element,
  { path, statements }: Words,
  faults: Faults,
): Iterable<Said> {
  const { inactive, comment } = attributes;
  const whole = { path, value: undefined };
  const isInactive = TRUTHS.get(inactive ?? 'false');
  if (isInactive === undefined)
    faults.add(line, 'invalid-value', path, { expected: 'true, false', word: inactive! });
  else if (isInactive) {
    const [statement = whole] = statements;
    yield { line, verb: 'mark', change: { inactive: true }, statement };
  }
  if (comment === undefined) return;
  const text = comment.replace(/^\/\*|\*\/$/g, '');
  const read = commentIn(text);
  if (text.includes('*/')) faults.add(line, 'comment-ends', path);
  else if ('expected' in read) faults.add(line, 'invalid-value', path, read);
  else yield { line, verb: 'mark', change: read, statement: whole };
}

function takesText(node: GrammarNode | undefined): boolean {
  return node?.value !== undefined && node.value.arity !== 'key';
}

/** What may stand around a configuration; no statement is called so. */
const AROUND: readonly string[] = ['rpc-reply', 'configuration'];

/** The elements of a configuration within the elements that stand around it. */
export function withinConfiguration(elements: readonly Element[]): readonly Element[] {
  const [only, ...others] = elements;
  return only !== undefined && others.length === 0 && AROUND.includes(only.name)
    ? withinConfiguration(only.children)
    : elements;
}
