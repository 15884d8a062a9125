/** The fleet's database: its tables, who may do what with them, and how each kind of row is put there. */
import type { OutboxKind } from '../store/fleet-outbox.ts';

/** In which everything is. */
export const SCHEMA = 'dnrouter';

type ColumnType = 'text' | 'bigint' | 'integer' | 'jsonb' | 'timestamptz' | 'bytea';

/** In SQL: milliseconds since 1970 of a time stamp, as the driver gives numbers. */
export const millisOf = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::float8`;

/** A table that routers write: each row is of one node, and has a version that grows. */
interface FleetTable {
  readonly name: string;
  /** Beside `node`, what names a row; the partition's column among them. */
  readonly key: readonly string[];
  readonly columns: Readonly<Record<string, ColumnType>>;
}

export const fleetTables: Readonly<Record<OutboxKind, FleetTable>> = {
  'twamp-session': {
    name: 'twamp_sessions',
    key: ['connection_id', 'session_id', 'started_at'],
    columns: {
      connection_id: 'bigint',
      session_id: 'bigint',
      started_at: 'timestamptz',
      started_wall_nanos: 'bigint',
      ended_wall_nanos: 'bigint',
      end_reason: 'text',
      type: 'text',
      role: 'text',
      vrf: 'text',
      local_address: 'text',
      local_port: 'integer',
      remote_address: 'text',
      remote_port: 'integer',
      sid: 'text',
      mode: 'text',
      received: 'bigint',
      sent: 'bigint',
      dropped: 'bigint',
      duplicates: 'bigint',
      reordered: 'bigint',
      last_sequence_received: 'bigint',
      last_sequence_sent: 'bigint',
      details: 'jsonb',
    },
  },
  result: {
    name: 'results',
    key: ['connection', 'session', 'span', 'slot_at'],
    columns: {
      connection: 'text',
      session: 'text',
      span: 'integer',
      slot_at: 'timestamptz',
      target: 'text',
      sent: 'bigint',
      lost: 'bigint',
      round_trip: 'bytea',
      egress: 'bytea',
      ingress: 'bytea',
    },
  },
  'service-count': {
    name: 'service_counts',
    key: ['counted_at', 'interface', 'service_set'],
    columns: {
      counted_at: 'timestamptz',
      interface: 'text',
      aggregate: 'text',
      service_set: 'text',
      sessions: 'bigint',
    },
  },
  'ended-session': {
    name: 'ended_sessions',
    key: ['ended_at', 'record_key'],
    columns: {
      ended_at: 'timestamptz',
      record_key: 'bigint',
      started_at: 'timestamptz',
      session_id: 'bigint',
      interface: 'text',
      aggregate: 'text',
      service_set: 'text',
      alg: 'text',
      flags: 'bigint',
      flows: 'jsonb',
    },
  },
  commit: {
    name: 'commits',
    key: ['number', 'committed_at'],
    columns: {
      number: 'bigint',
      committed_at: 'timestamptz',
      user_name: 'text',
      via: 'text',
      comment: 'text',
    },
  },
  audit: {
    name: 'audit',
    key: ['id', 'first_at'],
    columns: {
      id: 'bigint',
      first_at: 'timestamptz',
      last_at: 'timestamptz',
      kind: 'text',
      count: 'bigint',
      user_name: 'text',
      way: 'text',
      address: 'text',
      text: 'text',
      result: 'text',
    },
  },
};

/**
 * Puts rows of a kind: $1 is the node, $2 a JSON array of them. What is there with the same version or a greater one stays, so
 * that rows which are told again change nothing.
 */
export function upsertOf(kind: OutboxKind): string {
  const { name, key, columns } = fleetTables[kind];
  const names = Object.keys(columns);
  const changing = [...names.filter((column) => !key.includes(column)), 'version'];
  // In JSON, octets are Base64.
  const read = Object.entries(columns).map(
    ([column, type]) => `${column} ${type === 'bytea' ? 'text' : type}`,
  );
  const selected = Object.entries(columns).map(([column, type]) =>
    type === 'bytea' ? `decode(r.${column}, 'base64')` : `r.${column}`,
  );
  return `
    INSERT INTO ${SCHEMA}.${name} AS t (node, version, ${names.join(', ')})
    SELECT $1, r.version, ${selected.join(', ')}
    FROM jsonb_to_recordset($2::jsonb) AS r (version bigint, ${read.join(', ')})
    ON CONFLICT (node, ${key.join(', ')}) DO UPDATE
    SET ${changing.map((column) => `${column} = excluded.${column}`).join(', ')}
    WHERE t.version < excluded.version`;
}

/** How long one partition of a table lasts, and by which column; `spans`: of one part of the results each. */
interface Partitioned {
  readonly table: string;
  readonly column: string;
  readonly unit: 'day' | 'month' | 'year';
  /** Rows change again and again: room beside them spares their indexes. */
  readonly changing?: true;
}

/** Results of five minutes are many and soon too old; those of days are few. */
export const RESULT_SPANS = [
  { seconds: 300, table: 'results_minutes', unit: 'day' },
  { seconds: 3_600, table: 'results_hours', unit: 'month' },
  { seconds: 86_400, table: 'results_days', unit: 'year' },
] as const;

const partitioned: readonly Partitioned[] = [
  { table: 'twamp_sessions', column: 'started_at', unit: 'month', changing: true },
  ...RESULT_SPANS.map(({ table, unit }) => ({ table, column: 'slot_at', unit })),
  { table: 'service_counts', column: 'counted_at', unit: 'month' },
  { table: 'ended_sessions', column: 'ended_at', unit: 'month' },
  { table: 'commits', column: 'committed_at', unit: 'year' },
  { table: 'audit', column: 'first_at', unit: 'month' },
];

const indexes = `
  CREATE INDEX ON ${SCHEMA}.twamp_sessions (node, vrf, connection_id, session_id, started_at)
    WHERE ended_wall_nanos IS NULL;
  CREATE INDEX ON ${SCHEMA}.twamp_sessions (node, vrf, connection_id, session_id, started_at)
    WHERE ended_wall_nanos IS NOT NULL;
  CREATE INDEX ON ${SCHEMA}.results (slot_at, node);
  CREATE INDEX ON ${SCHEMA}.service_counts (node, counted_at DESC);
  CREATE INDEX ON ${SCHEMA}.audit (last_at);`;

/** Texts are sorted as on the router, octet by octet. */
const storedType = (type: ColumnType): string => (type === 'text' ? 'text COLLATE "C"' : type);

function createTable({ name, key, columns }: FleetTable): string {
  const all = Object.entries(columns).map(
    ([column, type]) => `${column} ${storedType(type)}${key.includes(column) ? ' NOT NULL' : ''}`,
  );
  const by =
    name === 'results' ? 'LIST (span)' : `RANGE (${partitioned.find(({ table }) => table === name)!.column})`;
  return `
  CREATE TABLE ${SCHEMA}.${name} (
    node ${storedType('text')} NOT NULL, version bigint NOT NULL, ${all.join(', ')},
    PRIMARY KEY (node, ${key.join(', ')})
  ) PARTITION BY ${by};`;
}

const ROUTERS = 'dnrouter_router';
const READERS = 'dnrouter_reader';

/** A router sees what is its own, and nothing else; a reader sees all, and changes nothing. */
const guard = (table: string): string => `
  ALTER TABLE ${SCHEMA}.${table} ENABLE ROW LEVEL SECURITY;
  CREATE POLICY own_rows ON ${SCHEMA}.${table} TO ${ROUTERS}
    USING (node = (SELECT ${SCHEMA}.own_node())) WITH CHECK (node = (SELECT ${SCHEMA}.own_node()));
  CREATE POLICY all_rows ON ${SCHEMA}.${table} FOR SELECT TO ${READERS} USING (true);
  GRANT SELECT, INSERT, UPDATE ON ${SCHEMA}.${table} TO ${ROUTERS};
  GRANT SELECT ON ${SCHEMA}.${table} TO ${READERS};`;

const writtenTables = [...Object.values(fleetTables).map(({ name }) => name), 'node_status'];

const rolesAndNodes = `
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${ROUTERS}') THEN CREATE ROLE ${ROUTERS} NOLOGIN; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${READERS}') THEN CREATE ROLE ${READERS} NOLOGIN; END IF;
  GRANT USAGE ON SCHEMA ${SCHEMA} TO ${ROUTERS}, ${READERS};
  GRANT SELECT ON ${SCHEMA}.migrations TO ${ROUTERS}, ${READERS};
  CREATE TABLE ${SCHEMA}.nodes (
    node ${storedType('text')} PRIMARY KEY CHECK (node <> ''), role name NOT NULL UNIQUE, added_at timestamptz NOT NULL DEFAULT now()
  );
  GRANT SELECT ON ${SCHEMA}.nodes TO ${READERS};
  CREATE FUNCTION ${SCHEMA}.own_node() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = ${SCHEMA}, pg_temp
    AS $f$ SELECT node FROM ${SCHEMA}.nodes WHERE role = session_user $f$;
  CREATE FUNCTION ${SCHEMA}.add_node(new_node text, login name) RETURNS void LANGUAGE plpgsql AS $f$
    BEGIN
      INSERT INTO ${SCHEMA}.nodes (node, role) VALUES (new_node, login)
        ON CONFLICT (node) DO UPDATE SET role = excluded.role;
      EXECUTE format('GRANT ${ROUTERS} TO %I', login);
    END $f$;
  CREATE FUNCTION ${SCHEMA}.add_reader(login name) RETURNS void LANGUAGE plpgsql AS $f$
    BEGIN EXECUTE format('GRANT ${READERS} TO %I', login); END $f$;
  REVOKE ALL ON FUNCTION ${SCHEMA}.add_node(text, name), ${SCHEMA}.add_reader(name) FROM PUBLIC;
  CREATE TABLE ${SCHEMA}.node_status (
    node ${storedType('text')} PRIMARY KEY, host text NOT NULL, software text NOT NULL, started_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL, interval_seconds integer NOT NULL, waiting bigint NOT NULL, dropped bigint NOT NULL
  );`;

const fillOf = (changing: true | undefined): number => (changing ? 60 : 100);

/** Partitions of the present time and the next; whoever is old goes to the default one. Also routers may ask for them. */
const partitions = `
  CREATE TABLE ${SCHEMA}.partitioned (
    parent text PRIMARY KEY, unit text NOT NULL, column_name text NOT NULL, fill integer NOT NULL
  );
  INSERT INTO ${SCHEMA}.partitioned VALUES
    ${partitioned.map(({ table, unit, column, changing }) => `('${table}', '${unit}', '${column}', ${fillOf(changing)})`).join(', ')};
  CREATE FUNCTION ${SCHEMA}.make_partitions() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = ${SCHEMA}, pg_temp AS $f$
    DECLARE
      each ${SCHEMA}.partitioned; start timestamptz; child text; made integer := 0;
    BEGIN
      FOR each IN SELECT * FROM ${SCHEMA}.partitioned LOOP
        FOR ahead IN 0..1 LOOP
          start := date_trunc(each.unit, now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
            + (ahead || ' ' || each.unit)::interval;
          child := each.parent || to_char(start AT TIME ZONE 'UTC', '"_"YYYYMMDD');
          CONTINUE WHEN to_regclass('${SCHEMA}.' || child) IS NOT NULL;
          PERFORM pg_advisory_xact_lock(8642, hashtext(child));
          CONTINUE WHEN to_regclass('${SCHEMA}.' || child) IS NOT NULL;
          BEGIN
            EXECUTE format('CREATE TABLE ${SCHEMA}.%I PARTITION OF ${SCHEMA}.%I FOR VALUES FROM (%L) TO (%L) WITH (fillfactor = %s)',
              child, each.parent, start, start + ('1 ' || each.unit)::interval, each.fill);
            made := made + 1;
          EXCEPTION WHEN check_violation THEN
            NULL; -- The default partition has rows of that time already.
          END;
        END LOOP;
      END LOOP;
      RETURN made;
    END $f$;
  GRANT EXECUTE ON FUNCTION ${SCHEMA}.make_partitions() TO ${ROUTERS};
  CREATE FUNCTION ${SCHEMA}.retain(which text, keep interval) RETURNS bigint LANGUAGE plpgsql AS $f$
    DECLARE
      each ${SCHEMA}.partitioned; child regclass; oldest timestamptz := now() - keep; bound text; gone bigint := 0; removed bigint;
    BEGIN
      SELECT * INTO STRICT each FROM ${SCHEMA}.partitioned WHERE parent = which;
      FOR child, bound IN
        SELECT c.oid::regclass, substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \\(''([^'']+)''\\)')
        FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid WHERE inhparent = ('${SCHEMA}.' || which)::regclass
      LOOP
        IF bound IS NULL THEN
          EXECUTE format('DELETE FROM %s WHERE %I < $1', child, each.column_name) USING oldest;
          GET DIAGNOSTICS removed = ROW_COUNT;
          gone := gone + removed;
        ELSIF bound::timestamptz <= oldest THEN
          EXECUTE format('SELECT count(*) FROM %s', child) INTO removed;
          EXECUTE format('DROP TABLE %s', child);
          gone := gone + removed;
        END IF;
      END LOOP;
      RETURN gone;
    END $f$;
  REVOKE ALL ON FUNCTION ${SCHEMA}.make_partitions(), ${SCHEMA}.retain(text, interval) FROM PUBLIC;
  GRANT EXECUTE ON FUNCTION ${SCHEMA}.make_partitions() TO ${ROUTERS};`;

const resultParts = RESULT_SPANS.map(
  ({ seconds, table }) =>
    `CREATE TABLE ${SCHEMA}.${table} PARTITION OF ${SCHEMA}.results FOR VALUES IN (${seconds}) PARTITION BY RANGE (slot_at);`,
).join('\n  ');

const defaults = partitioned
  .map(
    ({ table, changing }) =>
      `CREATE TABLE ${SCHEMA}.${table}_old PARTITION OF ${SCHEMA}.${table} DEFAULT WITH (fillfactor = ${fillOf(changing)});`,
  )
  .join('\n  ');

/**
 * A mesh is shown to the routers that it names, and what a member says of it to its owner. Whoever is concerned is told that
 * something has changed, on a channel of its own; nothing of it is said there.
 */
const meshes = `
  CREATE TABLE ${SCHEMA}.meshes (
    node ${storedType('text')} NOT NULL REFERENCES ${SCHEMA}.nodes ON DELETE CASCADE,
    name ${storedType('text')} NOT NULL CHECK (length(name) BETWEEN 1 AND 32),
    members text[] NOT NULL CHECK (cardinality(members) <= 500),
    definition jsonb NOT NULL CHECK (length(definition::text) <= 131072),
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (node, name)
  );
  CREATE TABLE ${SCHEMA}.mesh_members (
    node ${storedType('text')} NOT NULL REFERENCES ${SCHEMA}.nodes ON DELETE CASCADE,
    owner ${storedType('text')} NOT NULL CHECK (length(owner) <= 64),
    mesh ${storedType('text')} NOT NULL CHECK (length(mesh) <= 32),
    peers integer NOT NULL,
    refusal jsonb CHECK (length(refusal::text) <= 1024),
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (node, owner, mesh)
  );
  CREATE INDEX ON ${SCHEMA}.mesh_members (owner, mesh);
  ${['meshes', 'mesh_members'].map((table) => `${guard(table)}\n  GRANT DELETE ON ${SCHEMA}.${table} TO ${ROUTERS};`).join('')}
  CREATE POLICY of_its_members ON ${SCHEMA}.meshes FOR SELECT TO ${ROUTERS}
    USING ((SELECT ${SCHEMA}.own_node()) = ANY (members));
  CREATE POLICY of_its_owner ON ${SCHEMA}.mesh_members FOR SELECT TO ${ROUTERS}
    USING (owner = (SELECT ${SCHEMA}.own_node()));
  CREATE FUNCTION ${SCHEMA}.tell_members() RETURNS trigger LANGUAGE plpgsql AS $f$
    DECLARE member text;
    BEGIN
      FOR member IN SELECT DISTINCT unnest(OLD.members || NEW.members) LOOP
        PERFORM pg_notify('${SCHEMA}_' || md5(member), '');
      END LOOP;
      RETURN NULL;
    END $f$;
  CREATE FUNCTION ${SCHEMA}.tell_owner() RETURNS trigger LANGUAGE plpgsql AS $f$
    BEGIN
      PERFORM pg_notify('${SCHEMA}_' || md5(coalesce(NEW.owner, OLD.owner)), '');
      RETURN NULL;
    END $f$;
  CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON ${SCHEMA}.meshes
    FOR EACH ROW EXECUTE FUNCTION ${SCHEMA}.tell_members();
  CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON ${SCHEMA}.mesh_members
    FOR EACH ROW EXECUTE FUNCTION ${SCHEMA}.tell_owner();`;

/** What makes every version, oldest first: append to it, never edit what has been released. */
export const fleetMigrations: readonly string[] = [
  [
    rolesAndNodes,
    ...Object.values(fleetTables).map(createTable),
    `  ${resultParts}`,
    `  ${defaults}`,
    indexes,
    partitions,
    ...writtenTables.map(guard),
    `  PERFORM ${SCHEMA}.make_partitions();`,
  ].join('\n'),
  meshes,
];

export const SCHEMA_VERSION = fleetMigrations.length;

/** For psql, as the owner of the database: brings whatever version is there to the newest, or to an older one, all or nothing. */
export function schemaScript(version = SCHEMA_VERSION): string {
  const steps = fleetMigrations.slice(0, version).map(
    (statements, index) => `
DO $migration$ BEGIN
  IF EXISTS (SELECT FROM ${SCHEMA}.migrations WHERE number = ${index + 1}) THEN RETURN; END IF;
${statements}
  INSERT INTO ${SCHEMA}.migrations (number) VALUES (${index + 1});
END $migration$;
`,
  );
  return `BEGIN;
SELECT pg_advisory_xact_lock(8642);
CREATE SCHEMA IF NOT EXISTS ${SCHEMA};
CREATE TABLE IF NOT EXISTS ${SCHEMA}.migrations (number integer PRIMARY KEY, made_at timestamptz NOT NULL DEFAULT now());
${steps.join('')}
COMMIT;
`;
}
