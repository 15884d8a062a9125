/** The ssh way in as a part of the router: commits, a worker that fails, users who go. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Client, type AnyAuthMethod, type ClientChannel } from 'ssh2';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeKeyPair } from '../../../src/access/ssh/host-keys.ts';
import { SshAccess } from '../../../src/access/ssh/ssh-access.ts';
import { SystemClock } from '../../../src/clock.ts';
import { describe as wordsOf, describeFinding } from '../../../src/commands/messages.ts';
import { effective } from '../../../src/config/effective.ts';
import type { Configuration } from '../../../src/config/configuration.ts';
import type { Identity } from '../../../src/shell/login.ts';
import type { TurnedAway } from '../../../src/access/reception.ts';
import { treeOf } from '../../support/configuration.ts';
import { freePort } from '../../support/free-port.ts';
import { grammars } from '../../support/router.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { bundledWorker, mortalWorker } from '../../support/worker.ts';

const PASSWORD = 'open sesame';

const OFF = configure();

function configure(...lines: readonly string[]): Configuration {
  return effective(grammars.schema, treeOf(lines));
}

const onPort = (port: number, address = '127.0.0.1', ...lines: readonly string[]): Configuration =>
  configure(`system services ssh port ${port}`, `system services ssh listen-address ${address}`, ...lines);

/** Has it served; on which port. */
const serve = async (access: SshAccess, address?: string, ...lines: readonly string[]): Promise<number> => {
  const port = await freePort();
  await access.apply(onPort(port, address, ...lines));
  return port;
};

