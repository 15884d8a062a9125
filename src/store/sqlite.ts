/**
 * better-sqlite3, in the release that this Node.js bears. Release 12, the last that runs on Node.js 20, ends the process from 24.19 on:
 * an object that goes while no script runs fails an assertion (nodejs/node#65446). Release 13 is made of Node-API, which has no such
 * objects.
 */
import { createRequire } from 'node:module';
import Release12 from 'better-sqlite3';

const FIRST_OF_RELEASE_13 = 24;

const major = Number(process.versions.node.split('.', 1)[0]);

function find(): typeof Release12 {
  if (major < FIRST_OF_RELEASE_13) return Release12;
  try {
    return createRequire(import.meta.url)('better-sqlite3-napi') as typeof Release12;
  } catch (error) {
    // There is none for this machine.
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return Release12;
    throw error;
  }
}

export const Sqlite = find();
