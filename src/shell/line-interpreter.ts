/** What lines mean where a login stands, and what may stand at their ends: the grammar as whoever is logged in has it. */
import type { LiveSources } from '../commands/live.ts';
import type { Router } from '../commands/command.ts';
import { getAt, isValues, treeOf, type ConfigTree, type Path } from '../config/tree.ts';
import { candidates, NOTHING, withRows, type Candidates } from '../grammar/complete.ts';
import type { GrammarContext, Level, LiveQuery, LiveValue } from '../grammar/match.ts';
import { levelsAlong, topOf } from '../grammar/meaning.ts';
import type { GrammarNode } from '../grammar/node.ts';
import { resolve, type Match, type Problem, type Resolution, type Span } from '../grammar/resolve.ts';
import { commandsOf, tokenize, type Section, type Token, type Tokens } from '../grammar/tokens.ts';
import { aliasRows, begins, expand, type AliasPlace } from './aliases.ts';
import { treeCalled, type Grammars } from './grammars.ts';
import { holdsSecret } from './line-secrets.ts';
import type { Login } from './login.ts';
import { pipesFor } from './pipes.ts';

/** What a line means, and where its secrets stand. */
export interface Meant {
  readonly command: Match;
  readonly pipes: readonly Match[];
  readonly secrets: readonly Span[];
}

export interface Refused {
  readonly problem: Problem;
  readonly secrets: readonly Span[];
}

/** A line as it was read: offsets are of `line`, which has the words of an alias in place of its name. */
export type Read = (Meant | Refused) & {
  readonly line: string;
  readonly typedAt: (offset: number) => number;
};

export interface InterpreterParts {
  readonly grammars: Grammars;
  readonly live: LiveSources;
  readonly router: Router;
}

export class LineInterpreter {
  readonly #parts: InterpreterParts;
  readonly #login: Login;
  readonly #context: GrammarContext;
  readonly #pipeNames: ReadonlySet<string>;