const bundle = bundledWorker(join(import.meta.dirname, '../../../src/access/ssh/worker.ts'));
/** A way in whose only user is ada, and whose shell says `hello` and waits. */
function start(workerUrl = bundle.url) {
  const ada: Identity = {
    user: 'ada',
    className: 'viewer',
    privileges: grammars.classes.get('viewer')!,
    configured: true,
  };
  const reports: unknown[] = [];
  const refused: TurnedAway[] = [];
  const users = new Set(['ada']);
  let changed = (): void => undefined;
  const access = new SshAccess({
    clock: new SystemClock(),
    accounts: {
      authenticate: (user, password) =>
        Promise.resolve(users.has(user) && password === PASSWORD ? ada : undefined),
      authorizedKeys: () => [],
      identity: (user) => (users.has(user) ? ada : undefined),
      onChange: (listener) => {
        changed = listener;
        return () => undefined;
      },
    },
    reception: () => ({
      converse: async (_visitor, terminal, signal) => {
        terminal.output.write('hello');
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
      batch: () => Promise.resolve(0),
      refuse: (who) => void refused.push(who),
    }),
    hostKeyDirectory: temporaryDirectory(),
    workerUrl,
    report: (error) => void reports.push(error),
  });
  onTestFinished(() => access.close());
  const remove = (user: string): void => {
    users.delete(user);
    changed();
  };
  return { access, reports, refused, remove };
}

async function logIn(
  port: number,
): Promise<{ client: Client; channel: ClientChannel; closed: Promise<unknown> }> {
  const client = new Client();
  onTestFinished(() => void client.destroy());
  const closed = new Promise((resolve) => client.on('close', () => resolve(undefined)));
  client.on('error', () => undefined);
  const ready = once(client, 'ready');
  client.connect({ host: '127.0.0.1', port, username: 'ada', password: PASSWORD });
  await ready;
  const channel = await new Promise<ClientChannel>((resolve, reject) =>
    client.shell((error, opened) => (error ? reject(error) : resolve(opened))),
  );
  const [hello] = (await once(channel, 'data')) as [Buffer];
  expect(hello.toString()).toContain('hello');
  return { client, channel, closed };
}

describe('a commit', () => {
  it('lets in, moves to another port, and leaves who is there alone', async () => {
    const { access } = start();
    const first = await serve(access);
    const { client, channel } = await logIn(first);
    const second = await serve(access);
    await expect(logIn(first)).rejects.toThrow('ECONNREFUSED');
    await logIn(second);
    await access.apply(OFF);
    await expect(logIn(second)).rejects.toThrow('ECONNREFUSED');
    expect(channel.readable).toBe(true);
    client.end();
  });

  it('fails with the reason, and what was served is served on', async () => {
    const { access } = start();
    const port = await serve(access);
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const taken = (other.address() as { port: number }).port;
    const failure = await access.apply(onPort(taken)).catch(wordsOf);
    expect(failure).toBe(`system services ssh: Port ${taken} is in use by another program on 127.0.0.1.`);
    expect(await access.apply(onPort(port, '192.0.2.77')).catch(wordsOf)).toBe(
      'system services ssh: This machine has no address 192.0.2.77.',
    );
    await logIn(port);
  });

  it('moves between every address and one', async () => {
    const { access } = start();
    const port = await serve(access, '::');
    for (const address of ['127.0.0.1', '::']) await access.apply(onPort(port, address));
    await logIn(port);
  });

  it('is refused where nobody could log in, and warned of where nobody can yet', () => {
    const { access } = start();
    const neither = configure(
      'system services ssh no-public-keys',
      'system services ssh no-password-authentication',
    );
    expect(access.verify(neither).map(describeFinding)).toEqual([
      'system services ssh: Neither passwords nor public keys: nobody could log in.',
      'system services ssh: There is no user who could log in (system login user).',
    ]);
    expect(access.verify(OFF)).toEqual([]);
  });
});

describe('a login', () => {
  it('ends with its user, also without a session', async () => {
    const { access, remove } = start();
    const port = await serve(access);
    const { closed } = await logIn(port);
    remove('ada');
    await closed;
    await expect(logIn(port)).rejects.toThrow('authentication methods failed');
  });
});

describe('whoever is not let in is on record', () => {
  const keys = Array.from({ length: 2 }, () => makeKeyPair('ed25519').private);
  /** With these, in this order, until the connection is over; its port. */
  const tryAll = async (port: number, ...tries: readonly AnyAuthMethod[]): Promise<void> => {
    const client = new Client();
    onTestFinished(() => void client.destroy());
    client.on('error', () => undefined);
    const left = [...tries];
    const over = new Promise((resolve) => client.on('close', () => resolve(undefined)));
    client.on('ready', () => client.end());
    client.connect({
      host: '127.0.0.1',
      port,
      username: 'ada',
      authHandler: (_methods, _partial, next) => next(left.shift() ?? (false as never)),
    });
    await over;
  };
  const withKey = (key: string, username = 'ada'): AnyAuthMethod => ({ type: 'publickey', username, key });
  const withPassword = (password: string): AnyAuthMethod => ({ type: 'password', username: 'ada', password });
  const address = expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string;
  const from = { origin: { way: 'ssh', address }, source: '127.0.0.1' };

  const served = async (...lines: readonly string[]) => {
    const { access, refused } = start();
    return { port: await serve(access, undefined, ...lines), refused };
  };

  it('with keys: once a connection, and not when the login succeeds', async () => {
    const { port, refused } = await served();
    await tryAll(port, ...keys.map((key) => withKey(key)));
    const row = { user: 'ada', ...from, text: 'login with key', result: 'not-authenticated' };
    await expect.poll(() => refused).toEqual([row]);
    await tryAll(port, withKey(keys[0]!), withPassword(PASSWORD));
    await tryAll(port, withKey(keys[0]!, 'eve'), withPassword(PASSWORD));
    await expect.poll(() => refused).toEqual([row, { ...row, user: 'eve' }]);
  });

  it('with a password: each time; and then nobody of that network for a while', async () => {
    const { port, refused } = await served('system login retry-options tries-before-disconnect 1');
    await tryAll(port, withPassword('guess'));
    await tryAll(port, withPassword(PASSWORD));
    await tryAll(port, withKey(keys[0]!));
    const row = { user: 'ada', ...from, text: 'login' };
    await expect
      .poll(() => refused, { timeout: 5_000 })
      .toEqual([
        { ...row, result: 'not-authenticated' },
        { ...row, result: 'locked-out' },
        { ...row, result: 'locked-out' },
      ]);
  });

  it('with a password or a name that is too long for anybody, or in a way that is shut', async () => {
    const { port, refused } = await served('system services ssh no-public-keys');
    await tryAll(port, withPassword('x'.repeat(2000)));
    await tryAll(port, withKey(keys[0]!, 'x'.repeat(300)));
    await tryAll(port, withKey(keys[0]!));
    // The client may hear of it before the record does, which is kept on another thread.
    await expect
      .poll(() => refused.map(({ user, text }) => [user?.slice(0, 3), text]), { timeout: 5_000 })
      .toEqual([
        ['ada', 'login'],
        ['xxx', 'login with key'],
        ['ada', 'login with key'],
      ]);
  });

  it('beyond a limit of connections: counted', async () => {
    const { port, refused } = await served('system services ssh rate-limit 2');
    for (let times = 0; times < 4; times += 1) await tryAll(port);
    await expect
      .poll(() => refused, { timeout: 5_000 })
      .toEqual([{ ...from, text: 'connection', result: 'rate-limit', count: 3 }]);
  });
});

describe('a worker that fails', () => {
  it('ends its sessions and is started again', async () => {
    const { url, fail } = mortalWorker(bundle.url);
    const { access, reports } = start(url);
    const port = await serve(access);
    const { closed } = await logIn(port);
    fail();
    await closed;
    await expect.poll(() => logIn(port).then(() => 'in'), { timeout: 10_000, interval: 100 }).toBe('in');
    expect(reports.map(String)).toEqual(['Error: the ssh worker has failed: as told']);
  });
});
