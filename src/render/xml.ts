/** Data as XML text in the manner of Junos. */
import { drawn, isComposite, isSequence, reached, wholeLines, type Piece } from './data.ts';

const INDENT = '    ';

/**
 * Begins the name of what is no element (RFC 7952): `@` holds the attributes of the element it is in, `@x` those of `x`,
 * one after the other where it has several values.
 */
const ATTRIBUTES = '@';

/**
 * `data` in a `<rpc-reply>`, in pieces of whole lines: a property is an element of its name, and of a property with
 * several values each is one. `element` is put around all of it where the data are not one element already.
 */
export function xml(data: Readonly<Record<string, unknown>>, element?: string): Iterable<Piece> {
  const content = element === undefined ? data : { [element]: data };
  return wholeLines(elements('rpc-reply', content, { indent: '' }));
}

/** The elements that a property is; none if it is undefined or has no values. */
function* elements(name: string, value: unknown, { indent, attributes }: Place): Iterable<Piece> {
  if (!isComposite(value)) yield leaf(name, value, { indent, attributes });
  else if (!isSequence(value)) yield* container(name, value, indent);
  else {
    const own = Array.isArray(attributes) ? attributes.values() : undefined;
    const next = (): unknown => (own ? own.next().value : attributes);
    yield* drawn(value, (each) => elements(name, each, { indent, attributes: next() }));
  }
}

interface Place {
  readonly indent: string;
  /** Of a leaf. */
  readonly attributes?: unknown;
}

/** A run of leaves is one fragment. */
function* container(
  name: string,
  properties: Readonly<Record<string, unknown>>,
  indent: string,
): Iterable<Piece> {
  const inner = indent + INDENT;
  const own = attributesText(properties[ATTRIBUTES]);
  const opening = `${indent}<${name}${own}>\n`;
  let run = opening;
  for (const each of Object.keys(properties)) {
    if (each.startsWith(ATTRIBUTES)) continue;
    const property = reached(properties[each]);
    const place = { indent: inner, attributes: properties[ATTRIBUTES + each] };
    if (isComposite(property)) {
      for (const fragment of elements(each, property, place)) {
        if (typeof fragment !== 'string') yield fragment;
        else {
          yield run + fragment;
          run = '';
        }
      }
    } else run += leaf(each, property, place);
  }
  yield run === opening ? `${indent}<${name}${own}/>\n` : `${run}${indent}</${name}>\n`;
}

function leaf(name: string, value: unknown, { indent, attributes }: Place): string {
  if (value === undefined) return '';
  const opening = `${indent}<${name}${attributesText(attributes)}`;
  if (value === null || value === '') return `${opening}/>\n`;
  return `${opening}>${typeof value === 'string' ? escaped(value) : plain(value)}</${name}>\n`;
}

/** A truth is its own name, as `inactive="inactive"`. */
function attributesText(attributes: unknown): string {
  if (!isComposite(attributes)) return '';
  return Object.entries(attributes)
    .map(
      ([name, value]) =>
        ` ${name}="${escaped(value === true ? name : String(value)).replaceAll('"', '&quot;')}"`,
    )
    .join('');
}

/** A number or a truth value. */
function plain(value: unknown): string {
  return typeof value === 'bigint' ? value.toString() : JSON.stringify(value);
}

/** Markup; white space that a parser would change; controls; what is no character of XML, lone surrogates among it. */
// eslint-disable-next-line no-control-regex
const SPECIAL = /[&<>\u0000-\u001f\u007f-\u009f\ufffe\uffff\ud800-\udfff]/gu;

// eslint-disable-next-line no-control-regex
const NO_CHARACTER = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff\ud800-\udfff]/u;

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** XML 1.0 §2.2 has no way to write some characters: U+FFFD stands for them, as in text that cannot be decoded. */
function escaped(text: string): string {
  return text.replace(SPECIAL, (special) => {
    if (NO_CHARACTER.test(special)) return '\ufffd';
    return entities[special] ?? `&#${special.codePointAt(0)!};`;
  });
}
