/** docs/twamp.md names a test for each requirement: every one of them is there, with the words of its title. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const page = readFileSync(join(import.meta.dirname, '../../docs/twamp.md'), 'utf8');

/** What stands in place of a test, or for many that the page explains. */
const OTHERWISE = [/^none$/, /^(Keyed r|R)ecordings?$/, /^live with twampy below$/, /^grammar\/\S+\.cli$/];

interface Proof {
  /** `folder/file`. */
  readonly file: string;
  /** Of its titles, in order. */
  readonly words: readonly string[];
}

/** The sections of the requirements, each with the file that its tests are in where none is named. */
function sections(): { readonly rows: readonly string[]; readonly file: string | undefined }[] {
  const [, rest] = page.split('\n## Requirements, row by row\n');
  const [requirements] = rest!.split('\n## ');
  return requirements!.split('\n### ').map((text) => {
    const file = /[Tt]ests are in ([\w-]+\/[\w-]+)/.exec(text)?.[1];
    return { file, rows: text.split('\n').filter((line) => /^\| (?!Requirement )/.test(line)) };
  });
}

/** `a/b: words … words; words; c/d, e/f: words`. */
function proofsOf(row: string, fileOfSection: string | undefined): Proof[] {
  const cell = row.split(' | ').at(-1)!.replace(/ \|$/, '');
  let files = fileOfSection === undefined ? [] : [fileOfSection];
  return cell.split('; ').flatMap((part) => {
    const plain = part.replace(/ \([^)]*\)$/, '').trim();
    if (OTHERWISE.some((otherwise) => otherwise.test(plain))) return [];
    const named = /^([\w-]+\/[\w-]+(?:, [\w-]+\/[\w-]+)*)(?:: (.*))?$/.exec(plain);
    if (named) files = named[1]!.split(', ');
    const title = named ? (named[2] ?? '') : plain;
    const words = title.split('…').map((piece) => piece.trim());
    if (files.length === 0) return [{ file: `(no file: ${plain})`, words }];
    return files.map((file) => ({ file, words }));
  });
}

const sources = new Map<string, string | undefined>();

/** The text of a test, its lines and quotes as one writes them in a title; undefined: there is none. */
function sourceOf(file: string): string | undefined {
  if (!sources.has(file)) {
    const path = join(import.meta.dirname, '..', `${file}.test.ts`);
    const text = existsSync(path) ? readFileSync(path, 'utf8').replace(/\s+/g, ' ') : undefined;
    sources.set(file, text);
  }
  return sources.get(file);
}

function holds({ file, words }: Proof): boolean {
  const source = sourceOf(file);
  if (source === undefined) return false;
  let from = 0;
  return words.every((piece) => {
    const at = source.indexOf(piece, from);
    from = at + piece.length;
    return at >= 0;
  });
}

test('every requirement names tests that there are', () => {
  const proofs = sections().flatMap(({ rows, file }) => rows.flatMap((row) => proofsOf(row, file)));
  expect(proofs.length).toBeGreaterThan(150);
  const missing = proofs.filter((proof) => !holds(proof));
  expect(missing.map(({ file, words }) => `${file}: ${words.join(' … ')}`)).toEqual([]);
});

test('a word that is in no title is found out', () => {
  expect(proofsOf('| a | b | twamp/layout: no such title; is big-endian |', undefined).map(holds)).toEqual([
    false,
    true,
  ]);
  expect(proofsOf('| a | b | twamp/no-such-file |', undefined).map(holds)).toEqual([false]);
});
