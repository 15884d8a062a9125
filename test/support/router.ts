/** A whole router in a test: real store, real configuration, the engine on a virtual network and a virtual clock. */
import { onTestFinished } from 'vitest';
import type { Accounts } from '../../src/access/accounts.ts';
import type { Logins } from '../../src/access/logins.ts';
import type { Router, StyleName } from '../../src/commands/command.ts';
import { commands } from '../../src/commands/commands.ts';
import { live } from '../../src/commands/live.ts';
import { describeFinding } from '../../src/commands/messages.ts';
import type { ServicesParts } from '../../src/services/services.ts';
import { Login, type CandidateKind, type Contact } from '../../src/shell/login.ts';
import { Shell, type Outcome } from '../../src/shell/shell.ts';
import type { Privileges } from '../../src/grammar/classes.ts';
import { openState, type State } from '../../src/store/state-directory.ts';
import { composeRouter, grammars } from './composition.ts';
import { fleetInThread } from './fleet-in-thread.ts';
import { recordsInThread } from './records-in-thread.ts';
import { SeededRandom } from './seeded-random.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { VirtualDatapath } from './virtual-datapath.ts';
import { VirtualNetwork } from './virtual-network.ts';
import { VirtualTime } from './virtual-time.ts';

/** The address at which the router is found on its network. */
export const ROUTER_ADDRESS = '192.0.2.1';

export { grammars };

/** A running router and what it stands on. */
export interface TestRouter {
  readonly router: Router;
  readonly state: State;
  readonly time: VirtualTime;
  readonly network: VirtualNetwork;
  readonly accounts: Accounts;
  readonly logins: Logins;
  /** Before the test ends: its directory may then be another's. */
  close(): Promise<void>;
}

function fail(error: unknown): never {
  throw error;
}

/** Starts a router on an empty state directory (or the one given); all of it goes when the running test ends. */
export async function startRouter(
  directory = temporaryDirectory(),
  time = new VirtualTime(),
  conntrack: ServicesParts['conntrack'] = () => undefined,
): Promise<TestRouter> {
  const network = new VirtualNetwork(time, new SeededRandom(1));
  const state = openState(directory);
  const { router, accounts, logins } = composeRouter({
    state,
    clock: time,
    random: network.random,
    transport: network.host(ROUTER_ADDRESS),
    datapath: new VirtualDatapath(network),
    records: () => recordsInThread(state.servicesFile),
    conntrack,
    fleet: () => fleetInThread(state.fleetFile),
    directory,
    report: fail,
    absence: (users, live) => ({
      rightsOf: (committer) => users.rightsOf(committer),
      over: (outcome) => live.announce(outcome),
    }),
  });
  const { configuration, services, engine, fleet } = router;
  await configuration.start();
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    configuration.close();
    return (closing ??= services
      .close()
      .then(() => time.until(engine.close()))
      .then(() => fleet.close())
      .then(() => {
        state.close();
      }));
  };
  onTestFinished(close);
  return { router, state, time, network, accounts, logins, close };
}

/** Nobody at the other end: questions are not answered, and what is said is kept. */
export class SilentContact implements Contact {
  readonly told: string[] = [];
  readonly announced: string[] = [];
  readonly asked: string[] = [];

  ask(question: string): Promise<string | undefined> {
    this.asked.push(question);
    return Promise.resolve(undefined);
  }

  tell(line: string): void {
    this.told.push(line);
  }

  announce(line: string): void {
    this.announced.push(line);
  }

  progress(): void {
    // There is no terminal to show it on.
  }

  watch(): Promise<boolean> {
    return Promise.resolve(false);
  }
}

export interface ShellOptions {
  /** A user of the configuration, and not the console's owner. */
  readonly configured?: boolean;
  /** Login class; super-user unless given. */
  readonly className?: string;
  readonly user?: string;
  /** In place of those of the class. */
  readonly privileges?: Privileges;
  readonly style?: StyleName;
  readonly candidate?: CandidateKind;
  readonly contact?: Contact;
}

/** A shell at the router for a login of a class. */
export function openShell({ router }: TestRouter, options: ShellOptions = {}): Promise<Shell> {
  const {
    className = 'super-user',
    user = 'lab',
    candidate = 'private',
    configured = false,
    contact = new SilentContact(),
  } = options;
  const privileges = options.privileges ?? grammars.classes.get(className);
  if (!privileges) throw new Error(`no class ${className}`);
  const identity = {
    user,
    className,
    privileges,
    configured,
    ...(options.style && { style: options.style }),
  };
  const login = new Login(identity, { router, candidateKind: candidate, contact, describe: describeFinding });
  return Shell.open({ grammars, commands, live, router }, login);
}

/** Runs a line; gives what it printed and how it went. */
export async function run(shell: Shell, line: string): Promise<{ text: string; outcome: Outcome }> {
  let text = '';
  const outcome = await shell.execute(line, {
    sink: { write: (piece) => void (text += piece) },
    nextSignal: () => new AbortController().signal,
  });
  return { text, outcome };
}

/** Runs lines that must succeed; gives what the last of them printed. */
export async function runAll(shell: Shell, ...lines: readonly string[]): Promise<string> {
  let printed = '';
  for (const line of lines) {
    const { text, outcome } = await run(shell, line);
    if (outcome.status !== 'done') throw new Error(`${line}: ${JSON.stringify(outcome)}`);
    printed = text;
  }
  return printed;
}
