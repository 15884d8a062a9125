/** Entries of imported files, and the lines they begin at: whatever the form, however the file is cut into pieces. */
import { describe, expect, test } from 'vitest';
import {
  ENTRY_CHARACTERS_MAX,
  formOf,
  readerOf,
  type TextForm,
} from '../../../src/services/records/import-reader.ts';

/** Entries as `line text`, those that are broken as `line code`. */
function entriesOf(form: TextForm, text: string, piece = text.length + 1): string[] {
  const reader = readerOf(form);
  const found: string[] = [];
  const hear = (entries: ReturnType<typeof reader.take>): void => {
    for (const entry of entries) found.push(`${entry.line} ${'code' in entry ? entry.code : entry.text}`);
  };
  for (let at = 0; at < text.length; at += piece) hear(reader.take(text.slice(at, at + piece)));
  hear(reader.end());
  return found;
}

/** In one piece, and in pieces of any length. */
function everyWay(form: TextForm, text: string): string[] {
  const whole = entriesOf(form, text);
  for (const piece of [1, 2, 3, 7, 100]) expect(entriesOf(form, text, piece), String(piece)).toEqual(whole);
  return whole;
}

const LONGEST = 'x'.repeat(ENTRY_CHARACTERS_MAX);

test.each<[beginning: string, form: TextForm]>([
  ['<?xml version="1.0"?>\n', 'xml'],
  [' \n <flow>', 'xml'],
  ['{"a": 1}\n{"a": 2}', 'json-lines'],
  ['{"a": 1}  ', 'json-lines'],
  ['{}', 'json-lines'],
  ['{\n', 'json'],
  ['{"a": 1} x\n', 'json'],
  ['[\n', 'json'],
  ['[{', 'json'],
  ['[1795000000.5]\t[NEW] udp', 'text'],
  ['[NEW] udp', 'text'],
  ['[new]', 'json'],
  ['udp 17 29', 'text'],
  ['x{}', 'text'],
  ['x[', 'text'],
  ['', 'text'],
])('a file that begins with %j is %s', (beginning, form) => {
  expect(formOf(beginning)).toBe(form);
});

describe('lines', () => {
  test.each<[text: string, entries: string[]]>([
    ['a\n\n  b  \r\nc\n', ['1 a', '3 b', '4 c']],
    ['a\nb', ['1 a', '2 b']],
    ['a\n  ', ['1 a']],
    ['\n\n', []],
    ['', []],
  ])('%j', (text, entries) => {
    expect(everyWay('json-lines', text)).toEqual(entries);
  });

  test('of listings are whole when their end is known, or a line feed is behind them', () => {
    expect(everyWay('text', 'a\nb')).toEqual(['1 a', '2 unfinished']);
    expect(everyWay('text', 'a use=1\nb use=2')).toEqual(['1 a use=1', '2 b use=2']);
    expect(everyWay('text', 'a use=1')).toEqual(['1 a use=1']);
    expect(everyWay('text', 'a use=1\nb use=')).toEqual(['1 a use=1', '2 unfinished']);
    expect(everyWay('text', 'a use=1 id=5\nb use=2')).toEqual(['1 a use=1 id=5', '2 unfinished']);
    expect(everyWay('text', 'a\n\nb\n')).toEqual(['1 a', '3 b']);
    expect(everyWay('text', 'a\n\n ')).toEqual(['1 a']);
  });

  test('that are too long are told, and the others read', () => {
    expect(entriesOf('json-lines', `${LONGEST}\nb`)).toEqual([`1 ${LONGEST}`, '2 b']);
    for (const piece of [1000, 1 << 20])
      expect(entriesOf('json-lines', `a\n${LONGEST}x\nb\n${LONGEST}x`, piece)).toEqual([
        ...['1 a', '2 too-long', '3 b', '4 too-long'],
      ]);
    expect(entriesOf('text', `a use=1\n${LONGEST}x`, 1000)).toEqual(['1 a use=1', '2 too-long']);
  });
});

