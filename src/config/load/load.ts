/** Loads a text into a configuration: reads what it says, and makes the tree that it says. All of it, or nothing. */
import type { GrammarNode } from '../../grammar/node.ts';
import { levelsAlong } from '../../grammar/meaning.ts';
import type { Statement } from '../../grammar/match.ts';
import { EditError } from '../edit-error.ts';
import type { Can } from '../privileges.ts';
import type { Secrets } from '../secrets.ts';
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
import { Faults, LoadError, LOAD_LIMITS, Unreadable, type Fault, type LoadLimits } from './faults.ts';
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

/** After so many others may have their turn. */
const STATEMENTS_BETWEEN_TURNS = 64;

/** A configuration into which a text is loaded. */
export interface LoadBase {
  readonly tree: ConfigTree;
  readonly secrets: Secrets;
  /** Whether somebody is to say what is kept of a statement (a password that is typed). */
  readonly asks: (statement: Statement) => boolean;
}

/**
 * The tree that the base becomes by what the text says. Yields a statement that `asks` has chosen, and is to be given what is
 * said in its place; undefined is a moment at which others may have their turn. Throws LoadError.
 */
export function* loading(
  text: string,
  form: LoadForm,
  loader: Loader,
  { tree: before, secrets, asks }: LoadBase,
): Generator<Said | undefined, ConfigTree, readonly Said[] | undefined> {
  const { schema, can, level, limits = LOAD_LIMITS } = loader;
  const faults = new Faults(limits.faults);
  const { path } = levelsAlong(schema, level).at(-1)!;
  const place = { node: schemaAlong(schema, path).at(-1) ?? schema, path, awaitsKey: false };
  const parts = { schema, reader: new StatementReader(can), faults, limits, place };
  const tree = new TreeBuilder(before);
  const removed: Path[] = [];
  let count = 0;
  try {
    if (text.length > limits.characters) faults.end(1, 'too-large', [], { maximum: limits.characters });
    for (const said of reading(text, form, parts, loader)) {
      if (said === undefined || count % STATEMENTS_BETWEEN_TURNS === 0) yield;
      if (said === undefined) continue;
      count += 1;
      if (count > limits.statements)
        faults.end(said.line, 'too-many-statements', [], { maximum: limits.statements });
      for (const each of asks(said.statement) ? ((yield said) ?? []) : [said]) {
        const problem = make(schema, tree, each, secrets);
        if (problem) faults.add(each.line, problem.code, each.statement.path, problem.details);
        if (each.verb === 'remove' || each.verb === 'remove-empty') removed.push(each.statement.path);
      }
    }
    // What a patch leaves empty it may fill again, and only then is it empty.
    for (const each of removed) tree.prune(schema, each);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
  }
  if (faults.all.length > 0) throw new LoadError(faults.all);
  return tree.tree;
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

type Problem = Pick<Fault, 'code'> & { readonly details?: Fault['details'] };

/** Why it cannot be done. */
function make(schema: GrammarNode, tree: TreeBuilder, said: Said, secrets: Secrets): Problem | undefined {
  const statement = secrets.sealed(schema, said.statement);
  if (statement === undefined) return { code: 'foreign-secret' };
  try {
    switch (said.verb) {
      case 'set':
        addStatement(schema, tree, statement);
        return undefined;
      case 'clear':
        removeStatement(schema, tree, statement);
        return undefined;
      case 'delete':
        return unlessThere(removeStatement(schema, tree, statement));
      case 'remove':
        return unlessThere(removeAlone(tree, statement));
      case 'remove-empty':
        return removeEmpty(schema, tree, statement.path);
      case 'mark':
        return unlessThere(markStatement(tree, statement, said.change));
      case 'move':
        return unlessThere(moveEntry(tree, statement.path, said.behind));
      case 'rearrange':
        tree.set([], said.make(tree.tree, secrets));
        return undefined;
    }
  } catch (error) {
    if (!(error instanceof EditError)) throw error;
    const { code, path, details } = error;
    return { code: 'edit', details: { ...details, code, path: path.join(' ') } };
  }
}

function unlessThere(isThere: boolean): Problem | undefined {
  return isThere ? undefined : { code: 'no-such-statement' };
}

function removeEmpty(schema: GrammarNode, tree: TreeBuilder, path: Path): Problem | undefined {
  const value = tree.get(path);
  if (!isTree(value)) return { code: 'no-such-statement' };
  if (!isBare(prune(schemaAlong(schema, path).at(-1)!, value))) return { code: 'not-empty' };
  tree.delete(path);
  return undefined;
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
