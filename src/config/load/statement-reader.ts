/** Reads words as statements of the schema: the same for every form that a configuration is written in. */
import type { Statement } from '../../grammar/match.ts';
import { childNamed, isLeaf, type GrammarNode } from '../../grammar/node.ts';
import { leadsSomewhere } from '../../grammar/reading.ts';
import { isSecret, SECRET_DATA } from '../../grammar/secret.ts';
import type { Scalar } from '../../grammar/value-types.ts';
import type { Can } from '../privileges.ts';
import type { Path } from '../tree.ts';
import { INACTIVE } from '../text.ts';
import type { FaultCode, Fault } from './faults.ts';

export interface Word {
  readonly text: string;
  /** A quoted word is no bracket and no keyword. */
  readonly quoted: boolean;
}

/** A place in the configuration below which statements stand. */
export interface Place {
  readonly node: GrammarNode;
  readonly path: Path;
  /** Of a list: the key of an entry comes first. */
  readonly awaitsKey: boolean;
}

/** What some words say: statements, and the place they lead to, if anything may stand below it. */
export interface Words {
  readonly statements: readonly Statement[];
  /** Those of the statements whose values are tagged as inactive. */
  readonly inactive: readonly Statement[];
  readonly path: Path;
  readonly place: Place | undefined;
  readonly fault?: undefined;
}

export interface NoWords {
  readonly fault: Omit<Fault, 'line'>;
}

const NO_STATEMENTS: readonly Statement[] = [];

export class StatementReader {
  readonly #visible = new Map<GrammarNode, boolean>();
  readonly #can: Can;

  /** What whoever loads may not see is not there for them. */
  constructor(can: Can) {
    this.#can = can;
  }

  /** `hasBelow`: more stands below these words. */
  read(from: Place, words: readonly Word[], hasBelow: boolean): Words | NoWords {
    const path = [...from.path];
    let { node, awaitsKey } = from;
    for (const [index, word] of words.entries()) {
      if (awaitsKey) {
        const parsed = node.value!.type.parse(word.text);
        if ('expected' in parsed)
          return fault('invalid-value', path, { word: word.text, expected: parsed.expected });
        path.push(String(parsed.value));
        awaitsKey = false;
        continue;
      }
      const child = this.childOf(node, word);
      if (child === undefined) return fault('unknown-word', path, { word: word.text });
      path.push(child.name);
      if (isLeaf(child)) return leaf(child, path, words.slice(index + 1), hasBelow);
      node = child;
      awaitsKey = child.value?.arity === 'key';
    }
    if (awaitsKey && !hasBelow) return fault('missing-key', path, {});
    const mayHaveBelow = awaitsKey || node.children.length > 0;
    if (hasBelow && !mayHaveBelow) return fault('nothing-below', path, {});
    const isSaid = !awaitsKey && (node.presence || node.value !== undefined);
    const statements = isSaid ? [{ path, value: undefined }] : NO_STATEMENTS;
    const place = mayHaveBelow ? { node, path, awaitsKey } : undefined;
    return { statements, inactive: NO_STATEMENTS, path, place };
  }

  /** The statement at a place that a word names; canonical words and their other spellings. */
  childOf(node: GrammarNode, { text, quoted }: Word): GrammarNode | undefined {
    if (quoted) return undefined;
    const child =
      childNamed(node, text) ??
      node.children.find(({ name, aliasOf, meaning }) => name === text && aliasOf && !meaning)?.aliasOf;
    return child && this.#isVisible(child) ? child : undefined;
  }

  #isVisible(node: GrammarNode): boolean {
    let visible = this.#visible.get(node);
    if (visible === undefined) {
      visible = leadsSomewhere(node, ({ privilege }) => privilege === undefined || this.#can(privilege));
      this.#visible.set(node, visible);
    }
    return visible;
  }
}

function fault(code: FaultCode, path: Path, details: Fault['details']): NoWords {
  return { fault: { code, path, details } };
}

function leaf(node: GrammarNode, path: Path, words: readonly Word[], hasBelow: boolean): Words | NoWords {
  if (hasBelow) return fault('nothing-below', path, {});
  if (node.value === undefined) {
    if (words.length > 0) return fault('unexpected-word', path, { word: words[0]!.text });
    return { statements: [{ path, value: undefined }], inactive: NO_STATEMENTS, path, place: undefined };
  }
  const values = valuesIn(words);
  if (values.length === 0) return fault('missing-value', path, {});
  const read = valuesOf(node, path, values);
  return 'fault' in read ? read : { ...read, path, place: undefined };
}

function valuesIn(words: readonly Word[]): readonly Word[] {
  const isBracket = (word: Word | undefined, text: string): boolean =>
    word !== undefined && !word.quoted && word.text === text;
  return isBracket(words[0], '[') && isBracket(words.at(-1), ']') ? words.slice(1, -1) : words;
}

/** In a list, behind the tag of what is inactive there. */
function valuesOf(
  node: GrammarNode,
  path: Path,
  words: readonly Word[],
): Pick<Words, 'statements' | 'inactive'> | NoWords {
  const statements: Statement[] = [];
  const inactive: Statement[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const isTagged = node.value!.arity === 'many' && isTag(words[index]!) && index + 1 < words.length;
    if (isTagged) index += 1;
    const { text } = words[index]!;
    if (isSecret(node) && text === SECRET_DATA) return fault('hidden-secret', path, {});
    const parsed = node.value!.type.parse(text);
    if ('expected' in parsed) return invalid(node, path, text, parsed.expected);
    const second = secondOf(node, parsed.value, words[index + 1]);
    if (second !== undefined) index += 1;
    const statement = { path, value: second ?? parsed.value };
    statements.push(statement);
    if (isTagged) inactive.push(statement);
  }
  if (node.value!.arity === 'one' && statements.length > 1) return fault('several-values', path, {});
  return { statements, inactive };
}

function isTag({ text, quoted }: Word): boolean {
  return !quoted && text === INACTIVE;
}

function invalid(node: GrammarNode, path: Path, word: string, expected: string): NoWords {
  return fault('invalid-value', path, isSecret(node) ? { expected } : { word, expected });
}

/** `authenticated control-only` is one value. */
function secondOf(node: GrammarNode, value: Scalar, next: Word | undefined): string | undefined {
  if (next === undefined || next.quoted) return undefined;
  return node.value!.type.seconds?.find(({ first, word }) => first === value && word === next.text)?.value;
}
