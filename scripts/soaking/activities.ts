/** What is done to routers all the time while they measure. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawn as spawnAtTerminal } from '@lydell/node-pty';
import ssh2, { type ClientChannel } from 'ssh2';
import { ROUTER, startBatch, type Workshop } from '../benchmark/programs.ts';
import { WORKERS, type WatchedRouter } from './routers.ts';

export interface Activity {
  readonly name: string;
  readonly everyMillis: number;
  /** Rejects when something went wrong. */
  readonly act: (round: number) => Promise<unknown>;
  /** Whether a worker that it needs was ended since it began, or so lately before, that it may go wrong. */
  readonly excused?: (beginMillis: number) => boolean;
}

export interface Scene {
  readonly workshop: Workshop;
  /** That is measured, and administered. */
  readonly server: WatchedRouter;
  /** In which workers are ended that measure. */
  readonly victim: WatchedRouter;
  readonly serverPort: number;
  readonly victimPort: number;
  readonly sshPort: number;
  readonly sshKey: string;
}

/** Of each import, and so of each show of all. */
const IMPORTED_SESSIONS = 20_000;

const PATIENCE_MILLIS = 180_000;

export function activities(scene: Scene): readonly Activity[] {
  const { workshop, server, victim } = scene;
  const excused = (beginMillis: number): boolean => server.mourned(beginMillis);
  const batch = (router: WatchedRouter, ...lines: string[]): Promise<string> =>
    within(runLines(workshop, router.state, lines));
  const file = join(workshop.directory, 'connections.txt');
  writeFileSync(file, connectionTexts(IMPORTED_SESSIONS));
  return [
    { name: 'ssh', everyMillis: 3_000, act: (round) => within(visitBySsh(scene, round)), excused },
    {
      name: 'batches',
      everyMillis: 4_000,
      act: () => batch(server, 'show services twamp sessions detail', 'show system users', 'show version'),
    },
    {
      name: 'shows',
      everyMillis: 15_000,
      excused,
      act: () => batch(server, 'show services sessions', 'show services sessions count'),
    },
    {
      name: 'commits',
      everyMillis: 5_000,
      act: (round) => batch(server, ...commitOf(round)),
    },
    {
      name: 'imports',
      everyMillis: 45_000,
      excused,
      act: () =>
        batch(
          server,
          `request services sessions import ${file} replace`,
          'clear services sessions destination-port 53',
        ),
    },
    {
      name: 'clears',
      everyMillis: 20_000,
      act: () => clearOne(scene),
      excused: (beginMillis) => victim.mourned(beginMillis),
    },
    { name: 'monitors', everyMillis: 5_000, act: (round) => watch(scene, round), excused },
    {
      name: 'kernel shows',
      everyMillis: 10_000,
      excused: (beginMillis) => victim.mourned(beginMillis),
      act: () => batch(victim, 'show services sessions', 'show services sessions source'),
    },
    { name: 'worker kills', everyMillis: 20_000, act: (round) => endWorker(scene, round) },
  ];
}

/** Attached to a router; gives what was printed. Rejects with what was said beside it, but for warnings. */
async function runLines(workshop: Workshop, state: string, lines: readonly string[]): Promise<string> {
  const program = startBatch(workshop, state, lines);
  const out = (await program.finish()).join('\n');
  const errors = program.errors.split('\n').filter((line) => line !== '' && !line.startsWith('Warning: '));
  if (errors.length > 0) throw new Error(errors.join(' '));
  return out;
}

/** Rejects when it never comes; `instead` says what there was. */
async function within<T>(work: Promise<T>, instead = (): string => ''): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`nothing came of it in ${PATIENCE_MILLIS / 1000} s ${instead()}`.trim())),
      PATIENCE_MILLIS,
    );
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** As conntrack lists them. */
function connectionTexts(count: number): string {
  const texts = Array.from({ length: count }, (_, index) => {
    const source = `10.${(index >>> 16) & 0xff}.${(index >>> 8) & 0xff}.${index & 0xff}`;
    const port = index % 10 === 0 ? 53 : 443;
    const counters = 'packets=3 bytes=180';
    const ends = (from: string, to: string, fromPort: number, toPort: number): string =>
      `src=${from} dst=${to} sport=${fromPort} dport=${toPort} ${counters}`;
    const there = ends(source, '192.0.2.1', 1024 + (index % 60_000), port);
    const back = ends('192.0.2.1', source, port, 1024 + (index % 60_000));
    return `tcp      6 431999 ESTABLISHED ${there} ${back} [ASSURED] mark=0 use=1`;
  });
  return `${texts.join('\n')}\n`;
}

/** A name, a user and a client list come and go. */
function commitOf(round: number): readonly string[] {
  const verb = round % 2 === 0 ? 'set' : 'delete';
  return [
    'configure',
    `set system host-name soak${round}`,
    `${verb} system login user guest class viewer`,
    `${verb} services rpm twamp server client-list others address 192.0.2.0/24`,
    'commit and-quit',
  ];
}

/** Somebody who runs a line, somebody who leaves, or somebody whose connection breaks amid a page. */
async function visitBySsh({ sshPort, sshKey }: Scene, round: number): Promise<void> {
  const client = new ssh2.Client();
  client.on('error', () => undefined);
  const gone = once(client, 'close').then(() => {
    throw new Error('the ssh connection was closed');
  });
  gone.catch(() => undefined);
  const ready = once(client, 'ready');
  client.connect({ host: '127.0.0.1', port: sshPort, username: 'soak', privateKey: sshKey });
  try {
    await Promise.race([ready.then(() => visit(client, round)), gone]);
  } finally {
    client.destroy();
  }
}

