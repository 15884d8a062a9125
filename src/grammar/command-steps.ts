/** What may follow within a command: words, values, options, and the trees that a command continues in. */
import type { GrammarNode } from './node.ts';
import {
  givenAt,
  leadsSomewhere,
  type Argument,
  type GrammarContext,
  type Holds,
  type Reading,
  type Step,
  type ValueStep,
  type WordStep,
} from './reading.ts';
import { besideEntry, enterTree, treeSteps } from './tree-steps.ts';

export function commandSteps(reading: Reading, context: GrammarContext, begun: string): Step[] {
  if (reading.awaiting) return [valueStep(reading, reading.awaiting)];
  if (reading.at.kind === 'value' && reading.at.value?.arity === 'many')
    return [valueStep(reading, reading.at)];
  const holds = holderOf(context);
  const given = givenAt(reading);
  return reading.at.children.flatMap((child) => {
    if (child.kind === 'word' && !child.name.startsWith(begun)) return [];
    const node = child.aliasOf ?? child;
    if (!mayFollow(node, given) || !leadsSomewhere(node, holds)) return [];
    if (node.kind === 'tree') return linkSteps(reading, node, context, begun);
    return node.kind === 'value' ? [valueStep(reading, node)] : [wordStep(reading, child, node)];
  });
}

/** Whether a command may end here. */
export function commandEnds({ at, awaiting }: Reading, context: GrammarContext): boolean {
  return !awaiting && at.handler !== undefined && holderOf(context)(at);
}

function holderOf(context: GrammarContext): Holds {
  return ({ privilege }) => privilege === undefined || context.can(privilege);
}

/**
 * Options come last: once one is given, only others follow, so that none is given to a command it is not
 * for.
 */
function mayFollow(node: GrammarNode, given: ReadonlySet<GrammarNode>): boolean {
  if (!node.option) return given.size === 0;
  return ![...given].some((other) => other === node || (node.slot !== undefined && other.slot === node.slot));
}

/** The tree of `{beside:verb}`: where the entry stands that the line names before. */
const BESIDE = 'beside';

function linkSteps(reading: Reading, link: GrammarNode, context: GrammarContext, begun: string): Step[] {
  const level =
    link.name === BESIDE
      ? besideEntry(reading, context)
      : { ...context.tree(link.name), awaiting: undefined };
  const { node: at, awaiting } = level;
  const inside: Reading = { ...reading, before: reading, step: undefined, says: undefined, at, awaiting };
  return link.verb === 'command'
    ? commandSteps(inside, context, begun)
    : treeSteps(enterTree(inside, link, level), context, begun);
}

function wordStep(reading: Reading, child: GrammarNode, node: GrammarNode): WordStep {
  const alias = child !== node || node.foreign;
  const step: WordStep = {
    word: child.name,
    alias,
    leaves: alias,
    node,
    help: node.help,
    marker: '',
    take: () => ({
      before: reading,
      step,
      at: node.option ? reading.at : node,
      awaiting: node.value && node,
      walk: undefined,
      says: node.option && !node.value ? optionArgument(node) : undefined,
      viaAlias: reading.viaAlias || alias,
    }),
  };
  return step;
}

/** `[history]` is an argument of its own; `[level: brief]` is the value of its group. */
function optionArgument({ slot, name }: GrammarNode): Argument {
  return slot === undefined ? { name, value: true } : { name: slot, value: name };
}

/** Of a value that takes several words, each is said with those before it. */
function valueStep(reading: Reading, node: GrammarNode): ValueStep {
  const slot = node.value!;
  const before = slot.arity === 'many' && reading.step?.node === node ? wordsSaid(reading) : [];
  const step: ValueStep = {
    word: undefined,
    node,
    slot,
    path: before,
    take: (value) => ({
      ...reading,
      before: reading,
      step,
      at: node.option ? reading.at : node,
      awaiting: undefined,
      says: { name: slot.name, value: before.length === 0 ? value : [...before, value].join(' ') },
    }),
  };
  return step;
}

function wordsSaid({ says }: Reading): readonly string[] {
  return says && 'name' in says && typeof says.value === 'string' ? says.value.split(' ') : [];
}
