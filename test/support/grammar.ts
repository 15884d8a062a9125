/** Grammars for tests: the product's own files, small ones written in place, and lines typed against them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { candidates, type Candidates } from '../../src/grammar/complete.ts';
import type { GrammarContext, Level } from '../../src/grammar/match.ts';
import { levelsAlong } from '../../src/grammar/meaning.ts';
import type { GrammarNode } from '../../src/grammar/node.ts';
import { readGrammar } from '../../src/grammar/notation.ts';
import { resolve, type Match, type Problem, type Resolution } from '../../src/grammar/resolve.ts';
import { tokenize } from '../../src/grammar/tokens.ts';
import { readGrammars, treeCalled, type Grammars } from '../../src/shell/grammars.ts';

const directory = join(import.meta.dirname, '..', '..', 'grammar');

/** The grammar files of the product. */
export const grammars: Grammars = readGrammars((name) => readFileSync(join(directory, name), 'utf8'));

/** Who types, and where. */
export interface Typist {
  readonly can?: (privilege: string) => boolean;
  /** Other trees by name, and the level being edited. */
  readonly trees?: Readonly<Record<string, Level>>;
  readonly live?: GrammarContext['live'];
}

export function contextOf({ can = () => true, trees = {}, live = () => [] }: Typist = {}): GrammarContext {
  const tree = (name: string) => {
    const nodes = Object.fromEntries(Object.entries(trees).map(([each, { node }]) => [each, node]));
    return { path: [], ...trees[name], node: treeCalled(name, nodes)! };
  };
  return { can, tree, live, holdsSecret: () => false };
}

/** The rights of a login class of grammar/classes.cli. */
export function classCan(className: string): (privilege: string) => boolean {
  const privileges = grammars.classes.get(className)!;
  return (privilege) => privileges.has(privilege);
}

/** A grammar, and how to type lines at it. */
export class Terminal {
  readonly root: GrammarNode;
  readonly context: GrammarContext;

  constructor(root: GrammarNode | string, typist: Typist = {}) {
    this.root = typeof root === 'string' ? readGrammar(root, 'test.cli') : root;
    this.context = contextOf(typist);
  }

  resolve(line: string): Resolution {
    const words = tokenize(line).sections[0] ?? [];
    return resolve(this.root, words, line.length, this.context);
  }

  /** What a line that must be right means. */
  match(line: string): Match {
    const resolution = this.resolve(line);
    if ('problem' in resolution) throw new Error(`${line}: ${resolution.problem.code}`);
    return resolution.match;
  }

  /** What is wrong with a line that must be wrong. */
  problem(line: string): Problem {
    const resolution = this.resolve(line);
    if ('match' in resolution) throw new Error(`${line}: runs ${resolution.match.handler}`);
    return resolution.problem;
  }

  /** What may stand at the end of the line. */
  candidates(line: string): Candidates {
    const { sections, betweenWords } = tokenize(line);
    const words = [...(sections[0] ?? [])];
    const partial = betweenWords ? '' : (words.pop()?.text ?? '');
    return candidates(this.root, words, partial, this.context);
  }

  /** The texts of `candidates`. */
  offered(line: string): string[] {
    return this.candidates(line).rows.map(({ text }) => text);
  }
}

/** Configuration mode of the product at a level, for a login class. */
export function configurationMode(className = 'super-user', path: readonly string[] = []): Terminal {
  const trees = {
    level: levelsAlong(grammars.schema, path).at(-1)!,
    schema: { node: grammars.schema, path: [] },
    operational: { node: grammars.operational, path: [] },
  };
  return new Terminal(grammars.configuration, { can: classCan(className), trees });
}

/** Operational mode of the product, for a login class. */
export function operationalMode(className = 'super-user', live?: GrammarContext['live']): Terminal {
  const trees = {
    schema: { node: grammars.schema, path: [] },
    operational: { node: grammars.operational, path: [] },
  };
  return new Terminal(grammars.operational, { can: classCan(className), trees, ...(live && { live }) });
}
