/** Reads the lines of configuration mode: `set`, `delete`, `edit` …, and paths without a verb, in every vendor's words. */
import type { Statement } from '../../grammar/match.ts';
import { levelsAlong } from '../../grammar/meaning.ts';
import type { Problem, Resolution } from '../../grammar/resolve.ts';
import { tokenize, type Token } from '../../grammar/tokens.ts';
import { commentOf, type MarkChange } from '../marks.ts';
import { kindOf } from '../statements.ts';
import { copyEntry, insertEntry, renameEntry, type StatementPair } from '../moves.ts';
import type { Secrets } from '../secrets.ts';
import type { ConfigTree, Path } from '../tree.ts';
import type { Fault, FaultCode } from './faults.ts';
import type { ReadingParts, Said } from './said.ts';
import type { Place } from './statement-reader.ts';

/** How a line of configuration mode reads at a level, which is told in the words that led to it. */
export type ReadLine = (line: string, level: Path) => Resolution;

/** Longer lines are no statements. */
const LINE_CHARACTERS_MAX = 65_536;

const LEAVE_LEVEL = '!';

const NOTHING: readonly Said[] = [];

/** What a line of a text does, by the handler that it has in configuration mode. */
const HANDLERS: Readonly<Record<string, (lines: LinesReader, args: LineArguments) => Iterable<Said>>> = {
  set: (lines, { statements }) => lines.said('set', statements!),
  delete: (lines, { statements }) => lines.said('delete', statements!),
  deactivate: (lines, { statements }) => lines.marked(statements!, { inactive: true }),
  activate: (lines, { statements }) => lines.marked(statements!, { inactive: false }),
  annotate: (lines, { statements, comment }) => lines.annotated(statements!, comment!),
  copy: (lines, two) => lines.rearranged(copyEntry, two),
  rename: (lines, two) => lines.rearranged(renameEntry, two),
  'insert-before': (lines, two) => lines.inserted('before', two),
  'insert-after': (lines, two) => lines.inserted('after', two),
  edit: (lines, { statements }) => lines.goTo(statements![0]!),
  enter: (lines, { statements }) => lines.enter(statements!),
  top: (lines) => lines.goUp(Infinity),
  up: (lines, { levels = 1 }) => lines.goUp(levels),
  'exit-level': (lines) => lines.goUp(1),
};

interface LineArguments {
  readonly statements?: readonly Statement[];
  readonly levels?: number;
  readonly comment?: string;
  /** Of an entry, beside the other that `statements` names. */
  readonly target?: readonly Statement[];
}

export function* readLines(
  text: string,
  parts: ReadingParts,
  level: Path,
  readLine: ReadLine,
): Iterable<Said | undefined> {
  const reader = new LinesReader(parts, level, readLine);
  for (const line of text.split('\n')) {
    yield* reader.line(line);
    yield;
  }
}

class LinesReader {
  readonly #parts: ReadingParts;
  readonly #readLine: ReadLine;
  /** Where the text stands. */
  readonly #top: Path;
  /** The words that led to the level. */
  #level: Path;
  /** The level in canonical words. */
  #place: Place;
  #line = 0;

  constructor(parts: ReadingParts, level: Path, readLine: ReadLine) {
    this.#parts = parts;
    this.#readLine = readLine;
    this.#top = level;
    this.#level = level;
    this.#place = this.#placeOf(level);
  }

  line(raw: string): Iterable<Said> {
    this.#line += 1;
    const line = raw.replace(/\r$/, '');
    if (line.length > LINE_CHARACTERS_MAX) return this.#fault('too-large', { maximum: LINE_CHARACTERS_MAX });
    if (line.trim() === LEAVE_LEVEL) return this.goUp(1);
    const { sections, openQuote } = tokenize(line);
    const [words = []] = sections;
    if (openQuote !== undefined) return this.#fault('open-quote');
    if (sections.length > 1) return this.#fault('unexpected-word', { word: '|' });
    if (words.length === 0) return NOTHING;
    return this.#plainly(words) ?? this.#inAnyWords(line);
  }

