/** A whole router of given parts: what main.ts puts together, in a test. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Accounts } from '../../src/access/accounts.ts';
import { UserAliases } from '../../src/access/aliases.ts';
import { Logins } from '../../src/access/logins.ts';
import { Roll } from '../../src/access/roll.ts';
import type { Clock, Random, Timers } from '../../src/clock.ts';
import type { Router } from '../../src/commands/command.ts';
import { ConfigurationDatabase, type Absence } from '../../src/config/database.ts';
import { Secrets } from '../../src/config/secrets.ts';
import type { Datapath } from '../../src/datapath/datapath.ts';
import { Engine } from '../../src/engine/engine.ts';
import type { Transport } from '../../src/engine/transport.ts';
import { Fleet, type FleetParts } from '../../src/fleet/fleet.ts';
import { exampleCaptures } from '../../src/services/capture/example-captures.ts';
import { censusOf, Services, type ServicesParts } from '../../src/services/services.ts';
import { readGrammars } from '../../src/shell/grammars.ts';
import { Files } from '../../src/store/files.ts';
import type { State } from '../../src/store/state-directory.ts';
import { deriveKeyAtOnce } from './secrets.ts';

const root = join(import.meta.dirname, '../..');

export const grammars = readGrammars((name) => readFileSync(join(root, 'grammar', name), 'utf8'));

export interface RouterParts {
  readonly state: State;
  readonly clock: Clock & Timers;
  readonly random: Random;
  readonly transport: Transport;
  readonly datapath: Datapath;
  readonly records: ServicesParts['records'];
  readonly conntrack: ServicesParts['conntrack'];
  /** Starts what talks to the database of a fleet. */
  readonly fleet: FleetParts['start'];
  /** Where files of logins are. */
  readonly directory: string;
  readonly report: (error: unknown) => void;
  /** What hears of commits at which nobody is present, of those who have the accounts and live logins. */
  readonly absence: (accounts: Accounts, logins: Logins) => Absence;
}

const VERSION = '1.2.3';

/** A router that has not been started: `router.configuration.start()` does. */
export interface ComposedRouter {
  readonly router: Router;
  readonly accounts: Accounts;
  readonly logins: Logins;
}

export function composeRouter(parts: RouterParts): ComposedRouter {
  const { state, clock, report } = parts;
  const secrets = new Secrets(state.secretKey);
  const fleet: Fleet = new Fleet({
    clock,
    secrets,
    report,
    start: parts.fleet,
    software: VERSION,
    sources: {
      live: () => engine.sessions({}, 'live'),
      ended: state.sessions,
      services: state.services,
      audit: state.audit,
      revisions: state.revisions,
    },
    census: (signal) => censusOf(services, signal),
    useMeshed: (connections) => engine.useMeshed(connections),
  });
  const engine: Engine = new Engine({
    clock,
    random: parts.random,
    transport: parts.transport,
    datapath: parts.datapath,
    store: state.sessions,
    secrets,
    deriveKey: deriveKeyAtOnce,
    results: fleet.tapped(state.rpm),
    report,
  });
  const services: Services = new Services({
    store: state.services,
    marks: state.tracking,
    records: parts.records,
    conntrack: parts.conntrack,
    measured: () => engine.sessions({}, 'live'),
    clock,
    example: exampleCaptures(join(root, 'docs/examples')),
    report,
  });
  const accounts = new Accounts(grammars.classes, clock);
  const logins = new Logins(clock, accounts);
  const configuration = new ConfigurationDatabase({
    schema: grammars.schema,
    archive: state.revisions,
    participants: [engine, services, fleet, accounts],
    clock,
    secrets,
    absence: parts.absence(accounts, logins),
  });
  const router: Router = {
    version: VERSION,
    host: { uptime: () => 90_000, loadavg: () => [0.5, 0.25, 0.125], availableParallelism: () => 2 },
    startedNanos: clock.wallNanos(),
    clock,
    configuration,
    engine,
    services,
    fleet,
    sessions: state.sessions,
    results: state.rpm,
    people: new Roll(accounts, logins),
    grammars,
    audit: state.audit,
    files: new Files(parts.directory),
    aliases: new UserAliases({ store: state.aliases, accounts, report }),
  };
  return { router, accounts, logins };
}
