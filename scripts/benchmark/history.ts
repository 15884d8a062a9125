/** A history of ended TWAMP sessions, for what is measured over many rows. */
import { Sqlite } from '../../src/store/sqlite.ts';

/** Ended rows: connections of a minute, each with one session. */
export function fillHistory(file: string, rows: number): void {
  const database = new Sqlite(file);
  database.exec(`
    WITH RECURSIVE
      numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ${rows}),
      ids (n, connection, session) AS (SELECT n, n / 2 + 1, iif(n % 2, n / 2 + 1, 0) FROM numbers)
    INSERT INTO twamp_sessions (connection_id, session_id, type, role, vrf, local_address, local_port,
      remote_address, remote_port, started_wall_nanos, ended_wall_nanos, end_reason, sid, mode,
      received, sent, dropped, duplicates, reordered, last_sequence_received, last_sequence_sent)
    SELECT connection, session, iif(session, 'data', 'control'), 'server', 'default', '192.0.2.1',
      iif(session, 10000 + n % 10000, 862), '198.51.100.' || (n % 250), 20000 + n % 10000,
      1700000000000000000 + n * 1000000000, 1700000060000000000 + n * 1000000000, 'stopped',
      iif(session, hex(randomblob(16)), NULL), 'unauthenticated', n, n, 0, 0, 0, n, n
    FROM ids;
    UPDATE twamp_identifiers SET last = ${rows}`);
  database.close();
}