  constructor({ grammars, live, router }: InterpreterParts, login: Login) {
    this.#parts = { grammars, live, router };
    this.#login = login;
    this.#pipeNames = new Set(grammars.pipes.children.map(({ name }) => name));
    this.#context = {
      can: (privilege) => login.can(privilege),
      holdsSecret: (line) => this.holdsSecret(line),
      tree: (name) => this.#tree(name),
      live: (query) => this.#live(query),
    };
  }

  get #root(): GrammarNode {
    return this.#login.editing ? this.#parts.grammars.configuration : this.#parts.grammars.operational;
  }

  get #aliasPlace(): AliasPlace {
    return { root: this.#root, context: this.#context, aliases: this.#login.aliases };
  }

  tokens(line: string): Tokens {
    return tokenize(line, this.#pipeNames);
  }

  /** DNOS alone takes several commands on a line. */
  commandsOf(line: string): readonly Section[] {
    const several = this.#login.style.concatenates && !line.trimStart().startsWith('!');
    return several ? commandsOf(line) : [{ text: line, start: 0 }];
  }

  /** Whether a command of operational mode begins so. */
  begins(word: string): boolean {
    return begins(word, this.#parts.grammars.operational, this.#context);
  }

  holdsSecret(line: string): boolean {
    return holdsSecret(line, this.#parts.grammars, this.#context);
  }

  /** What a line means, perhaps by an alias; undefined for a blank line or a comment. */
  read(line: string): Read | undefined {
    const meant = this.meaningOf(line);
    if (meant === undefined) return undefined;
    const expansion = 'problem' in meant ? expand(line, this.#aliasPlace) : undefined;
    if (expansion === undefined) return { ...meant, line, typedAt: (offset) => offset };
    const { line: said, typedAt } = expansion;
    const expanded = this.meaningOf(said);
    return expanded && { ...expanded, line: said, typedAt };
  }

  /** The same without aliases. */
  meaningOf(line: string): Meant | Refused | undefined {
    if (line.trimStart().startsWith('!')) return this.#login.editing ? this.meaningOf('up') : undefined;
    const { sections, openQuote } = this.tokens(line);
    if (openQuote !== undefined)
      return {
        problem: { code: 'open-quote', start: openQuote, end: line.length },
        secrets: this.meaningOf(line.slice(0, openQuote))?.secrets ?? [],
      };
    const [words = [], ...pipeSections] = sections;
    if (words.length === 0 && pipeSections.length === 0) return undefined;
    const end = line.trimEnd().length;
    const first = resolve(this.#root, words, (words.at(-1)?.end ?? end) + 1, this.#context);
    if ('problem' in first) return first;
    const pipes: Match[] = [];
    const { secrets } = first;
    if (pipeSections.length === 0) return { command: first.match, pipes, secrets };
    const grammar = pipesFor(this.#parts.grammars.pipes, first.match.handler);
    for (const section of pipeSections) {
      const next = resolve(grammar, section, (section.at(-1)?.end ?? end) + 1, this.#context);
      if ('problem' in next) return { problem: next.problem, secrets };
      pipes.push(next.match);
    }
    return { command: first.match, pipes, secrets };
  }

  /** What of a line may be remembered; undefined: nothing, as there is a secret in it. What is not understood may be one. */
  keptOf(line: string): string | undefined {
    let kept = '';
    for (const { text, start } of this.commandsOf(line)) {
      const keptHere = this.#keptOfOne(text);
      if (keptHere === undefined) return undefined;
      kept = line.slice(0, start) + keptHere;
      if (keptHere !== text) break;
    }
    return kept;
  }

  #keptOfOne(line: string): string | undefined {
    const read = this.read(line);
    if (read === undefined) return line;
    if (read.secrets.length > 0) return undefined;
    return 'problem' in read ? line.slice(0, read.typedAt(read.problem.start)).trimEnd() : line;
  }

  /** What a line of configuration mode means at a level. */
  resolveAt(line: string, level: Path): Resolution {
    const { configuration, schema } = this.#parts.grammars;
    const tree = (name: string): Level =>
      name === 'level' ? levelsAlong(schema, level).at(-1)! : this.#tree(name);
    const [words = []] = tokenize(line).sections;
    return resolve(configuration, words, line.length + 1, { ...this.#context, tree });
  }

  /** What may stand at the end of a line, also of one with an alias. */
  candidatesAt(lineToCursor: string): { readonly found: Candidates; readonly partial: string } {
    const line = this.commandsOf(lineToCursor).at(-1)!.text;
    const here = this.#candidatesOf(line);
    if (here.found.rows.length > 0 || here.found.mayEnd) return here;
    const expansion = expand(line, this.#aliasPlace);
    // A name at the cursor is a row of its own.
    return expansion === undefined || expansion.end === line.length
      ? here
      : this.#candidatesOf(expansion.line);
  }

  #candidatesOf(line: string): { readonly found: Candidates; readonly partial: string } {
    const tokens = this.tokens(line);
    const sections = tokens.sections;
    const last = [...sections.at(-1)!];
    const partial = tokens.betweenWords ? '' : (last.pop()?.text ?? '');
    if (sections.length === 1) {
      const found = candidates(this.#root, last, partial, this.#context);
      return { found: withRows(found, aliasRows(last, partial, this.#aliasPlace)), partial };
    }
    const pipes = this.#pipesAfter(tokens);
    const found = pipes ? candidates(pipes, last, partial, this.#context) : NOTHING;
    return { found, partial };
  }

  #pipesAfter({ sections }: Tokens): GrammarNode | undefined {
    const words: readonly Token[] = sections[0] ?? [];
    const first = resolve(this.#root, words, 0, this.#context);
    return 'match' in first ? pipesFor(this.#parts.grammars.pipes, first.match.handler) : undefined;
  }

  /** The trees that grammar files continue in: all commands, the whole configuration, the level being edited. */
  #tree(name: string): Level {
    const { operational, schema } = this.#parts.grammars;
    const commands = treeCalled(name, { operational });
    if (commands !== undefined) return topOf(commands);
    const path = name === 'level' ? (this.#login.editing?.path ?? []) : [];
    return levelsAlong(schema, path).at(-1)!;
  }

  /** Nobody is offered what they may not see. */
  #live({ source, path, node, begun, limit }: LiveQuery): readonly LiveValue[] {
    const { live, router } = this.#parts;
    const can = (privilege: string): boolean => this.#login.can(privilege);
    const tree = this.#login.editing?.candidate.tree ?? router.configuration.running;
    const found = new Map<string, LiveValue>();
    const offer = (values: Iterable<string | LiveValue>): void => {
      for (const value of values) {
        if (found.size === limit) return;
        const { text, help } = typeof value === 'string' ? { text: value, help: '' } : value;
        if (text.startsWith(begun) && !found.has(text)) found.set(text, { text, help });
      }
    };
    const named = source === undefined ? undefined : live[source];
    const { files, aliases } = this.#login;
    if (named && can(named.needs))
      offer(named.values(router, { tree, files, aliases, begun, limit, path, can }));
    const isVisible = node.privilege === undefined || can(node.privilege);
    if (isVisible) offer(valuesAt(tree, path, node));
    return [...found.values()];
  }
}

/** What the configuration has where a line asks for a key, or for one of several values. */
function valuesAt(tree: ConfigTree, path: Path, node: GrammarNode): Iterable<string> {
  if (node.value?.arity === 'key') return treeOf(getAt(tree, path)).keys();
  const there = node.value?.arity === 'many' ? getAt(tree, [...path, node.name]) : undefined;
  return isValues(there) ? there.map(String) : [];
}
