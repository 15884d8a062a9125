/** Lines typed in any mode by any login class: what they mean, what may stand in them, and what help says. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { descendants } from '../../src/grammar/node.ts';
import { tokenize } from '../../src/grammar/tokens.ts';
import { completion, helpText, spaceCompletion } from '../../src/shell/help.ts';
import { styles } from '../../src/shell/style.ts';
import { configurationMode, grammars, operationalMode, Terminal, classCan } from '../support/grammar.ts';
import { chosen, Choices, textOf, type FuzzTarget } from './target.ts';

const modes: readonly ((className: string) => Terminal)[] = [
  operationalMode,
  configurationMode,
  (className) => configurationMode(className, ['services', 'rpm', 'twamp', 'server']),
  (className) => configurationMode(className, ['services', 'rpm', 'twamp', 'client']),
  (className) => new Terminal(grammars.pipes, { can: classCan(className) }),
];
const classNames = [...grammars.classes.keys()].toReversed();
const terminals = modes.map((mode) => classNames.map((className) => mode(className)));
const layouts = Object.values(styles).map(({ help }) => help);

/** A problem about a word that is not the one at the cursor is that of words before. */
const refusedAt = (terminal: Terminal, line: string, start: number): string | undefined => {
  const resolution = terminal.resolve(line);
  if (!('problem' in resolution)) return undefined;
  const { code, start: at } = resolution.problem;
  return at === start && (code === 'unknown-word' || code === 'invalid-value') ? code : undefined;
};

function check(terminal: Terminal, line: string): void {
  const { sections, betweenWords, openQuote } = tokenize(line);
  const words = sections[0]!;
  for (const { start, end } of words) assert(start < end && end <= line.length);
  const resolution = terminal.resolve(line);
  for (const { start, end } of resolution.secrets) assert(start < end && end <= line.length);
  if ('problem' in resolution) assert(resolution.problem.start <= resolution.problem.end);
  if (sections.length > 1 || openQuote !== undefined) return;
  const found = terminal.candidates(line);
  const partial = betweenWords ? '' : words.at(-1)!.text;
  for (const layout of layouts) {
    assert(helpText(found, layout).endsWith('\n'));
    completion(found, partial, layout);
  }
  spaceCompletion(found, partial);
  if (betweenWords) {
    assert.equal(found.mayEnd, found.mayEnd && 'match' in resolution, 'the line may end where it is said to');
  }
  // What is offered for a word is not refused there.
  const isBare = betweenWords || !words.at(-1)!.quoted;
  const start = betweenWords ? line.length : words.at(-1)!.start;
  if (!isBare) return;
  for (const { text, literal } of found.rows) {
    if (!literal) continue;
    const offered = line.slice(0, start) + text;
    assert.equal(refusedAt(terminal, offered, start), undefined, `${JSON.stringify(offered)} is offered`);
  }
}

/**
 * Whatever completes a word that is understood leaves what the line means as it is, or has it refused: words of other vendors,
 * and paths without a verb, are read where ours make no sense, a word alone is completed to ours, and a name may be the beginning
 * of a word (`r p`: the routing instance, though `replace pattern` begins so, too).
 */
function checkAbbreviation(terminal: Terminal, line: string): void {
  const resolution = terminal.resolve(line);
  const words = tokenize(line).sections[0]!;
  if (!('match' in resolution)) return;
  for (const { text, start, end, quoted } of words) {
    if (quoted) continue;
    const found = terminal.candidates(line.slice(0, end));
    const { insert } = spaceCompletion(found, text);
    if (insert === ' ' || found.rows.some(({ literal }) => !literal)) continue;
    const spelt = line.slice(0, start) + text + insert.trimEnd() + line.slice(end);
    const meant = terminal.resolve(spelt);
    if ('problem' in meant) continue;
    assert(isDeepStrictEqual(meant, { ...resolution, secrets: meant.secrets }), JSON.stringify(spelt));
  }
}

const wordsOfGrammars = [
  ...new Set(
    [grammars.operational, grammars.configuration, grammars.schema, grammars.pipes].flatMap((grammar) =>
      [...descendants(grammar)].map(({ name }) => name),
    ),
  ),
].filter((word) => /^[\w-]{2,40}$/.test(word));

const vectors = join(import.meta.dirname, '../vectors/configurations');
const linesOf = (file: string): string[] =>
  readFileSync(join(vectors, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '');

/** The first octet chooses the mode, the second the class. */
export const target: FuzzTarget = {
  octetsMax: 256,
  words: wordsOfGrammars,
  run: (octets) => {
    const choices = new Choices(octets);
    const terminal = choices.of(choices.of(terminals));
    const line = textOf(choices.rest);
    check(terminal, line);
    checkAbbreviation(terminal, line);
  },
  seeds: () => [
    ...[
      'show services twamp sessions type control limit 5',
      'show services sessions extensive source-prefix 10.0.0.0/8',
      'sh serv sess',
      'twping 192.0.2.1 count 5 interval 0.1e size 100',
      'request services sessions import file',
      'clear services sessions ',
      'monitor services twamp sessions',
      'set cli screen-length 0',
      'run show version',
      'ping "a b" \\',
    ].map((line) => chosen([0, 0], line)),
    ...['vyos.set', 'junos.set', 'dnos-lines.txt', 'junos-client.set'].flatMap((file) =>
      linesOf(file)
        .slice(0, 12)
        .map((line) => chosen([1, 0], line)),
    ),
    ...[
      'no port',
      'port 862',
      'delete',
      'client-list a address 10.0.0.0/8',
      'rename client-list a to client-list b',
    ].map((line) => chosen([2, 0], line)),
    ...['match x', 'count', 'display json', 'last 5', 'save file', 'except "a|b"'].map((line) =>
      chosen([4, 0], line),
    ),
  ],
};
