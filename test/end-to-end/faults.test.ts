/** What a machine does to a router: the program on disks, descriptors, clocks and terminals that fail. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { connect, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { Sqlite } from '../../src/store/sqlite.ts';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { addLink, addNamespace, ip, namespacesUnavailable } from '../support/namespaces.ts';
import { Person } from '../support/person.ts';
import { PROGRAM, runProgram, start, type Finished } from '../support/program.ts';
import { Batch, PATIENCE, rowsOf, run, serve, server } from '../support/served.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { buildPreload, noWriteLog } from '../support/write-log.ts';

const isRoot = process.getuid?.() === 0;

/** Somebody who owns nothing here. */
const NOBODY = 65_534;

/** All that is said where nobody may write. */
const notWritable = /^dnrouter: \S+router\.db is not writable \(choose another directory with --state\)\.\n$/;

/** Mounts are made by root, in a namespace of their own. */
const noMounts =
  process.getuid?.() !== 0 ||
  spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status !== 0;

/** Writes zeros until there is no space; gives the file. */
function fill(file: string): string {
  const descriptor = openSync(file, 'w');
  for (let octets = 65_536; octets >= 1;) {
    try {
      writeSync(descriptor, Buffer.alloc(octets));
    } catch {
      octets = Math.floor(octets / 2);
    }
  }
  closeSync(descriptor);
  return file;
}

describe.skipIf(noMounts)('a disk', { timeout: 180_000 }, () => {
  it('that is full: what cannot be kept is refused and told, the rest goes on, and space mends it', async () => {
    const [state, port] = [temporaryDirectory(), await freePort()];
    const mounted = `mount -t tmpfs -o size=2m none ${state} && exec ${PROGRAM} --state ${state}`;
    const router = new Batch('unshare', ['-m', 'sh', '-c', mounted]);
    await router.say('Commit succeeded', ...server(port), 'set system host-name one', 'commit');
    const big = fill(join(`/proc/${router.child.pid}/root${state}`, 'big'));
    const full = 'cannot be written, the disk is full.';
    await router.say(`router.db ${full}`, 'set system host-name two', 'commit');
    await router.say(/no space for '\S*reference'/, `run help reference | save ${state}/reference`);
    await router.say(`services.db ${full}`, 'run request services sessions import example');
    await router.say('set system host-name one\n', 'run show configuration | display set');
    rmSync(big);
    await router.say('Commit succeeded', 'commit');
    await router.say('3 sent, 0 lost', `run twping 127.0.0.1 port ${port} count 3 interval 1ms`);
    // What was done meanwhile is on record.
    await router.say(/run help reference \| save/, 'run show system audit kind command');
    expect(await router.end()).toBe(1);
  });

  it('that may only be read: nobody starts, and one line says why', () => {
    const state = temporaryDirectory();
    const mounted = `mount -t tmpfs -o ro none ${state} && exec ${PROGRAM} --state ${state} -c 'show version'`;
    const { status, stdout, stderr } = spawnSync('unshare', ['-m', 'sh', '-c', mounted], {
      encoding: 'utf8',
    });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(notWritable);
  });
});

describe('a state directory', { timeout: 180_000 }, () => {
  it('that is moved away under a router: nothing is acknowledged that nobody would find again', async () => {
    const state = join(temporaryDirectory(), 'state');
    const child = await serve(state, ['configure', 'set system host-name one']);
    renameSync(state, `${state}.old`);
    mkdirSync(state);
    const attached = start([
      '--state',
      `${state}.old`,
      '-c',
      'configure',
      '-c',
      'set system host-name two',
      '-c',
      'commit',
    ]);
    let err = '';
    attached.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    expect(await once(attached, 'close')).toEqual([1, null]);
    expect(err).toContain('router.db was moved or deleted while the router ran');
    // Another router may have the directory that is there now.
    expect((await run(state, 'show version')).status).toBe(0);
    child.kill('SIGTERM');
    await once(child, 'close');
    expect((await run(`${state}.old`, 'show configuration | display set')).out).toContain('host-name one');
  });

  it('in which nothing can be told of how to attach: that is said, and the router ends as it should', async () => {
    const state = temporaryDirectory();
    // In the way of the file that tells.
    mkdirSync(join(state, 'attach.new'));
    const router = new Batch(PROGRAM, ['--state', state]);
    await router.say('warning: nobody can attach: EISDIR', 'set cli screen-length 0');
    expect(await router.end()).toBe(0);
  });

  it('of which a file is locked by another program: told, and it goes on when that lets go', async () => {
    const [state, port] = [temporaryDirectory(), await freePort()];
    const router = await serve(state, server(port));
    let told = '';
    router.stderr.on('data', (chunk: Buffer) => (told += chunk.toString()));
    const other = new Sqlite(join(state, 'sessions.db'));
    onTestFinished(() => void other.close());
    other.exec('BEGIN IMMEDIATE');
    const twping = `twping 127.0.0.1 port ${port} count 3 interval 1ms`;
    const locked = await run(state, twping);
    // The server closes what it cannot have on record, and says why on its own standard error.
    expect(locked.err).toMatch(/^line 1: ERROR: /);
    expect(told).toContain('sessions.db is in use by another');
    expect((await run(state, 'show version')).status).toBe(0);
    other.exec('ROLLBACK');
    expect((await run(state, twping)).out).toContain('3 sent, 0 lost');
  });
});

