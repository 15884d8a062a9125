/** What the worker does for meshes: tells the database of this router's own, and reads those that it takes part in. */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type pg from 'pg';
import { NANOS_PER_SECOND, type Clock, type Timer, type Timers } from '../clock.ts';
import type { MeshRefusal, StoredDefinition } from './mesh-acceptance.ts';
import type { MeshDefinition } from './mesh-definition.ts';
import { isUnsupported } from './problems.ts';
import { millisOf, SCHEMA } from './schema.ts';

/** What the main thread wants of the database. */
export interface MeshPlan {
  /** Those of this router. */
  readonly own: readonly { readonly name: string; readonly definition: MeshDefinition }[];
  /** Those that it takes part in, and what it makes of them. */
  readonly memberships: readonly MembershipNote[];
}

export interface MembershipNote {
  readonly mesh: string;
  readonly owner: string;
  readonly peers: number;
  readonly refusal: MeshRefusal | undefined;
}

/** What a member says of a mesh of this router. */
export interface MemberNote {
  readonly mesh: string;
  readonly member: string;
  readonly peers: number;
  /** Null: it is accepted. */
  readonly refusal: MeshRefusal | null;
  readonly changedMillis: number;
}

export interface MeshNews {
  /** Grows with each change. */
  readonly number: number;
  /** Of memberships that the database was asked for; null: there is no such mesh for this router. */
  readonly definitions: readonly {
    readonly mesh: string;
    readonly owner: string;
    readonly definition: StoredDefinition;
  }[];
  readonly members: readonly MemberNote[];
}

/** Whether changes are told at once, or found by asking; undefined: nothing is asked. */
export type MeshHearing = 'notified' | 'polled' | undefined;

export interface ExchangeParts {
  readonly clock: Clock & Timers;
  /** What was read last, as `keep` was given it: it holds until the database says otherwise. */
  readonly kept: string | undefined;
  /** Puts it into a file, or throws. */
  readonly keep: (text: string) => void;
  /** The exchange is wanted before its time. */
  readonly wake: () => void;
}

/** However often the database says that something has changed. */
const PAUSE_NANOS = NANOS_PER_SECOND;

export class MeshExchange {
  readonly #parts: ExchangeParts;
  /** Undefined: the main thread has not said yet what it wants, and nothing of before is undone. */
  #plan: MeshPlan | undefined;
  #news: MeshNews;
  #text: string;
  #isWritten = true;
  #waiting: ((news: MeshNews) => void)[] = [];
  /** Who was told the plan. */
  #client: pg.Client | undefined;
  #told: MeshPlan | undefined;
  #hearing: MeshHearing;
  #timer: Timer | undefined;
  #askedMonoNanos = -Infinity;

  constructor(parts: ExchangeParts) {
    this.#parts = parts;
    const { kept } = parts;
    const definitions = kept === undefined ? [] : (JSON.parse(kept) as MeshNews['definitions']);
    this.#news = { number: 1, definitions, members: [] };
    this.#text = textOf(this.#news);
  }

  get hearing(): MeshHearing {
    return this.#isWanted() ? this.#hearing : undefined;
  }

