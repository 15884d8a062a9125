/** Every input of the corpus, and those that fuzzing begins with, keep what their target promises. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { guarded, type FuzzTarget } from './target.ts';
import { targets } from './targets.ts';

const corpus = join(import.meta.dirname, 'corpus');
const filesOf = (name: string): readonly string[] =>
  existsSync(join(corpus, name)) ? readdirSync(join(corpus, name)) : [];

describe.each(Object.entries<FuzzTarget>(targets))('%s', (name, target) => {
  const run = guarded(target);

  test('bears what it begins with', async () => {
    const seeds = target.seeds();
    expect(seeds.length).toBeGreaterThan(0);
    for (const octets of seeds) await run(octets);
  });

  test('bears what was found', async () => {
    for (const file of filesOf(name)) {
      try {
        await run(readFileSync(join(corpus, name, file)));
      } catch (error) {
        throw new Error(`test/fuzz/corpus/${name}/${file}: ${(error as Error).message}`, { cause: error });
      }
    }
  });
});

test('every folder of the corpus is a target’s', () => {
  expect(readdirSync(corpus).filter((name) => !Object.hasOwn(targets, name))).toEqual([]);
});
