/** What may follow within a tree of statements, as a verb of configuration mode walks it. */
import { isLeaf, standsAlone, type GrammarNode } from './node.ts';
import {
  givenAt,
  leadsSomewhere,
  sayingsOf,
  type GrammarContext,
  type Holds,
  type Reading,
  type Statement,
  type Step,
  type ValueStep,
  type Walk,
  type WordStep,
} from './reading.ts';
import { TREE_VERBS, type TreeVerb } from './tree-verbs.ts';

/** A reading inside a tree. */
export type TreeReading = Reading & { readonly walk: Walk };

/** Where `{name:verb}` leads; the tree's node and path are those of the level being edited. */
export function enterTree(reading: Reading, link: GrammarNode, path: readonly string[]): TreeReading {
  const verb = TREE_VERBS[link.verb as keyof typeof TREE_VERBS];
  return { ...reading, walk: { verb, handler: link.handler!, path, inList: false } };
}

export function treeSteps(reading: TreeReading, context: GrammarContext, begun: string): Step[] {
  const seconds = secondSteps(reading);
  if (reading.awaiting) return [...awaitedSteps(reading, reading.awaiting), ...seconds];
  const { verb } = reading.walk;
  const holds = holderOf(verb, context);
  const given = givenAt(reading);
  if (given.size > 0 && !verb.chains) return seconds;
  const statements = reading.at.children.flatMap((child) => {
    if (!child.name.startsWith(begun)) return [];
    const node = child.aliasOf ?? child;
    const walkable = verb.leaves || !isLeaf(node);
    if (!walkable || given.has(node) || !leadsSomewhere(node, holds)) return [];
    return [statementStep(reading, child, node)];
  });
  return [...statements, ...seconds];
}

/** Whether a walk may end here. */
export function treeEnds(reading: TreeReading, context: GrammarContext): boolean {
  const { at, awaiting, walk } = reading;
  const { verb } = walk;
  if (walk.inList) return false;
  if (awaiting) return (isLeaf(awaiting) ? verb.values : verb.keys) === 'optional';
  return !verb.chains || givenAt(reading).size > 0 || (standsAlone(at) && holderOf(verb, context)(at));
}

/**
 * The statements of a finished line: those said on the way, and the point it ends on if nothing was said of
 * it.
 */
export function statementsOf(reading: TreeReading): readonly Statement[] {
  const said = sayingsOf(reading).filter((saying): saying is Statement => 'path' in saying);
  const { awaiting, walk } = reading;
  if (awaiting && isLeaf(awaiting))
    return [...said, { path: [...walk.path, awaiting.name], value: undefined }];
  return givenAt(reading).size > 0 ? said : [...said, { path: walk.path, value: undefined }];
}

function holderOf({ needs }: TreeVerb, context: GrammarContext): Holds {
  return ({ privilege, modifyPrivilege }) => {
    const needed = needs === 'modify' ? (modifyPrivilege ?? privilege) : privilege;
    return needed === undefined || context.can(needed);
  };
}

function statementStep(reading: TreeReading, child: GrammarNode, node: GrammarNode): WordStep {
  const alias = child !== node;
  const step: WordStep = {
    word: child.name,
    alias,
    node,
    help: node.help,
    marker: markerOf(node),
    take: () => ({
      ...(isLeaf(node) ? onLeaf(reading, node) : inContainer(reading, node)),
      before: reading,
      step,
      viaAlias: reading.viaAlias || alias,
    }),
  };
  return step;
}

function markerOf(node: GrammarNode): WordStep['marker'] {
  if (node.value?.arity === 'many' || node.value?.arity === 'key') return '+';
  return isLeaf(node) ? '' : '>';
}

function onLeaf(reading: TreeReading, node: GrammarNode): Reading {
  const takesValue = node.value !== undefined && reading.walk.verb.values !== 'none';
  if (takesValue) return { ...reading, awaiting: node, says: undefined };
  return { ...reading, says: { path: [...reading.walk.path, node.name], value: undefined } };
}

function inContainer(reading: TreeReading, node: GrammarNode): Reading {
  const walk = { ...reading.walk, path: [...reading.walk.path, node.name] };
  return { ...reading, at: node, walk, awaiting: node.value && node, says: undefined };
}

/** A value, or values in brackets where there may be several. */
function awaitedSteps(reading: TreeReading, node: GrammarNode): Step[] {
  const value = valueStep(reading, node);
  const { inList } = reading.walk;
  if (!inList) return node.value?.arity === 'many' ? [value, bracketStep(reading, node, '[')] : [value];
  const isEmpty = reading.step?.word === '[';
  return isEmpty ? [value] : [value, bracketStep(reading, node, ']')];
}

function valueStep(reading: TreeReading, node: GrammarNode): ValueStep {
  const { walk } = reading;
  const slot = node.value!;
  const step: ValueStep = {
    word: undefined,
    node,
    slot,
    path: walk.path,
    take(value) {
      const next = { ...reading, before: reading, step };
      if (slot.arity === 'key')
        return { ...next, awaiting: undefined, walk: { ...walk, path: [...walk.path, String(value)] } };
      const says = { path: [...walk.path, node.name], value };
      return { ...next, says, awaiting: walk.inList ? node : undefined };
    },
  };
  return step;
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