  follow(plan: MeshPlan): void {
    if (isDeepStrictEqual(plan, this.#plan)) return;
    this.#plan = plan;
    this.#soon();
  }

  /** As soon as there is something that came after `number`. */
  newsAfter(number: number): Promise<MeshNews> {
    if (this.#news.number > number) return Promise.resolve(this.#news);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Tells what has changed, and asks. Rejects with what pg says. */
  async exchange(client: pg.Client, node: string): Promise<void> {
    const plan = this.#plan;
    if (plan === undefined) return;
    this.#askedMonoNanos = this.#parts.clock.monoNanos();
    if (client !== this.#client) this.#begin(client);
    if (this.#hearing === undefined && this.#isWanted()) this.#hearing = await listen(client, node);
    if (this.#told !== plan) await tell(client, node, plan);
    this.#told = plan;
    const definitions = await definitionsFor(client, node, plan);
    const members = plan.own.length === 0 ? [] : await membersOf(client, node);
    this.#hear({ definitions, members });
  }

  close(): void {
    this.#timer?.cancel();
  }

  #isWanted(): boolean {
    const { own, memberships } = this.#plan ?? { own: [], memberships: [] };
    return own.length > 0 || memberships.length > 0;
  }

  #begin(client: pg.Client): void {
    this.#client = client;
    this.#told = undefined;
    this.#hearing = undefined;
    client.on('notification', () => this.#soon());
  }

  #soon(): void {
    this.#timer?.cancel();
    this.#timer = this.#parts.clock.at(this.#askedMonoNanos + PAUSE_NANOS, this.#parts.wake);
  }

  #hear(heard: Pick<MeshNews, 'definitions' | 'members'>): void {
    const text = textOf(heard);
    const isSame = text === this.#text;
    if (isSame && this.#isWritten) return;
    this.#text = text;
    this.#write(heard.definitions);
    if (isSame) return;
    this.#news = { number: this.#news.number + 1, ...heard };
    for (const tell of this.#waiting.splice(0)) tell(this.#news);
  }

  /** Where the file does not take it, it is tried again with the next. */
  #write(definitions: MeshNews['definitions']): void {
    try {
      this.#parts.keep(JSON.stringify(definitions));
      this.#isWritten = true;
    } catch {
      this.#isWritten = false;
    }
  }
}

const textOf = ({ definitions, members }: Pick<MeshNews, 'definitions' | 'members'>): string =>
  JSON.stringify([definitions, members]);

/** Of each node its own: only who writes a mesh says something there, and it says nothing but that there is something. */
const channelOf = (node: string): string => `${SCHEMA}_${createHash('md5').update(node).digest('hex')}`;

/** Not every engine can, and not through every pooler. */
async function listen(client: pg.Client, node: string): Promise<MeshHearing> {
  try {
    await client.query(`LISTEN ${channelOf(node)}`);
    return 'notified';
  } catch (error) {
    if (!isUnsupported(error)) throw error;
    return 'polled';
  }
}

/** What is there is made what is planned; what is the same is not touched. */
async function tell(client: pg.Client, node: string, { own, memberships }: MeshPlan): Promise<void> {
  const wanted = JSON.stringify(memberships);
  await client.query(DROP, [node, wanted, own.map(({ name }) => name)]);
  if (memberships.length > 0) await client.query(PUT_MEMBERSHIPS, [node, wanted]);
  if (own.length === 0) return;
  const meshes = own.map(({ name, definition }) => ({
    name,
    members: definition.targets.map(({ member }) => member),
    definition,
  }));
  await client.query(PUT_MESHES, [node, JSON.stringify(meshes)]);
}

const PUT_MESHES = `
  INSERT INTO ${SCHEMA}.meshes AS t (node, name, members, definition)
  SELECT $1, r.name, r.members, r.definition
  FROM jsonb_to_recordset($2::jsonb) AS r (name text, members text[], definition jsonb)
  ON CONFLICT (node, name) DO UPDATE
  SET members = excluded.members, definition = excluded.definition, changed_at = now()
  WHERE (t.members, t.definition) IS DISTINCT FROM (excluded.members, excluded.definition)`;

const MEMBERSHIPS =
  'jsonb_to_recordset($2::jsonb) AS r (owner text, mesh text, peers integer, refusal jsonb)';

const DROP = `
  WITH meshes AS (DELETE FROM ${SCHEMA}.meshes WHERE node = $1 AND name <> ALL ($3::text[]))
  DELETE FROM ${SCHEMA}.mesh_members t WHERE node = $1
    AND NOT EXISTS (SELECT FROM ${MEMBERSHIPS} WHERE r.owner = t.owner AND r.mesh = t.mesh)`;

const PUT_MEMBERSHIPS = `
  INSERT INTO ${SCHEMA}.mesh_members AS t (node, owner, mesh, peers, refusal)
  SELECT $1, r.owner, r.mesh, r.peers, r.refusal FROM ${MEMBERSHIPS}
  ON CONFLICT (node, owner, mesh) DO UPDATE
  SET peers = excluded.peers, refusal = excluded.refusal, changed_at = now()
  WHERE (t.peers, t.refusal) IS DISTINCT FROM (excluded.peers, excluded.refusal)`;

/** Those that name this router: others are not shown to it, whatever it asks for. */
const DEFINITIONS = `
  SELECT w.mesh, w.owner, m.definition
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w (mesh, owner, place)
    LEFT JOIN ${SCHEMA}.meshes m ON m.node = w.owner AND m.name = w.mesh AND $3 = ANY (m.members)
  ORDER BY w.place`;

async function definitionsFor(
  client: pg.Client,
  node: string,
  { memberships }: MeshPlan,
): Promise<MeshNews['definitions']> {
  if (memberships.length === 0) return [];
  const wanted = [memberships.map(({ mesh }) => mesh), memberships.map(({ owner }) => owner)];
  const { rows } = await client.query<MeshNews['definitions'][number]>(DEFINITIONS, [...wanted, node]);
  return rows;
}

const MEMBERS = `
  SELECT v.mesh, v.node AS member, v.peers, v.refusal,
    ${millisOf('v.changed_at')} AS "changedMillis"
  FROM ${SCHEMA}.meshes m JOIN ${SCHEMA}.mesh_members v ON v.owner = m.node AND v.mesh = m.name AND v.node = ANY (m.members)
  WHERE m.node = $1 ORDER BY v.mesh, v.node`;

async function membersOf(client: pg.Client, node: string): Promise<readonly MemberNote[]> {
  return (await client.query<MemberNote>(MEMBERS, [node])).rows;
}