describe('elements', () => {
  test.each<[text: string, entries: string[]]>([
    [
      '<conntrack>\n<flow>a</flow>\n<flow type="new">\nb</flow></conntrack>',
      ['2 <flow>a</flow>', '3 <flow type="new">\nb</flow>'],
    ],
    ['<flow>a</flow><flow>b</flow>', ['1 <flow>a</flow>', '1 <flow>b</flow>']],
    ['<flow>\n\n</flow>\n\n<flow>c</flow>', ['1 <flow>\n\n</flow>', '5 <flow>c</flow>']],
    ['\n<flow>a', ['2 unfinished']],
    ['<flow>a</flow>\n<flo', ['1 <flow>a</flow>']],
    ['<conntrack></conntrack>', []],
    ['</flow>', []],
    ['', []],
  ])('%j', (text, entries) => {
    expect(everyWay('xml', text)).toEqual(entries);
  });

  test('that are too long are told, and the others read', () => {
    const exact = `<flow>${LONGEST.slice(13)}</flow>`;
    expect(exact).toHaveLength(ENTRY_CHARACTERS_MAX);
    expect(entriesOf('xml', exact, 1000)).toEqual([`1 ${exact}`]);
    const long = `<flow>\n${LONGEST}\n</flow>`;
    for (const piece of [1, 1000, 1 << 20])
      expect(entriesOf('xml', `\n${long}\n<flow>b</flow>`, piece)).toEqual([
        '2 too-long',
        '5 <flow>b</flow>',
      ]);
    expect(entriesOf('xml', `\n<flow>${LONGEST}`, 1000)).toEqual(['2 too-long']);
    const twice = `<flow>${LONGEST}${LONGEST}${LONGEST}</flow><flow>b</flow>`;
    expect(entriesOf('xml', twice, 1000)).toEqual(['1 too-long', '1 <flow>b</flow>']);
    // What is within one is no other.
    const within = `<flow>${LONGEST}${LONGEST}<flow>a</flow><flow>b</flow>`;
    for (const piece of [1000, 1 << 20])
      expect(entriesOf('xml', within, piece)).toEqual(['1 too-long', '1 <flow>b</flow>']);
  });

  test('may end in the middle of what is too long, or be cut there', () => {
    const open = `<flow>${LONGEST.slice(6)}`;
    expect(entriesOf('xml', open)).toEqual(['1 unfinished']);
    expect(entriesOf('xml', `${open}</flow>`)).toEqual(['1 too-long']);
    // The first piece ends behind `</`.
    const cut = `${open.slice(1)}</flow><flow>b</flow>`;
    expect(entriesOf('xml', cut.replace('flow', '<flow'), open.length + 2)).toEqual([
      '1 too-long',
      '1 <flow>b</flow>',
    ]);
  });
});

describe('objects', () => {
  test.each<[text: string, entries: string[]]>([
    ['[{"a": 1},\n {"b": {"c": []}}]', ['1 {"a": 1}', '2 {"b": {"c": []}}']],
    ['{"n": 1,\n"s": [\n{"a": 1}, {"b": 2}\n]\n}', ['3 {"a": 1}', '3 {"b": 2}']],
    ['{"one": [{"a": 1}], "two": [{"b": 2}]}', ['1 {"a": 1}', '1 {"b": 2}']],
    ['{"x": {"y": [{"a": 1}]}}', []],
    ['[[{"a": 1}]]', []],
    ['{"a": 1}', []],
    ['["x", 1, {"a": 1}]', ['1 {"a": 1}']],
    [
      '[{"a": "}]{["}, {"b": "\\""}, {"c": "\\\\"}]',
      ['1 {"a": "}]{["}', '1 {"b": "\\""}', '1 {"c": "\\\\"}'],
    ],
    ['[{\n"a": 1\n},\n{"b": 2}]', ['1 {\n"a": 1\n}', '4 {"b": 2}']],
    ['[{"a": 1}', ['1 {"a": 1}', '1 unfinished']],
    ['[{"a":\n1', ['2 unfinished']],
    ['[{"": 1}]', ['1 {"": 1}']],
    ['[]', []],
  ])('%j', (text, entries) => {
    expect(everyWay('json', text)).toEqual(entries);
  });

  test('that are too long are told, and the others read', () => {
    const object = (length: number): string => `{"a": "${LONGEST.slice(0, length - 9)}"}`;
    const exact = object(ENTRY_CHARACTERS_MAX);
    expect(exact).toHaveLength(ENTRY_CHARACTERS_MAX);
    // One of them ends with the last that an object may have.
    for (const piece of [1000, ENTRY_CHARACTERS_MAX + 2, 1 << 20]) {
      expect(entriesOf('json', `[${exact}]`, piece)).toEqual([`1 ${exact}`]);
      const more = `[\n${object(ENTRY_CHARACTERS_MAX + 1)},\n{"b": 2}]`;
      expect(entriesOf('json', more, piece)).toEqual(['2 too-long', '3 {"b": 2}']);
    }
  });

  test('are read as deep as 32 brackets; what is deeper is given up', () => {
    const deep = (count: number): string => `[{"a": ${'['.repeat(count)}${']'.repeat(count)}}]`;
    expect(entriesOf('json', deep(30))).toEqual([`1 ${deep(30).slice(1, -1)}`]);
    expect(entriesOf('json', deep(31))).toEqual(['1 unfinished']);
  });
});
