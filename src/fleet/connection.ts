/** A connection to the fleet's database. */
import { readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import pg from 'pg';
import { FleetError } from './problems.ts';
import { SCHEMA, SCHEMA_VERSION } from './schema.ts';
import { isSocket, type Credentials, type DatabasePlace } from './settings.ts';

/** Nobody waits longer for a connection or an answer; the server gives up a statement before. */
export interface Patience {
  readonly connectMillis: number;
  readonly answerMillis: number;
}

export const PATIENCE: Patience = { connectMillis: 5_000, answerMillis: 20_000 };

/** Share of our patience after which the server is to give up. */
const SERVER_SHARE = 0.75;

type Tls = false | { readonly rejectUnauthorized: boolean; readonly ca?: string };

function tlsOf(place: DatabasePlace): Tls {
  const { tls, caFile } = place;
  // A Unix socket has none, and needs none.
  if (tls === 'disable' || isSocket(place)) return false;
  return {
    rejectUnauthorized: tls === 'verify-full',
    ...(caFile !== undefined && { ca: authorities(caFile) }),
  };
}

function authorities(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new FleetError('ca-file', { file, said: (error as NodeJS.ErrnoException).code ?? '' });
  }
}

/** Connects, and looks whether the tables are ours. Rejects with what pg or FleetError says. */
export async function connect(
  place: DatabasePlace,
  { user, password }: Credentials,
  { patience: { connectMillis, answerMillis } = PATIENCE, signal }: ConnectOptions = {},
): Promise<pg.Client> {
  const { host, port, database } = place;
  const client = new pg.Client({
    host,
    port,
    database,
    user,
    // What is not configured is not taken from the environment either.
    password: password ?? '',
    ssl: tlsOf(place),
    application_name: SCHEMA,
    connectionTimeoutMillis: connectMillis,
    query_timeout: answerMillis,
    statement_timeout: Math.round(answerMillis * SERVER_SHARE),
    keepAlive: true,
  });
  // A connection that is lost fails the next query; without a listener it would fail the process.
  client.on('error', () => undefined);
  const giveUp = (): void => void streamOf(client).destroy(new Error('stopped'));
  signal?.addEventListener('abort', giveUp);
  try {
    await client.connect();
    await assertVersion(client);
    return client;
  } catch (error) {
    void disconnect(client);
    throw error;
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
}

interface ConnectOptions {
  readonly patience?: Patience;
  /** Whoever gives up does not wait for a server that is silent. */
  readonly signal?: AbortSignal;
}

function streamOf(client: pg.Client): Duplex {
  return (client as unknown as { readonly connection: { readonly stream: Duplex } }).connection.stream;
}

async function assertVersion(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ found: number }>(
    `SELECT coalesce(max(number), 0)::int AS found FROM ${SCHEMA}.migrations`,
  );
  const found = rows[0]?.found ?? 0;
  if (found !== SCHEMA_VERSION) throw new FleetError('schema-version', { found, wanted: SCHEMA_VERSION });
}

/** Without waiting for a server that is silent. */
export async function disconnect(client: pg.Client): Promise<void> {
  const patience = setTimeout(() => streamOf(client).destroy(), DISCONNECT_MILLIS);
  await client.end().catch(() => undefined);
  clearTimeout(patience);
}

const DISCONNECT_MILLIS = 250;
