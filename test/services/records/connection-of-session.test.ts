/** Sessions as connections of Linux: what those have a place for, and what cannot be one. */
import { expect, test } from 'vitest';
import { noDetails } from '../../../src/services/conntrack/connection-details.ts';
import { connectionStatus } from '../../../src/services/conntrack/connection.ts';
import { STATUS_FACTOR } from '../../../src/services/mapping.ts';
import { listedSession } from '../../../src/services/records/connection-of-session.ts';
import type { ServiceSession } from '../../../src/services/session.ts';
import { flow, session } from '../../support/service-sessions.ts';
import { connection } from '../../support/tracked-connection.ts';

const there = flow(6, '10.0.0.2:5000', '192.0.2.1:80', { frames: 3, octets: 300 });
const back = flow(6, '192.0.2.1:80', '10.0.0.2:5000', { frames: 2, octets: 200, timeoutSeconds: 9 });
const listed = (changes: Partial<ServiceSession> = {}, flows = [there, back]) =>
  listedSession(session(flows, changes))?.connection;

const { original, reply } = connection();

test('has tuples, counters, times and the id of the kernel', () => {
  const told = session([there, back], { id: 5 * 2 ** 32 + 7, startedWallNanos: 1n, endedWallNanos: 2n });
  expect(listedSession(told)).toEqual({
    connection: connection({ startedWallNanos: 1n, endedWallNanos: 2n }),
    details: noDetails,
  });
});

test('of one flow, the reply is its other way round, without anything counted', () => {
  expect(listed({}, [there])).toMatchObject({
    original,
    reply,
    replyCounters: { packets: 0, octets: 0 },
  });
});

test.each([
  ['more than two flows', [there, back, back]],
  ['two protocols', [there, flow(17, '192.0.2.1:80', '10.0.0.2:5000')]],
  ['two families', [there, flow(6, '[2001:db8::1]:80', '[2001:db8::2]:5000')]],
])('%s are no connection', (_, flows) => {
  expect(listed({}, flows)).toBeUndefined();
});

const { assured, confirmed, expected, fixedTimeout, seenReply, offload, hardwareOffload } = connectionStatus;
const flags = (status: number): number => status * STATUS_FACTOR;

test.each<[what: string, changes: Partial<ServiceSession>, status: number]>([
  ['asymmetric', { asymmetric: true }, confirmed],
  ['of whose symmetry nothing is known', { asymmetric: undefined }, confirmed | seenReply],
  ['assured', { flags: flags(assured) + 15 }, confirmed | seenReply | assured],
  [
    'expected, of a fixed timeout',
    { flags: flags(expected | fixedTimeout) },
    confirmed | seenReply | expected | fixedTimeout,
  ],
  [
    'with flags that are told otherwise',
    { flags: flags(offload | hardwareOffload | seenReply), asymmetric: true },
    confirmed,
  ],
  ['offloaded', { offload: true }, confirmed | seenReply | offload],
  [
    'offloaded to hardware',
    { offload: true, flags: flags(hardwareOffload) },
    confirmed | seenReply | offload | hardwareOffload,
  ],
])('status of a session %s', (_, changes, status) => {
  expect(listed(changes)?.status).toBe(status);
});

test('what is translated is in the status', () => {
  const translated = flow(6, '192.0.2.1:80', '198.51.100.1:5000');
  expect(listed({}, [there, translated])?.status).toBe(confirmed | seenReply | connectionStatus.sourceNat);
});

test.each<[alg: string, port: number, helper: string | undefined]>([
  ['none', 21, undefined],
  ['0', 21, undefined],
  ['ftp', 21, 'ftp'],
  ['q931', 1720, 'Q.931'],
  // The port alone tells that.
  ['rsh', 514, undefined],
  ['rsh', 515, 'rsh'],
  ['no helper', 80, undefined],
])('ALG %s on port %d is of the helper %s', (alg, port, helper) => {
  const flows = [flow(6, '10.0.0.2:5000', `192.0.2.1:${port}`)];
  expect(listed({ alg }, flows)?.helper).toBe(helper);
});