it.skipIf(noWriteLog !== undefined)(
  'a slow disk holds up commits, and no packet',
  { timeout: 180_000 },
  async () => {
    const [state, port, directory] = [temporaryDirectory(), await freePort(), temporaryDirectory()];
    const env = { LD_PRELOAD: buildPreload(directory, 'slow-disk'), SLOW_DISK_MILLIS: '300' };
    await serve(state, server(port), env);
    const measuring = run(
      state,
      `twping 127.0.0.1 port ${port} count 300 interval 10ms percentiles 50 | display json`,
    );
    const begin = performance.now();
    expect((await run(state, 'configure', 'set system host-name slow', 'commit')).status).toBe(0);
    expect(performance.now() - begin).toBeGreaterThan(300);
    const { out } = await measuring;
    const { results } = JSON.parse(out) as {
      results: { packets: Record<string, number>; 'round-trip-time': { median: number } }[];
    };
    expect(results[0]!.packets).toMatchObject({ 'num-pkts-sent': 300, 'num-pkts-lost': 0 });
    expect(results[0]!['round-trip-time'].median).toBeLessThan(10);
  },
);

it(
  'out of descriptors: who comes is turned away, who is there stays, and all is well afterwards',
  { timeout: 180_000 },
  async () => {
    const [state, port] = [temporaryDirectory(), await freePort()];
    await runProgram(
      ['--state', state],
      [...server(port), 'set services rpm twamp server maximum-connections 1000', 'commit', ''].join('\n'),
    );
    const child = spawn('sh', ['-c', `ulimit -n 96; exec ${PROGRAM} --state ${state} --daemon`]);
    onTestFinished(() => void child.kill('SIGKILL'));
    let err = '';
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    await vi.waitFor(() => expect(statSync(join(state, 'attach')).size).toBeGreaterThan(0), PATIENCE);
    const twping = `twping 127.0.0.1 port ${port} count 3 interval 1ms`;
    expect((await run(state, twping)).out).toContain('3 sent, 0 lost');
    const sockets: Socket[] = [];
    for (let each = 0; each < 120; each += 1)
      sockets.push(connect(port, '127.0.0.1').on('error', () => undefined));
    onTestFinished(() => sockets.forEach((socket) => socket.destroy()));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(child.exitCode).toBeNull();
    sockets.forEach((socket) => socket.destroy());
    await vi.waitFor(
      async () => expect((await run(state, twping)).out).toContain('3 sent, 0 lost'),
      PATIENCE,
    );
    expect(err.split('\n').length).toBeLessThan(10);
  },
);

