/** Runs seeds one after the other, until one fails or there is no time left. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { handlersOf } from '../../../src/shell/grammars.ts';
import { VorpalHost } from '../../../src/shell/vorpal-host.ts';
import { grammars } from '../../support/composition.ts';
import { IMPORT_FILE } from './lines.ts';
import { World } from './world.ts';

export interface SeedsOptions {
  readonly first: number;
  readonly count: number;
  readonly seconds: number;
  /** Prints all that happened, and not the end of it where a seed fails. */
  readonly trace: boolean;
  readonly print: (text: string) => void;
  /** Hears of every seed that held. */
  readonly progress?: (seed: number) => void;
}

export interface SeedsResult {
  readonly run: number;
  readonly failed: { readonly seed: number; readonly error: unknown } | undefined;
  /** Of the journal of the last seed. */
  readonly digest: string;
}

/** What conntrack lists of three connections. */
const sessions = [10001, 10002, 10003]
  .map(
    (port) =>
      `ipv4 2 udp 17 29 src=10.10.10.2 dst=10.20.20.1 sport=${port} dport=53 packets=1 bytes=81 ` +
      `src=10.20.20.1 dst=10.10.10.2 sport=53 dport=${port} packets=1 bytes=97 mark=0 use=2\n`,
  )
  .join('');

export async function simulateSeeds(options: SeedsOptions): Promise<SeedsResult> {
  const directory = mkdtempSync(join(tmpdir(), 'dnrouter-simulation-'));
  writeFileSync(join(directory, IMPORT_FILE), sessions);
  const rejections: unknown[] = [];
  const onRejection = (error: unknown): void => void rejections.push(error);
  process.on('unhandledRejection', onRejection);
  try {
    // What is loaded with the first login is there, so that the first world is like all others.
    await VorpalHost.open(handlersOf(grammars.operational, grammars.configuration));
    return await runSeeds(options, directory, rejections);
  } finally {
    process.off('unhandledRejection', onRejection);
    rmSync(directory, { recursive: true });
  }
}

async function runSeeds(
  { first, count, seconds, trace, print, progress }: SeedsOptions,
  directory: string,
  rejections: readonly unknown[],
): Promise<SeedsResult> {
  const begin = performance.now();
  let digest = '';
  let seed = first;
  for (; seed < first + count && performance.now() - begin < seconds * 1000; seed += 1) {
    const world = new World(seed, { directory, importable: 3 });
    try {
      await world.run();
      if (rejections.length > 0) throw rejections[0];
    } catch (error) {
      print(world.journal.text(trace));
      print(
        `seed ${seed}, step ${world.step}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
      print(`scripts/simulate ${seed} --trace repeats it`);
      return { run: seed - first, failed: { seed, error }, digest };
    }
    progress?.(seed);
    digest = world.journal.digest;
    if (trace) print(world.journal.text(true));
  }
  const secondsRun = (performance.now() - begin) / 1000;
  const run = seed - first;
  print(`simulation: seeds ${first} to ${seed - 1}, ${(run / secondsRun).toFixed(1)} worlds/s, ${digest}`);
  return { run, failed: undefined, digest };
}
