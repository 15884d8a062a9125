/**
 * The power goes, or the process, after any of the operations that commits make on files: what was acknowledged is there, and
 * what starts next runs exactly an old or a new revision.
 */
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SECRET_KEY_FILE } from '../../src/store/state-directory.ts';
import {
  bundleCommitLoop,
  found,
  outcomes,
  readTold,
  startCommitLoop,
  toldBy,
  type Expected,
} from '../support/commit-loop-program.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { VirtualTime } from '../support/virtual-time.ts';
import {
  buildWriteLog,
  Disk,
  noWriteLog,
  readWriteLog,
  type Loss,
  type Operation,
} from '../support/write-log.ts';

const COMMITS = 120;
const CUTS = Number(process.env['POWER_CUTS'] ?? 300);

const NOTHING: Expected = { revisions: [], backTo: undefined };

/** A program that was recorded while it committed. */
interface Recording {
  readonly root: string;
  readonly rootInode: bigint;
  readonly operations: readonly Operation[];
  /** Of the secrets, as it is in the end. */
  readonly key: Buffer;
}

async function record(): Promise<Recording> {
  const directory = temporaryDirectory();
  const root = join(directory, 'disk');
  mkdirSync(root);
  const rootInode = statSync(root, { bigint: true }).ino;
  const log = join(directory, 'log');
  const env = { LD_PRELOAD: buildWriteLog(directory), WRITE_LOG: log, WRITE_LOG_ROOT: root };
  const state = join(root, 'new', 'state');
  const child = startCommitLoop(bundleCommitLoop(directory), state, { first: 1, last: COMMITS, env });
  const told = toldBy(child);
  await once(child, 'close');
  expect((await told).filter(({ done }) => done)).toHaveLength(COMMITS);
  return { root, rootInode, operations: readWriteLog(log), key: readFileSync(join(state, SECRET_KEY_FILE)) };
}

/** What the program had told when it had done so much. */
function toldIn(operations: readonly Operation[]): ReturnType<typeof readTold> {
  const text = operations.flatMap(({ kind, data }) => (kind === 'say' ? [data.toString()] : [])).join('');
  return readTold(text.split('\n').filter((line) => line !== ''));
}

/** A moment, and what becomes of what was not synced. */
interface Cut {
  readonly end: number;
  readonly loss: Loss;
}

/** What is wrong with the states that are left by these cuts, in the order of time. */
async function faults(recording: Recording, cuts: readonly Cut[]): Promise<readonly string[]> {
  const disk = new Disk(recording.root, recording.rootInode);
  const found: string[] = [];
  let applied = 0;
  for (const { end, loss } of cuts.toSorted((one, other) => one.end - other.end)) {
    for (; applied < end; applied += 1) disk.apply(recording.operations[applied]!);
    const fault = await faultOf(disk, recording, { end, loss });
    if (fault !== undefined) found.push(fault);
  }
  return found;
}

async function faultOf(disk: Disk, recording: Recording, { end, loss }: Cut): Promise<string | undefined> {
  const left = temporaryDirectory();
  try {
    disk.writeAfter(loss, recording.root, left);
    const told = toldIn(recording.operations.slice(0, end));
    const state = join(left, 'new', 'state');
    const { running, ...outcome } = await found(state, new VirtualTime());
    expect(outcomes(NOTHING, told)).toContainEqual(outcome);
    expect(running).toBe(outcome.revisions[0] ?? 0);
    if (told.some(({ done }) => done))
      expect(readFileSync(join(state, SECRET_KEY_FILE)), 'the key of the secrets').toEqual(recording.key);
    return undefined;
  } catch (error) {
    return `after ${end} operations (${typeof loss === 'string' ? loss : 'chance'}): ${String(error)}`;
  } finally {
    rmSync(left, { recursive: true });
  }
}

const title = 'a commit that was acknowledged outlives the power, and the process';

test.skipIf(noWriteLog !== undefined)(
  noWriteLog === undefined ? title : `${title} (skipped: ${noWriteLog})`,
  { timeout: 600_000 },
  async () => {
    const recording = await record();
    const random = new SeededRandom(1);
    const chance = (): number => random.fraction();
    // Everything that was not synced is lost, or nothing (the process alone ends), or what chance says.
    const losses: readonly Loss[] = ['everything', 'nothing', 'nothing', chance, chance];
    const cutsOf = (operations: readonly Operation[], count: number): Cut[] =>
      Array.from({ length: count }, (_, cut) => ({
        end: random.below(operations.length + 1),
        loss: losses[cut % losses.length]!,
      }));
    expect(await faults(recording, cutsOf(recording.operations, CUTS))).toEqual([]);
    // Without what was synced, commits are lost, and this test notices.
    const operations = recording.operations.filter(({ kind }) => !kind.startsWith('sync'));
    expect((await faults({ ...recording, operations }, cutsOf(operations, 20))).length).toBeGreaterThan(5);
  },
);