describe.skipIf(namespacesUnavailable() !== undefined)('under a router', { timeout: 180_000 }, () => {
  const pause = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis));

  it('interface, address, namespace and device go and come back: it measures and serves again by itself', async () => {
    const [near, far, port, devicePort] = [addNamespace(), addNamespace(), 1862, await freePort()];
    const linkNearFar = (): string =>
      addLink({ namespace: near, address: '192.0.2.1/24' }, { namespace: far, address: '192.0.2.2/24' });
    const link = linkNearFar();
    const ends = [{ address: '198.51.100.1/24' }, { namespace: near, address: '198.51.100.2/24' }] as const;
    const device = addLink(...ends);
    const [listed, reflector] = [
      'set services rpm twamp server routing-instance-list',
      'set services simple-twamp session-reflector',
    ];
    const router = new Batch(PROGRAM, ['--state', temporaryDirectory()]);
    await router.say(
      'Commit succeeded',
      'configure',
      `set routing-instances near namespace ${near}`,
      `set routing-instances far namespace ${far}`,
      `set routing-instances edge device ${device}`,
      `${listed} far port ${port}`,
      `${listed} edge port ${devicePort}`,
      'set services rpm twamp server client-list all address 0.0.0.0/0',
      `${reflector} reflector-port 7862`,
      `${reflector} routing-instance far`,
      `${reflector} client-list all address 0.0.0.0/0`,
      'commit and-quit',
    );
    const towards = (words: string, count = 3): string =>
      `twping ${words} routing-instance near count ${count} interval 10ms timeout 1s`;
    const answered = async (words: string): Promise<void> => {
      const latest = performance.now() + PATIENCE.timeout;
      for (let said = ''; !said.includes('3 sent, 0 lost');) {
        expect(performance.now(), said).toBeLessThan(latest);
        said = await router.say(/3 sent|ERROR/, towards(words));
      }
    };
    const [server, light, edge] = [
      `192.0.2.2 port ${port}`,
      '192.0.2.2 light port 7862',
      `198.51.100.1 port ${devicePort}`,
    ];
    for (const words of [server, light, edge]) await answered(words);

    for (const [away, back] of [
      [
        ['link', 'set', link, 'down'],
        ['link', 'set', link, 'up'],
      ],
      [
        ['address', 'delete', '192.0.2.1/24', 'dev', link],
        ['address', 'add', '192.0.2.1/24', 'dev', link],
      ],
    ] as const) {
      const measured = router.say(/\d+ sent, \d+ lost|ERROR/, towards(server, 300));
      await pause(1_000);
      ip('-n', near, ...away);
      await pause(500);
      ip('-n', near, ...back);
      // What the kernel did not take was not sent.
      expect(await measured).toMatch(/\n[23]\d\d sent, \d{1,2} lost/);
    }

    ip('-n', near, 'link', 'delete', link);
    ip('netns', 'delete', far);
    ip('netns', 'add', far);
    linkNearFar();
    for (const words of [server, light]) await answered(words);

    ip('link', 'delete', device);
    ip('link', 'add', device, 'type', 'veth', 'peer', 'name', `${device}p`);
    ip('link', 'set', `${device}p`, 'netns', near);
    ip('address', 'add', '198.51.100.1/24', 'dev', device);
    ip('-n', near, 'address', 'add', '198.51.100.2/24', 'dev', `${device}p`);
    ip('link', 'set', device, 'up');
    ip('-n', near, 'link', 'set', `${device}p`, 'up');
    await answered(edge);
    await router.end();
  });

  it('a namespace is missing as it starts: told, it serves elsewhere, and there when it comes', async () => {
    const [state, late, port] = [temporaryDirectory(), addNamespace(), await freePort()];
    const lines = [`set routing-instances late namespace ${late}`, ...server(port).slice(1)];
    const everybody = 'set services rpm twamp server client-list all address 0.0.0.0/0';
    await runProgram(['--state', state], ['configure', ...lines, everybody, 'commit', ''].join('\n'));
    ip('netns', 'delete', late);
    const router = new Batch(PROGRAM, ['--state', state]);
    const twping = `twping 127.0.0.1 port ${port} count 3 interval 10ms`;
    await vi.waitFor(
      () => expect(router.err).toContain(`Network namespace '${late}' does not exist.`),
      PATIENCE,
    );
    await router.say('3 sent, 0 lost', twping);
    expect(await router.say(/3 sent|ERROR/, `${twping} routing-instance late`)).toContain('ERROR');
    ip('netns', 'add', late);
    ip('-n', late, 'link', 'set', 'lo', 'up');
    await pause(3_000);
    await router.say('3 sent, 0 lost', `${twping} routing-instance late`);
    expect(await router.end()).toBe(1);
  });

  it('a namespace may not be entered as it starts: told, and it serves elsewhere', async () => {
    const [state, shut, port] = [temporaryDirectory(), addNamespace(), await freePort()];
    const lines = [`set routing-instances shut namespace ${shut}`, ...server(port).slice(1)];
    await runProgram(['--state', state], ['configure', ...lines, 'commit', ''].join('\n'));
    spawnSync('chown', ['-R', `${NOBODY}:${NOBODY}`, state]);
    const router = new Batch(PROGRAM, ['--state', state], {}, NOBODY);
    await vi.waitFor(
      () => expect(router.err).toContain(`Network namespace '${shut}' may not be entered (run as root).`),
      PATIENCE,
    );
    await router.say('3 sent, 0 lost', `twping 127.0.0.1 port ${port} count 3 interval 10ms`);
    expect(await router.end()).toBe(0);
  });
});

