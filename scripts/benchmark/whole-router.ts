/** A whole router in this process with a shell at it, as src/main.ts puts them together, but without ways in. */
import { readFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { Accounts } from '../../src/access/accounts.ts';
import { UserAliases } from '../../src/access/aliases.ts';
import { Logins } from '../../src/access/logins.ts';
import { Roll } from '../../src/access/roll.ts';
import { SystemClock, systemRandom } from '../../src/clock.ts';
import type { Router } from '../../src/commands/command.ts';
import { commands } from '../../src/commands/commands.ts';
import { live } from '../../src/commands/live.ts';
import { describe, describeFinding } from '../../src/commands/messages.ts';
import { ConfigurationDatabase } from '../../src/config/database.ts';
import { Secrets } from '../../src/config/secrets.ts';
import type { Datapath } from '../../src/datapath/datapath.ts';
import { Engine } from '../../src/engine/engine.ts';
import { deriveKey } from '../../src/engine/key-chains.ts';
import { TcpTransport } from '../../src/engine/tcp-transport.ts';
import { Fleet, type FleetParts } from '../../src/fleet/fleet.ts';
import { exampleCaptures } from '../../src/services/capture/example-captures.ts';
import { Services } from '../../src/services/services.ts';
import { readGrammars, type Grammars } from '../../src/shell/grammars.ts';
import { Login } from '../../src/shell/login.ts';
import { Shell } from '../../src/shell/shell.ts';
import { Files } from '../../src/store/files.ts';
import { openState, type State } from '../../src/store/state-directory.ts';

const root = join(import.meta.dirname, '../..');

export interface WholeRouter {
  readonly router: Router;
  readonly shell: Shell;
  readonly close: () => Promise<void>;
}

/** Takes up what is committed in the state directory. Throws where a part of it cannot be put in force. */
export async function openRouter(directory: string, datapath: Datapath): Promise<WholeRouter> {
  const state = openState(directory);
  const clock = new SystemClock();
  const fail = (error: unknown): never => {
    throw new Error(describe(error));
  };
  const store = state.sessions;
  const secrets = new Secrets(state.secretKey);
  const engine = new Engine({
    clock,
    random: systemRandom,
    transport: new TcpTransport(),
    datapath,
    store,
    results: state.rpm,
    secrets,
    deriveKey,
    report: fail,
  });
  const services = new Services({
    store: state.services,
    marks: state.tracking,
    records: () => fail(new Error('nobody has asked for stored sessions')),
    clock,
    conntrack: () => undefined,
    example: exampleCaptures(join(root, 'docs/examples')),
    measured: () => [],
    report: fail,
  });
  const fleet = withoutFleet({ clock, secrets, report: fail }, state);
  const grammars = readGrammars((name) => readFileSync(join(root, 'grammar', name), 'utf8'));
  const accounts = new Accounts(grammars.classes, clock);
  const configuration = new ConfigurationDatabase({
    schema: grammars.schema,
    archive: state.revisions,
    participants: [engine, services, accounts],
    clock,
    secrets,
  });
  const router: Router = {
    version: 'benchmark',
    host: os,
    startedNanos: clock.wallNanos(),
    clock,
    configuration,
    engine,
    services,
    fleet,
    sessions: store,
    results: state.rpm,
    people: new Roll(accounts, new Logins(clock, accounts)),
    grammars,
    audit: state.audit,
    files: new Files(directory),
    aliases: new UserAliases({ store: state.aliases, accounts, report: fail }),
  };
  const { failures } = await configuration.start();
  failures.forEach(fail);
  const close = async (): Promise<void> => {
    await services.close();
    await engine.close();
    state.close();
  };
  return { router, shell: await openShell(grammars, router), close };
}

/** Nobody asks for one. */
function withoutFleet(parts: Pick<FleetParts, 'clock' | 'secrets' | 'report'>, state: State): Fleet {
  return new Fleet({
    ...parts,
    useMeshed: () => Promise.resolve(),
    start: () => {
      throw new Error('nobody has asked for a fleet');
    },
    software: 'benchmark',
    sources: {
      live: () => [],
      ended: state.sessions,
      services: state.services,
      audit: state.audit,
      revisions: state.revisions,
    },
    census: () => Promise.resolve(undefined),
  });
}

function openShell(grammars: Grammars, router: Router): Promise<Shell> {
  const identity = {
    user: 'benchmark',
    className: 'super-user',
    privileges: grammars.classes.get('super-user')!,
    configured: false,
  };
  const contact = {
    ask: () => Promise.resolve(undefined),
    tell: () => undefined,
    announce: () => undefined,
    progress: () => undefined,
    watch: () => Promise.resolve(false),
  };
  const login = new Login(identity, { router, candidateKind: 'private', contact, describe: describeFinding });
  return Shell.open({ grammars, commands, live, router }, login);
}
