/** Tests of the state directory: where it is, who owns it, and what is left when its owner is killed. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { StoreError } from '../../src/store/database.ts';
import { openState, SECRET_KEY_FILE, stateDirectory, type State } from '../../src/store/state-directory.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

function open(directory: string): State {
  const state = openState(directory);
  onTestFinished(() => state.close());
  return state;
}

function problemOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    if (error instanceof StoreError) return error.problem;
    throw error;
  }
  return undefined;
}

interface StateProcess {
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
  readonly lines: AsyncIterator<string>;
}

/** Runs state-process.ts on `directory`. */
function start(directory: string, task = 'own'): StateProcess {
  const program = fileURLToPath(new URL('state-process.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', program, directory, task], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

async function nextLine({ lines }: StateProcess): Promise<string | undefined> {
  const { value, done } = await lines.next();
  return done === true ? undefined : value;
}

async function kill({ child }: StateProcess): Promise<void> {
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

describe('the key of secrets', () => {
  test('is made once, whole, for the owner alone', () => {
    const directory = temporaryDirectory();
    const first = openState(directory);
    first.close();
    const second = open(directory);
    expect(second.secretKey).toHaveLength(32);
    expect(second.secretKey).toEqual(first.secretKey);
    expect(new Set(second.secretKey).size).toBeGreaterThan(8);
    expect(statSync(join(directory, SECRET_KEY_FILE)).mode & 0o777).toBe(0o600);
  });

  test('that is cut short is kept aside, and there is a new one', () => {
    const directory = temporaryDirectory();
    const file = join(directory, SECRET_KEY_FILE);
    mkdirSync(directory, { recursive: true });
    writeFileSync(file, 'short');
    const { notices, secretKey } = open(directory);
    expect(secretKey).toHaveLength(32);
    const [notice] = notices;
    expect(notice).toMatchObject({ code: 'new-key', file });
    expect(notice?.code === 'new-key' && readFileSync(notice.keptAs!, 'utf8')).toBe('short');
  });

  test('that is missing is told where something may have been sealed with it', () => {
    const directory = temporaryDirectory();
    const file = join(directory, SECRET_KEY_FILE);
    const first = openState(directory);
    expect(first.notices).toEqual([]);
    first.revisions.append({ wallNanos: 1n, user: 'ada', via: 'cli', comment: undefined, text: '' });
    first.close();
    rmSync(file);
    expect(open(directory).notices).toEqual([{ code: 'new-key', file, keptAs: undefined }]);
  });
});

describe('where it is', () => {
  test.each([
    [{ XDG_STATE_HOME: '/var/state', HOME: '/home/ada' }, '/var/state/dnrouter'],
    [{ HOME: '/home/ada' }, '/home/ada/.local/state/dnrouter'],
    [{ XDG_STATE_HOME: '', HOME: '/home/ada' }, '/home/ada/.local/state/dnrouter'],
    [{ XDG_STATE_HOME: 'relative', HOME: '/home/ada' }, '/home/ada/.local/state/dnrouter'],
  ])('%o', (environment, directory) => {
    expect(stateDirectory(environment)).toBe(directory);
  });

  test('neither variable: an error, not a guess', () => {
    expect(problemOf(() => stateDirectory({}))).toEqual({ code: 'no-home' });
  });
});

describe('opening', () => {
  test('creates the directory and its files for their owner alone', () => {
    const directory = join(temporaryDirectory(), 'deep', 'state');
    open(directory);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    for (const file of ['router.db', 'sessions.db']) {
      expect(statSync(join(directory, file)).mode & 0o777).toBe(0o600);
    }
  });

  test('keeps what was stored', () => {
    const directory = temporaryDirectory();
    const state = openState(directory);
    state.revisions.append({
      wallNanos: 1n,
      user: 'ada',
      via: 'cli',
      comment: 'first',
      text: 'system host-name edge;',
    });
    expect(state.sessions.nextConnectionId()).toBe(1);
    state.close();
    const again = open(directory);
    expect(again.revisions.latest()?.text).toBe('system host-name edge;');
    expect(again.sessions.nextConnectionId()).toBe(2);
  });

  test.skipIf(process.platform !== 'linux')('a directory that takes no entries is a clear error', () => {
    const directory = '/proc/dnrouter/state';
    expect(problemOf(() => openState(directory))).toEqual({ code: 'not-writable', file: directory });
  });

  test('a file where the directory should be is a clear error', () => {
    const file = join(temporaryDirectory(), 'state');
    writeFileSync(file, '');
    expect(problemOf(() => openState(file))).toEqual({ code: 'not-writable', file });
    expect(problemOf(() => openState(join(file, 'below')))).toEqual({
      code: 'not-writable',
      file: join(file, 'below'),
    });
  });

  // Root may write whatever the mode says.
  describe.skipIf(process.getuid?.() === 0)('without write permission is a clear error', () => {
    test('on the directory', () => {
      const directory = temporaryDirectory();
      chmodSync(directory, 0o500);
      const file = join(directory, 'router.db');
      expect(problemOf(() => openState(directory))).toEqual({ code: 'not-writable', file });
    });

    test('on a file', () => {
      const directory = temporaryDirectory();
      openState(directory).close();
      const file = join(directory, 'router.db');
      chmodSync(file, 0o400);
      expect(problemOf(() => openState(directory))).toEqual({ code: 'not-writable', file });
    });
  });

  test('when the second file cannot be opened, the first is given up again', () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'sessions.db'));
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(problemOf(() => openState(directory))).toEqual({
        code: 'not-writable',
        file: join(directory, 'sessions.db'),
      });
    }
  });
});

describe('ownership', () => {
  test('another process is refused while we own it, and owns it once we closed', async () => {
    const directory = temporaryDirectory();
    const state = open(directory);
    expect(await nextLine(start(directory))).toBe('in-use');
    state.close();
    expect(await nextLine(start(directory))).toBe('owner');
  });

  test('we are refused while another process owns it, and not after it was killed', async () => {
    const directory = temporaryDirectory();
    const owner = start(directory);
    expect(await nextLine(owner)).toBe('owner');
    expect(problemOf(() => openState(directory))).toEqual({
      code: 'in-use',
      file: join(directory, 'router.db'),
    });
    await kill(owner);
    open(directory);
  });

  test('a second try in our own process does not weaken our ownership', async () => {
    const directory = temporaryDirectory();
    open(directory);
    expect(problemOf(() => openState(directory))).toEqual({
      code: 'in-use',
      file: join(directory, 'router.db'),
    });
    expect(await nextLine(start(directory))).toBe('in-use');
  });
});

test('a process killed between two writes leaves whole revisions, and all it acknowledged', async () => {
  const directory = temporaryDirectory();
  const writer = start(directory, 'append');
  expect(await nextLine(writer)).toBe('owner');
  let acknowledged = 0;
  while (acknowledged < 60) acknowledged = Number(await nextLine(writer));
  await kill(writer);
  const archive = open(directory).revisions;
  const revisions = archive.list().map((_, back) => archive.get(back)!);
  expect(revisions).toHaveLength(50);
  expect(revisions[0]!.number).toBeGreaterThanOrEqual(acknowledged);
  for (const [index, revision] of revisions.entries()) {
    expect(revision.number).toBe(revisions[0]!.number - index);
    expect(revision.text).toBe(revision.wallNanos.toString().repeat(5000));
  }
});