// It takes root to be somebody else.
describe.skipIf(!isRoot)('a state directory of another user', { timeout: 180_000 }, () => {
  it('is neither read nor written, whether its router runs or not, and one line says so', async () => {
    const state = join(temporaryDirectory(), 'state');
    chmodSync(dirname(state), 0o755);
    await runProgram(['--state', state], 'configure\nset system host-name one\ncommit\n');
    const before = readdirSync(state).toSorted();
    const asNobody = (): Promise<Finished> =>
      runProgram(['--state', state, '-c', 'show configuration'], '', { uid: NOBODY });
    const refused = { status: 1, out: '', err: expect.stringMatching(notWritable) as string };
    expect(await asNobody()).toEqual(refused);
    expect(readdirSync(state).toSorted()).toEqual(before);
    await serve(state);
    expect(await asNobody()).toEqual(refused);
    expect((await run(state, 'show configuration | display set')).out).toContain('host-name one');
  });
});

describe('a terminal that is gone', { timeout: 180_000 }, () => {
  it.each([
    ['amid a page', 'help topic sessions\r', 'More'],
    ['amid a screen that changes', 'monitor services twamp sessions\r', '\x1b[?1049h'],
    ['amid edits of its own', 'configure private\rset system host-name mine\r', '(cfg)'],
  ])('%s: the login ends, its edits go, the router stays', async (_, keys, mark) => {
    const state = temporaryDirectory();
    await serve(state, ['configure', 'set system host-name one']);
    const person = new Person([], state);
    await person.see('# ');
    person.pty.resize(100, 5);
    // Keys that come before the news of the size would be answered in the old one.
    await person.see('\x1b[J');
    person.type(keys);
    await person.see(mark);
    expect(await rowsOf(state, 'users')).toBe(2);
    person.pty.kill('SIGHUP');
    await person.ended;
    await vi.waitFor(async () => expect(await rowsOf(state, 'users')).toBe(1), PATIENCE);
    expect((await run(state, 'show configuration | display set')).out).toContain('host-name one');
  });
});

describe('signals', { timeout: 180_000 }, () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    '%s ends a router amid a measurement, its figures said and kept',
    async (signal) => {
      const [state, port] = [temporaryDirectory(), await freePort()];
      const router = new Batch(PROGRAM, ['--state', state]);
      router.child.stdin.write(
        [
          ...server(port),
          'commit and-quit',
          `twping 127.0.0.1 port ${port} count 100000 interval 10ms`,
          '',
        ].join('\n'),
      );
      // Control and data rows of both ends.
      await vi.waitFor(async () => expect(await rowsOf(state, 'sessions')).toBe(4), PATIENCE);
      router.child.kill(signal);
      const [status, killedBy] = (await once(router.child, 'close')) as [number | null, string | null];
      expect({ status, killedBy }).toEqual({ status: 1, killedBy: null });
      expect(router.out).toMatch(/\d+ sent, \d+ lost/);
      const { out } = await run(state, 'show services twamp sessions history detail | match Reason');
      expect(out).not.toContain('router-failed');
    },
  );

  it('SIGPIPE and SIGKILL of an attached program leave the router alone', async () => {
    const [state, port] = [temporaryDirectory(), await freePort()];
    const child = await serve(state, server(port));
    const attached = start([
      '--state',
      state,
      '-c',
      `twping 127.0.0.1 port ${port} count 100000 interval 10ms`,
    ]);
    await vi.waitFor(async () => expect(await rowsOf(state, 'sessions')).toBe(4), PATIENCE);
    attached.kill('SIGKILL');
    await once(attached, 'close');
    child.kill('SIGPIPE');
    await vi.waitFor(async () => expect(await rowsOf(state, 'sessions')).toBe(0), PATIENCE);
    expect((await run(state, `twping 127.0.0.1 port ${port} count 3 interval 1ms`)).out).toContain(
      '3 sent, 0 lost',
    );
  });

  it("after SIGKILL another router has the directory at once, also where the number of the process is another's", async () => {
    const state = temporaryDirectory();
    const child = await serve(state, ['configure', 'set system host-name one']);
    child.kill('SIGKILL');
    await once(child, 'close');
    const begin = performance.now();
    expect((await run(state, 'show configuration | display set')).out).toContain('host-name one');
    expect(performance.now() - begin).toBeLessThan(10_000);
  });
});

describe('standard streams that are closed', { timeout: 180_000 }, () => {
  it.each([
    ['none to read', '<&-', 0],
    ['none to write', '>&-', 0],
    ['a full one', '>/dev/full', 1],
  ])('%s: status %s', (_, redirection, expected) => {
    const state = temporaryDirectory();
    const command = `exec ${PROGRAM} --state ${state} -c 'show version' ${redirection}`;
    expect(spawnSync('sh', ['-c', command], { timeout: 30_000 }).status).toBe(expected);
  });
});
