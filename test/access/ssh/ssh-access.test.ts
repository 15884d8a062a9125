/** The ssh way in as a part of the router: commits, a worker that fails, users who go. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Client, type ClientChannel } from 'ssh2';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { SshAccess } from '../../../src/access/ssh/ssh-access.ts';
import { SystemClock } from '../../../src/clock.ts';
import { describe as wordsOf, describeFinding } from '../../../src/commands/messages.ts';
import { effective } from '../../../src/config/effective.ts';
import type { Configuration } from '../../../src/config/configuration.ts';
import type { Identity } from '../../../src/shell/login.ts';
import { treeOf } from '../../support/configuration.ts';
import { freePort } from '../../support/free-port.ts';
import { grammars } from '../../support/router.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { bundleWorker, mortalWorker } from '../../support/worker.ts';

const PASSWORD = 'open sesame';

const OFF = configure();

function configure(...lines: readonly string[]): Configuration {
  return effective(grammars.schema, treeOf(lines));
}

const onPort = (port: number, address = '127.0.0.1'): Configuration =>
  configure(`system services ssh port ${port}`, `system services ssh listen-address ${address}`);

let bundle: Awaited<ReturnType<typeof bundleWorker>>;
beforeAll(async () => {
  bundle = await bundleWorker(join(import.meta.dirname, '../../../src/access/ssh/worker.ts'));
});
afterAll(() => bundle.remove());

/** A way in whose only user is ada, and whose shell says `hello` and waits. */
function start(workerUrl = bundle.url) {
  const ada: Identity = {
    user: 'ada',
    className: 'viewer',
    privileges: grammars.classes.get('viewer')!,
    configured: true,
  };
  const reports: unknown[] = [];
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
      refuse: () => undefined,
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
  return { access, reports, remove };
}

async function logIn(
  port: number,
): Promise<{ client: Client; channel: ClientChannel; closed: Promise<unknown> }> {
  const client = new Client();
  onTestFinished(() => void client.destroy());
  const closed = new Promise((resolve) => client.on('close', () => resolve(undefined)));
  const ready = once(client, 'ready');
  client.connect({ host: '127.0.0.1', port, username: 'ada', password: PASSWORD });
  await ready;
  client.on('error', () => undefined);
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
    const [first, second] = [await freePort(), await freePort()];
    await access.apply(onPort(first));
    const { client, channel } = await logIn(first);
    await access.apply(onPort(second));
    await expect(logIn(first)).rejects.toThrow('ECONNREFUSED');
    await logIn(second);
    await access.apply(OFF);
    await expect(logIn(second)).rejects.toThrow('ECONNREFUSED');
    expect(channel.readable).toBe(true);
    client.end();
  });

  it('fails with the reason, and what was served is served on', async () => {
    const { access } = start();
    const port = await freePort();
    await access.apply(onPort(port));
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
    const port = await freePort();
    for (const address of ['::', '127.0.0.1', '::']) await access.apply(onPort(port, address));
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
    const port = await freePort();
    await access.apply(onPort(port));
    const { closed } = await logIn(port);
    remove('ada');
    await closed;
    await expect(logIn(port)).rejects.toThrow('authentication methods failed');
  });
});

describe('a worker that fails', () => {
  it('ends its sessions and is started again', async () => {
    const { url, fail } = mortalWorker(bundle.url);
    const { access, reports } = start(url);
    const port = await freePort();
    await access.apply(onPort(port));
    const { closed } = await logIn(port);
    fail();
    await closed;
    await expect.poll(() => logIn(port).then(() => 'in'), { timeout: 10_000, interval: 100 }).toBe('in');
    expect(reports.map(String)).toEqual(['Error: the ssh worker has failed: as told']);
  });
});
