/** Service sessions as records, in JSON. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RecordError, sessionOfRecord } from '../../src/services/records/records.ts';
import { endedRecord, mixedRecords } from '../support/service-records.ts';
import { checkSession } from './service-session.ts';
import { octetsOf, refusable, textOf, type FuzzTarget } from './target.ts';

const vectors = join(import.meta.dirname, '../vectors/service-sessions/junos-001.json');

export const target: FuzzTarget = {
  octetsMax: 4096,
  words: [
    '"__proto__"',
    '"constructor"',
    '"flow"',
    '"session-id"',
    '"nat"',
    '"start-time"',
    '"end-time"',
    '"1970-01-01T00:00:00Z"',
    'null',
    'true',
    '1e400',
    '-0',
  ],
  run: (octets) => {
    const value = refusable(() => JSON.parse(textOf(octets)) as unknown, SyntaxError);
    for (const record of Array.isArray(value) ? value : [value]) {
      const session = refusable(() => sessionOfRecord(record), RecordError);
      if (session !== undefined) checkSession(session);
    }
  },
  seeds: () => {
    const junos = JSON.parse(readFileSync(vectors, 'utf8')) as unknown;
    const all: unknown[] = [...mixedRecords, endedRecord];
    const sessions = (junos as { readonly 'msp-session'?: unknown[] })['msp-session'] ?? junos;
    return [...all, ...(Array.isArray(sessions) ? sessions.slice(0, 8) : [])].map((each) =>
      octetsOf(JSON.stringify(each)),
    );
  },
};
