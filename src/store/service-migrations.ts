/** Versions of services.db. */
import type { Database, Migration } from './database.ts';
import { ServiceSessionStore } from './service-session-store.ts';
import { serviceBlocks, serviceRanges, serviceRecords, serviceTables } from './service-sessions.ts';

/** A new file has no session to be moved. */
function beginBlocks(database: Database): void {
  database.exec(serviceBlocks);
  const store = new ServiceSessionStore(database);
  if (store.formerSessions() === 0) store.moveFormer();
}

export const serviceMigrations: readonly Migration[] = [
  serviceTables,
  serviceRecords,
  beginBlocks,
  serviceRanges,
];

/** What is otherwise moved little by little, at once. */
export function moveAllFormer(database: Database): void {
  const store = new ServiceSessionStore(database);
  while (store.moveFormer());
}
