/** What the words of a line have been read as: an interpretation is a chain, with a link for every word. */
import { standsAlone, type GrammarNode, type ValueSlot } from './node.ts';
import type { TreeVerb } from './tree-verbs.ts';
import type { Scalar } from './value-types.ts';

/** What the matcher must be told about who types, and where. */
export interface GrammarContext {
  can(privilege: string): boolean;
  /** Whether a line that stands as a value in another has a secret in it. */
  holdsSecret(line: string): boolean;
  /** The point of another tree at which `{name:verb}` continues. */
  tree(name: string): Level;
  /** Values that exist now, for completion. */
  live(query: LiveQuery): readonly LiveValue[];
}

/** A value that exists now. */
export interface LiveValue {
  readonly text: string;
  /** What it is, '' where nothing is to be said. */
  readonly help: string;
}

/** Which values are wanted: those of a source, and those that the configuration has at that place. */
export interface LiveQuery {
  readonly source: string | undefined;
  /** Of the level, and the line whose key or value it is. */
  readonly path: readonly string[];
  readonly node: GrammarNode;
  /** How they begin. */
  readonly begun: string;
  /** More than these are not wanted. */
  readonly limit: number;
}

/**
 * One thing said about a tree: `set … port 862` is path […, 'port'], value 862. A flag or a bare container
 * has none.
 */
export interface Statement {
  readonly path: readonly string[];
  readonly value: Scalar | undefined;
  /** Of what was said in a dialect's words. */
  readonly alias?: AliasTerms;
}

/** What a statement in a dialect's words means beyond its path and value. */
export interface AliasTerms {
  /** The words of the dialect. */
  readonly spelling: readonly string[];
  /** What the dialect's line is: only a leaf is no place to go to. */
  readonly kind: 'leaf' | 'entry' | 'container';
  /** `set` takes the value away, `delete` brings it back. */
  readonly takesAway: boolean;
  /** `set` says these as well. */
  readonly beside: readonly (Statement & { readonly unlessSet: boolean })[];
  /** `delete` without a value takes all of these. */
  readonly parts: readonly (readonly PartWord[])[];
  /** Entries that the dialect made up, and that go when nothing is left in them. */
  readonly implied: readonly (readonly string[])[];
}

/** A word of a path, or any key that begins and ends so. */
export type PartWord = string | { readonly begins: string; readonly ends: string };

/** A point of a tree of statements. */
export interface Level {
  readonly node: GrammarNode;
  /** In canonical words. */
  readonly path: readonly string[];
  /** In the words that were typed; `path` unless given. */
  readonly spelling?: readonly string[];
  /** Values typed on the way there, in a dialect. */
  readonly bound?: Bound;
}

/** Texts by the name of the value. */
export type Bound = ReadonlyMap<string, string>;

/** One thing said to a command: a value under its name, an option that was given, or what was said in a tree. */
export interface Argument {
  readonly name: string;
  readonly value: Scalar | true | readonly Statement[];
}

/** A point inside a line, under one interpretation of the words before it. */
export interface Reading {
  /** The reading before the last step; undefined at the start of the line. */
  readonly before: Reading | undefined;
  /** What the last word was taken as; undefined at the start, and where another tree is entered. */
  readonly step: Step | undefined;
  /** The line of the grammar whose children may follow. */
  readonly at: GrammarNode;
  /** The line whose value comes next. */
  readonly awaiting: GrammarNode | undefined;
  /** Undefined in a command. */
  readonly walk: Walk | undefined;
  /** What the last word says, in full. */
  readonly says: Statement | Argument | undefined;
  /** Some word was an alias. */
  readonly viaAlias: boolean;
}

/** Where a line stands in a tree of statements. */
export interface Walk {
  readonly verb: TreeVerb;
  /** The line of the command that continues in the tree. */
  readonly link: GrammarNode;
  /** Leads to `at`. */
  readonly path: readonly string[];
  readonly spelling: readonly string[];
  readonly bound: Bound;
  /** Between `[` and `]`. */
  readonly inList: boolean;
}

/** Something that may follow a reading. */
export type Step = WordStep | ValueStep;

export interface WordStep {
  readonly word: string;
  readonly alias: boolean;
  /** Leads from the canonical tree to an alias or into a dialect. */
  readonly leaves: boolean;
  readonly node: GrammarNode;
  readonly help: string;
  /** Of statements: `>` for a container, `+` for what may be given several times. */
  readonly marker: '' | '>' | '+';
  /** Begins a statement without a verb. */
  readonly verbless?: true;
  take(): Reading;
}

export interface ValueStep {
  readonly word: undefined;
  readonly node: GrammarNode;
  readonly slot: ValueSlot;
  /** The path at which live values are found. */
  readonly path: readonly string[];
  /** It is one of those that are there. */
  readonly present?: true;
  take(value: Scalar): Reading;
}

/** Whether whoever types holds what a line needs. */
export type Holds = (node: GrammarNode) => boolean;

/** The steps of a reading, one a word. */
export function trailOf(reading: Reading): Step[] {
  const trail: Step[] = [];
  for (let at: Reading | undefined = reading; at; at = at.before) if (at.step) trail.push(at.step);
  return trail.reverse();
}

/** What all words of a reading say, in order. */
export function sayingsOf(reading: Reading): (Statement | Argument)[] {
  const said: (Statement | Argument)[] = [];
  for (let at: Reading | undefined = reading; at; at = at.before) if (at.says) said.push(at.says);
  return said.reverse();
}

/** The options or leaves already given at the level where the reading stands. */
export function givenAt(reading: Reading): ReadonlySet<GrammarNode> {
  const given = new Set<GrammarNode>();
  for (let at: Reading | undefined = reading; at?.at === reading.at; at = at.before) {
    if (at.step && at.step.node !== reading.at) given.add(at.step.node);
  }
  return given;
}

/**
 * A line leads somewhere for whoever holds its own privilege, or that of something below: then it is a mere
 * way there. Options open no way: the command must be theirs to begin with.
 */
export function leadsSomewhere(node: GrammarNode, holds: Holds): boolean {
  const isEnd = node.handler !== undefined || standsAlone(node);
  if (isEnd && holds(node)) return true;
  return node.children.some((child) => !child.option && isOf(node, child) && leadsSomewhere(child, holds));
}

/** Aliases open no way to their canonical line; in a dialect there are no others. Nobody goes anywhere to inherit there. */
function isOf(parent: GrammarNode, child: GrammarNode): boolean {
  if (child.inheritance) return false;
  return !child.aliasOf || parent.meaning !== undefined;
}
