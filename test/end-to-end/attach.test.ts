/** Several programs on one state directory: the first is the router, the others work at it as if they were. */
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, watch, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ATTACH_VERSION, LINES_AHEAD_MAX } from '../../src/access/attach/messages.ts';
import { ATTACHED_MAX } from '../../src/access/attach/server.ts';
import { freePort } from '../support/free-port.ts';
import { Person } from '../support/person.ts';
import { runProgram, start } from '../support/program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** A router without a console, which can be attached to. */
async function daemon() {
  const state = temporaryDirectory();
  const router = start(['--state', state, '--daemon']);
  const meetingPoint = join(state, 'attach');
  while (!existsSync(meetingPoint)) await new Promise((resolve) => setTimeout(resolve, 20));
  return { state, router, socketPath: readFileSync(meetingPoint, 'utf8') };
}

async function isReachable(socketPath: string): Promise<boolean> {
  const socket = connect(socketPath);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

const batch = (state: string, input: string, ...words: string[]) =>
  runProgram(['--state', state, ...words], input);

describe('a batch', () => {
  it('is run by the router that serves: its output, its errors by line, its exit status', async () => {
    const { state } = await daemon();
    const lines = [
      'configure',
      'set system host-name lab',
      'commit and-quit',
      'show nothing',
      'show version',
      '',
    ];
    const { status, out, err } = await batch(state, lines.join('\n'));
    expect(out).toMatch(/^Commit succeeded by .*\nHostname: lab\n/);
    expect(err).toBe("line 4: ERROR: Unknown word: 'nothing'.\n");
    expect(status).toBe(1);
    expect(await batch(state, '', '-c', 'show version')).toMatchObject({ status: 0, err: '' });
  });

  it('of more lines than may be under way, and of lines that are too long, loses none', async () => {
    const { state } = await daemon();
    const many = LINES_AHEAD_MAX * 5;
    const { out, err } = await batch(
      state,
      `${'show version\n'.repeat(many)}${'x'.repeat(70_000)}\nshow version`,
    );
    expect(out.match(/^Version: /gm)).toHaveLength(many + 1);
    expect(err).toBe(`line ${many + 1}: ERROR: Line is longer than 65536 characters.\n`);
  });

  it('whose reader has stopped keeps no other waiting, and what it has is never held as a whole', async () => {
    const { state } = await daemon();
    const file = join(temporaryDirectory(), 'sessions.json');
    const sessions = 50_000;
    const line = (id: number): string =>
      JSON.stringify({ 'session-id': id, flow: Array(2).fill({ protocol: 6, ...ends }) });
    const ends = { 'source-address': '10.0.0.1', 'destination-address': '192.0.2.1', 'source-port': 1024 };
    writeFileSync(file, Array.from({ length: sessions }, (_, id) => `${line(id)}\n`).join(''));
    const setUp = ['configure', 'set services session-source type records', 'commit and-quit'];
    await batch(state, [...setUp, `request services sessions import ${file}`].join('\n'));

    const slow = start(['--state', state, '-c', 'show services sessions | no-more']);
    await once(slow.stdout, 'readable');
    for (let round = 0; round < 3; round += 1)
      expect((await batch(state, '', '-c', 'show version')).out).toMatch(/^Version: /m);
    const { out } = await batch(state, '', '-c', 'show services sessions limit 20000');
    expect(out.match(/^Session: /gm)).toHaveLength(20_000);
    await batch(state, '', '-c', 'clear services sessions');
    let text = '';
    for await (const chunk of slow.stdout.setEncoding('latin1')) text += chunk as string;
    // What was read ahead is still there; nobody has read the rest.
    const shown = text.match(/^Session: /gm)!.length;
    expect(shown).toBeGreaterThan(0);
    expect(shown).toBeLessThan(sessions);
  }, 120_000);

  it('that waits for its reader again and again leaves nothing behind at each time', async () => {
    const { state, router } = await daemon();
    let said = '';
    router.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const { out } = await batch(state, 'help reference\n'.repeat(20));
    expect(out.length).toBeGreaterThan(2 ** 22);
    expect(said).toBe('');
  });

  it('stops at its first error, has the rights of a class, and is told of a class that is none', async () => {
    const { state } = await daemon();
    const stopped = await batch(state, 'show nothing\nshow version\n', '--stop-on-error');
    expect(stopped).toMatchObject({ status: 1, out: '' });
    const viewer = await batch(state, 'configure\n', '--role', 'viewer');
    expect(viewer).toMatchObject({ status: 1, err: "line 1: ERROR: Unknown word: 'configure'.\n" });
    const nobody = await batch(state, '', '--role', 'nobody');
    expect(nobody.status).toBe(2);
    expect(nobody.err).toMatch(/^dnrouter: no login class 'nobody' \(.*viewer.*\)\n$/);
  });

  it('told to end gives up what is under way, with the figures so far', async () => {
    const { state } = await daemon();
    const port = await freePort();
    const server = `set services rpm twamp server port ${port}`;
    await batch(state, `configure\n${server}\ncommit and-quit\n`);
    const measuring = start([
      '--state',
      state,
      '-c',
      `twping 127.0.0.1 port ${port} count 100000 interval 10ms`,
    ]);
    let out = '';
    measuring.stdout.on('data', (text: Buffer) => (out += text.toString()));
    const running = async () =>
      (await batch(state, 'show services twamp sessions\n')).out.includes('| data ');
    while (!(await running()));
    measuring.kill('SIGINT');
    expect(await once(measuring, 'close')).toEqual([1, null]);
    expect(out).toMatch(/\d+ sent, 0 lost/);
  });

  it('that is the router itself serves others until they have left', async () => {
    const state = temporaryDirectory();
    const first = start(['--state', state]);
    const second = new Promise<void>((resolve) => {
      first.stdout.once('data', () => resolve());
    });
    first.stdin.write('show version\n');
    await second;
    const other = new Person([], state);
    await other.see('dnRouter# ');
    const ended = once(first, 'close');
    first.stdin.end();
    other.type('show version\r');
    await other.see('Version: dnrouter');
    other.type('exit\r');
    expect(await other.ended).toBe(0);
    expect(await ended).toEqual([0, null]);
  });
});

/** A batch as arguments, whose lines are all there from the beginning. */
const asArguments = (state: string, lines: number): readonly string[] => [
  '--state',
  state,
  ...Array.from({ length: lines }, () => ['-c', 'show version']).flat(),
];

describe('a batch that is the router', () => {
  it('of many lines serves others between them, and ends when it is told to', async () => {
    const state = temporaryDirectory();
    const first = start(asArguments(state, 20_000));
    first.stdout.on('data', () => undefined);
    await once(first.stdout, 'data');
    const second = await batch(state, '', '-c', 'show version');
    expect(second).toMatchObject({ status: 0, err: '' });
    expect(first.exitCode).toBe(null);
    first.kill('SIGINT');
    expect(await once(first, 'close')).toEqual([1, null]);
  });

  it('of one line is over before anybody could attach', async () => {
    const state = temporaryDirectory();
    await batch(state, '', '-c', 'show version');
    const changed: (string | null)[] = [];
    const watcher = watch(state, (_, name) => changed.push(name));
    onTestFinished(() => watcher.close());
    expect(await batch(state, '', '-c', 'show version')).toMatchObject({ status: 0, err: '' });
    // What has changed, and no meeting point.
    expect(changed).toContain('router.db-wal');
    expect(changed).not.toContain('attach');
  });

  it('many at once on one directory all find each other, or are the router themselves', async () => {
    const state = temporaryDirectory();
    const all = await Promise.all(Array.from({ length: 6 }, () => batch(state, '', '-c', 'show version')));
    for (const each of all) expect(each).toMatchObject({ status: 0, err: '' });
  });
});

describe('at a terminal', () => {
  it('everything is as at the console: help, completion, resizing, leaving', async () => {
    const { state } = await daemon();
    const person = new Person([], state);
    await person.see('dnRouter# ');
    person.type('sh ver\t?');
    await person.see('Possible completions:');
    await person.see('dnRouter# ');
    person.type('\r');
    await person.see('Version: dnrouter');
    await person.see('dnRouter# ');
    person.pty.resize(100, 5);
    await person.see('\x1b[J');
    person.type('show services twamp sessions\r');
    await person.see('-- More --');
    person.type('q');
    await person.see('dnRouter# ');
    person.type('\x04');
    expect(await person.ended).toBe(0);
  });

  it('two edit one candidate, and each sees what the other commits', async () => {
    const { state } = await daemon();
    const [one, two] = [new Person([], state), new Person([], state)];
    for (const person of [one, two]) {
      await person.see('dnRouter# ');
      person.type('configure\r');
      await person.see('dnRouter(cfg)# ');
    }
    one.type('set system host-name both\r');
    await one.see('dnRouter(cfg)# ');
    two.type('commit and-quit\r');
    await two.see('both# ');
    one.type('exit\r');
    await one.see('both# ');
  });

  it('a router that is killed leaves the terminal usable, and says so', async () => {
    const { state, router } = await daemon();
    const person = new Person([], state);
    await person.see('dnRouter# ');
    router.kill('SIGKILL');
    expect(await person.see('has ended.')).toContain('\x1b[?2004l');
    expect(await person.ended).toBe(1);
    const next = new Person([], state);
    await next.see('dnRouter# ');
  });

  it('the console may leave while others stay, and says that the router goes on', async () => {
    const owner = new Person();
    const { state } = owner;
    await owner.see('dnRouter# ');
    const other = new Person([], state);
    await other.see('dnRouter# ');
    owner.type('exit\r');
    await owner.see('others are logged in');
    other.type('show version\r');
    await other.see('Version: dnrouter');
    other.type('exit\r');
    expect(await other.ended).toBe(0);
    expect(await owner.ended).toBe(0);
  });

  it.each([
    ['at the prompt', ''],
    ['amid a measurement', 'twping 127.0.0.1 light count 100000\r'],
  ])('whoever stays is told when the router is ended, %s, and it ends without complaint', async (_, line) => {
    const owner = new Person();
    const { state } = owner;
    await owner.see('dnRouter# ');
    const other = new Person([], state);
    await other.see('dnRouter# ');
    other.type(line);
    if (line !== '') await other.see('\n');
    owner.type('exit\r');
    await owner.see('(Ctrl-C ends it)');
    owner.type('\x03');
    await other.see('The router is ending.');
    expect(await other.ended).toBe(0);
    expect(await owner.ended).toBe(0);
    expect(owner.unseen).not.toContain('dnrouter:');
    expect(other.unseen.trim()).toBe('');
    const { out } = await batch(state, 'show system audit kind logout | display json\n');
    expect((JSON.parse(out) as { audit: unknown[] }).audit).toMatchObject([
      { way: 'console', result: 'done' },
      { way: 'attach', result: 'router-ending' },
    ]);
  });

  it('a batch that is under way is told, too', async () => {
    const { state, router } = await daemon();
    const waiting = start(['--state', state]);
    let err = '';
    waiting.stderr.on('data', (text: Buffer) => (err += text.toString()));
    waiting.stdin.write('show version\n');
    await once(waiting.stdout, 'data');
    // Either may be the first to end.
    const ended = once(router, 'close');
    router.kill('SIGTERM');
    expect(await once(waiting, 'close')).toEqual([1, null]);
    expect(err).toBe('The router is ending.\n');
    expect(await ended).toEqual([0, null]);
  });
});

describe('the socket', () => {
  it('is for its owner alone, is gone with the router, and one left behind does not matter', async () => {
    const { state, router, socketPath } = await daemon();
    expect(statSync(socketPath).mode & 0o777).toBe(0o600);
    router.kill('SIGKILL');
    await once(router, 'close');
    expect(existsSync(socketPath)).toBe(true);
    const next = start(['--state', state, '--daemon']);
    // Or the batch would be the router.
    while (!(await isReachable(socketPath)));
    expect((await batch(state, 'show version\n')).status).toBe(0);
    next.kill('SIGTERM');
    expect(await once(next, 'close')).toEqual([0, null]);
    expect([existsSync(socketPath), existsSync(join(state, 'attach'))]).toEqual([false, false]);
  });

  it('whoever talks nonsense is cut off, alone', async () => {
    const { state, socketPath } = await daemon();
    const nonsense = [
      'garbage\n',
      '{"type":"hello"}\n',
      '{"type":"keys","octets":"x"}\n',
      'x'.repeat(2_000_000),
    ];
    const flood = `{"type":"hello","stopOnError":false}\n${'{"type":"line","text":"show version"}\n'.repeat(
      10 * LINES_AHEAD_MAX,
    )}`;
    for (const words of [...nonsense, flood]) {
      const socket = connect(socketPath);
      // What was under way when it was cut off is an error, too.
      const closed = new Promise((resolve) => socket.on('error', () => undefined).once('close', resolve));
      socket.resume().write(words);
      await closed;
    }
    expect((await batch(state, 'show version\n')).status).toBe(0);
  });

  it(`takes ${ATTACHED_MAX} at once, and no more`, async () => {
    const { state, socketPath } = await daemon();
    const sockets = await Promise.all(
      Array.from({ length: ATTACHED_MAX }, async () => {
        const socket = connect(socketPath);
        await once(socket, 'data');
        return socket;
      }),
    );
    const refused = await batch(state, 'show version\n');
    expect(refused).toMatchObject({ status: 1, out: '' });
    expect(refused.err).toBe(`dnrouter: ${ATTACHED_MAX} programs are attached already\n`);
    sockets.pop()!.destroy();
    while ((await batch(state, 'show version\n')).status !== 0);
    for (const socket of sockets) socket.destroy();
  });

  it('of a router of another version is not used', async () => {
    const { state, router, socketPath } = await daemon();
    router.kill('SIGSTOP');
    onTestFinished(() => void router.kill('SIGCONT'));
    const other = `${socketPath}.other`;
    const server = createServer((socket) =>
      socket.end(`{"type":"welcome","version":${ATTACH_VERSION + 1}}\n`),
    ).listen(other);
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    writeFileSync(join(state, 'attach'), other);
    const { status, err } = await batch(state, 'show version\n');
    expect(status).toBe(1);
    expect(err).toMatch(/^dnrouter: The running router is of another version/);
  });
});

it('a second daemon on the same directory ends at once', async () => {
  const { state } = await daemon();
  const { status, err } = await runProgram(['--state', state, '--daemon']);
  expect(status).toBe(1);
  expect(err).toContain('is in use by another dnrouter');
});
