/** What comes to the ssh port and is no friend: scans, garbage, floods, clients that keep to no rule. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type ClientChannel } from 'ssh2';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { UNAUTHENTICATED_PER_NETWORK_MAX } from '../../src/access/ssh/limits.ts';
import { freePort } from '../support/free-port.ts';
import { has, PASSWORD, SshRouter } from '../support/ssh-router.ts';

const MEBIBYTE = 2 ** 20;

/** How much the process may grow by what clients leave with it, beside what the collector has not come round to. */
const GROWTH_OCTETS_MAX = 160 * MEBIBYTE;

/** Answers that nobody reads, until the session stops: a process that has to collect nothing else collects late. */
const UNREAD_OCTETS_MAX = 256 * MEBIBYTE;

/** What a session that has stopped may still add. */
const STANDSTILL_OCTETS_MAX = 8 * MEBIBYTE;

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

/** However it was closed. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.resume().once('close', () => resolve()));
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
      'set system login retry-options maximum-time 20',
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

  it('lets nobody stay who does not log in, and few at a time', async () => {
    const silent = Array.from({ length: UNAUTHENTICATED_PER_NETWORK_MAX }, () => router.connect());
    await Promise.all(silent.map((socket) => once(socket, 'data')));
    await closed(router.connect());
    const begin = performance.now();
    await Promise.all(silent.map(closed));
    expect(performance.now() - begin).toBeGreaterThan(10_000);
    expect(performance.now() - begin).toBeLessThan(25_000);
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
    await sleep(4_000);
    const stopped = router.residentOctets();
    expect(stopped - before).toBeLessThan(UNREAD_OCTETS_MAX);
    // Nearly all of what was typed is still there to be answered.
    await sleep(3_000);
    expect(router.residentOctets() - stopped).toBeLessThan(STANDSTILL_OCTETS_MAX);
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

described('ssh in a flood', { timeout: 90_000 }, () => {
  let router: SshRouter;
  beforeAll(async () => {
    router = await SshRouter.start();
  }, 120_000);
  afterAll(() => router.stop());

  it('measures without loss meanwhile, and does not grow', async () => {
    const port = await freePort();
    const configured = await router.ssh(
      ['configure', `set services rpm twamp server port ${port}`, 'commit and-quit'].join('\n'),
    );
    expect(configured.status).toBe(0);
    const measured = router.ssh(`twping 127.0.0.1 port ${port} count 500 interval 10ms | display json`);
    await sleep(500);
    const before = router.residentOctets();
    let attempts = 0;
    const end = performance.now() + 4_000;
    while (performance.now() < end) {
      for (let burst = 0; burst < 20; burst += 1) {
        const socket = router.connect();
        socket.on('connect', () => socket.destroy());
        attempts += 1;
      }
      await sleep(15);
    }
    const { out, status, err } = await measured;
    expect({ status, err }).toEqual({ status: 0, err: '' });
    const { results } = JSON.parse(out) as { results: { packets: Record<string, number> }[] };
    expect(results[0]?.packets).toMatchObject({ 'num-pkts-sent': 500, 'num-pkts-lost': 0 });
    expect(attempts).toBeGreaterThan(1000);
    expect(router.residentOctets() - before).toBeLessThan(GROWTH_OCTETS_MAX);
    expect(router.errors).toBe('');
  });
});

described('failed logins', { timeout: 90_000 }, () => {
  let router: SshRouter;
  beforeAll(async () => {
    router = await SshRouter.start([
      'set system login retry-options backoff-threshold 1',
      'set system login retry-options tries-before-disconnect 3',
    ]);
  }, 120_000);
  afterAll(() => router.stop());

  it('are answered later and later, then not at all: not with the right password either', async () => {
    const guess = async (user: string, password: string): Promise<number> => {
      const person = router.personWithPassword(user);
      const begin = performance.now();
      await person.see('assword: ');
      person.type(`${password}\r`);
      await Promise.race([person.see('assword: '), person.ended]);
      person.type('\x03');
      await person.ended;
      return performance.now() - begin;
    };
    expect(await guess('bob', 'wrong')).toBeLessThan(4_000);
    // Somebody else, and somebody who does not exist: it is the address that failed.
    expect(await guess('nobody', 'wrong')).toBeGreaterThan(5_000);
    expect(await guess('eve', 'wrong')).toBeGreaterThan(10_000);
    const person = router.personWithPassword('bob');
    // They may be turned away before they are asked.
    await Promise.race([person.see('assword: '), person.ended]);
    person.type(`${PASSWORD}\r`);
    expect(await person.ended).toBe(255);
    // A key cannot be guessed, but who is locked out is locked out.
    expect((await router.ssh('show version')).status).toBe(255);
  });
});
