/** Tests of two captures of a router beside what its kernel said at the same time (test/vectors/conntrack). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Frame } from '../../../src/services/capture/frame.ts';
import { parseConnectionLine } from '../../../src/services/conntrack/connection-text.ts';
import { connectionStatus, type Connection } from '../../../src/services/conntrack/connection.ts';
import { paired, readCapture, tupleText, type Captured } from '../../support/captured-sessions.ts';

const folder = join(import.meta.dirname, '../../vectors/conntrack');

/** The instant of the listing, between its times that count down; frames behind it are not looked at. */
const LISTED_SECONDS = 1_795_337_484.1;
const before = ({ seconds, nanos }: Frame): boolean => seconds + nanos / 1e9 <= LISTED_SECONDS;

const captured = (name: string): Captured =>
  readCapture(gunzipSync(readFileSync(join(folder, `${name}.pcap.gz`))), { only: before });

const both = (): readonly Connection[] =>
  paired(captured('lan0'), captured('wan0')).map(({ connection }) => connection);

const listed: readonly Connection[] = readFileSync(join(folder, 'conntrack-L-extended-id.txt'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => parseConnectionLine(line).connection);

const keyOf = (connection: Connection): string => tupleText(connection.original);
const byKey = (connections: readonly Connection[]): ReadonlyMap<string, Connection> =>
  new Map(connections.map((connection) => [keyOf(connection), connection]));

/** What the ruleset has dropped and refused: the kernel never confirmed them. docs/services-sessions.md says so. */
const REFUSED = ['6 10.10.10.2:41289 10.20.20.1:9999', '6 10.10.10.2:46873 10.20.20.1:9998'];

/** What the kernel has translated, and then found nobody to send it to: there is no packet of it outside. */
const NEVER_LEFT = '17 10.10.10.2:58958 10.20.20.77:123';

/** Queries of DNS, for which the ruleset has a timeout of its own. */
const DNS_POLICY_SECONDS = 10;
const DNS_DEFAULT_SECONDS = 30;

describe('the captures of both sides of a router', () => {
  it('have the sessions of its listing, and those that its rules refused', () => {
    const [ours, kernels] = [both().map(keyOf).toSorted(), listed.map(keyOf).toSorted()];
    expect(kernels).toHaveLength(25);
    expect(ours.filter((key) => !kernels.includes(key))).toEqual(REFUSED);
    expect(kernels.filter((key) => !ours.includes(key))).toEqual([]);
  });

  it('have the same translations, counters and helpers', () => {
    const ours = byKey(both());
    for (const kernels of listed) {
      const found = ours.get(keyOf(kernels))!;
      if (keyOf(kernels) === NEVER_LEFT) {
        expect(tupleText(found.reply)).toBe('17 10.20.20.77:123 10.10.10.2:58958');
        continue;
      }
      expect(tupleText(found.reply)).toBe(tupleText(kernels.reply));
      expect(found.originalCounters, keyOf(kernels)).toEqual(kernels.originalCounters);
      expect(found.replyCounters, keyOf(kernels)).toEqual(kernels.replyCounters);
      expect(found.helper, keyOf(kernels)).toEqual(kernels.helper);
      const said = connectionStatus.expected | connectionStatus.helper;
      expect(found.status & ~said, keyOf(kernels)).toBe(kernels.status);
    }
  });

  it('have the same timeouts, but for a rule of the router', () => {
    const ours = byKey(both());
    for (const kernels of listed) {
      const isDns = kernels.original.destinationPort === 53;
      const given = isDns ? DNS_DEFAULT_SECONDS - DNS_POLICY_SECONDS : 0;
      // The last frame before the listing is up to a second older.
      const wanted = kernels.timeoutSeconds! + given;
      expect(
        Math.abs(ours.get(keyOf(kernels))!.timeoutSeconds! - wanted),
        keyOf(kernels),
      ).toBeLessThanOrEqual(1);
    }
  });

  it('have the masters that ctnetlink tells', () => {
    const masters = both().flatMap(({ original, master }) =>
      master === undefined ? [] : [`${tupleText(original)} < ${tupleText(master)}`],
    );
    expect(masters.toSorted()).toEqual([
      '17 10.10.10.2:6000 10.20.20.1:12682 < 17 10.10.10.2:5060 10.20.20.1:5060',
      '17 10.20.20.1:60352 10.11.11.11:40440 < 17 10.10.10.2:40440 10.20.20.1:69',
      '47 10.10.10.2:4242 10.20.20.1:49913 < 6 10.10.10.2:46074 10.20.20.1:1723',
      '6 10.10.10.2:51164 10.20.20.1:55715 < 6 10.10.10.2:35324 10.20.20.1:21',
      '6 10.20.20.1:57715 10.11.11.11:39759 < 6 10.10.10.2:35326 10.20.20.1:21',
    ]);
  });

  it('know the side of whoever began, also without NAT', () => {
    const sides = paired(captured('lan0'), captured('wan0'));
    const outside = sides.filter(({ isFromOutside }) => isFromOutside);
    expect(outside.map(({ connection }) => keyOf(connection)).toSorted()).toEqual([
      '17 10.20.20.1:60352 10.11.11.11:40440',
      '6 10.20.20.1:57715 10.11.11.11:39759',
    ]);
    const unknown = sides.filter(({ isFromOutside }) => isFromOutside === undefined);
    expect(unknown.map(({ connection }) => keyOf(connection)).toSorted()).toEqual([NEVER_LEFT, ...REFUSED]);
  });
});

it('one capture has them as they are on its side', () => {
  const { connections, passed } = captured('lan0');
  const inside = listed.map((connection) => {
    const isFromOutside = tupleText(connection.original).includes(' 10.11.11.11:');
    const { source, destination, protocol, sourcePort, destinationPort } = connection.reply;
    return isFromOutside
      ? tupleText({
          ...connection.reply,
          source: destination,
          destination: source,
          protocol,
          sourcePort: destinationPort,
          destinationPort: sourcePort,
        })
      : keyOf(connection);
  });
  expect(connections.map(keyOf).toSorted()).toEqual([...inside, ...REFUSED].toSorted());
  expect(passed).toEqual({ 'no-session': 13, 'not-ip': 4 });
});

it('to its end, the capture has the connections closed that the client has closed', () => {
  const whole = readCapture(gunzipSync(readFileSync(join(folder, 'lan0.pcap.gz'))));
  const ended = whole.connections.filter(({ endedWallNanos }) => endedWallNanos !== undefined);
  // The refused one, and what TIME_WAIT has left behind lives on.
  expect(ended.map(keyOf)).toEqual(['6 10.10.10.2:46873 10.20.20.1:9998']);
  expect(whole.frames).toBe(1590);
});
