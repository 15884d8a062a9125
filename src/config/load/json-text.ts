/** Reads JSON in the shape of Junos (RFC 7951), as `| display json` writes it. */
import { readElements, withinConfiguration, type Element } from './elements.ts';
import type { Faults, LoadLimits } from './faults.ts';
import { jsonTokens, type JsonToken } from './json-tokens.ts';
import type { InTurns } from '../turns.ts';
import type { ReadingParts, Said } from './said.ts';

/** A name that begins so has properties of the statement that is called as what follows, or, alone, of that around it. */
const ATTRIBUTES = '@';

/** After so many tokens others may have their turn. */
const TOKENS_BETWEEN_TURNS = 1000;

export function* readJson(text: string, parts: ReadingParts): Iterable<Said | undefined> {
  const document = new JsonDocument(text, parts.faults, parts.limits);
  const { elements } = yield* document.object(1);
  document.end();
  yield* readElements(withinConfiguration(elements), parts.place, parts);
}

type Attributes = Element['attributes'];

const NO_ATTRIBUTES: Attributes = {};

interface Properties {
  readonly elements: readonly Element[];
  /** Of whatever the object is. */
  readonly own: Attributes;
}

class JsonDocument {
  readonly #tokens: Iterator<JsonToken, undefined>;
  readonly #faults: Faults;
  readonly #limits: LoadLimits;
  #token: JsonToken | undefined;
  #lastLine = 1;
  #taken = 0;

  constructor(text: string, faults: Faults, limits: LoadLimits) {
    this.#tokens = jsonTokens(text, faults);
    this.#faults = faults;
    this.#limits = limits;
    this.#token = this.#tokens.next().value;
  }

  /** The text of the token, which must be of that kind. */
  take(kind: JsonToken['kind'], expected: string): JsonToken {
    const token = this.#token;
    if (token?.kind !== kind) return this.#refuse(expected);
    this.#token = this.#tokens.next().value;
    this.#lastLine = token.line;
    this.#taken += 1;
    return token;
  }

  end(): void {
    if (this.#token !== undefined) this.#refuse('nothing behind the object');
  }

  *object(depth: number): InTurns<Properties> {
    const { depth: maximum } = this.#limits;
    if (depth > maximum) this.#faults.end(this.#token?.line ?? 1, 'too-deep', [], { maximum });
    const elements: Element[] = [];
    const attributes = new Map<string, readonly Attributes[]>();
    yield* this.#separated('{', '}', function* (document) {
      const { text: name, line } = document.take('string', 'a name in quotes');
      document.take(':', 'a colon');
      const values = yield* document.#values(name, line, depth);
      if (name.startsWith(ATTRIBUTES))
        attributes.set(name.slice(ATTRIBUTES.length), values.map(attributesOf));
      else for (const value of values) elements.push(value);
    });
    const [own = NO_ATTRIBUTES] = attributes.get('') ?? [];
    return { elements: attributes.size === 0 ? elements : withAttributes(elements, attributes), own };
  }

  /** Items between two brackets, with commas between them. */
  *#separated(
    open: '{' | '[',
    close: '}' | ']',
    item: (document: JsonDocument) => InTurns<void>,
  ): InTurns<void> {
    this.take(open, open);
    for (let isFirst = true; this.#token?.kind !== close; isFirst = false) {
      if (!isFirst) this.take(',', `a comma or ${close}`);
      yield* item(this);
      if (this.#taken < TOKENS_BETWEEN_TURNS) continue;
      this.#taken = 0;
      yield;
    }
    this.take(close, close);
  }

  /** One element, or one for each value of an array. */
  *#values(name: string, line: number, depth: number): InTurns<readonly Element[]> {
    if (this.#token?.kind !== '[') return [yield* this.#value(name, line, depth)];
    const elements: Element[] = [];
    yield* this.#separated('[', ']', function* (document) {
      elements.push(yield* document.#value(name, document.#token?.line ?? line, depth));
    });
    return elements;
  }

  *#value(name: string, line: number, depth: number): InTurns<Element> {
    switch (this.#token?.kind) {
      case '{': {
        const { elements, own } = yield* this.object(depth + 1);
        return { name, line, text: undefined, children: elements, attributes: own };
      }
      case 'string':
      case 'plain': {
        const { kind, text } = this.take(this.#token.kind, 'a value');
        const isNothing = kind === 'plain' && text === 'null';
        return { name, line, text: isNothing ? undefined : text, children: [], attributes: NO_ATTRIBUTES };
      }
      default:
        return this.#refuse('a value');
    }
  }

  #refuse(expected: string): never {
    return this.#faults.end(this.#token?.line ?? this.#lastLine, 'not-json', [], { expected });
  }
}

function attributesOf({ children }: Element): Attributes {
  return Object.fromEntries(children.map(({ name, text = '' }) => [name, text]));
}

/** Of several values, each has its own, in the same order (RFC 7952 §5.2.3). */
function withAttributes(
  elements: readonly Element[],
  attributes: ReadonlyMap<string, readonly Attributes[]>,
): readonly Element[] {
  const counts = new Map<string, number>();
  return elements.map((element) => {
    const index = counts.get(element.name) ?? 0;
    counts.set(element.name, index + 1);
    const more = attributes.get(element.name)?.[index];
    return more ? { ...element, attributes: { ...element.attributes, ...more } } : element;
  });
}
