/** What stands behind `|`: other forms of an output, and filters of its lines. */
import { RE2JS } from 're2js';
import type { PipeArguments } from '../commands/arguments.ts';
import type { Output } from '../commands/command.ts';
import { Refusal } from '../commands/refusal.ts';
import type { Grammar, GrammarNode } from '../grammar/node.ts';
import type { Match } from '../grammar/resolve.ts';
import type { Piece } from '../render/data.ts';
import type { Style } from './style.ts';

/** Takes lines, without their line feeds, and emits lines. */
export interface Filter {
  line(text: string): void;
  end(): void;
}

type Emit = (line: string) => void;

/** A pipe either asks the command for another form of its data, filters the lines, or turns the pager off. */
type Pipe<Arguments> =
  | { readonly form: (output: Output, args: Arguments) => Iterable<Piece> | undefined }
  | { readonly filter: (args: Arguments, emit: Emit, style: Style) => Filter }
  | { readonly paged: false };

/** Case does not matter, as on Junos and DNOS. */
const matcher = (pattern: string): ((line: string) => boolean) => {
  const compiled = RE2JS.compile(pattern, RE2JS.CASE_INSENSITIVE);
  return (line) => compiled.test(line);
};

function filterLines(passes: (line: string) => boolean, emit: Emit): Filter {
  return {
    line: (line) => {
      if (passes(line)) emit(line);
    },
    end: () => undefined,
  };
}

/** One row a handler of pipes.cli. */
const pipes: { readonly [Name in keyof PipeArguments]: Pipe<PipeArguments[Name]> } = {
  compare: { form: (output, { revision = 0 }) => output.compare?.(revision) },
  'display-json': { form: (output) => output.json?.() },
  'display-set': { form: (output) => output.set?.() },
  'display-xml': { form: (output) => output.xml?.() },
  count: {
    filter(_, emit, style) {
      let lines = 0;
      return { line: () => (lines += 1), end: () => emit(style.count(lines)) };
    },
  },
  except: {
    filter({ pattern }, emit) {
      const matches = matcher(pattern);
      return filterLines((line) => !matches(line), emit);
    },
  },
  match: {
    filter({ pattern }, emit) {
      const matches = matcher(pattern);
      return filterLines(matches, emit);
    },
  },
  'no-more': { paged: false },
};

/** What pipes make of an output: its form, the filters to pass it through, and whether to page. */
export interface Piping {
  /** Undefined: text. Throws Refusal where the data have no such form. */
  readonly form: ((output: Output) => Iterable<Piece>) | undefined;
  /** Undefined when no line is filtered. */
  readonly filter: ((emit: Emit) => Filter) | undefined;
  readonly paged: boolean;
}

export function pipingOf(matches: readonly Match[], style: Style): Piping {
  let form: Piping['form'];
  const filters: ((emit: Emit) => Filter)[] = [];
  let paged = true;
  for (const { handler, args } of matches) {
    const pipe = pipes[handler as keyof PipeArguments] as Pipe<Match['args']>;
    if ('form' in pipe) {
      form = (output) => {
        const pieces = pipe.form(output, args);
        if (!pieces) throw new Refusal('no-such-form');
        return pieces;
      };
    } else if ('filter' in pipe) filters.push((emit) => pipe.filter(args, emit, style));
    else paged = pipe.paged;
  }
  const filter = filters.length === 0 ? undefined : (emit: Emit) => chain(filters, emit);
  return { form, filter, paged };
}

/** The first filter is the one nearest the command. */
function chain(filters: readonly ((emit: Emit) => Filter)[], emit: Emit): Filter {
  const ends: (() => void)[] = [];
  let next = emit;
  for (const make of filters.toReversed()) {
    const filter = make(next);
    ends.unshift(() => filter.end());
    next = (line) => filter.line(line);
  }
  return { line: next, end: () => ends.forEach((end) => end()) };
}

/** The pipes that a handler's output may be sent through. */
export function pipesFor(pipesGrammar: Grammar, handler: string): GrammarNode {
  const keep = (node: GrammarNode): GrammarNode => ({
    ...node,
    children: node.children
      .filter(({ onlyFor, aliasOf }) => {
        const limits = aliasOf?.onlyFor ?? onlyFor;
        return limits.length === 0 || limits.includes(handler);
      })
      .map(keep),
  });
  return keep(pipesGrammar);
}
