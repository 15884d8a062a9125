/** One connection as conntrack prints it, in a line, as options, or as an element. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSaved, parseSavedLine } from '../../src/services/conntrack/connection-save.ts';
import { LineError, parseConnectionLine } from '../../src/services/conntrack/connection-text.ts';
import { parseConnectionElement } from '../../src/services/conntrack/connection-xml.ts';
import { readerOf, formOf } from '../../src/services/records/import-reader.ts';
import { checkConnection } from './service-session.ts';
import { octetsOf, refusable, textOf, type FuzzTarget } from './target.ts';

const folder = join(import.meta.dirname, '../vectors/conntrack');
const files = [
  'conntrack-L-extended-id-ktimestamp.txt',
  'conntrack-L-extended-id.txt',
  'conntrack-L-ipv6.txt',
  'conntrack-L-save.txt',
  'conntrack-L.xml',
  'conntrack-E-DESTROY-sample.txt',
  'conntrack-E-id-timestamp.txt',
  'conntrack-E-xml.xml',
  'proc-nf_conntrack.txt',
];

export const target: FuzzTarget = {
  octetsMax: 2048,
  words: [
    'src=',
    'dst=',
    'sport=',
    'dport=',
    'packets=',
    'bytes=',
    '[UNREPLIED]',
    '[ASSURED]',
    'mark=',
    'zone=',
    'id=',
    '--sport',
    '-p tcp',
    '-s',
    '-d',
    '-r',
    '-q',
    '<flow>',
    '<meta direction="original">',
    '<src>',
    '</flow>',
    'srckey=',
    '[DESTROY]',
  ],
  run: (octets) => {
    const text = textOf(octets);
    for (const parse of [parseConnectionLine, parseSavedLine, parseConnectionElement]) {
      const line = refusable(() => parse(text), LineError);
      if (line === undefined) continue;
      assert.deepEqual(parse(text), line);
      checkConnection(line.connection);
    }
    assert.equal(typeof isSaved(text), 'boolean');
  },
  seeds: () =>
    files.flatMap((file) => {
      const text = readFileSync(join(folder, file), 'utf8');
      const reader = readerOf(formOf(text));
      return [...reader.take(text), ...reader.end()]
        .slice(0, 12)
        .flatMap((entry) => ('text' in entry ? [octetsOf(entry.text)] : []));
    }),
};
