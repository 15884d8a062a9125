/** commit-loop.ts as a program of its own that starts quickly, and what must be true of the state it leaves behind. */
import { buildSync } from 'esbuild';
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { VirtualTime } from './virtual-time.ts';
import { numberOf, openDatabase, schema, type Way } from './commit-loop.ts';
import { fromArchive } from '../../src/config/text.ts';
import { REVISIONS_MAX } from '../../src/store/revisions.ts';
import { openState } from '../../src/store/state-directory.ts';

const root = join(import.meta.dirname, '../..');

/** Where the program was put, in `directory`. */
export function bundleCommitLoop(directory: string): string {
  const outfile = join(directory, 'commit-loop.cjs');
  buildSync({
    absWorkingDir: root,
    entryPoints: ['test/support/commit-loop.ts'],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'cjs',
    external: ['better-sqlite3', 'better-sqlite3-napi'],
    // A module of CommonJS has no such thing.
    define: { 'import.meta.url': 'importMetaUrl' },
    banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
  });
  return outfile;
}

export interface LoopOptions {
  readonly first: number;
  readonly last?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts it on a state directory. */
export function startCommitLoop(
  program: string,
  state: string,
  { first, last, env }: LoopOptions,
): ChildProcess {
  const words = [program, state, String(first), ...(last === undefined ? [] : [String(last)])];
  return spawn(process.execPath, words, {
    env: { ...process.env, NODE_PATH: join(root, 'node_modules'), COMMIT_LOOP: '1', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** A commit as the program told of it. */
export interface Told {
  readonly number: number;
  readonly way: Way;
  /** It was acknowledged. */
  readonly done: boolean;
}

/** All that the program says; settles at its end. */
export async function toldBy(child: ChildProcess): Promise<readonly Told[]> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout! })) lines.push(line);
  return readTold(lines);
}

export function readTold(lines: readonly string[]): readonly Told[] {
  const told = new Map<number, Told>();
  for (const line of lines) {
    const [word, number, way] = line.split(' ') as [string, string, Way];
    told.set(Number(number), { number: Number(number), way, done: word === 'done' });
  }
  return [...told.values()];
}

/** What there may be. */
export interface Expected {
  /** Revisions must be of these numbers, newest first; one less or more where the last was not acknowledged. */
  readonly revisions: readonly number[];
  /** Where a commit waits to be confirmed: the number it goes back to, undefined where none does. */
  readonly backTo: number | undefined;
}

/** Every state in which the program may have left things, having begun with `before`. */
export function outcomes(before: Expected, told: readonly Told[]): readonly Expected[] {
  const last = told.at(-1);
  const acknowledged = told.filter(({ done }) => done).reduce(after, before);
  if (last === undefined || last.done) return [acknowledged];
  return [acknowledged, after(acknowledged, last)];
}

function after({ revisions, backTo }: Expected, { number, way }: Told): Expected {
  if (way === 'confirm') return { revisions, backTo: undefined };
  if (way === 'put-off') return { revisions, backTo };
  const isConfirmed = way === 'confirmed';
  const current = backTo ?? revisions[0] ?? 0;
  return {
    revisions: [number, ...revisions].slice(0, REVISIONS_MAX),
    backTo: isConfirmed ? current : undefined,
  };
}

/** What is found when the router starts on the state at that time. Throws where anything is not whole. */
export async function found(directory: string, time: VirtualTime): Promise<Expected & { running: number }> {
  const state = openState(directory);
  try {
    const archived = state.revisions.list();
    archived.forEach(({ number }, back) => {
      if (number !== archived[0]!.number - back) throw new Error(`revision ${number} does not follow`);
    });
    const unconfirmed = state.revisions.pending.find(({ kind }) => kind === 'confirmed');
    const numberIn = (text: string): number => numberOf(fromArchive(schema, text));
    const revisions = archived.map((_, back) => numberIn(state.revisions.get(back)!.text));
    if (unconfirmed && numberIn(unconfirmed.base) !== revisions[0])
      throw new Error('what waits to be confirmed is not what is in force');
    const database = openDatabase(state, time);
    const { failures } = await time.until(database.start());
    database.close();
    if (failures.length > 0) throw new AggregateError(failures);
    return {
      revisions,
      backTo: unconfirmed && numberIn(unconfirmed.text),
      running: numberOf(database.running),
    };
  } finally {
    state.close();
  }
}
