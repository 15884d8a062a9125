/** What may follow within a tree of statements, as a verb of configuration mode walks it. */
import {
  awaitsMore,
  below,
  entryOf,
  levelsAlong,
  statementAt,
  statementOf,
  typeIn,
  wholeLevel,
} from './meaning.ts';
import { isLeaf, standsAlone, type GrammarNode } from './node.ts';
import {
  givenAt,
  leadsSomewhere,
  sayingsOf,
  type Argument,
  type GrammarContext,
  type Holds,
  type Level,
  type Reading,
  type Statement,
  type Step,
  type ValueStep,
  type Walk,
  type WordStep,
} from './reading.ts';
import { TREE_VERBS, type TreeVerb } from './tree-verbs.ts';
import { valueType, type ValueType } from './value-types.ts';

/** A reading inside a tree. */
export type TreeReading = Reading & { readonly walk: Walk };

/** Where `{name:verb}` leads: to a level, that being edited or the top. */
export function enterTree(reading: Reading, link: GrammarNode, level: Level): TreeReading {
  const verb = TREE_VERBS[link.verb as keyof typeof TREE_VERBS];
  const { path, spelling, bound } = wholeLevel(level);
  const walk = { verb, link, path, spelling, bound, inList: false };
  return { ...reading, walk, viaAlias: reading.viaAlias || verb.yields };
}

export function treeSteps(reading: TreeReading, context: GrammarContext, begun: string): Step[] {
  const seconds = secondSteps(reading);
  if (reading.awaiting) return [...awaitedSteps(reading, reading.awaiting), ...seconds];
  const { verb } = reading.walk;
  const holds = holderOf(verb, context);
  const given = givenAt(reading);
  if (given.size > 0 && !verb.chains) return seconds;
  const statements = reading.at.children.flatMap((child): Step[] => {
    if (child.kind === 'word' && !child.name.startsWith(begun)) return [];
    const node = child.meaning ? child : (child.aliasOf ?? child);
    if (verb.patterns && node.meaning) return [];
    const walkable = verb.entries ? leadsToEntries(node, verb) : verb.leaves || !isLeaf(node);
    if (!walkable || given.has(node) || !leadsSomewhere(node, holds)) return [];
    if (child.kind === 'value') return verb.values === 'none' ? [] : [valueStep(reading, child)];
    return [statementStep(reading, child, node)];
  });
  return [...statements, ...seconds];
}

function leadsToEntries(node: GrammarNode, verb: TreeVerb): boolean {
  const arity = node.value?.arity;
  // A dialect's values may be those of several leaves.
  if (arity === 'key' || (verb.leaves && arity === 'many' && !node.meaning)) return true;
  return node.children.some((child) => leadsToEntries(child, verb));
}

/** Whether a walk may end here; the line goes on where lines stand below that of the tree. */
export function walkEnds(reading: TreeReading, context: GrammarContext): boolean {
  const { at, awaiting, walk } = reading;
  const { verb } = walk;
  if (walk.inList) return false;
  if (awaiting) return (isLeaf(awaiting) ? verb.values : verb.keys) === 'optional';
  if (verb.entries) return at.value?.arity === 'key' || givenAt(reading).size > 0;
  return !verb.chains || givenAt(reading).size > 0 || (standsAlone(at) && holderOf(verb, context)(at));
}

/**
 * The statements of a finished line: those said on the way, and the point it ends on if nothing was said of
 * it.
 */
function statementsOf(reading: TreeReading): readonly Statement[] {
  const sayings = sayingsOf(reading);
  const begin = sayings.findLastIndex((saying) => 'name' in saying) + 1;
  const said = sayings.slice(begin).filter((saying): saying is Statement => 'path' in saying);
  const { awaiting } = reading;
  if (awaiting && isLeaf(awaiting)) return [...said, statementAt(below(levelOf(reading), awaiting))];
  return givenAt(reading).size > 0 ? said : [...said, statementAt(levelOf(reading))];
}

/** What was said in the first tree of a line is one argument, what was said in the second another. */
export function statementsArgument(
  reading: TreeReading,
): Argument & { readonly value: readonly Statement[] } {
  const isSecond = sayingsOf(reading).some((saying) => 'name' in saying && saying.name === STATEMENTS);
  return { name: isSecond ? TARGET : STATEMENTS, value: statementsOf(reading) };
}

/** The names of what is said in trees, as handlers are given it. */
const STATEMENTS = 'statements';
const TARGET = 'target';

/** The command goes on behind its tree. */
export function leaveTree(reading: TreeReading): Reading {
  return {
    before: reading,
    step: undefined,
    at: reading.walk.link,
    awaiting: undefined,
    walk: undefined,
    says: statementsArgument(reading),
    viaAlias: reading.viaAlias,
  };
}

/** Where the entry stands that was named first: the level of its list; of a value that of its leaf, which awaits another. */
export function besideEntry(
  reading: Reading,
  context: GrammarContext,
): Level & { readonly awaiting: GrammarNode | undefined } {
  const named = sayingsOf(reading).findLast((saying) => 'name' in saying && saying.name === STATEMENTS);
  const { path, value, alias } = (named as { value: readonly Statement[] }).value[0]!;
  const levels = levelsAlong(context.tree('schema').node, alias?.spelling ?? path);
  return { ...levels.at(-2)!, awaiting: value === undefined ? undefined : levels.at(-1)!.node };
}

