/** A PostgreSQL of our own: Debian's package, a cluster in a temporary directory, on loopback and a Unix socket. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { schemaScript } from '../../src/fleet/schema.ts';
import { freePort } from './free-port.ts';

const VERSIONS = '/usr/lib/postgresql';

/** Of the newest version. */
const binaries = existsSync(VERSIONS)
  ? readdirSync(VERSIONS)
      .toSorted((one, other) => Number(other) - Number(one))
      .map((version) => join(VERSIONS, version, 'bin'))
      .find((directory) => existsSync(join(directory, 'initdb')))
  : undefined;

/** Why tests with a database cannot run. */
export const withoutPostgresql = binaries === undefined ? 'PostgreSQL is not installed' : undefined;

/** Who may run a server, which root may not. */
const NOBODY = 65_534;

const asNobody = process.getuid?.() === 0;
const prefix = asNobody ? ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'] : [];

function commandOf(program: string, words: readonly string[]): [string, string[]] {
  const [first, ...rest] = [...prefix, join(binaries!, program), ...words];
  return [first!, rest];
}

const HOSTS = `
local all postgres trust
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
`;

const READY_MILLIS_MAX = 20_000;

export class Postgresql {
  readonly directory = mkdtempSync(join(tmpdir(), 'dnrouter-postgresql-'));
  readonly port: number;
  readonly #settings: readonly string[];
  #server: ChildProcess | undefined;

  private constructor(port: number, settings: readonly string[]) {
    this.port = port;
    this.#settings = settings;
  }

  /** Starts one with an empty fleet in the database `fleet`; `settings` are those of postgresql.conf. */
  static async start(settings: readonly string[] = ['fsync=off']): Promise<Postgresql> {
    const server = new Postgresql(await freePort(), settings);
    try {
      await server.#begin();
      return server;
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  async #begin(): Promise<void> {
    if (asNobody) chownSync(this.directory, NOBODY, NOBODY);
    const words = [
      '-D',
      this.#data,
      '-U',
      'postgres',
      '-E',
      'UTF8',
      '--locale=C',
      '--no-sync',
      '-A',
      'trust',
    ];
    const [program, all] = commandOf('initdb', words);
    execFileSync(program, all, { stdio: 'pipe', cwd: this.directory });
    writeFileSync(join(this.#data, 'pg_hba.conf'), HOSTS);
    await this.run();
    await this.ask('CREATE DATABASE fleet', 'postgres');
    await this.ask(schemaScript());
  }

  get #data(): string {
    return join(this.directory, 'data');
  }

  /** Of the server, while it runs. */
  get pid(): number {
    return this.#server!.pid!;
  }

  /** A file that the server can read. */
  write(name: string, content: string): string {
    const file = join(this.directory, name);
    writeFileSync(file, content, { mode: 0o600 });
    if (asNobody) chownSync(file, NOBODY, NOBODY);
    return file;
  }

  async run(): Promise<void> {
    const settings = [
      `port=${this.port}`,
      'listen_addresses=127.0.0.1',
      `unix_socket_directories=${this.directory}`,
      'shared_buffers=64MB',
      'max_connections=100',
      'log_min_messages=fatal',
      ...this.#settings,
    ];
    const words = settings.flatMap((setting) => ['-c', setting]);
    const [program, all] = commandOf('postgres', ['-D', this.#data, ...words]);
    this.#server = spawn(program, all, { stdio: 'ignore', cwd: this.directory });
    const end = performance.now() + READY_MILLIS_MAX;
    for (;;) {
      try {
        await this.ask('SELECT 1', 'postgres');
        return;
      } catch (error) {
        if (performance.now() > end || this.#server.exitCode !== null) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  /** At once, with whatever it was doing: the next start recovers. */
  async kill(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined || server.exitCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGQUIT');
    await ended;
  }

  /** As its owner. */
  async ask(sql: string, database = 'fleet'): Promise<readonly Record<string, unknown>[]> {
    const client = await this.connect('postgres', undefined, database);
    try {
      const result = (await client.query(sql)) as pg.QueryResult | readonly pg.QueryResult[];
      return ('rows' in result ? result : result.at(-1)!).rows as Record<string, unknown>[];
    } finally {
      await client.end();
    }
  }

  async connect(user: string, password?: string, database = 'fleet'): Promise<pg.Client> {
    const client = new pg.Client({ host: this.directory, port: this.port, user, password, database });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /** A role of that name and password, which may publish as the node. */
  async addNode(node: string, role = node, password = passwordOf(role)): Promise<void> {
    await this.ask(
      `CREATE ROLE ${role} LOGIN PASSWORD '${password}'; SELECT dnrouter.add_node('${node}', '${role}')`,
    );
  }

  async addReader(role: string, password = passwordOf(role)): Promise<void> {
    await this.ask(`CREATE ROLE ${role} LOGIN PASSWORD '${password}'; SELECT dnrouter.add_reader('${role}')`);
  }

  /** Where a role of it is to connect to. */
  url(role: string): string {
    return `postgresql://${role}@127.0.0.1:${this.port}/fleet`;
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export const passwordOf = (role: string): string => `secret of ${role}`;
