/** Joins the lines of a dialect (grammar/dialects/*.cli) to the canonical tree, each with what it says there. */
import type { CompiledLines } from './compiled.ts';
import type { Draft } from './draft.ts';
import { placeholdersIn } from './meaning.ts';
import { childNamed, isLeaf, type Grammar, type GrammarNode, type Meaning, type TargetWord } from './node.ts';
import { NotationError, readDialectLines } from './notation.ts';

/** Separates what a line says from what it says as well. */
const WITH = /\s+with\s+/;

/** One level up, in a target. */
const UP = '..';

/** Takes a word away, in a target. */
const AWAY = '-';

/** What the lines below one line start from. */
interface Base {
  /** Where the line above leads. */
  readonly target: readonly TargetWord[];
  /** Names of the values typed by then. */
  readonly values: readonly string[];
  /** Entries that whatever is said below them is said of. */
  readonly entries: readonly (readonly TargetWord[])[];
}

/** Reads a dialect and hangs its lines into `schema`. Throws NotationError at the first mistake. */
export function addDialect(schema: Grammar, source: string, file: string, compiled?: CompiledLines): void {
  new Joint(schema, file).join(schema, readDialectLines(source, file, compiled).children, []);
}

class Joint {
  readonly #schema: GrammarNode;
  readonly #file: string;

  constructor(schema: GrammarNode, file: string) {
    this.#schema = schema;
    this.#file = file;
  }

  /** Lines that begin with canonical words lead on in the canonical tree; the others are hung beside them. */
  join(parent: GrammarNode, lines: readonly Draft[], path: readonly TargetWord[]): void {
    for (const line of lines) {
      const canonical = line.kind === 'word' ? childNamed(parent, line.name) : undefined;
      if (canonical === undefined) {
        if (parent.children.some(({ name, kind }) => kind === line.kind && name === line.name))
          throw this.#expected(line, `one line for '${line.name}' here, not two`);
        (parent.children as GrammarNode[]).push(this.#meant(line, { target: path, values: [], entries: [] }));
        continue;
      }
      if (line.targetText !== undefined || line.value !== undefined || canonical.value !== undefined)
        throw this.#expected(line, `no word that a canonical statement has ('${line.name}')`);
      this.join(canonical, line.children, [...path, { text: line.name, role: 'word', node: canonical }]);
    }
  }

  /** The line, with its meaning and those of the lines below it. */
  #meant(line: Draft, base: Base): GrammarNode {
    const values = line.value === undefined ? base.values : [...base.values, line.value.name];
    const meaning = this.#meaning(line, { ...base, values });
    const node = meaning.target.at(-1)?.node ?? this.#schema;
    const entries =
      meaning.own && line.value ? [...base.entries, meaning.target, ...meaning.beside] : base.entries;
    for (const child of line.children) this.#meant(child, { target: meaning.target, values, entries });
    return Object.assign(line, {
      meaning,
      aliasOf: node,
      ...(meaning.own && {
        help: line.help === '' ? node.help : line.help,
        privilege: node.privilege,
        modifyPrivilege: node.modifyPrivilege,
        presence: line.children.length > 0 && node.presence,
      }),
    });
  }

  #meaning(line: Draft, { target, values, entries }: Base): Meaning {
    if (line.targetText === undefined) {
      if (line.help === '')
        throw this.#expected(line, 'a "help" text, or => canonical words whose help it has');
      if (line.children.length === 0) throw this.#expected(line, '=> canonical words, or lines below');
      return { target, own: false, takesAway: false, beside: [] };
    }
    const [main, ...others] = line.targetText.split(WITH) as [string, ...string[]];
    const words = main.split(/\s+/);
    const last = words.at(-1)!;
    const takesAway = last.startsWith(AWAY);
    if (takesAway) words[words.length - 1] = last.slice(AWAY.length);
    const own = this.#target(line, target, { words, values });
    if (takesAway && own.at(-1)!.node.value?.arity !== 'many')
      throw this.#expected(line, `'${AWAY}' before a value of a statement that has several`);
    this.#requireWhole(line, own.at(-1)!, line.children.length > 0);
    const beside = others.map((other) => this.#target(line, own, { words: other.split(/\s+/), values }));
    for (const each of beside) this.#requireWhole(line, each.at(-1)!, false);
    const elsewhere = entries.filter((entry) => entry.some(({ text }, index) => text !== own[index]?.text));
    return { target: own, own: true, takesAway, beside: [...elsewhere, ...beside] };
  }

  /** What a line says must be a statement; where others follow, they must have something to follow on. */
  #requireWhole(line: Draft, { node, role }: TargetWord, leads: boolean): void {
    const isWhole =
      role !== 'word' || (!node.value && (leads ? !isLeaf(node) : isLeaf(node) || node.presence));
    if (!isWhole || (leads && role === 'value'))
      throw this.#expected(
        line,
        `${leads ? 'a container' : 'a whole statement'}, which '${node.name}' is not`,
      );
  }

  /** The words from `base` on, each with the canonical line that it stands for. */
  #target(
    line: Draft,
    base: readonly TargetWord[],
    { words, values }: { readonly words: readonly string[]; readonly values: readonly string[] },
  ): readonly TargetWord[] {
    return words.reduce<readonly TargetWord[]>((before, text) => {
      const last = before.at(-1);
      if (text === UP) {
        if (last === undefined) throw this.#expected(line, `a level above, for '${UP}'`);
        return before.slice(0, last.role === 'word' ? -1 : -2);
      }
      if (last?.role === 'word' && last.node.value)
        return [...before, this.#value(line, last.node, { text, values })];
      const node = childNamed(last?.node ?? this.#schema, text);
      if (!node)
        throw this.#expected(line, `a canonical statement below '${last?.node.name ?? ''}', not '${text}'`);
      return [...before, { text, role: 'word', node }];
    }, base);
  }

  #value(
    line: Draft,
    node: GrammarNode,
    { text, values }: { readonly text: string; readonly values: readonly string[] },
  ): TargetWord {
    const unknown = placeholdersIn(text).find((name) => !values.includes(name));
    if (unknown !== undefined)
      throw this.#expected(line, `a value of this line or one above it, not <${unknown}>`);
    const parsed = placeholdersIn(text).length > 0 ? undefined : node.value!.type.parse(text);
    if (parsed && 'expected' in parsed) throw this.#expected(line, `for ${node.name}: ${parsed.expected}`);
    return { text, role: node.value!.arity === 'key' ? 'key' : 'value', node };
  }

  #expected(line: Draft, expected: string): NotationError {
    return new NotationError(this.#file, line.line, expected);
  }
}
