/** What comes to the ssh port and is no friend: scans, garbage, floods, clients that keep to no rule. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type ClientChannel } from 'ssh2';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { PROGRAM, runProgram } from '../support/program.ts';
import { flood, longLine, measuring, runFed, watchMemory, type Rate } from '../support/under-fire.ts';
import { closed, has, SshRouter } from '../support/ssh-router.ts';

const MEBIBYTE = 2 ** 20;

/** How much the process may grow by what clients leave with it, beside what the collector has not come round to. */
const GROWTH_OCTETS_MAX = 160 * MEBIBYTE;

/** Answers that nobody reads, until the session stops: a process that has to collect nothing else collects late. */
const UNREAD_OCTETS_MAX = 320 * MEBIBYTE;

/** What a session that has stopped may still add. */
const STANDSTILL_OCTETS_MAX = 8 * MEBIBYTE;

/** A process that only reads a batch. */
const ALONE_OCTETS_MAX = 320 * MEBIBYTE;

const TOO_LONG = 'Line is longer than 65536 characters.';

// Skipped without OpenSSH's client.
const described = describe.skipIf(!has('ssh') || !has('ssh-keygen'));

/** A client of ssh2: it does what OpenSSH's does not. */
async function client(router: SshRouter, user = 'ada'): Promise<Client> {
  const made = new Client();
  made.on('error', () => undefined);
  const ready = once(made, 'ready');
  made.connect({
    host: '127.0.0.1',
    port: router.port,
    username: user,
    privateKey: readFileSync(router.key('ed25519')),
  });
  await ready;
  return made;
}

function shell(of: Client): Promise<ClientChannel> {
  return new Promise((resolve, reject) =>
    of.shell({ term: 'xterm', cols: 80, rows: 24 }, (error, channel) =>
      error ? reject(error) : resolve(channel),
    ),
  );
}

/** For `toEqual`. */
const below = (limit: number): unknown => ({
  asymmetricMatch: (value: unknown) => typeof value === 'number' && value < limit,
  toString: () => `<${limit}`,
});

/** Writes so many mebibytes and what ends them, or until the other end will not have it. */
async function pour(socket: Socket, mebibytes: number, end = ''): Promise<void> {
  const gone = closed(socket);
  for (const chunk of longLine(mebibytes)) {
    if (socket.destroyed) return;
    if (socket.write(chunk)) continue;
    await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), gone]);
  }
  socket.end(end);
}

/** What the router reports must stay; also that it lives. */
async function expectWell(router: SshRouter): Promise<void> {
  expect(router.errors).toBe('');
  expect(await router.ssh('show version')).toMatchObject({ status: 0 });
}

