/**
 * Commits that never end, for tests that end them: two statements in each, which must be of the same one. As a program it
 * says on standard output what it tries and what was acknowledged, until it is killed or has made as many as it was told.
 */
import { writeSync } from 'node:fs';
import { SystemClock, type Clock, type Timers } from '../../src/clock.ts';
import type { Committer, Participant } from '../../src/config/commit.ts';
import { ConfigurationDatabase } from '../../src/config/database.ts';
import { Secrets } from '../../src/config/secrets.ts';
import { EMPTY_TREE, getAt, isValues, setAt, type ConfigTree } from '../../src/config/tree.ts';
import { readGrammar } from '../../src/grammar/notation.ts';
import { openState, type State } from '../../src/store/state-directory.ts';

export const schema = readGrammar(
  'one "One"\n  number <number:1..999999> "Number"\nother "Other"\n  number <number:1..999999> "Number"',
  'numbers.cli',
);

/** How a commit is made: one to be confirmed, the confirming, one to be made later that is given up, or none of these. */
export const WAYS = ['plain', 'confirmed', 'confirm', 'put-off'] as const;
export type Way = (typeof WAYS)[number];

export const owner: Committer = { user: 'owner', can: () => true };

const slow: Participant = {
  verify: () => [],
  apply: () => new Promise((resolve) => setImmediate(() => resolve([]))),
};

export function openDatabase(state: State, clock: Clock & Timers): ConfigurationDatabase {
  return new ConfigurationDatabase({
    schema,
    archive: state.revisions,
    participants: [slow, slow],
    clock,
    secrets: new Secrets(state.secretKey),
  });
}

/** The number that a configuration is of; throws where it is of two. 0: none. */
export function numberOf(tree: ConfigTree): number {
  const [one = 0, other = 0] = ['one', 'other'].map((word) => getAt(tree, [word, 'number']));
  if (one !== other || isValues(one)) throw new Error(`a mixture: ${JSON.stringify([one, other])}`);
  return Number(one);
}

function treeOfNumber(number: number): ConfigTree {
  return ['one', 'other'].reduce((tree, word) => setAt(tree, [word, 'number'], number), EMPTY_TREE);
}

export async function commitNumber(database: ConfigurationDatabase, number: number, way: Way): Promise<void> {
  const candidate = database.openPrivate();
  if (way === 'confirm') {
    await database.confirm(owner);
    return;
  }
  candidate.replace(treeOfNumber(number), owner.can);
  candidate.resume(database.running, treeOfNumber(number));
  if (way === 'put-off') {
    const kept = { user: 'owner', configured: false, role: undefined };
    await database.commitAt(candidate, owner, kept, undefined);
    await database.clear(owner);
  } else await database.commit(candidate, owner, { confirmedMinutes: way === 'confirmed' ? 1 : undefined });
}

async function run(directory: string, first: number, last: number): Promise<void> {
  const say = (line: string): void => void writeSync(1, `${line}\n`);
  const state = openState(directory);
  const database = openDatabase(state, new SystemClock());
  await database.start();
  for (let number = first; number <= last; number += 1) {
    const way = WAYS[Math.floor(Math.random() * WAYS.length)]!;
    say(`try ${number} ${way}`);
    await commitNumber(database, number, way);
    say(`done ${number} ${way}`);
  }
  database.close();
  state.close();
}

if (process.env['COMMIT_LOOP'] !== undefined) {
  const [directory = '', first = '1', last = 'Infinity'] = process.argv.slice(2);
  void run(directory, Number(first), Number(last));
}
