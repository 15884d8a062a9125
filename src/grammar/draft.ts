/** A line of a grammar file as it is read. */
import type { GrammarNode } from './node.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
/** A line as it is read, before what it refers to is found. */
export type Draft = Mutable<Omit<GrammarNode, 'children' | 'aliasOf'>> & {
  children: Draft[];
  aliasOf: Draft | undefined;
  aliasName: string | undefined;
  /** Of a dialect's line: what stands behind `=>`. */
  targetText: string | undefined;
};

/** A line that says nothing yet. In one piece: objects put together of others are slow to make, and a start makes 500. */
export function blankDraft(line: number): Draft {
  return {
    kind: 'word',
    name: '',
    value: undefined,
    option: false,
    slot: undefined,
    help: '',
    privilege: undefined,
    modifyPrivilege: undefined,
    handler: undefined,
    defaultText: undefined,
    short: undefined,
    presence: false,
    grouped: false,
    foreign: false,
    since: undefined,
    effect: undefined,
    effectBelow: undefined,
    onlyFor: [],
    verb: undefined,
    aliasOf: undefined,
    meaning: undefined,
    aliasName: undefined,
    targetText: undefined,
    children: [],
    line,
  };
}
