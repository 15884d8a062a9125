/** Everything that somebody types at a whole router after their login, at any width: see test/shell/random-keys.test.ts. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { same } from '../../src/config/compare.ts';
import type { Committer } from '../../src/config/commit.ts';
import type { ConfigurationDatabase } from '../../src/config/database.ts';
import { EMPTY_TREE } from '../../src/config/tree.ts';
import { InteractiveLoop } from '../../src/shell/interactive.ts';
import { openShell, startRouter, type TestRouter } from '../support/router.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { Terminal } from '../support/terminal.ts';
import { chosen, Choices, type FuzzTarget } from './target.ts';

const WIDTHS = [80, 40, 200, 20] as const;
const CLASSES = ['super-user', 'viewer', 'operator', 'interface-control'] as const;
const ROWS = 24;
/** In place of what no text has: a new width, and that time passes. */
const [RESIZE, PAUSE] = [0xff, 0xfe];
const PAUSE_NANOS = 1e9;
/** Of one router: what is recorded of them grows. */
const INPUTS_MAX = 500;
const OWNER: Committer = { user: 'owner', can: () => true };
/** Ends whatever was begun: a paste, a sequence, a question, a pager, a search. */
const GIVE_UP = ['\x1b[201~', '\x03', '\x03', '\x03', '\x03'];

async function sit(test: TestRouter, choices: Choices): Promise<void> {
  const terminal = new Terminal(choices.of(WIDTHS), ROWS);
  const channel = { ...terminal.channel, drained: () => Promise.resolve(), colourLevel: 0 as const };
  const loop = new InteractiveLoop(channel, test.time);
  const className = choices.of(CLASSES);
  // A user of the configuration: files are those of a folder of their own.
  const shell = await openShell(test, {
    candidate: 'private',
    contact: loop.contact,
    className,
    configured: true,
  });
  const state: { isOver: boolean; failure?: unknown } = { isOver: false };
  void loop.run(shell).then(
    () => (state.isOver = true),
    (error: unknown) => (state.failure ??= error),
  );
  const settle = async (): Promise<void> => {
    await test.time.pass(PAUSE_NANOS);
    await terminal.settle();
    if (state.failure !== undefined) throw state.failure as Error;
  };
  await settle();
  const said = choices.rest;
  for (let at = 0; at < said.length && !state.isOver;) {
    const next = said.findIndex((octet, index) => index >= at && octet >= PAUSE);
    const end = next < 0 ? said.length : next;
    await terminal.type(Buffer.from(said.subarray(at, end)));
    if (next >= 0 && said[next] === RESIZE) terminal.resize(WIDTHS[(said[next + 1] ?? 0) % WIDTHS.length]!);
    await settle();
    at = next >= 0 && said[next] === RESIZE ? next + 2 : end + 1;
  }
  for (const keys of GIVE_UP) {
    if (state.isOver) break;
    await terminal.type(keys);
    await settle();
  }
  assert(state.isOver || !terminal.screen.alternate, 'the screen is given back');
  if (!state.isOver) {
    await terminal.type('\x15show cli\r');
    await settle();
    assert(
      terminal.screen.lines.some((line) => line.includes('show cli')),
      'the prompt takes lines again',
    );
  }
  terminal.input.end();
  await settle();
  await settle();
  loop.close();
  shell.login.leaveConfiguration();
}

/** A router for many inputs: to start one takes longer than most of them. */
class SharedRouter {
  readonly test: TestRouter;
  readonly #end: () => Promise<void>;
  readonly #directory: string;
  readonly #timers: number;
  #inputs = 0;

  private constructor(test: TestRouter, directory: string, end: () => Promise<void>) {
    this.test = test;
    this.#directory = directory;
    this.#end = end;
    this.#timers = test.time.pending;
  }

  static async start(): Promise<SharedRouter> {
    let remove = (): void => undefined;
    const directory = temporaryDirectory((end) => (remove = end));
    const test = await startRouter(directory);
    return new SharedRouter(test, directory, () => test.close().finally(remove));
  }

  /** Takes away what an input has left; false where there is more, or too much on record. */
  async reset(): Promise<boolean> {
    const { router, time } = this.test;
    rmSync(join(this.#directory, 'files'), { recursive: true, force: true });
    await time.until(emptied(router.configuration));
    return (this.#inputs += 1) < INPUTS_MAX && time.pending === this.#timers;
  }

  end(): Promise<void> {
    return this.#end();
  }
}

/** Nothing is pending, and nothing configured. */
async function emptied(configuration: ConfigurationDatabase): Promise<void> {
  while ((await configuration.clear(OWNER)) !== undefined);
  if (same(configuration.schema, configuration.running, EMPTY_TREE)) return;
  const candidate = configuration.openPrivate();
  candidate.replace(EMPTY_TREE, OWNER.can);
  await configuration.commit(candidate, OWNER);
}

let shared: SharedRouter | undefined;

async function endShared(): Promise<void> {
  const ending = shared;
  shared = undefined;
  await ending?.end();
}

/** The first two octets choose the width and the login class. */
export const target: FuzzTarget = {
  isAsync: true,
  octetsMax: 256,
  words: [
    ...[
      'show services twamp sessions',
      'show version',
      'configure\r',
      'set services rpm twamp server port 8620',
      'commit\r',
    ],
    ...[
      'rollback 0',
      'top\r',
      'run show cli',
      'monitor services twamp sessions\r',
      'set cli style junos\r',
      'set cli style vyos\r',
    ],
    ...[
      '| match ',
      '| count',
      '| no-more',
      '| save f',
      'load set terminal\r',
      'load merge terminal\r',
      'twping 192.0.2.1 light\r',
    ],
    ...[
      'show configuration | display json\r',
      'save f\r',
      'exit\r',
      '\x1b[200~',
      '\x1b[201~',
      '\x1b[A',
      '\x12',
      '\t',
      '?',
      '\r',
    ],
  ],
  run: async (octets) => {
    if (shared === undefined) {
      shared = await SharedRouter.start();
      onTestFinished(endShared);
    }
    let isAtRest = false;
    try {
      await sit(shared.test, new Choices(octets));
      isAtRest = await shared.reset();
    } finally {
      if (!isAtRest) await endShared();
    }
  },
  seeds: () =>
    [
      'show version\r',
      'configure\rset services rpm twamp server port 8620\rshow | compare\rcommit\rexit\r',
      'show ?\tservices sess\t\x15configure\redit services\t\rtop\r\x1a',
      'set cli style junos\rshow cli\rset cli style vyos\rmonitor services twamp sessions\rq',
      'set cli screen-length 3\rshow cli authorization\r /x\rnq',
      'configure\rload set terminal\rset system host-name a\r\x04show | display set\rrollback 0\r',
      'twping 192.0.2.1 light\r\xfe\x03show system users | match "a\\"\r',
      '\x1b[200~show version\rshow cli\r\x1b[201~\r\xff\x01日本\x08',
    ].map((keys, index) => chosen([index, 0], Buffer.from(keys, 'latin1'))),
};
