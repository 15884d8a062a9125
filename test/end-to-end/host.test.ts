/** What a host is to the program: a user without a name, threads that run out, a wall clock that is set. */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { PROGRAM, runProgram } from '../support/program.ts';
import { Batch, PATIENCE, rowsOf, run, serve, server } from '../support/served.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { buildPreload, noWriteLog } from '../support/write-log.ts';

/** Whom no list of users has, and as whom nothing else runs: threads are counted by user. */
const UID = 64_123;

/** More than enough for one router. */
const THREADS_MAX = 500;

/** By which the clock is set: long ago for whatever goes by it. */
const LEAP_YEARS = 2;

/** A state directory of that user. */
function stateDirectory(): string {
  const state = join(temporaryDirectory(), 'state');
  chmodSync(dirname(state), 0o755);
  mkdirSync(state);
  chownSync(state, UID, UID);
  return state;
}

// It takes root to be somebody else.
describe.skipIf(process.getuid?.() !== 0)('a user without a name', { timeout: 180_000 }, () => {
  it('has a router, and is called by the number', async () => {
    const { status, out, err } = await runProgram(['--state', stateDirectory()], 'show system users\n', {
      uid: UID,
    });
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(out).toContain(String(UID));
  });

  it('may start no more threads: what needs one is refused in one line, the rest goes on, and all is well afterwards', async () => {
    const [state, port] = [stateDirectory(), await freePort()];
    const router = new Batch(PROGRAM, ['--state', state], {}, UID);
    await router.say('Commit succeeded', ...server(port), 'commit and-quit');
    const { pid } = router.child;
    const limit = (threads: number): void => {
      const words = ['--pid', String(pid), `--nproc=${threads}:${THREADS_MAX}`];
      expect(spawnSync('prlimit', words, { uid: UID, gid: UID, encoding: 'utf8' }).stderr).toBe('');
    };
    limit(readdirSync(`/proc/${pid}/task`).length);
    const more = 'the system starts no more threads (raise LimitNPROC or TasksMax of the service).\n';
    const twping = `twping 127.0.0.1 port ${port} count 3 interval 1ms`;
    expect(await router.say(/3 sent|ERROR.*\n/, twping)).toMatch(/: ERROR: Unable to measure, .*\.\n$/);
    expect(await router.say(/ERROR.*\n/, 'request services sessions import example')).toContain(
      `ERROR: Unable to start a worker, ${more}`,
    );
    await router.say('Version', 'show version');
    limit(THREADS_MAX);
    await router.say('3 sent, 0 lost', twping);
    await router.say('Imported 17', 'request services sessions import example');
    expect(await router.end()).toBe(1);
  });
});

describe.skipIf(noWriteLog !== undefined)('a wall clock', { timeout: 180_000 }, () => {
  it('that is set forth and back under a measurement: no packet is late or lost for it', async () => {
    const [state, port, directory] = [temporaryDirectory(), await freePort(), temporaryDirectory()];
    const file = join(directory, 'ahead');
    const set = (seconds: number): void => {
      const ahead = Buffer.alloc(8);
      ahead.writeBigInt64LE(BigInt(seconds) * 1_000_000_000n);
      writeFileSync(file, ahead, { flag: 'r+' });
    };
    writeFileSync(file, Buffer.alloc(8));
    // Stamps of the kernel would be those of the machine's own clock, which nobody sets here.
    const env = {
      LD_PRELOAD: buildPreload(directory, 'set-clock'),
      CLOCK_AHEAD: file,
      DNROUTER_DATAPATH: 'dgram',
    };
    await serve(state, server(port), env);
    /** Of a commit. */
    const yearNow = async (name: string): Promise<string | undefined> => {
      const { out } = await run(state, 'configure', `set system host-name ${name}`, 'commit');
      return /Commit succeeded .*-(\d{4}) /.exec(out)?.[1];
    };
    const year = await yearNow('one');
    const begun = performance.now();
    const measured = run(
      state,
      `twping 127.0.0.1 port ${port} count 1000 interval 10ms timeout 2s | display json`,
    );
    // Control and data rows of both ends.
    await vi.waitFor(async () => expect(await rowsOf(state, 'sessions')).toBe(4), PATIENCE);
    set(LEAP_YEARS * 366 * 86_400);
    expect(await yearNow('two')).toBe(String(Number(year) + LEAP_YEARS));
    await new Promise((resolve) => setTimeout(resolve, 500));
    set(-3_600);
    await new Promise((resolve) => setTimeout(resolve, 500));
    set(0);
    const { status, out } = await measured;
    expect(status).toBe(0);
    expect(performance.now() - begun).toBeLessThan(PATIENCE.timeout);
    const { results } = JSON.parse(out) as { results: { packets: Record<string, number> }[] };
    expect(results[0]!.packets).toMatchObject({ 'num-pkts-sent': 1000, 'num-pkts-lost': 0 });
  });
});
