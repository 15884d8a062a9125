/** Texts loaded in a test: whatever form they are in, and whoever loads them. */
import { levelsAlong } from '../../src/grammar/meaning.ts';
import type { Statement } from '../../src/grammar/match.ts';
import type { Grammar, GrammarNode } from '../../src/grammar/node.ts';
import { SECRET_KEY_OCTETS, Secrets } from '../../src/config/secrets.ts';
import { resolve } from '../../src/grammar/resolve.ts';
import { tokenize } from '../../src/grammar/tokens.ts';
import { LoadError, type Fault, type LoadLimits } from '../../src/config/load/faults.ts';
import type { ReadLine } from '../../src/config/load/lines.ts';
import { formOf, loading, type LoadForm, type LoadMode } from '../../src/config/load/load.ts';
import type { Can } from '../../src/config/privileges.ts';
import { EMPTY_TREE, type ConfigTree, type Path } from '../../src/config/tree.ts';
import { contextOf, grammars } from './grammar.ts';

export interface LoadOptions {
  readonly schema?: Grammar;
  readonly before?: ConfigTree;
  readonly mode?: LoadMode;
  readonly form?: LoadForm;
  readonly level?: Path;
  readonly can?: Can;
  readonly limits?: LoadLimits;
}

/** The tree that a text makes of the one before. Throws LoadError. */
export function load(text: string, options: LoadOptions = {}): ConfigTree {
  const {
    schema = grammars.schema,
    before = EMPTY_TREE,
    mode = 'merge',
    level = [],
    can = () => true,
  } = options;
  const { form = formOf(text, mode), limits } = options;
  const readLine: ReadLine = (line, at) => {
    const trees = {
      level: levelsAlong(schema, at).at(-1)!,
      schema: { node: schema, path: [] },
      operational: { node: grammars.operational, path: [] },
    };
    return resolve(
      grammars.configuration,
      tokenize(line).sections[0]!,
      line.length,
      contextOf({ can, trees }),
    );
  };
  const loader = { schema, can, level, readLine, ...(limits && { limits }) };
  const work = loading(text, form, loader, { tree: before, secrets: asTyped, asks: () => false });
  for (;;) {
    const next = work.next();
    if (next.done) return next.value;
  }
}

/** Leaves secrets as they are typed, so that a tree of them can be compared. */
class NoSecrets extends Secrets {
  override sealed(_: GrammarNode, statement: Statement): Statement {
    return statement;
  }
}

const asTyped = new NoSecrets(new Uint8Array(SECRET_KEY_OCTETS));

/** What is wrong with a text that must be wrong. */
export function faultsOf(text: string, options: LoadOptions = {}): readonly Fault[] {
  try {
    load(text, options);
  } catch (error) {
    if (error instanceof LoadError) return error.faults;
    throw error;
  }
  throw new Error(`nothing is wrong with:\n${text}`);
}
