/** Loads a text into a configuration: reads what it says, and makes the tree that it says. All of it, or nothing. */
import type { GrammarNode } from '../../grammar/node.ts';
import type { Statement } from '../../grammar/match.ts';
import { levelsAlong } from '../../grammar/meaning.ts';
import { EditError } from '../edit-error.ts';
import type { Can } from '../privileges.ts';
import type { Seal } from '../secrets.ts';
import { addStatement, markStatement, removeAlone, removeStatement } from '../statements.ts';
import {
  equal,
  isBare,
  isTree,
  prune,
  schemaAlong,
  TreeBuilder,
  treeOf,
  type ConfigTree,
  type ConfigValue,
  type Path,
} from '../tree.ts';
import { readBraces } from './braces.ts';
import { Faults, LoadError, LOAD_LIMITS, Unreadable, type LoadLimits } from './faults.ts';
import { readJson } from './json-text.ts';
import { readLines, type ReadLine } from './lines.ts';
import { readPatch } from './patch.ts';
import type { ReadingParts, Said } from './said.ts';
import { StatementReader } from './statement-reader.ts';
import { readXml } from './xml-text.ts';

export type LoadForm = 'braces' | 'lines' | 'json' | 'xml' | 'patch';

/**
 * `merge` adds to the candidate, `override` and `update` put the text in its place (`update` leaves what is the same where it
 * stands), `replace` does so for what is tagged, `set` takes lines of configuration mode, `patch` what `show | compare` prints.
 */
export type LoadMode = 'merge' | 'override' | 'update' | 'replace' | 'set' | 'patch';

/** Who loads, and where. */
export interface Loader {
  readonly schema: GrammarNode;
  readonly can: Can;
  /** Where the text stands, in the words that led there. */
  readonly level: Path;
  readonly readLine: ReadLine;
  readonly limits?: LoadLimits;
}

/** The form that a text is in. */
export function formOf(text: string, mode: LoadMode): LoadForm {
  if (mode === 'patch') return 'patch';
  if (mode === 'set') return 'lines';
  const first = /^\s*(\S)/.exec(text)?.[1];
  if (first === '<') return 'xml';
  if (first === '{') return 'json';
  return isLines(text) ? 'lines' : 'braces';
}

const LINE_VERB = /^\s*(set|delete|no|edit|deactivate|activate|annotate|rename|copy|insert)\s/;

/** A text of lines begins with a verb, or has neither braces nor semicolons. */
function isLines(text: string): boolean {
  const said = text.replace(/^\s*[#!].*$/gm, '');
  return LINE_VERB.test(said) || !/[{;]/.test(said);
}

/** Everything that a text says, in order; undefined is a moment at which others may have their turn. Throws LoadError. */
export function* saidBy(text: string, form: LoadForm, loader: Loader): Generator<undefined, readonly Said[]> {
  const { schema, can, level, limits = LOAD_LIMITS } = loader;
  const faults = new Faults(limits.faults);
  const { path } = levelsAlong(schema, level).at(-1)!;
  const place = { node: schemaAlong(schema, path).at(-1) ?? schema, path, awaitsKey: false };
  const parts = { schema, reader: new StatementReader(can), faults, limits, place };
  const said: Said[] = [];
  try {
    if (text.length > limits.characters) faults.end(1, 'too-large', [], { maximum: limits.characters });
    for (const each of reading(text, form, parts, loader)) {
      if (each === undefined) yield;
      else said.push(each);
      if (said.length > limits.statements)
        faults.end(each?.line ?? 0, 'too-many-statements', [], { maximum: limits.statements });
    }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
  }
  if (faults.all.length > 0) throw new LoadError(faults.all);
  return said;
}

function reading(
  text: string,
  form: LoadForm,
  parts: ReadingParts,
  { level, readLine }: Loader,
): Iterable<Said | undefined> {
  switch (form) {
    case 'braces':
      return readBraces(text, parts);
    case 'lines':
      return readLines(text, parts, level, readLine);
    case 'json':
      return readJson(text, parts);
    case 'xml':
      return readXml(text, parts);
    case 'patch':
      return readPatch(text, parts);
  }
}

/** The tree that `before` becomes by what is said; `seal` has no secret enter it as it was typed. Throws LoadError. */
export function loaded(
  schema: GrammarNode,
  before: ConfigTree,
  said: readonly Said[],
  seal: Seal = (statement) => statement,
): ConfigTree {
  const tree = new TreeBuilder(before);
  const faults = new Faults(LOAD_LIMITS.faults);
  try {
    for (const each of said) {
      const statement = seal(each.statement);
      const code = statement ? make(schema, tree, { ...each, statement }) : 'foreign-secret';
      if (code) faults.add(each.line, code, each.statement.path);
    }
    // What a patch leaves empty it may fill again, and only then is it empty.
    for (const { verb, statement } of said)
      if (verb === 'remove' || verb === 'remove-empty') tree.prune(schema, statement.path);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
  }
  if (faults.all.length > 0) throw new LoadError(faults.all);
  return tree.tree;
}

type Problem = 'no-such-statement' | 'not-empty' | 'nothing-left';

/** Why it cannot be done. */
function make(schema: GrammarNode, tree: TreeBuilder, said: Said): Problem | undefined {
  const { statement } = said;
  const there = (isThere: boolean): Problem | undefined => (isThere ? undefined : 'no-such-statement');
  switch (said.verb) {
    case 'set':
      return added(schema, tree, statement);
    case 'clear':
      removeStatement(schema, tree, statement);
      return undefined;
    case 'delete':
      return there(removeStatement(schema, tree, statement));
    case 'remove':
      return there(removeAlone(tree, statement));
    case 'remove-empty': {
      const value = tree.get(statement.path);
      if (!isTree(value)) return 'no-such-statement';
      if (!isBare(prune(schemaAlong(schema, statement.path).at(-1)!, value))) return 'not-empty';
      tree.delete(statement.path);
      return undefined;
    }
    case 'mark':
      return there(markStatement(tree, statement, said.change));
    case 'move':
      return there(moveEntry(tree, statement.path, said.behind));
  }
}

function added(schema: GrammarNode, tree: TreeBuilder, statement: Statement): Problem | undefined {
  try {
    addStatement(schema, tree, statement);
    return undefined;
  } catch (error) {
    if (error instanceof EditError && error.code === 'nothing-left') return error.code;
    throw error;
  }
}

function moveEntry(tree: TreeBuilder, path: Path, behind: string | undefined): boolean {
  const [list, key] = [path.slice(0, -1), path.at(-1)!];
  const entries = treeOf(tree.get(list));
  if (!entries.has(key) || (behind !== undefined && !entries.has(behind))) return false;
  const others = [...entries.keys()].filter((other) => other !== key);
  others.splice(behind === undefined ? 0 : others.indexOf(behind) + 1, 0, key);
  tree.set(list, new Map(others.map((each) => [each, entries.get(each)!])));
  return true;
}

/** `after`, but what is the same in `before` is that, in its order. */
export function updated(before: ConfigTree, after: ConfigTree): ConfigTree {
  if (before === after || equal(before, after)) return before;
  const merged = (word: string, value: ConfigValue): ConfigValue => {
    const was = before.get(word);
    return isTree(was) && isTree(value) ? updated(was, value) : value;
  };
  const kept = [...before.keys()].filter((word) => after.has(word));
  const words = new Set([...kept, ...after.keys()]);
  return new Map([...words].map((word) => [word, merged(word, after.get(word)!)]));
}