function levelOf({ at, walk }: TreeReading): Required<Level> {
  return { node: at, path: walk.path, spelling: walk.spelling, bound: walk.bound };
}

function holderOf({ needs }: TreeVerb, context: GrammarContext): Holds {
  return ({ privilege, modifyPrivilege }) => {
    const needed = needs === 'modify' ? (modifyPrivilege ?? privilege) : privilege;
    return needed === undefined || context.can(needed);
  };
}

function statementStep(reading: TreeReading, child: GrammarNode, node: GrammarNode): WordStep {
  const aside = isAside(reading, node);
  const alias = aside || child !== node || child.meaning !== undefined;
  const step: WordStep = {
    word: child.name,
    alias,
    leaves: aside || (alias && reading.at.meaning === undefined),
    node,
    help: node.help,
    marker: markerOf(node),
    ...(reading.walk.verb.yields && { verbless: true }),
    take: () => ({
      ...(isLeaf(node) ? onLeaf(reading, node) : inContainer(reading, node)),
      before: reading,
      step,
      viaAlias: reading.viaAlias || alias,
    }),
  };
  return step;
}

/** What every container has is a word like others at the top, and elsewhere like an alias in nobody's way. */
function isAside({ walk }: TreeReading, { inheritance }: GrammarNode): boolean {
  return inheritance === true && walk.path.length > 0;
}

function markerOf(node: GrammarNode): WordStep['marker'] {
  if (node.value?.arity === 'many' || node.value?.arity === 'key') return '+';
  return isLeaf(node) ? '' : '>';
}

function onLeaf(reading: TreeReading, node: GrammarNode): Reading {
  const takesValue = node.value !== undefined && reading.walk.verb.values !== 'none';
  if (takesValue) return { ...reading, awaiting: node, says: undefined };
  return { ...reading, says: statementAt(below(levelOf(reading), node)) };
}

function inContainer(reading: TreeReading, line: GrammarNode): Reading {
  const { node, ...place } = below(levelOf(reading), line);
  const walk = { ...reading.walk, ...place };
  return { ...reading, at: node, walk, awaiting: node.value && node, says: undefined };
}

/** A value, or values in brackets where there may be several. */
function awaitedSteps(reading: TreeReading, node: GrammarNode): Step[] {
  const value = valueStep(reading, node);
  const { inList, verb } = reading.walk;
  if (verb.entries) return [value];
  if (!inList) return node.value?.arity === 'many' ? [value, bracketStep(reading, node, '[')] : [value];
  const isEmpty = reading.step?.word === '[';
  return isEmpty ? [value] : [value, bracketStep(reading, node, ']')];
}

function valueStep(reading: TreeReading, node: GrammarNode): ValueStep {
  const { walk } = reading;
  const type = typeIn(node, walk.bound);
  const slot = { ...node.value!, type: walk.verb.patterns ? withPatterns(type) : type };
  const step: ValueStep = {
    word: undefined,
    node,
    slot,
    path: walk.path,
    ...(walk.verb.entries && slot.arity === 'many' && { present: true }),
    take(value) {
      const next = { ...reading, before: reading, step };
      const level = levelOf(reading);
      if (slot.arity === 'key') {
        const { node: at, ...place } = entryOf(level, String(value));
        return { ...next, at, awaiting: undefined, walk: { ...walk, ...place } };
      }
      const goesOn = walk.inList || awaitsMore(node, value);
      return { ...next, says: statementOf(level, node, value), awaiting: goesOn ? node : undefined };
    },
  };
  return step;
}

const PATTERN_TYPE = valueType('pattern')!;

/** In place of a value of the type, a pattern of such values. */
function withPatterns({ choices }: ValueType): ValueType {
  return { ...PATTERN_TYPE, choices };
}

/** Second words of the value before: with it they are another value. */
function secondSteps(reading: TreeReading): WordStep[] {
  const { step: value, says } = reading;
  if (value === undefined || value.word !== undefined || says === undefined) return [];
  const possible = value.slot.type.seconds?.filter(({ first }) => first === says.value) ?? [];
  return possible.map(({ word, value: whole }) => {
    const step: WordStep = {
      word,
      alias: false,
      leaves: false,
      node: value.node,
      help: value.node.help,
      marker: '',
      take: () => ({
        ...reading,
        before: { ...reading, says: undefined },
        step,
        says: { ...says, value: whole },
      }),
    };
    return step;
  });
}

const BRACKETS = {
  '[': { help: 'Open a set of values', inList: true },
  ']': { help: 'Close a set of values', inList: false },
} as const;

function bracketStep(reading: TreeReading, node: GrammarNode, word: keyof typeof BRACKETS): WordStep {
  const { help, inList } = BRACKETS[word];
  const step: WordStep = {
    word,
    alias: false,
    leaves: false,
    node,
    help,
    marker: '',
    take: () => ({
      ...reading,
      before: reading,
      step,
      awaiting: inList ? node : undefined,
      walk: { ...reading.walk, inList },
      says: undefined,
    }),
  };
  return step;
}