  said(verb: 'set' | 'delete', statements: readonly Statement[]): Iterable<Said> {
    return statements.map((statement) => ({ line: this.#line, verb, statement }));
  }

  marked(statements: readonly Statement[], change: MarkChange): Iterable<Said> {
    return statements.map((statement) => ({ line: this.#line, verb: 'mark', change, statement }));
  }

  annotated(statements: readonly Statement[], text: string): Iterable<Said> {
    const comment = commentOf(text);
    return comment === undefined
      ? this.#fault('comment-ends', {}, statements[0]!.path)
      : this.marked(statements, { comment });
  }

  rearranged(rearrange: typeof copyEntry, { statements, target }: LineArguments): Iterable<Said> {
    const { schema } = this.#parts;
    const pair: StatementPair = [statements![0]!, target![0]!];
    return this.#made(pair[0], (tree, secrets) => rearrange(schema, tree, { pair, secrets }));
  }

  inserted(side: 'before' | 'after', { statements, target }: LineArguments): Iterable<Said> {
    const { schema } = this.#parts;
    const pair: StatementPair = [statements![0]!, target![0]!];
    return this.#made(pair[0], (tree) => insertEntry(schema, tree, { pair, side }));
  }

  #made(statement: Statement, make: (tree: ConfigTree, secrets: Secrets) => ConfigTree): Iterable<Said> {
    return [{ line: this.#line, verb: 'rearrange', make, statement }];
  }

  goTo({ alias, path }: Statement): Iterable<Said> {
    this.#go(alias?.spelling ?? path);
    return NOTHING;
  }

  /** Several are the values of one line, with commas between them. */
  enter(statements: readonly Statement[]): Iterable<Said> {
    const kind = kindOf(this.#parts.schema, statements[0]!);
    if (kind !== 'leaf') this.goTo(statements[0]!);
    return kind === 'container' ? NOTHING : this.said('set', statements);
  }

  goUp(levels: number): Iterable<Said> {
    this.#go(levelsAlong(this.#parts.schema, this.#level).at(-1 - levels)?.spelling ?? []);
    return NOTHING;
  }

  #fault(code: FaultCode, details: Fault['details'] = {}, path = this.#place.path): Iterable<Said> {
    this.#parts.faults.add(this.#line, code, path, details);
    return NOTHING;
  }

  #go(level: Path): void {
    this.#level = level;
    this.#place = this.#placeOf(level);
  }

  #placeOf(level: Path): Place {
    const { node, path } = levelsAlong(this.#parts.schema, level).at(-1)!;
    return { node, path, awaitsKey: false };
  }

  /** `set` or `delete` and canonical words that say one thing: most lines of a long text. */
  #plainly([verb, ...words]: readonly Token[]): Iterable<Said> | undefined {
    if ((verb?.text !== 'set' && verb?.text !== 'delete') || words.length === 0) return undefined;
    if (this.#place.node.meaning) return undefined;
    const read = this.#parts.reader.read(this.#place, words, false);
    if (!read.fault) return read.statements.length === 1 ? this.said(verb.text, read.statements) : undefined;
    const { code, path, details } = read.fault;
    return code === 'invalid-value' || code === 'hidden-secret'
      ? this.#fault(code, details, path)
      : undefined;
  }

  #inAnyWords(line: string): Iterable<Said> {
    const resolution = this.#readLine(line, this.#level);
    if ('problem' in resolution) return this.#fromTheTop(line) ?? this.#refused(resolution.problem, line);
    const { handler, args } = resolution.match;
    const handle = HANDLERS[handler];
    const [command = ''] = line.trim().split(/\s/);
    return handle ? handle(this, args) : this.#fault('not-loadable', { command }, []);
  }

  /**
   * A path without a verb that begins at the top, behind one that has entered a level: DNOS' files have a whole path on
   * each line. Undefined for what is none.
   */
  #fromTheTop(line: string): Iterable<Said> | undefined {
    if (this.#level.length === this.#top.length) return undefined;
    const resolution = this.#readLine(line, this.#top);
    if ('problem' in resolution || resolution.match.handler !== 'enter') return undefined;
    this.#go(this.#top);
    return this.enter((resolution.match.args as LineArguments).statements!);
  }

  #refused(problem: Problem, line: string): Iterable<Said> {
    const words = tokenize(line.slice(0, problem.start)).sections[0] ?? [];
    const [code, details] = faultOf(problem);
    return this.#fault(code, details, [...this.#level, ...words.map(({ text }) => text)]);
  }
}

function faultOf(problem: Problem): [FaultCode, Record<string, string>] {
  switch (problem.code) {
    case 'unknown-word':
      return ['unknown-word', { word: problem.word }];
    case 'repeated-word':
      return ['unexpected-word', { word: problem.word }];
    case 'ambiguous-word':
      return ['ambiguous-word', { word: problem.word }];
    case 'invalid-value':
      return ['invalid-value', { word: problem.word, expected: problem.expected }];
    case 'incomplete':
      return ['missing-value', {}];
    case 'open-quote':
      return ['open-quote', {}];
  }
}
