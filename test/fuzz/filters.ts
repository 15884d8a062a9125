/** Pipes behind a command: lines of any kind through every filter, with patterns of any kind, in bounded time. */
import assert from 'node:assert/strict';
import { patternMistake } from '../../src/grammar/value-types.ts';
import { patternMatcher, passing, textMatcher } from '../../src/shell/filters.ts';
import { chosen, Choices, textOf, type FuzzTarget } from './target.ts';

/** The pattern goes up to a line feed, the rest are lines. */
export const target: FuzzTarget = {
  octetsMax: 1024,
  words: ['(a|a)*b', '.*.*.*', '(a{0,9}){0,9}', '[^a]', '\\b', '^', '$', '(?i)', '\\p{L}', '[[:digit:]]'],
  run: (octets) => {
    const choices = new Choices(octets);
    const how = choices.octet();
    const [pattern = '', ...lines] = textOf(choices.rest).split('\n');
    const isCaseSensitive = (how & 1) === 1;
    const mistake = patternMistake(pattern);
    const matches =
      mistake === undefined
        ? patternMatcher(pattern, isCaseSensitive)
        : textMatcher(pattern, isCaseSensitive);
    const passed: string[] = [];
    const around = { leading: (how >> 1) % 4, trailing: (how >> 3) % 4 };
    const filter = passing(matches, (line) => passed.push(line), (how & 0x80) === 0 ? {} : around);
    for (const line of lines) filter.line(line);
    filter.end();
    const wanted = lines.filter(matches);
    if ((how & 0x80) === 0) assert.deepEqual(passed, wanted);
    else assert(wanted.length <= passed.length && passed.length <= 2 * lines.length);
  },
  seeds: () => [
    chosen([0], 'a|b\nabc\nxyz\n'),
    chosen([1], '^show.*$\nshow version\nShow\n'),
    chosen([0x8b], 'x\na\nb\nx\nc\nd\ne\nf\nx\n'),
    chosen([0], `(a*)*b\n${'a'.repeat(200)}\n`),
  ],
};