async function visit(client: ssh2.Client, round: number): Promise<void> {
  const runs = round % 3 === 0;
  const channel = await new Promise<ClientChannel>((resolve, reject) => {
    const opened = (error: Error | undefined, made: ClientChannel): void =>
      error ? reject(error) : resolve(made);
    if (runs) client.exec('show services twamp sessions', opened);
    else client.shell({ term: 'xterm', cols: 80, rows: 5 }, opened);
  });
  const closed = once(channel, 'close');
  if (runs) channel.resume();
  else {
    await seen(channel, '# ');
    channel.write('help topic pipes\r');
    await seen(channel, 'More');
    if (round % 3 === 1) return;
    channel.write('q');
    await seen(channel, '# ');
    channel.write('exit\r');
  }
  await closed;
}

function seen(channel: ClientChannel, mark: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    const hear = (chunk: Buffer): void => {
      text += chunk.toString();
      if (!text.includes(mark)) return;
      channel.off('data', hear).off('close', gone);
      resolve();
    };
    const gone = (): void => reject(new Error(`the ssh session ended: ${text}`));
    channel.on('data', hear).once('close', gone);
  });
}

interface Listed {
  readonly sessions: readonly Readonly<Record<string, unknown>>[];
}

/** A measurement from another address, whose control connection is ended on the server. */
async function clearOne({ workshop, server, victim, serverPort }: Scene): Promise<void> {
  const words = `127.0.0.1 port ${serverPort} source-address 127.0.0.2 count 1000 interval 100ms`;
  let said: string | undefined;
  const measuring = within(runLines(workshop, victim.state, [`twping ${words}`])).then(
    () => (said = ''),
    (error: unknown) => (said = String(error)),
  );
  const show = 'show services twamp sessions type control | display json';
  for (let cleared = false; !cleared;) {
    const text = await within(runLines(workshop, server.state, [show]));
    const row = (JSON.parse(text) as Listed).sessions.find((each) =>
      JSON.stringify(each).includes('127.0.0.2'),
    );
    if (said !== undefined) throw new Error(`nothing to clear, the measurement has ended: ${said}`);
    if (row === undefined) continue;
    const clear = `clear twamp session ${String(row['connection-id'])}`;
    // One that was cleared before may be listed until its sessions have ended.
    cleared = await within(runLines(workshop, server.state, [clear])).then(
      () => true,
      () => false,
    );
  }
  await measuring;
  if (!said!.includes('connection was lost') && !said!.includes('closed'))
    throw new Error(`a cleared connection went on: ${said}`);
}

/** A screen that changes, at which somebody says q, or hangs up. */
async function watch({ server }: Scene, round: number): Promise<void> {
  const pty = spawnAtTerminal(ROUTER, ['--state', server.state], { name: 'xterm', cols: 100, rows: 30 });
  let [text, gone] = ['', false];
  const ended = new Promise<void>((resolve) =>
    pty.onExit(() => {
      gone = true;
      resolve();
    }),
  );
  pty.onData((more) => (text = (text + more).slice(-100_000)));
  const latest = performance.now() + PATIENCE_MILLIS;
  const see = async (mark: string): Promise<void> => {
    while (!text.includes(mark)) {
      const shown = `${JSON.stringify(mark)} but ${JSON.stringify(text.slice(-300))}`;
      if (gone) throw new Error(`a terminal that ended did not show ${shown}`);
      if (performance.now() > latest) throw new Error(`a terminal never showed ${shown}`);
      await sleep(50);
    }
    text = text.slice(text.indexOf(mark) + mark.length);
  };
  const end = (how: string): Promise<void> =>
    within(ended, () => `${how}; at the terminal: ${JSON.stringify(text.slice(-300))}`);
  try {
    await see('# ');
    const what = round % 2 === 0 ? 'twamp sessions' : 'sessions';
    pty.write(`monitor services ${what}\r`);
    await see('\x1b[?1049h');
    await sleep(5_000);
    if (round % 3 === 0) return;
    pty.write('q');
    await see('\x1b[?1049l');
    await see('# ');
    // What is typed when the screen has ended by itself stands in the line.
    pty.write('\x03exit\r');
    await end('exit');
  } finally {
    if (!gone) {
      pty.kill('SIGHUP');
      await end('hang-up').catch((error: unknown) => {
        pty.kill('SIGKILL');
        throw error;
      });
    }
  }
}

/** Each in turn; the router does the next thing that needs one. */
async function endWorker({ workshop, server, victim, victimPort }: Scene, round: number): Promise<void> {
  const worker = WORKERS[round % WORKERS.length]!;
  const router = worker === 'ssh-worker' || worker === 'records-worker' ? server : victim;
  router.endWorker(worker);
  if (worker !== 'datapath-worker') return;
  await sleep(1_000);
  const again = `twping 127.0.0.1 port ${victimPort} count 10 interval 10ms`;
  const report = await within(runLines(workshop, victim.state, [again]));
  if (!report.includes('10 sent, 0 lost')) throw new Error(`after its worker: ${report}`);
}
