/** The command tree: what one line of a grammar file becomes. */
import type { Effect } from './effects.ts';
import type { TreeVerbName } from './tree-verbs.ts';
import type { ValueType } from './value-types.ts';

/** A value that a line asks for: `<limit:1..100>`. */
export interface ValueSlot {
  readonly name: string;
  readonly type: ValueType;
  /**
   * One value; several plain values (`*`, typed one by one or as `[ a b ]`); or the key of a list entry
   * (`+`).
   */
  readonly arity: 'one' | 'many' | 'key';
  /** In dialects: several may be typed, with commas between them (`,`). */
  readonly listed: boolean;
  /** Which live values complete it, named after the type: `<vrf:name vrfs>`. */
  readonly source: string | undefined;
}

/** One line of a grammar file. */
export interface GrammarNode {
  /**
   * `word`: a keyword, perhaps with its value; `value`: a value alone; `tree`: another tree, continued here.
   */
  readonly kind: 'word' | 'value' | 'tree';
  /** The keyword, the value's name, or the name of the tree. */
  readonly name: string;
  readonly value: ValueSlot | undefined;
  /** In brackets: any order, at most once. */
  readonly option: boolean;
  /** Of options that exclude each other: `[level: brief]`. */
  readonly slot: string | undefined;
  readonly help: string;
  /** Needed to see the line; inherited. Undefined: nothing is needed. */
  readonly privilege: string | undefined;
  /** Needed to change the statement; inherited. Undefined: the same as to see it. */
  readonly modifyPrivilege: string | undefined;
  readonly handler: string | undefined;
  /** The value in force when none is given, as typed. */
  readonly defaultText: string | undefined;
  /** How the word is shortened in a prompt; '' leaves it out. */
  readonly short: string | undefined;
  /** A container that means something even when empty. */
  readonly presence: boolean;
  /** Of a list: its entries stand together in one pair of braces. */
  readonly grouped: boolean;
  /** Of a command: another vendor's. It counts, and is listed, only where nothing else is meant, as an alias is. */
  readonly foreign: boolean;
  /** The release that it came with; undefined: that of the line above it. */
  readonly since: string | undefined;
  /** Of a statement: what a change of it does to what runs; inherited. */
  readonly effect: Effect | undefined;
  /** Inherited by the lines below in place of `effect`. */
  readonly effectBelow: Effect | undefined;
  /** Of a pipe: the handlers whose output it takes; empty: any. */
  readonly onlyFor: readonly string[];
  /** Of a tree: what the line does with it. */
  readonly verb: TreeVerbName | undefined;
  /** The line that this one is another spelling of. */
  readonly aliasOf: GrammarNode | undefined;
  /** Of a dialect's line: what it says in canonical words. `aliasOf` is then the canonical line that this leads to. */
  readonly meaning: Meaning | undefined;
  /** Of a line of groups.cli: it is there for what inherits, and nothing runs by it. */
  readonly inheritance?: true;
  readonly children: readonly GrammarNode[];
  readonly line: number;
}

/** What a line of a dialect says in canonical words; values are filled in as they are typed. */
export interface Meaning {
  /** From the top of the canonical tree; of a mere way, that of the line above it. */
  readonly target: readonly TargetWord[];
  /** Whether the target is the line's own: it is no mere way to those below. */
  readonly own: boolean;
  /** The value is taken away: from those there are, or, where there are none, from all there could be. */
  readonly takesAway: boolean;
  /** Said as well, where nothing stands yet. */
  readonly beside: readonly (readonly TargetWord[])[];
}

export interface TargetWord {
  /** With `<name>` for the value of that name. */
  readonly text: string;
  readonly role: 'word' | 'key' | 'value';
  /** The canonical line that the word stands for, or whose key or value it is. */
  readonly node: GrammarNode;
}

/** A whole grammar file; its top-level lines are the children. */
export interface Grammar extends GrammarNode {
  readonly file: string;
}

/** The child that a canonical word names; aliases are not canonical. */
export function childNamed(node: GrammarNode, name: string): GrammarNode | undefined {
  return node.children.find((child) => child.kind === 'word' && child.name === name && !child.aliasOf);
}

/** The child that a word names whole: the canonical one, or else a dialect's. */
export function childSpelt(node: GrammarNode, name: string): GrammarNode | undefined {
  return (
    childNamed(node, name) ??
    node.children.find((child) => child.kind === 'word' && child.name === name && child.meaning)
  );
}

/** All nodes below, parents first. */
export function* descendants(node: GrammarNode): IterableIterator<GrammarNode> {
  const ahead = node.children.toReversed();
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    yield next;
    for (let index = next.children.length - 1; index >= 0; index -= 1) ahead.push(next.children[index]!);
  }
}

/** A statement without anything below it: a value, several values, or a flag. */
export function isLeaf(node: GrammarNode): boolean {
  return node.children.length === 0 && !node.presence && node.value?.arity !== 'key';
}

/**
 * A statement that says something by itself: a leaf, a list's entry, or a container whose presence means
 * something.
 */
export function standsAlone(node: GrammarNode): boolean {
  return node.children.length === 0 || node.presence || node.value?.arity === 'key';
}
