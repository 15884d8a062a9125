/** What node:dgram's workers count of the packets they send, asked while a packet leaves. */
import { Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, expect, test, vi } from 'vitest';
import { Departures } from '../../src/datapath/departures.ts';
import { DgramReflector } from '../../src/datapath/dgram-reflector.ts';
import { DgramSender } from '../../src/datapath/dgram-sender.ts';
import { workerCounters } from '../../src/datapath/link.ts';
import type { OpenRequest, WorkerMessage, WorkerRole, WorkerStart } from '../../src/datapath/link.ts';
import { CounterTable } from '../../src/twamp/counters.ts';
import { PacingHistogram } from '../../src/twamp/pacing.ts';
import { NewestTlvs } from '../../src/twamp/newest-tlvs.ts';
import { SampleRing } from '../../src/twamp/samples.ts';
import { plainSocket } from '../support/plain-socket.ts';

const V4 = '127.0.0.1';
const SESSION = 0;

afterEach(() => vi.restoreAllMocks());

const counters = workerCounters();
const startOf = (role: WorkerRole): WorkerStart => ({
  role,
  counters: counters.buffer,
  descriptors: new SharedArrayBuffer(0),
  monoOriginNanos: 0,
});

/** What the counters say of sent packets whenever node:dgram is given one by anybody but `peer`. */
function sentWhenLeaving(peer: Socket): number[] {
  const seen: number[] = [];
  const send = Reflect.get(Socket.prototype, 'send') as (this: Socket, ...operands: unknown[]) => void;
  vi.spyOn(Socket.prototype, 'send').mockImplementation(function (this: Socket, ...operands: unknown[]) {
    if (this !== peer) seen.push(counters.read(SESSION).sent);
    send.apply(this, operands);
  });
  return seen;
}

function requestTo(peer: Socket): OpenRequest {
  return {
    vrf: { kind: 'default' },
    localAddress: V4,
    wantedPort: 0,
    ports: { first: 22_000, last: 29_999 },
    remoteAddress: V4,
    remotePort: peer.address().port,
  };
}

/** The port of the session that the worker says it has opened. */
function portIn(posted: readonly WorkerMessage[]): number {
  const opened = posted.find((message) => message.type === 'opened');
  return opened!.localPort;
}

test('a reply counts as sent before it leaves', async () => {
  const peer = await plainSocket();
  const posted: WorkerMessage[] = [];
  const reflector = new DgramReflector(startOf('reflector'), (message) => posted.push(message));
  await reflector.handle({ type: 'open', session: SESSION, request: requestTo(peer) });
  await reflector.handle({ type: 'start', session: SESSION });
  const seen = sentWhenLeaving(peer);
  for (const packets of [1, 2, 3]) {
    peer.send(Buffer.alloc(41, 0x5a), portIn(posted), V4);
    await once(peer, 'message');
    expect(counters.read(SESSION).sent).toBe(packets);
  }
  expect(seen).toEqual([1, 2, 3]);
  await reflector.handle({ type: 'stop', session: SESSION });
});

test('a request counts as sent before it leaves', async () => {
  const peer = await plainSocket();
  const posted: WorkerMessage[] = [];
  const sender = new DgramSender(startOf('sender'), (message) => posted.push(message));
  await sender.handle({ type: 'open', session: SESSION, request: requestTo(peer) });
  const seen = sentWhenLeaving(peer);
  await sender.handle({
    type: 'run',
    session: SESSION,
    remotePort: peer.address().port,
    dscp: 0,
    ttl: 255,
    count: 3,
    intervalNanos: 0,
    exponential: false,
    startMonoNanos: 0,
    timeoutNanos: 1e6,
    paddingOctets: 27,
    ring: SampleRing.create(3).buffer,
    pacing: new PacingHistogram().buffer,
    newestTlvs: new NewestTlvs().buffer,
  });
  await expect.poll(() => posted.some(({ type }) => type === 'done')).toBe(true);
  expect(seen).toEqual([1, 2, 3]);
  await sender.handle({ type: 'stop', session: SESSION });
});

test('packets that fail one after the other leave the last number at the last that left', () => {
  const table = new CounterTable(1);
  table.reset(0);
  const departures = new Departures(table, 0);
  for (const sequence of [0, 1, 2, 3]) departures.leaving(sequence);
  departures.left(0);
  departures.failed(1);
  expect(table.read(0)).toMatchObject({ sent: 3, lastSequenceSent: 3 });
  departures.failed(2);
  departures.failed(3);
  expect(table.read(0)).toMatchObject({ sent: 1, lastSequenceSent: 0, dropped: { 'send-failed': 3 } });
});
