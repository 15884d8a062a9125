/** A whole engine at one address of a virtual network, with a store in a temporary directory. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Configuration } from '../../src/config/configuration.ts';
import { effective } from '../../src/config/effective.ts';
import { EMPTY_TREE } from '../../src/config/tree.ts';
import { Engine } from '../../src/engine/engine.ts';
import type { RpmClientConfiguration } from '../../src/engine/rpm-configuration.ts';
import type { ServerConfiguration } from '../../src/engine/server.ts';
import type { TwpingRequest } from '../../src/engine/twping.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { RpmResults } from '../../src/store/rpm-results.ts';
import { sessionsMigrations } from '../../src/store/state-directory.ts';
import { TwampSessions, type TwampRow } from '../../src/store/twamp-sessions.ts';
import { grammars } from './grammar.ts';
import { deriveKeyAtOnce, keyChainsOf, testSecrets } from './secrets.ts';
import { VirtualDatapath } from './virtual-datapath.ts';
import type { VirtualNetwork } from './virtual-network.ts';

/** A store that goes with the test. */
export function temporaryStore(): TwampSessions {
  return new TwampSessions(temporaryDatabase());
}

/** A store of client results that goes with the test. */
export function temporaryResults(): RpmResults {
  return new RpmResults(temporaryDatabase());
}

function temporaryDatabase(): Database {
  const directory = mkdtempSync(join(tmpdir(), 'dnrouter-test-'));
  const database = openDatabase(join(directory, 'sessions.db'), {
    synchronous: 'NORMAL',
    exclusive: false,
    migrations: sessionsMigrations,
  });
  onTestFinished(() => {
    database.close();
    rmSync(directory, { recursive: true });
  });
  return database;
}

/** The defaults of schema.cli, and everybody allowed. */
export function serverConfiguration(changes: Partial<ServerConfiguration> = {}): ServerConfiguration {
  return {
    'admin-state': 'enabled',
    'tcp-keepidle': 120,
    'tcp-keepintvl': 5,
    'tcp-keepcnt': 6,
    'routing-instance-list': new Map(),
    'authentication-mode': ['none'],
    'authentication-key-chain': new Map(),
    'server-inactivity-timeout': 15,
    'reflector-inactivity-timeout': 15,
    'max-connection-duration': 24,
    'maximum-sessions': 64,
    'maximum-sessions-per-connection': 64,
    'maximum-connections': 64,
    'maximum-connections-per-client': 64,
    'maximum-bandwidth-per-session': 1_000_000,
    port: 862,
    'data-port-range': '10000-20000',
    'client-list': allowing('0.0.0.0/0', '::/0'),
    ...changes,
  };
}

/** Prefixes of a client list, in every routing instance. */
export function networks(
  ...prefixes: string[]
): ReadonlyMap<string, { readonly 'routing-instance': readonly string[] }> {
  return new Map(prefixes.map((prefix) => [prefix, { 'routing-instance': [] }]));
}

export function allowing(...prefixes: string[]): ServerConfiguration['client-list'] {
  return new Map([['allowed', { type: 'allow', address: networks(...prefixes) }]]);
}

export function configurationOf(
  server: ServerConfiguration | undefined,
  routingInstances: Configuration['routing-instances'] = new Map(),
  users: Readonly<Record<string, string>> = {},
  connections: RpmClientConfiguration['control-connection'] = new Map(),
): Configuration {
  const client = {
    'authentication-key-chain': keyChainsOf('client', users),
    'data-port-range': '10000-20000',
    'control-connection': connections,
  };
  const { system, services } = effective(grammars.schema, EMPTY_TREE);
  return {
    'routing-instances': routingInstances,
    system,
    services: {
      ...services,
      rpm: { twamp: { ...services.rpm.twamp, client, ...(server !== undefined && { server }) } },
    },
  };
}

/** 20 packets, 10 ms apart, against 192.0.2.1 port 862. */
export function twpingRequest(changes: Partial<TwpingRequest> = {}): TwpingRequest {
  return {
    host: '192.0.2.1',
    port: 862,
    routingInstance: 'default',
    dscp: 0,
    count: 20,
    sessionCount: 1,
    intervalNanos: 10e6,
    paddingOctets: 27,
    timeoutNanos: 1e9,
    ...changes,
  };
}

export class VirtualRouter {
  readonly engine: Engine;
  readonly datapath: VirtualDatapath;
  readonly store = temporaryStore();
  readonly results = temporaryResults();
  /** What was reported as nobody's fault: nothing, unless a test expects it. */
  readonly reported: unknown[] = [];

  constructor(network: VirtualNetwork, address: string) {
    this.datapath = new VirtualDatapath(network);
    this.engine = new Engine({
      clock: network.clock,
      random: network.random,
      transport: network.host(address),
      datapath: this.datapath,
      store: this.store,
      results: this.results,
      secrets: testSecrets,
      deriveKey: deriveKeyAtOnce,
      report: (error) => this.reported.push(error),
    });
  }

  serve(
    changes: Partial<ServerConfiguration> = {},
    routingInstances?: Configuration['routing-instances'],
  ): Promise<unknown> {
    return this.engine.apply(configurationOf(serverConfiguration(changes), routingInstances));
  }

  live(): TwampRow[] {
    return [...this.engine.sessions({}, 'live')];
  }

  ended(): TwampRow[] {
    return [...this.engine.sessions({}, 'ended')];
  }
}
