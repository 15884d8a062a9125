/** The access suite: what an ssh login costs, in memory and in time (its rows of the goals). */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import ssh2, { type Client, type ClientChannel } from 'ssh2';
import { makeKeyPair } from '../../src/access/ssh/host-keys.ts';
import { residentOctets } from './process-usage.ts';
import { freePort } from '../../test/support/free-port.ts';
import { ROUTER, runRouter, untilListening, type Workshop } from './programs.ts';
import type { Report } from './report.ts';
import { median, quantile } from './statistics.ts';
import type { Pace } from './suite.ts';

const MEBIBYTE = 2 ** 20;
const IDLE_GOAL_MEBIBYTES = 1;
const PROMPT_GOAL_MILLIS = 100;

const PROMPT = 'dnRouter# ';

/** The collector's due, and what the first logins alone bring into memory. */
const WARM_UP_LOGINS = 10;
/** Fewer hide in what the heap has to spare; more would be beyond the rate limit of one address. */
const LOGINS = { quick: 60, full: 110 };
const SETTLE_MILLIS = 2_000;

interface Timed {
  readonly client: Client;
  readonly handshakeMillis: number;
  /** From being logged in to the prompt. */
  readonly promptMillis: number;
}

/** Gives how many rows failed. */
export async function measureAccess(workshop: Workshop, pace: Pace, report: Report): Promise<number> {
  const key = makeKeyPair('ed25519', 'bench');
  const port = await freePort();
  const state = workshop.room();
  await runRouter(workshop, state, [
    'configure',
    `set system services ssh port ${port}`,
    'set system services ssh listen-address 127.0.0.1',
    'set system services ssh connection-limit 250',
    'set system services ssh rate-limit 250',
    'set system login user bench class super-user',
    `set system login user bench authentication ssh-ed25519 "${key.public}"`,
    'commit and-quit',
  ]);
  const program = workshop.start([ROUTER, '--state', state, '--daemon']);
  await untilListening(program, '127.0.0.1', port);
  const logins: Timed[] = [];
  const logIn = async (count: number): Promise<void> => {
    for (let each = 0; each < count; each += 1) logins.push(await timed(port, key.private));
  };
  report.section('ssh logins');
  await logIn(WARM_UP_LOGINS);
  await sleep(SETTLE_MILLIS);
  const before = residentOctets(program.pid);
  const count = LOGINS[pace.quick ? 'quick' : 'full'];
  await logIn(count);
  await sleep(SETTLE_MILLIS);
  report.add({
    id: 'access/ssh/idle-memory',
    name: `memory of an idle login, of ${count}`,
    value: (residentOctets(program.pid) - before) / count / MEBIBYTE,
    unit: 'MiB',
    goal: { atMost: IDLE_GOAL_MEBIBYTES },
  });
  const measured = logins.slice(WARM_UP_LOGINS);
  const prompts = measured.map(({ promptMillis }) => promptMillis);
  report.add({
    id: 'access/ssh/prompt',
    name: 'from the login to the prompt: median',
    value: median(prompts),
    unit: 'ms',
    goal: { atMost: PROMPT_GOAL_MILLIS },
    remark: `p99 ${quantile(prompts, 0.99).toFixed(1)}`,
  });
  report.add({
    id: 'access/ssh/handshake',
    name: 'from the connection to the login (a key): median',
    value: median(measured.map(({ handshakeMillis }) => handshakeMillis)),
    unit: 'ms',
  });
  for (const { client } of logins) client.end();
  return 0;
}

async function timed(port: number, privateKey: string): Promise<Timed> {
  const client = new ssh2.Client();
  const begin = performance.now();
  const ready = once(client, 'ready');
  client.connect({ host: '127.0.0.1', port, username: 'bench', privateKey });
  // As OpenSSH does: with Nagle's algorithm each message waits for the acknowledgement of the one before.
  client.setNoDelay(true);
  await ready;
  // The router ends first.
  client.on('error', () => undefined);
  const loggedIn = performance.now();
  const channel = await new Promise<ClientChannel>((resolve, reject) =>
    client.shell({ term: 'xterm', cols: 80, rows: 24 }, (error, opened) =>
      error ? reject(error) : resolve(opened),
    ),
  );
  await new Promise<void>((resolve) => {
    let seen = '';
    channel.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
      if (seen.includes(PROMPT)) resolve();
    });
  });
  return { client, handshakeMillis: loggedIn - begin, promptMillis: performance.now() - loggedIn };
}
