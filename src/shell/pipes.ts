/** What stands behind `|`: other forms of an output, filters of its lines, files, and how it is paged. */
import { NANOS_PER_SECOND } from '../clock.ts';
import type { PipeArguments } from '../commands/arguments.ts';
import type { Output } from '../commands/command.ts';
import { Refusal } from '../commands/refusal.ts';
import type { Grammar, GrammarNode } from '../grammar/node.ts';
import type { Match } from '../grammar/resolve.ts';
import type { Piece } from '../render/data.ts';
import {
  besideHeadings,
  changed,
  fromFirst,
  last,
  passing,
  patternMatcher,
  textMatcher,
  trimmed,
  type Emit,
  type Filter,
} from './filters.ts';
import { withoutPrivate } from './private-data.ts';
import type { Style } from './style.ts';

/** What filters know of where the output goes. */
export interface PipeContext {
  readonly style: Style;
  /** Lines that a screen shows at once. */
  readonly screenful: number;
}

/** How an output is shown a screen at a time, if at all. */
export interface Paging {
  readonly paged: boolean;
  /** Also where the login has no pager. */
  readonly always: boolean;
  /** The last screen waits for a key, too. */
  readonly held: boolean;
}

/** What becomes of lines that a file takes. */
export interface FileWish {
  readonly file: string;
  readonly how: 'create' | 'append';
  /** Whether the lines go on to the next pipe. */
  readonly passes: boolean;
}

/** One of the pipes that lines go through. */
export type Stage = { readonly filter: (emit: Emit) => Filter } | FileWish;

/**
 * A pipe asks the command for another form of its data, filters the lines, puts them into a file, is about the pager, or has
 * the line run again and again.
 */
type Pipe<Arguments> =
  | { readonly form: (output: Output, args: Arguments) => Iterable<Piece> | undefined }
  | { readonly filter: (args: Arguments, emit: Emit, context: PipeContext) => Filter }
  | { readonly file: Omit<FileWish, 'file'> }
  | { readonly paging: Partial<Paging> }
  | { readonly intervalSeconds: (args: Arguments) => number };

/** DNOS' `tail`. */
const TAIL_LINES_DEFAULT = 100;

/** What `include` and `exclude` are given: a text, or a regular expression. */
function asked({ text, pattern, 'case-sensitive': caseSensitive }: PipeArguments['include']) {
  return text === undefined ? patternMatcher(pattern!, caseSensitive) : textMatcher(text, caseSensitive);
}

/** One row a handler of pipes.cli. */
const pipes: { readonly [Name in keyof PipeArguments]: Pipe<PipeArguments[Name]> } = {
  append: { file: { how: 'append', passes: false } },
  compare: { form: (output, { revision = 0 }) => output.compare?.(revision) },
  count: {
    filter(_, emit, { style }) {
      let lines = 0;
      return { line: () => (lines += 1), end: () => emit(style.count(lines)) };
    },
  },
  'display-json': { form: (output) => output.json?.() },
  'display-inheritance': {
    form: (output, { 'no-comments': withoutComments }) => output.inheritance?.(withoutComments !== true),
  },
  'display-set': { form: (output, { relative }) => output.set?.(relative === true) },
  'display-xml': { form: (output) => output.xml?.() },
  except: {
    filter({ pattern }, emit) {
      const matches = patternMatcher(pattern);
      return passing((line) => !matches(line), emit);
    },
  },
  exclude: {
    filter(args, emit) {
      const matches = asked(args);
      return passing((line) => !matches(line), emit, args);
    },
  },
  find: {
    filter: (args, emit) => fromFirst(patternMatcher(args.pattern, args['case-sensitive']), emit, args),
  },
  hold: { paging: { held: true } },
  include: { filter: (args, emit) => passing(asked(args), emit, args) },
  last: { filter: ({ lines }, emit, { screenful }) => last(lines ?? screenful, emit) },
  match: { filter: ({ pattern }, emit) => passing(patternMatcher(pattern), emit) },
  monitor: { intervalSeconds: ({ interval }) => interval },
  more: { paging: { paged: true, always: true } },
  'no-more': { paging: { paged: false, always: false } },
  save: { file: { how: 'create', passes: false } },
  'strip-private': { filter: (_, emit) => changed(withoutPrivate, emit) },
  tail: { filter: ({ lines = TAIL_LINES_DEFAULT }, emit) => last(lines, emit) },
  tee: { file: { how: 'create', passes: true } },
  trim: { filter: ({ columns }, emit) => trimmed(columns, emit) },
};

/** Pipes that choose among lines. */
const choosing: ReadonlySet<string> = new Set(['except', 'exclude', 'find', 'include', 'match']);

/** What pipes make of an output: its form, what its lines go through, and how it is paged. */
export interface Piping {
  /** Undefined: text. Throws Refusal where the data have no such form. */
  readonly form: ((output: Output) => Iterable<Piece>) | undefined;
  readonly stages: readonly Stage[];
  readonly paging: Paging;
  /** How often the line is run again, on a screen of its own; undefined: once. */
  readonly intervalNanos: number | undefined;
}

/** Throws Refusal for pipes that do not go together. */
export function pipingOf(matches: readonly Match[], context: PipeContext): Piping {
  let form: Piping['form'];
  let paging: Paging = { paged: true, always: false, held: false };
  let intervalNanos: number | undefined;
  const stages: Stage[] = [];
  // Whoever asks for headings wants them from every pipe before, as on DNOS.
  const headingsUntil = matches.findLastIndex(({ args }) => 'display-headers' in args);
  matches.forEach(({ handler, args }, index) => {
    const pipe = pipes[handler as keyof PipeArguments] as Pipe<Match['args']>;
    if ('form' in pipe) {
      form = (output) => {
        const pieces = pipe.form(output, args);
        if (!pieces) throw new Refusal('no-such-form');
        return pieces;
      };
    } else if ('filter' in pipe) {
      const make = (emit: Emit): Filter => pipe.filter(args, emit, context);
      const headings = choosing.has(handler) && index <= headingsUntil;
      stages.push({ filter: headings ? (emit) => besideHeadings(make(emit), emit) : make });
    } else if ('file' in pipe) stages.push({ ...pipe.file, file: (args as PipeArguments['save']).file });
    else if ('paging' in pipe) paging = { ...paging, ...pipe.paging };
    else intervalNanos = pipe.intervalSeconds(args) * NANOS_PER_SECOND;
  });
  if (intervalNanos !== undefined && stages.some((stage) => 'file' in stage))
    throw new Refusal('file-written-again');
  return { form, stages, paging, intervalNanos };
}

/** Whether `for NAME`, or `for NAME*`, of pipes.cli means the handler. */
export function isMeant(limit: string, handler: string): boolean {
  return limit.endsWith('*') ? handler.startsWith(limit.slice(0, -1)) : handler === limit;
}

/** The pipes that a handler's output may be sent through. */
export function pipesFor(pipesGrammar: Grammar, handler: string): GrammarNode {
  const keep = (node: GrammarNode): GrammarNode => ({
    ...node,
    children: node.children
      .filter(({ onlyFor, aliasOf }) => {
        const limits = aliasOf?.onlyFor ?? onlyFor;
        return limits.length === 0 || limits.some((limit) => isMeant(limit, handler));
      })
      .map(keep),
  });
  return keep(pipesGrammar);
}
