/** The program that dies as a native crash ends it, in the midst of things, and the next one on its state. */
import { Sqlite } from '../../src/store/sqlite.ts';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it, vi } from 'vitest';
import { SESSIONS_FILE } from '../../src/store/state-directory.ts';
import { RESERVED_IDENTIFIERS } from '../../src/store/identifiers.ts';
import { freePort } from '../support/free-port.ts';
import { runProgram, start } from '../support/program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** How many rows of a running program's state are live. */
function liveRows(state: string): number {
  const database = new Sqlite(join(state, SESSIONS_FILE), { readonly: true });
  try {
    const live = 'SELECT count(*) FROM twamp_sessions WHERE ended_wall_nanos IS NULL';
    return database.prepare<[], number>(live).pluck().get()!;
  } finally {
    database.close();
  }
}

it('in the midst of a measurement: its sessions are history, and ids go on', async () => {
  const state = temporaryDirectory();
  const port = await freePort();
  const twping = `twping 127.0.0.1 port ${port} interval 1ms count`;
  await runProgram(['--state', state], `configure\nset services rpm twamp server port ${port}\ncommit\n`);
  const crashing = start(['--state', state, '-c', `${twping} 1000000`]);
  // Control and data rows of both ends.
  await vi.waitFor(() => expect(liveRows(state)).toBe(4), { timeout: 10_000 });
  crashing.kill('SIGSEGV');
  expect(await once(crashing, 'close')).toEqual([null, 'SIGSEGV']);
  expect(liveRows(state)).toBe(4);

  // Two rows of each kind; what the dead process had reserved beyond its own is skipped.
  const next = RESERVED_IDENTIFIERS + 2;
  const lines = [
    'show services twamp sessions',
    'show services twamp sessions history detail',
    `${twping} 3`,
    `show services twamp sessions history connection-id ${next}`,
  ];
  const { status, out, err } = await runProgram(['--state', state], `${lines.join('\n')}\n`);
  expect([status, err]).toEqual([0, '']);
  expect(out).toContain('Total displayed connections: 0');
  expect(out.match(/State: ended/g)).toHaveLength(4);
  expect(out.match(/Reason: router-failed/g)).toHaveLength(4);
  expect(out).toContain('3 sent, 0 lost');
  expect(out).toMatch(new RegExp(`\\| default +\\| ${next} +\\| ${next} +\\| data `));
});

it('in the midst of commits: what was acknowledged is there, and nothing is mixed', async () => {
  const state = temporaryDirectory();
  const port = await freePort();
  for (let round = 1; round <= 3; round += 1) {
    const crashing = start(['--state', state]);
    crashing.stdin.on('error', () => undefined);
    let said = 0;
    // Two statements in each commit, which must be of the same one.
    const sayNext = (): void => {
      said += 1;
      const statements = `set system host-name h${said}\nset services rpm twamp server maximum-sessions ${said}\n`;
      crashing.stdin.write(`${statements}commit\n`);
    };
    crashing.stdin.write(`configure\nset services rpm twamp server port ${port}\n`);
    for (let ahead = 0; ahead < 20; ahead += 1) sayNext();
    let acknowledged = 0;
    for await (const line of createInterface({ input: crashing.stdout })) {
      if (!/ommit succeeded|ommit complete/.test(line)) continue;
      acknowledged += 1;
      sayNext();
      if (acknowledged === 5 * round) crashing.kill('SIGSEGV');
    }
    const shown = await runProgram(['--state', state, '-c', 'show configuration | display set']);
    expect([shown.status, shown.err]).toEqual([0, '']);
    const [, name] = /system host-name h(\d+)/.exec(shown.out)!;
    const [, sessions] = /maximum-sessions (\d+)/.exec(shown.out)!;
    expect(sessions).toBe(name);
    expect(Number(name)).toBeGreaterThanOrEqual(acknowledged);
    expect(Number(name)).toBeLessThanOrEqual(said);
  }
});