described('ssh and strangers', { timeout: 90_000 }, () => {
  let router: SshRouter;
  beforeAll(async () => {
    router = await SshRouter.start([
      'set system services ssh rate-limit 250',
      'set system services ssh connection-limit 200',
      'set system services ssh max-sessions-per-connection 2',
    ]);
  }, 120_000);
  afterAll(() => router.stop());
  afterEach(() => expectWell(router));

  it('survives garbage, before the identification and after it', async () => {
    for (const garbage of [
      '\0\0\0\0',
      'GET / HTTP/1.1\r\n\r\n',
      'SSH-2.0-x\r\n\0\0\0\x0c\x0a\xff\xff\xff',
      'SSH-2.0-x\r\n\xff\xff\xff\xff\xff\xff\xff\xff',
      'SSH-1.5-old\r\n',
      `SSH-2.0-${'y'.repeat(100_000)}`,
      'x'.repeat(1_000_000),
    ]) {
      const socket = router.connect();
      socket.end(Buffer.from(garbage, 'latin1'));
      await closed(socket);
    }
  });

  it('refuses a session beyond the limit of a connection, and takes one again after another has ended', async () => {
    const made = await client(router);
    const [first] = await Promise.all([shell(made), shell(made)]);
    await expect(shell(made)).rejects.toThrow('Channel open failure');
    first.end('exit\r');
    first.resume();
    await once(first, 'close');
    await shell(made);
    made.end();
  });

  it('stops a session whose client does not read, and forgets it when that goes', async () => {
    const made = await client(router);
    const channel = await shell(made);
    const before = router.residentOctets();
    // The window of the channel stays open; what does not empty is the socket.
    (made as unknown as { _sock: { pause(): void } })._sock.pause();
    for (let times = 0; times < 1000; times += 1) channel.write('?'.repeat(10_000));
    // Nearly all of what was typed is still there to be answered when it stands still.
    let stopped: number;
    do {
      stopped = router.residentOctets();
      expect(stopped - before).toBeLessThan(UNREAD_OCTETS_MAX);
      await sleep(3_000);
    } while (router.residentOctets() - stopped > STANDSTILL_OCTETS_MAX);
    made.destroy();
  });

  it('bears clients that go amid their output', async () => {
    for (let times = 0; times < 20; times += 1) {
      const made = await client(router);
      const channel = await shell(made);
      channel.write('show version\r'.repeat(200));
      await once(channel, 'data');
      // Both ways in which a connection ends.
      if (times % 2 === 0) made.destroy();
      else (made as unknown as { _sock: { end(): void } })._sock.end();
    }
  });

  it('bounds what is typed ahead of a command', async () => {
    const made = await client(router);
    const channel = await shell(made);
    const before = router.residentOctets();
    channel.write('monitor services twamp sessions\r');
    let sent = 0;
    const chunk = Buffer.alloc(64 * 1024, 'x');
    while (sent < 100 * MEBIBYTE && channel.write(chunk)) sent += chunk.length;
    await sleep(3_000);
    expect(router.residentOctets() - before).toBeLessThan(GROWTH_OCTETS_MAX);
    made.destroy();
  });

  it('cuts off who sends more than the window allows', async () => {
    const made = await client(router);
    const channel = await shell(made);
    const cutOff = new Promise((resolve) => made.on('close', () => resolve(undefined)));
    channel.write('monitor services twamp sessions\r');
    await sleep(300);
    // As if the router had announced a window without end.
    (channel as unknown as { outgoing: { window: number } }).outgoing.window = 2 ** 31;
    const before = router.residentOctets();
    // An odd size: at a window of exactly nothing, ssh2 drops what comes.
    const chunk = Buffer.alloc(MEBIBYTE + 1, 'x');
    for (let times = 0; times < 64; times += 1) channel.write(chunk);
    await cutOff;
    expect(router.residentOctets() - before).toBeLessThan(GROWTH_OCTETS_MAX);
  });
});

