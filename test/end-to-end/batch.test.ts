/** Batches as scripts send them: standard input, -c, exit status, errors, real sockets. */
import { Sqlite } from '../../src/store/sqlite.ts';
import { chmodSync, closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { PROGRAM, runProgram, start } from '../support/program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** A TCP server that does with each connection what `greet` does. */
async function tcpServer(greet: (socket: Socket) => void): Promise<number> {
  const server = createServer(greet).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** Resolves when something listens on the port. */
async function untilListening(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const connected = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (connected) return;
  }
}

/** Resolves when packets of a measurement have come to the router that owns the state directory and listens on the port. */
async function waitForSession(state: string, port: number): Promise<void> {
  // Whoever came before it listens could be the router itself.
  await untilListening(port);
  const show = 'show services twamp sessions type data | display json';
  await vi.waitFor(
    async () => {
      const { out } = await runProgram(['--state', state, '-c', show]);
      const { sessions } = JSON.parse(out) as { readonly sessions: readonly { 'rcv-packets': number }[] };
      expect(sessions[0]?.['rcv-packets']).toBeGreaterThan(0);
    },
    { timeout: 30_000 },
  );
}

const run = (input: string, ...words: string[]) =>
  runProgram(['--state', temporaryDirectory(), ...words], input);

describe('a batch', () => {
  it('[004/twping, 004/count] measures against its own server and shows the sessions of that measurement', async () => {
    const port = await freePort();
    const { status, out, err } = await run(
      [
        'configure',
        `set services rpm twamp server port ${port}`,
        'set services rpm twamp server client-list local address 127.0.0.0/8',
        'commit and-quit',
        `twping 127.0.0.1 port ${port} count 20 interval 10ms`,
        'show services twamp sessions history',
        'show services twamp sessions history | display json',
        '',
      ].join('\n'),
    );
    expect(err).toBe('');
    expect(status).toBe(0);
    expect(out).toContain('20 sent, 0 lost');
    expect(out).toMatch(/\| default {2}\| 1 +\| +\| control \| 127\.0\.0\.1:\d+ +\| 127\.0\.0\.1:\d+/);
    expect(out).toMatch(/\| default {2}\| 1 +\| 1 +\| data .*\| 20 +\| 20 +\|/);
    expect(out).toMatch(/\| default {2}\| 2 +\| 2 +\| data .*\| 20 +\| 20 +\|/);
    expect(JSON.parse(out.slice(out.indexOf('\n{')))).toMatchObject({
      'total-sessions': 2,
      'total-connections': 2,
    });
  });

  it('[004/session-count] measures over IPv6, several sessions at once', async () => {
    const port = await freePort();
    const { status, out } = await run(
      `configure\nset services rpm twamp server port ${port}\ncommit and-quit\n` +
        `twping ::1 port ${port} count 5 interval 5ms session-count 3 padding 0\n`,
    );
    expect(status).toBe(0);
    expect(out.match(/^5 sent, 0 lost/gm)).toHaveLength(3);
    expect(out).toContain('--- twping statistics from [::1]:');
  });

  it('names the line of each error on stderr, goes on, and fails at the end', async () => {
    const { status, out, err } = await run(
      '# a remark\n! another\n\nshow version\nshw\nshow cli\nsh serv rpm\n',
    );
    expect(status).toBe(1);
    expect(err.split('\n')).toEqual([
      "line 5: ERROR: Unknown word: 'shw'.",
      'line 7: ERROR: Incomplete command.',
      '',
    ]);
    expect(out).toContain('Version: dnrouter');
    expect(out).toContain('CLI screen-length');
  });

  it('stops at the first error when told to', async () => {
    const { status, out, err } = await run('shw\nshow version\n', '--stop-on-error');
    expect([status, out]).toEqual([1, '']);
    expect(err).toBe("line 1: ERROR: Unknown word: 'shw'.\n");
  });

  it('takes its lines from -c, and leaves standard input alone', async () => {
    const { status, out } = await run('shw\n', '-c', 'show version', '-c', 'show version | count');
    expect(status).toBe(0);
    expect(out).toMatch(/^Hostname: dnRouter\nVersion: dnrouter \S+\nlines: 2\n$/);
  });

  it('says that changes were left uncommitted, at exit and at its own end', async () => {
    const atEnd = await run('configure\nset system host-name a\n');
    expect(atEnd).toMatchObject({ status: 1, err: expect.stringContaining('uncommitted changes') as string });
    const atExit = await run('configure\nset system host-name a\nexit\nshow version\n');
    expect(atExit).toMatchObject({
      status: 1,
      err: expect.stringMatching(/^line 3: .*uncommitted changes/) as string,
    });
    expect(atExit.out).toContain('Hostname: dnRouter');
  });

  it('remembers the configuration, and serves what is committed beside the first line', async () => {
    const state = temporaryDirectory();
    const port = await freePort();
    const commit = `configure\nset services rpm twamp server port ${port}\nset system host-name edge\ncommit and-quit\n`;
    expect(await runProgram(['--state', state], commit)).toMatchObject({ status: 0 });
    const next = await runProgram(
      ['--state', state],
      `twping 127.0.0.1 port ${port} count 2 interval 1ms\nshow version\n`,
    );
    expect(next).toMatchObject({ status: 0, out: expect.stringContaining('2 sent, 0 lost') as string });
    expect(next.out).toContain('Hostname: edge');
  });

  it('refuses a line that is longer than any command, and goes on', async () => {
    const { status, err, out } = await run(`${'x'.repeat(70_000)}\nshow version\n`);
    expect(status).toBe(1);
    expect(err).toBe('line 1: ERROR: Line is longer than 65536 characters.\n');
    expect(out).toContain('Version:');
  });
});

describe('output', () => {
  it('ends quietly when its reader goes', async () => {
    const child = start(['--state', temporaryDirectory()]);
    const errors = text(child.stderr);
    child.stdin.on('error', () => undefined);
    child.stdin.write('show version\n');
    await once(child.stdout, 'data');
    child.stdout.destroy();
    child.stdin.end('show version\n'.repeat(2000));
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(await errors).toBe('');
  });

  it('that cannot be written is one line', async () => {
    const full = openSync('/dev/full', 'w');
    onTestFinished(() => closeSync(full));
    const child = spawn(PROGRAM, ['--state', temporaryDirectory(), '-c', 'show version'], {
      stdio: ['ignore', full, 'pipe'],
    });
    const [errors, [status]] = await Promise.all([
      text(child.stderr!),
      once(child, 'close') as Promise<[number]>,
    ]);
    expect(status).toBe(1);
    expect(errors).toMatch(/^dnrouter: standard output cannot be written: .*ENOSPC.*\n$/);
  });

  it('never carries a control character of the input to the terminal', async () => {
    const { err } = await run('show \x1b]0;x\x07\n');
    expect(err).toBe("line 1: ERROR: Unknown word: '\\x1b]0;x\\x07'.\n");
  });
});

describe('a batch that is told to end', () => {
  it('prints what was measured so far, says so, and fails', async () => {
    const port = await freePort();
    const state = temporaryDirectory();
    const child = start(['--state', state]);
    const [out, err] = [text(child.stdout), text(child.stderr)];
    child.stdin.write(`configure\nset services rpm twamp server port ${port}\ncommit and-quit\n`);
    child.stdin.write(
      `twping 127.0.0.1 port ${port} count 10000 interval 10ms | display json\nshow version\n`,
    );
    await waitForSession(state, port);
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(await out).toContain('"ending": "interrupted"');
    expect(await out).not.toContain('Version');
    expect(await err).toMatch(/^line 4: ERROR: Interrupted: these are the figures so far\.$/m);
  });
});

describe('a server', () => {
  it('outlives clients that reset their connections, allowed or not', async () => {
    const state = temporaryDirectory();
    const port = await freePort();
    const server = `set services rpm twamp server`;
    const lines = `configure\n${server} port ${port}\n${server} client-list a address 127.0.0.1/32\n${server} maximum-connections 2\ncommit\n`;
    await runProgram(['--state', state], lines);
    const daemon = start(['--state', state, '--daemon']);
    await untilListening(port);
    for (let count = 0; count < 300; count += 1) {
      const socket = connect({
        port,
        host: '127.0.0.1',
        localAddress: count % 2 === 0 ? '127.0.0.1' : '127.0.0.2',
      });
      socket.on('error', () => undefined);
      socket.once('connect', () => socket.resetAndDestroy());
      await once(socket, 'close');
    }
    const { status, out } = await run(`twping 127.0.0.1 port ${port} count 2 interval 1ms\n`);
    expect([status, out]).toEqual([0, expect.stringContaining('2 sent, 0 lost')]);
    expect(daemon.exitCode).toBe(null);
  });
});

describe('what cannot be measured', () => {
  it.each([
    ['a port where nothing listens', async () => await freePort(), /connection was refused/],
    [
      'a host that speaks something else',
      () => tcpServer((s) => s.end('SSH-2.0-OpenSSH_9.2\r\n')),
      /speaks no TWAMP/,
    ],
    ['a host that hangs up', () => tcpServer((s) => s.end()), /closed the connection/],
  ])('%s', async (_, portOf, text) => {
    const { status, err } = await run(`twping 127.0.0.1 port ${await portOf()} count 1\n`);
    expect(status).toBe(1);
    expect(err).toMatch(text);
    expect(err.trim().split('\n')).toHaveLength(1);
  });

  it('a name that is not known', async () => {
    const { status, err } = await run('twping no-such-host.invalid count 1\n');
    expect(status).toBe(1);
    expect(err).toMatch(/the name of the host is not known/);
  });
});

describe('starting', () => {
  it.each([
    [['--role', 'nobody'], /no login class 'nobody' \(unauthorized, viewer, .*super-user\)/],
    [['--bogus'], /Unknown option '--bogus'/],
    [['stray'], /Unexpected argument 'stray'/],
  ])('refuses %j as bad usage', async (words, text) => {
    const { status, out, err } = await runProgram(words);
    expect([status, out]).toEqual([2, '']);
    expect(err).toMatch(text);
  });

  it('prints version and help', async () => {
    expect(await runProgram(['--version'])).toMatchObject({
      status: 0,
      out: expect.stringMatching(/^dnrouter \d/) as string,
    });
    expect(await runProgram(['--help'])).toMatchObject({
      status: 0,
      out: expect.stringContaining('--state DIR') as string,
    });
  });

  it('names a port that is in use, and keeps what ran', async () => {
    const port = await tcpServer(() => undefined);
    const { status, err, out } = await run(
      `configure\nset services rpm twamp server port ${port}\ncommit\nshow | compare\nrollback\nexit\nshow configuration\n`,
    );
    expect(status).toBe(1);
    expect(err).toMatch(
      new RegExp(
        `^line 3: ERROR: Commit failed, nothing was changed\\. Port ${port} is in use by another program`,
        'm',
      ),
    );
    expect(out).toContain(`+               server {`);
  });

  it('goes on without a service that cannot start, with a warning', async () => {
    const state = temporaryDirectory();
    const port = await freePort();
    await runProgram(['--state', state], `configure\nset services rpm twamp server port ${port}\ncommit\n`);
    const server = createServer().listen(port, '0.0.0.0');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { status, err } = await runProgram(['--state', state], 'show version\n');
    expect(status).toBe(0);
    expect(err).toMatch(new RegExp(`warning: Port ${port} is in use`));
  });

  it('refuses a state directory of a newer version', async () => {
    const state = temporaryDirectory();
    await runProgram(['--state', state], 'show version\n');
    const database = new Sqlite(join(state, 'router.db'));
    database.pragma('user_version = 999');
    database.close();
    const { status, err } = await runProgram(['--state', state], 'show version\n');
    expect(status).toBe(1);
    expect(err).toMatch(/written by a newer dnrouter/);
  });

  it('refuses a state directory that cannot be written', async () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, '');
    const { status, err } = await runProgram(['--state', join(file, 'state')], 'show version\n');
    expect(status).toBe(1);
    expect(err).toMatch(/not writable \(choose another directory with --state\)/);
  });

  const isRoot = process.getuid?.() === 0;
  if (!isRoot)
    console.warn('skipped: binding port 862 without the right to it needs root to become somebody without');
  it.skipIf(!isRoot)('names the remedy where port 862 may not be bound', async () => {
    const NOBODY = 65_534;
    const state = temporaryDirectory();
    mkdirSync(join(state, 's'));
    chmodSync(state, 0o777);
    chmodSync(join(state, 's'), 0o777);
    const lines = 'configure\nset services rpm twamp server port 862\ncommit\nrollback\n';
    const { status, err } = await runProgram(['--state', join(state, 's')], lines, {
      uid: NOBODY,
      env: { HOME: state },
    });
    expect(status).toBe(1);
    expect(err).toMatch(/^line 3: ERROR: .*Port 862 may not be bound.*setcap/m);
  });
});

describe('a daemon', () => {
  it('serves until SIGTERM, then ends in order', async () => {
    const state = temporaryDirectory();
    const port = await freePort();
    await runProgram(['--state', state], `configure\nset services rpm twamp server port ${port}\ncommit\n`);
    const daemon = start(['--state', state, '--daemon']);
    const measure = () => run(`twping 127.0.0.1 port ${port} count 3 interval 1ms\n`);
    let measured = await measure();
    for (let tries = 0; tries < 20 && measured.status !== 0; tries += 1) measured = await measure();
    expect(measured.out).toContain('3 sent, 0 lost');
    daemon.kill('SIGTERM');
    expect(await once(daemon, 'close')).toEqual([0, null]);
    const after = await runProgram(['--state', state], 'show services twamp sessions history\n');
    expect(after.out).toContain('Total displayed sessions: 1');
  });
});
