/** What was read of connections is written as it was, to the octet. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { detailsOfLine } from '../../../src/services/conntrack/connection-details.ts';
import { parseConnectionLine } from '../../../src/services/conntrack/connection-text.ts';
import { connectionLine } from '../../../src/services/conntrack/connection-writer.ts';

const folder = join(import.meta.dirname, '../../vectors/conntrack');
const linesOf = (name: string): readonly string[] =>
  readFileSync(join(folder, name), 'utf8').trimEnd().split('\n');

const plain = { isExtended: false, hasIds: true, nowWallNanos: 0n };

describe('what was read is written as it was', () => {
  test.each(['conntrack-L-extended-id.txt', 'conntrack-L-ipv6.txt'])('%s', (name) => {
    for (const line of linesOf(name)) {
      const listed = { connection: parseConnectionLine(line).connection, details: detailsOfLine(line) };
      const written = connectionLine(listed, { ...plain, isExtended: true });
      expect(written).toBe(line.replace(/ delta-time=\d+/, ''));
    }
  });

  test('events of connections that have ended', () => {
    for (const line of linesOf('conntrack-E-DESTROY-sample.txt')) {
      const { connection } = parseConnectionLine(line);
      // The state of a connection without a timeout is not read.
      const written = connectionLine({ connection, details: detailsOfLine(line) }, plain);
      expect(written).toBe(line.replace(' CLOSE', '').replace(/ delta-time=\d+/, ''));
    }
  });
});
