/** Tests of the page that says which test proves which item of the source documents. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compatibility, updatePage } from '../../scripts/compatibility.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const documents = [
  {
    title: '000: first',
    rows: [
      { id: '000/type', item: '`show type control|data`' },
      { id: '000/vrf', item: 'VRF', note: 'any' },
    ],
  },
  { title: '001: second', rows: [{ id: '001/count', item: 'Count' }] },
];

const of = (...texts: string[]) =>
  compatibility(
    documents,
    texts.map((text, index) => ({ path: `room/${index}.test.ts`, text })),
  );

/** What the page says under "Proved by" of 001/count. */
const proofOfCount = (text: string) => /^\| 001\/count \| Count \| (.*) \|$/m.exec(of(text).page)?.[1];

const place = '[room/0.test.ts](../test/room/0.test.ts)';

test('the page has a table a document, and counts what is proved', () => {
  const { page, problems } = of(`it('[000/type, 001/count] both', () => {});`, `it('[000/type] more', run);`);
  expect(problems).toEqual([]);
  expect(page.slice(page.indexOf('2 of'))).toBe(`2 of 3 rows proved.

## 000: first

| Id | Item | Proved by |
| --- | --- | --- |
| 000/type | \`show type control\\|data\` | ${place}: both<br>[room/1.test.ts](../test/room/1.test.ts): more |
| 000/vrf | VRF (any) | **missing** |

## 001: second

| Id | Item | Proved by |
| --- | --- | --- |
| 001/count | Count | ${place}: both |
`);
});

describe('a row is proved by', () => {
  test.each([
    ['a test', `test('[001/count] t', run)`, 't'],
    ['a test of several cases', `test.each([['a', 1], ['b', 2]])('[001/count] %s is %d', run)`, '%s is %d'],
    ['a test of a table', 'test.each`a|b\n${1}|${2}`("[001/count] t", run)', 't'],
    ['a test on one kind of machine', `test.skipIf(isRoot())('[001/count] t', run)`, 't'],
    ['a title that is computed', 'test(`[001/count] ${COUNT} rows`, run)', '${COUNT} rows'],
    ['a title on a line of its own', `test(\n  '[001/count] t',\n  run,\n)`, 't'],
    ['a suite', `describe('[001/count] s', () => { test('t', run) })`, 's'],
    ['a test in a suite', `describe('s', () => { test('[001/count] t', run) })`, 's > t'],
    ['a title with marks of Markdown', `test('[001/count] <a> * | b', run)`, '\\<a> \\* \\| b'],
  ])('%s', (_, text, title) => {
    expect(proofOfCount(text)).toBe(`${place}: ${title}`);
  });
});

test.each([
  ['a comment', `// test('[001/count] t', run)`],
  ['a text', `const fixture = "test('[001/count] t', run)"`],
  ['a test that is skipped', `test.skip('[001/count] t', run)`],
  ['a test yet to be written', `test.todo('[001/count] t')`],
  ['a test in a suite that is skipped', `describe.skip('s', () => { test('[001/count] t', run) })`],
  ['an id that is not the beginning', `test('t [001/count]', run)`],
])('a row is not proved by %s', (_, text) => {
  expect(proofOfCount(text)).toBe('**missing**');
});

test('a title that begins with other brackets names no row', () => {
  expect(of(`test('[ a b ] is a list', run); test('[10.0.0.0/8] is a prefix', run)`).problems).toEqual([]);
});

test('an id that is no row is refused with its place', () => {
  expect(of(`test('[000/type, 000/typo] filters', run)`).problems).toEqual([
    'test/room/0.test.ts: no row has the id 000/typo, named by "filters"',
  ]);
});

test('two rows of one id are refused', () => {
  expect(compatibility([...documents, documents[1]!], []).problems).toEqual([
    'two rows have the id 001/count',
  ]);
});

test('a page is stale until it is written, and again when a test is added', () => {
  const root = temporaryDirectory();
  for (const directory of ['docs', 'test/room']) mkdirSync(join(root, directory), { recursive: true });
  const page = join(root, 'docs/compatibility.md');
  const stale = [expect.stringContaining('docs/compatibility.md is stale')];

  expect(updatePage(root, 'check')).toEqual(stale);
  expect(updatePage(root, 'write')).toEqual([]);
  expect(updatePage(root, 'check')).toEqual([]);

  const added = join(root, 'test/room/a.test.ts');
  writeFileSync(added, `test('[000/help] t', run)`);
  expect(updatePage(root, 'check')).toEqual(stale);
  expect(updatePage(root, 'write')).toEqual([]);
  const written = readFileSync(page, 'utf8');
  expect(written).toContain('room/a.test.ts');

  writeFileSync(added, `test('[000/no-such-row] t', run)`);
  expect(updatePage(root, 'write')).toEqual([expect.stringContaining('000/no-such-row')]);
  expect(readFileSync(page, 'utf8')).toBe(written);
});
