/** The program on a state directory of which files are damaged: it says so in a line, and runs what was committed last. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { PROGRAM, runProgram, start, type Finished } from '../support/program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const whole = temporaryDirectory(afterAll);

const configured = 'set services session-source type records';

beforeAll(() => {
  const lines = [
    'configure',
    'set system host-name one',
    configured,
    'commit',
    'set system host-name two',
    'commit',
  ];
  const input = [...lines, 'exit', 'request services sessions import example', ''].join('\n');
  const { status, stderr } = spawnSync(PROGRAM, ['--state', whole], { input, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
}, 60_000);

/** A state directory of which `damage` has had its way with a file. */
function damaged(name: string, damage: (content: Buffer) => Buffer): string {
  const state = temporaryDirectory();
  cpSync(whole, state, { recursive: true });
  const file = join(state, name);
  writeFileSync(file, damage(readFileSync(file)));
  return state;
}

const run = (state: string, ...lines: readonly string[]): Promise<Finished> =>
  runProgram(['--state', state, ...lines.flatMap((line) => ['-c', line])]);

const garbage = (content: Buffer, from = 0, to = content.length): Buffer => content.fill(0xa5, from, to);

it('router.db: one line says what was saved, and where the old file is; so does the record', async () => {
  const state = damaged('router.db', (content) => garbage(content, 0, 4096));
  const { out, err, status } = await run(
    state,
    'show configuration | display set',
    'show system audit kind commit',
  );
  expect(status).toBe(0);
  expect(err).toMatch(
    /^dnrouter: warning: \S+router\.db was damaged and is kept as router\.db\.damaged-\d{8}T\d{6}Z: nothing of it could be read\. In force is what \w+ committed at .+\n$/,
  );
  expect(out).toContain('set system host-name two\n');
  expect(out).toContain('was damaged and is kept as');
  expect(readdirSync(state).filter((name) => name.includes('.damaged-'))).toHaveLength(1);
  expect((await run(state, 'show version')).err).toBe('');
});

it.each(['router.db', 'sessions.db', 'services.db', 'secret.key'])(
  '%s without an octet: told',
  async (name) => {
    const state = damaged(name, () => Buffer.alloc(0));
    const { out, err } = await run(state, 'show configuration | display set');
    expect(err).toContain(name);
    expect(err).toMatch(/was empty|was damaged/);
    expect(out).toContain('set system host-name two\n');
  },
);

it('services.db: who asks for sessions is told, the others go on, and the next start sees to it', async () => {
  const state = damaged('services.db', (content) => garbage(content, 4096));
  const { out, err } = await run(state, 'show services sessions', 'show system name');
  expect(err).toMatch(/^line 1: ERROR: \S+services\.db is damaged[^\n]*\n$/);
  expect(out).toContain('two');
  const next = await run(state, 'request services sessions import example', 'show services sessions count');
  expect(next.err).toMatch(/^dnrouter: warning: \S+services\.db was damaged[^\n]*\n$/);
  expect(next.out).toContain('Imported 17 sessions');
});

it('a write-ahead log that is garbage after a crash: no commit that was acknowledged is lost', async () => {
  const state = damaged('router.db', (content) => content);
  const running = start(['--state', state, '--daemon']);
  const commit = ['configure', 'set system host-name three', 'commit'];
  await vi.waitFor(() => expect(readdirSync(state)).toContain('attach'), { timeout: 15_000 });
  expect(await run(state, ...commit)).toMatchObject({ status: 0 });
  running.kill('SIGKILL');
  await once(running, 'close');
  const log = join(state, 'router.db-wal');
  writeFileSync(log, garbage(readFileSync(log)));
  const { out, err } = await run(state, 'show configuration | display set', 'show system commit');
  expect(err).toMatch(
    /^dnrouter: warning: router\.db had lost a revision that last-commit\.json still had\.[^\n]*\n$/,
  );
  expect(out).toContain('set system host-name three\n');
});

it('goes back to the file that was kept aside, when that has been mended', async () => {
  const state = damaged('router.db', (content) => content);
  truncateSync(join(state, 'router.db'), 5000);
  await run(state, 'show version');
  const kept = readdirSync(state).find((name) => name.includes('.damaged-'))!;
  cpSync(join(whole, 'router.db'), join(state, kept));
  cpSync(join(state, kept), join(state, 'router.db'));
  const { out, err } = await run(state, 'show system commit', 'show configuration | display set');
  expect(err).toBe('');
  expect(out).toContain('set system host-name two\n');
});

it('a first start that fails leaves nothing that the next one could take for a loss', async () => {
  const state = join(temporaryDirectory(), 'state');
  // better-sqlite3 cannot be loaded, as where it was not compiled.
  const env = { NODE_OPTIONS: '--no-addons' };
  const failed = await runProgram(['--state', state, '-c', 'show version'], '', { env });
  expect(failed).toMatchObject({ status: 1, out: '' });
  expect(readdirSync(state)).toEqual([]);
  expect((await run(state, 'show version')).err).toBe('');
});
