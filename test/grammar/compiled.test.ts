/** Grammar files in their compiled form: the same as their text, and of no use for any other text. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { compileGrammars, readGrammars, type CompiledGrammars } from '../../src/shell/grammars.ts';

const read = (name: string): string => readFileSync(join(import.meta.dirname, '../../grammar', name), 'utf8');

/** As it is kept in a file. */
const compiled = JSON.parse(JSON.stringify(compileGrammars(read))) as CompiledGrammars;

/** What can be compared: functions of values in groups are made for each reading. */
const shown = (grammars: object): string => {
  const seen = new Map<object, number>();
  return JSON.stringify(grammars, (_, value: unknown) => {
    if (value instanceof Map || value instanceof Set) return [...(value as Iterable<unknown>)];
    if (typeof value !== 'object' || value === null) return value;
    if (seen.has(value)) return `as ${seen.get(value)}`;
    seen.set(value, seen.size);
    return value;
  });
};

it('reads what was compiled as if it were the text', () => {
  expect(shown(readGrammars(read, compiled))).toBe(shown(readGrammars(read)));
});

it('takes what was compiled: nothing of it is parsed', () => {
  const other = JSON.parse(
    JSON.stringify(compiled).replaceAll('"name":"twping"', '"name":"other"'),
  ) as CompiledGrammars;
  const names = readGrammars(read, other).operational.children.map(({ name }) => name);
  expect(names).toContain('other');
  expect(names).not.toContain('twping');
});

it('parses a text that has changed since', () => {
  const changed = (name: string): string =>
    name === 'operational.cli' ? read(name).replace(/^twping/m, 'measure') : read(name);
  const names = readGrammars(changed, compiled).operational.children.map(({ name }) => name);
  expect(names).toContain('measure');
  const broken = (name: string): string => `${read(name)}${name === 'pipes.cli' ? 'count @nobody\n' : ''}`;
  expect(() => readGrammars(broken, compiled)).toThrow('grammar/pipes.cli');
});