described('a router that measures', { timeout: 120_000 }, () => {
  let router: SshRouter;
  let port: number;
  beforeAll(async () => {
    router = await SshRouter.start(['set system services ssh rate-limit 250']);
    port = await freePort();
    const commit = ['configure', `set services rpm twamp server port ${port}`, 'commit and-quit'];
    expect((await router.ssh(commit.join('\n'))).status).toBe(0);
  }, 120_000);
  afterAll(() => router.stop());
  afterEach(() => expect(router.errors).toBe(''));

  /** Connections a second: what was tried, and what the machine had time to make of it. */
  const expectFlood = ({ begun, made }: Rate): void => {
    console.log(`${Math.round(begun)} connections a second begun, ${Math.round(made)} made`);
    expect(begun).toBeGreaterThan(1_000);
    expect(made).toBeGreaterThan(0.5 * begun);
  };

  /** Nothing is lost meanwhile, and memory stays within bounds all the time. */
  const bears = async (attack: () => Promise<unknown>): Promise<void> => {
    const memory = watchMemory(router.pid);
    const before = router.residentOctets();
    const { sent, lost } = await measuring(router.state, port, attack);
    expect({ lost, most: memory.stop() - before }).toEqual({ lost: 0, most: below(GROWTH_OCTETS_MAX) });
    expect(sent).toBeGreaterThanOrEqual(400);
  };

  it('bears lines of 100 MB: over ssh, attached, and in a batch of its own', async () => {
    const refused = {
      status: 1,
      out: expect.stringContaining('Version'),
      err: expect.stringContaining(TOO_LONG),
    };
    await bears(async () => {
      const bound = ['-b', '127.95.0.1', '-T'];
      const words = [...router.words({ options: bound }), 'router'];
      expect(await runFed('ssh', words, longLine(100, 'show version'))).toMatchObject(refused);
      const attached = await runFed(PROGRAM, ['--state', router.state], longLine(100, 'show version'));
      expect(attached).toMatchObject({ ...refused, most: below(ALONE_OCTETS_MAX) });
      const socket = connect(readFileSync(join(router.state, 'attach'), 'utf8').trim());
      await pour(
        socket.on('error', () => undefined),
        100,
        '\n',
      );
      await closed(socket);
    });
    const alone = join(router.directory, 'alone');
    const batch = await runFed(PROGRAM, ['--state', alone], longLine(100, 'show version'));
    expect(batch).toMatchObject({ ...refused, most: below(ALONE_OCTETS_MAX) });
    // Linux takes no word of 128 KiB or more.
    const longest = 'x'.repeat(128 * 1024 - 1);
    expect(await runProgram(['--state', alone, '-c', longest, '-c', 'show version'])).toMatchObject(refused);
  });

  it('bears 1,000 connections a second from one address, and lets others in meanwhile', async () => {
    let rate = { begun: 0, made: 0 };
    await bears(async () => {
      const flooding = flood(router.port);
      await sleep(1_500);
      expect(await router.ssh('show version')).toMatchObject({ status: 0, err: '' });
      rate = await flooding;
    });
    expectFlood(rate);
    const { out } = await runProgram([
      '--state',
      router.state,
      '-c',
      'show system audit kind refusal | display json',
    ]);
    const rows = (JSON.parse(out) as { audit: { text: string; result: string; count: number }[] }).audit;
    const refused = rows.filter(({ text, result }) => text === 'connection' && result === 'rate-limit');
    expect(refused.length).toBeLessThan(5);
    // Whoever has gone before they are accepted has no address that could be told.
    expect(refused.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThan(0);
  });

  it('bears 1,000 connections a second from a thousand addresses', async () => {
    let rate = { begun: 0, made: 0 };
    await bears(async () => void (rate = await flood(router.port, { addresses: 1000 })));
    expectFlood(rate);
  });

  it('bears port scans, half-open connections, and garbage before the banner', async () => {
    const controlPort = (localAddress: string): Socket =>
      connect({ port, host: '127.0.0.1', localAddress }).on('error', () => undefined);
    await bears(async () => {
      // Who connects and says nothing; from many networks, so that each is let in.
      const silent = Array.from({ length: 300 }, (_, index) => [
        router.connect(`127.98.0.${(index % 250) + 1}`),
        controlPort(`127.98.0.${(index % 250) + 1}`),
      ]).flat();
      for (const probe of [
        '',
        '\0',
        'GET / HTTP/1.0\r\n\r\n',
        'SSH-1.5-x\r\n',
        '\x16\x03\x01\x02\0',
        'y'.repeat(1e6),
      ]) {
        for (let network = 1; network <= 40; network += 1) {
          for (const socket of [router.connect(`127.97.0.${network}`), controlPort(`127.97.0.${network}`)])
            socket.on('connect', () => socket.end(Buffer.from(probe, 'latin1')));
        }
        await sleep(300);
      }
      const endless = [router.connect('127.96.0.1'), controlPort('127.96.0.1')];
      await Promise.all(endless.map((socket) => pour(socket, 100)));
      for (const socket of silent) socket.resetAndDestroy();
    });
  });
});
