/** services.db as it was before sessions were in blocks. */
import { Sqlite } from '../../src/store/sqlite.ts';
import type { Database } from '../../src/store/database.ts';
import { migrate } from '../../src/store/database.ts';
import { serviceMigrations } from '../../src/store/service-migrations.ts';

/** Two flows each, in one group; every other one has ended, and a third of them were not imported. */
export function fillFormer(database: Database, sessions: number): void {
  migrate(database, serviceMigrations.slice(0, 2));
  database.exec(`
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${sessions})
    INSERT INTO service_sessions SELECT n, 4294967296 + n, 'ms-0/0/0', 'ss', 'dns', 16, 0, 1, 1,
      1795337478153388001, iif(n % 2, NULL, 1795337478153388002), 'ams0', 'dns', '{"a":1}', iif(n % 3, 7, NULL) FROM numbers;
    INSERT INTO service_flows SELECT key, 'initiator', 0, 17, 167772160 + key, 4000, x'20010db8000000000000000000000001', 53,
      'Forward', 'I', 9007199254740991, 60, 30 FROM service_sessions;
    INSERT INTO service_flows SELECT key, 'responder', 1, 47, 1, NULL, 2, NULL, 'Drop', 'O', 0, 0, NULL FROM service_sessions;
    INSERT INTO service_imports VALUES (7, 'file', 1);
  `);
}

export function writeFormer(file: string, sessions: number): void {
  const database = new Sqlite(file);
  fillFormer(database, sessions);
  database.close();
}
