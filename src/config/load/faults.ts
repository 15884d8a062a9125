/** What is wrong with a text that is to be loaded: every mistake of it, up to a number, each with its line. */
import type { Path } from '../tree.ts';

export type FaultCode =
  /** `word`: no statement here is called so, for whoever loads it. */
  | 'unknown-word'
  /** `word`: several statements here may be meant. */
  | 'ambiguous-word'
  | 'missing-value'
  | 'missing-key'
  /** `word`: stands where nothing may. */
  | 'unexpected-word'
  /** `expected`, and the `word` unless it is a secret. */
  | 'invalid-value'
  | 'several-values'
  /** Braces behind a statement that has nothing below it. */
  | 'nothing-below'
  /** What stands in place of a secret that was not shown. */
  | 'hidden-secret'
  | 'foreign-secret'
  | 'no-such-statement'
  /** What is to be taken away has more in it. */
  | 'not-empty'
  /** What an edit was refused for (EditError): its `code`, and the words of its text. */
  | 'edit'
  /** A comment that would end before its end. */
  | 'comment-ends'
  | 'open-quote'
  | 'open-comment'
  | 'open-list'
  | 'open-brace'
  | 'unexpected-brace'
  | 'missing-semicolon'
  | 'missing-banner'
  /** `expected` */
  | 'not-json'
  /** `problem` */
  | 'not-xml'
  | 'unknown-operation'
  /** `command`: no statement, and nothing that may stand among statements. */
  | 'not-loadable'
  /** `text`: whatever else refused it. */
  | 'refused'
  /** The limits: `maximum`. */
  | 'too-large'
  | 'too-deep'
  | 'too-many-statements'
  | 'too-many-faults';

export interface Fault {
  /** Counted from 1. */
  readonly line: number;
  readonly path: Path;
  readonly code: FaultCode;
  readonly details: Readonly<Record<string, string | number>>;
}

/** How much is loaded at once. */
export interface LoadLimits {
  /** Of the text, in UTF-16 units. */
  readonly characters: number;
  /** Levels below each other. */
  readonly depth: number;
  readonly statements: number;
  /** Faults that are told; reading ends with the last of them. */
  readonly faults: number;
}

export const LOAD_LIMITS: LoadLimits = {
  characters: 64 * 2 ** 20,
  depth: 64,
  statements: 1_000_000,
  faults: 100,
};

/** Thrown once there are as many faults as are told, or where a text makes no sense any more. */
export class Unreadable extends Error {}

/** A text that was not loaded. */
export class LoadError extends Error {
  readonly faults: readonly Fault[];
  /** What the text is called. */
  readonly source: string;

  constructor(faults: readonly Fault[], source = '') {
    super('a text that cannot be loaded');
    this.name = 'LoadError';
    this.faults = faults;
    this.source = source;
  }
}

export class Faults {
  readonly all: Fault[] = [];
  readonly #maximum: number;

  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /** Throws Unreadable when no more are told. */
  add(line: number, code: FaultCode, path: Path = [], details: Fault['details'] = {}): void {
    this.all.push({ line, path, code, details });
    if (this.all.length < this.#maximum) return;
    this.all.push({ line, path: [], code: 'too-many-faults', details: { maximum: this.#maximum } });
    throw new Unreadable();
  }

  /** A fault after which nothing can be made of the text. */
  end(line: number, code: FaultCode, path: Path = [], details: Fault['details'] = {}): never {
    this.all.push({ line, path, code, details });
    throw new Unreadable();
  }
}
