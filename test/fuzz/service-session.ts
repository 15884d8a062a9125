/** What holds for every service session, whatever it was read from. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { json } from '../../src/render/json.ts';
import { LISTED_OCTETS_MAX } from '../../src/render/session-listing.ts';
import { isoTime } from '../../src/render/time.ts';
import type { Connection } from '../../src/services/conntrack/connection.ts';
import { defaultMapping } from '../../src/services/mapping-settings.ts';
import { sessionOfConnection } from '../../src/services/mapping.ts';
import { sessionOfRecord, sessionRecord } from '../../src/services/records/records.ts';
import { sessionOf, storedSession } from '../../src/services/records/stored.ts';
import { listingOf } from '../../src/services/session-text.ts';
import type { ServiceSession } from '../../src/services/session.ts';

const schema = join(import.meta.dirname, '../../docs/schema/show-services-sessions.json');
const validate = new Ajv().compile(JSON.parse(readFileSync(schema, 'utf8')) as object);
const listings = [false, true].map((extensive) => listingOf({ extensive, isNamed: extensive }));
const LISTING = new Uint8Array(LISTED_OCTETS_MAX);
// eslint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;

const joined = (pieces: Iterable<unknown>): string => [...pieces].join('');

/** It obeys its schema, can be imported again, is stored as it is, and is listed in lines that nothing breaks. */
export function checkSession(session: ServiceSession): void {
  const record = sessionRecord(session, isoTime);
  const text = joined(json({ source: 'records', 'msp-session': [record] }));
  const document = JSON.parse(text) as { readonly 'msp-session': readonly [unknown] };
  assert(validate(document), `${JSON.stringify(validate.errors)} ${text}`);
  const again = sessionOfRecord(document['msp-session'][0]);
  assert.deepEqual(plain(again), plain(session));
  assert.deepEqual(plain(sessionOf(storedSession(session))), plain(session));
  for (const listing of listings) {
    listing.over(LISTING).add(session);
    const listed = Buffer.from(listing.octets.subarray(0, listing.length)).toString();
    assert(!CONTROLS.test(listed), JSON.stringify(listed));
  }
}

export function checkConnection(connection: Connection): void {
  checkSession(sessionOfConnection(connection, defaultMapping));
}

/** Views on octets compare by their octets alone. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
}
