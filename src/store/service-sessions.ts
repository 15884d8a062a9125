/** The tables of stateful service sessions (imported records, captures, ended sessions). */

const flowIndexes = ['protocol', 'source_address', 'source_port', 'destination_address', 'destination_port'];

const createFlowIndexes = flowIndexes
  .map((column) => `CREATE INDEX service_flows_${column} ON service_flows (${column});`)
  .join('\n  ');

/**
 * Migration of services.db.
 *
 * An address is an INTEGER (IPv4) or a BLOB of 16 octets (IPv6); the two never compare equal and each kind
 * sorts in address order, so a prefix is `BETWEEN lowest AND highest`. A port is NULL where the protocol has
 * none. The flow table is not STRICT: a column that holds both kinds would have to be ANY, which keeps a
 * JavaScript number as the REAL it is bound as.
 *
 * A filter on flows must be met by one flow as a whole, hence a row for each flow. The flow table is stored
 * by its key, so every index on it lists the sessions of one value in key order: no page needs sorting.
 */
export const serviceTables = `
  CREATE TABLE service_sessions (
    key INTEGER PRIMARY KEY,
    session_id INTEGER NOT NULL,
    interface TEXT NOT NULL,
    service_set TEXT NOT NULL,
    application_protocol TEXT NOT NULL,
    flags INTEGER NOT NULL,
    ip_action INTEGER NOT NULL CHECK (ip_action IN (0, 1)),
    offload INTEGER NOT NULL CHECK (offload IN (0, 1)),
    asymmetric INTEGER CHECK (asymmetric IN (0, 1)),
    nat_translation_type TEXT,
    started_wall_nanos INTEGER,
    ended_wall_nanos INTEGER
  ) STRICT;
  CREATE INDEX service_sessions_interface ON service_sessions (interface);
  CREATE INDEX service_sessions_service_set ON service_sessions (service_set);
  CREATE INDEX service_sessions_application_protocol ON service_sessions (application_protocol);

  CREATE TABLE service_flows (
    session_key INTEGER NOT NULL REFERENCES service_sessions (key) ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('initiator', 'responder', 'unknown')),
    position INTEGER NOT NULL,
    protocol INTEGER NOT NULL CHECK (protocol BETWEEN 0 AND 255),
    source_address INTEGER NOT NULL CHECK (
      typeof(source_address) = 'integer'
      OR (typeof(source_address) = 'blob' AND length(source_address) = 16)),
    source_port INTEGER CHECK (source_port BETWEEN 0 AND 65535),
    destination_address INTEGER NOT NULL CHECK (
      typeof(destination_address) = 'integer'
      OR (typeof(destination_address) = 'blob' AND length(destination_address) = 16)),
    destination_port INTEGER CHECK (destination_port BETWEEN 0 AND 65535),
    state TEXT NOT NULL CHECK (state IN ('Forward', 'Drop', 'Reject', 'Watch', 'Bypass', 'Unknown')),
    direction TEXT NOT NULL CHECK (direction IN ('I', 'O', 'U')),
    frames INTEGER NOT NULL,
    octets INTEGER NOT NULL,
    timeout_seconds INTEGER,
    PRIMARY KEY (session_key, position)
  ) WITHOUT ROWID;
  ${createFlowIndexes}
`;

/**
 * Migration of services.db. Sessions are shown group by group (an aggregate, its member, a service set), so an index has
 * them in that order; an empty aggregate is none. `nat` is what its writer makes of it: nobody filters by it.
 */
export const serviceRecords = `
  ALTER TABLE service_sessions DROP COLUMN nat_translation_type;
  ALTER TABLE service_sessions ADD COLUMN aggregate TEXT NOT NULL DEFAULT '';
  ALTER TABLE service_sessions ADD COLUMN application TEXT;
  ALTER TABLE service_sessions ADD COLUMN nat TEXT CHECK (json_valid(nat));
  ALTER TABLE service_sessions ADD COLUMN import_key INTEGER;
  DROP INDEX service_sessions_interface;
  DROP INDEX service_sessions_service_set;
  DROP INDEX service_sessions_application_protocol;
  CREATE INDEX service_sessions_live ON service_sessions (aggregate, interface, service_set, key)
    WHERE ended_wall_nanos IS NULL;
  CREATE INDEX service_sessions_ended ON service_sessions (aggregate, interface, service_set, key)
    WHERE ended_wall_nanos IS NOT NULL;
  CREATE INDEX service_sessions_import ON service_sessions (import_key);

  CREATE TABLE service_imports (
    key INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    imported_wall_nanos INTEGER NOT NULL
  ) STRICT;
`;

/**
 * Migration of services.db. A session is a row, with its flows as octets (stored-session.ts): who is searched for is found
 * in blocks (service-block.ts), each of sessions of one group and one import, in the order of their keys. Blocks of a group
 * do not overlap. A column of a block is a row of its own, whose key is the block's times 8 and the column's place:
 * what a search does not look at, it does not read. Sessions there are move into them little by little (former-sessions.ts).
 */
export const serviceBlocks = `
  ALTER TABLE service_sessions RENAME TO former_sessions;
  ALTER TABLE service_flows RENAME TO former_flows;
  CREATE TABLE former_moved (
    /** Former sessions up to this one are in blocks. */
    key INTEGER NOT NULL
  ) STRICT;
  INSERT INTO former_moved VALUES (0);

  CREATE TABLE service_groups (
    key INTEGER PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('live', 'ended')),
    aggregate TEXT NOT NULL,
    interface TEXT NOT NULL,
    service_set TEXT NOT NULL,
    UNIQUE (state, aggregate, interface, service_set)
  ) STRICT;

  CREATE TABLE service_sessions (
    key INTEGER PRIMARY KEY,
    import_key INTEGER,
    group_key INTEGER NOT NULL,
    session_id INTEGER NOT NULL,
    application_protocol TEXT NOT NULL,
    application TEXT,
    flags INTEGER NOT NULL,
    features INTEGER NOT NULL,
    nat TEXT,
    started_wall_nanos INTEGER,
    ended_wall_nanos INTEGER,
    flows BLOB NOT NULL
  ) STRICT;
  CREATE INDEX service_sessions_recorded ON service_sessions (key) WHERE import_key IS NULL;

  CREATE TABLE service_blocks (
    key INTEGER PRIMARY KEY,
    import_key INTEGER,
    group_key INTEGER NOT NULL,
    first_key INTEGER NOT NULL,
    last_key INTEGER NOT NULL,
    sessions INTEGER NOT NULL,
    flows INTEGER NOT NULL,
    names TEXT NOT NULL
  ) STRICT;
  CREATE INDEX service_blocks_group ON service_blocks (group_key, last_key);
  CREATE INDEX service_blocks_import ON service_blocks (import_key);

  CREATE TABLE service_columns (
    key INTEGER PRIMARY KEY,
    octets BLOB NOT NULL
  ) STRICT;
`;

/** Migration of services.db. What a block's flows lie between: a search leaves out blocks without reading them. */
export const serviceRanges = 'ALTER TABLE service_blocks ADD COLUMN ranges BLOB';
