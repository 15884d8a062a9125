/** Stamps and what they are moved on by, against the kernel's own stamp of the same packet on this machine. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { CounterTable } from '../../src/twamp/counters.ts';
import { HeldDescriptors } from '../../src/datapath/held-descriptors.ts';
import { KernelClock, advance, nanosBetween } from '../../src/datapath/kernel-clock.ts';
import { KernelSocket } from '../../src/datapath/kernel-socket.ts';
import { available } from '../../src/native/libc.ts';
import type { Libc } from '../../src/native/libc.ts';
import { MessageBatch, createAncillary } from '../../src/datapath/message-batch.ts';
import { Transmitter } from '../../src/datapath/transmitter.ts';
import type { Completion } from '../../src/datapath/transmitter.ts';
import { createStamp } from '../../src/twamp/packets.ts';
import type { Stamp } from '../../src/twamp/packets.ts';

const found = available();
if (!('libc' in found)) console.log(`the transmitter is not tested: ${found.reason}`);
const libc = ('libc' in found ? found.libc : undefined) as Libc;

/** As whose packets are counted. */
const SESSION = 0;

/** A transmitter, its counters, and the instants it has written into packets, which it numbers from 1 on. */
function transmitter(through = libc) {
  const descriptors = new HeldDescriptors();
  onTestFinished(() => descriptors.closeAll());
  const written: Stamp[] = [];
  const packets: Completion = {
    session: SESSION,
    seals: false,
    complete: (_arena, _offset, stamp) => written.push({ ...stamp }),
  };
  const counters = new CounterTable(1);
  counters.reset(SESSION);
  const under = new Transmitter(through, new KernelClock(libc, 0), descriptors, counters, packets);
  return { transmitter: under, packets, written, counters };
}

/** The C library; before each call that sends, `before` says how many of its datagrams the kernel is to be given. */
function sendingLibc(before: (count: number) => number): Libc {
  return {
    ...libc,
    sendmmsg: (fd, messages, count, flags) => {
      const given = before(count);
      return given > 0 ? libc.sendmmsg(fd, messages, given, flags) : -1;
    },
  };
}

/** `slots` packets of `octets` octets to the socket itself. */
function batchTo(socket: KernelSocket, slots: number, octets: number, through = libc): MessageBatch {
  const batch = new MessageBatch(through, slots);
  for (let slot = 0; slot < slots; slot++) {
    batch.address(slot, socket);
    batch.compose(slot, octets, socket.family);
  }
  return batch;
}

/** A socket whose remote it is itself. */
function selfSocket(address: string): KernelSocket {
  const ports = { first: 30_000, last: 39_999 };
  const ends = { localAddress: address, remoteAddress: address, remotePort: 0, wantedPort: 0, ports };
  const socket = KernelSocket.open(libc, { vrf: { kind: 'default' }, ...ends });
  socket.remotePort = socket.localPort;
  onTestFinished(() => socket.close());
  return socket;
}

describe.skipIf(!('libc' in found)).each(['127.0.0.1', '::1'])('on %s', (address) => {
  test('a packet is not stamped later than the kernel sees it, and later than the clock was read', () => {
    const { transmitter: under, packets, written } = transmitter();
    const socket = selfSocket(address);
    under.rehearsal.prepare(socket.family);
    expect(under.rehearsal.lagNanos).toBeGreaterThan(0);
    const batch = new MessageBatch(libc, 1);
    const clock = new KernelClock(libc, 0);
    const [read, { stamp: arrival, ...rest }] = [createStamp(), createAncillary()];
    for (let packet = 0; packet < 100; packet++) {
      batch.address(0, socket);
      batch.compose(0, 41, socket.family);
      under.rehearsal.warm(packet * 1e6);
      clock.readWall(read);
      expect(under.send(batch, socket, packets, 0, 1)).toBe(1);
      expect(batch.receive(socket)).toBe(1);
      batch.takeAncillary(0, { stamp: arrival, ...rest });
      const stamped = written.at(-1)!;
      expect(nanosBetween(read, stamped)).toBeGreaterThanOrEqual(under.rehearsal.lagNanos);
      expect(nanosBetween(stamped, arrival)).toBeGreaterThanOrEqual(0);
    }
  });

  test('a rehearsal follows silence alone, and nobody else hears it', () => {
    const { transmitter: under, written } = transmitter();
    const socket = selfSocket(address);
    under.rehearsal.prepare(socket.family);
    const rehearsed = (monoNanos: number): number => {
      const before = written.length;
      under.rehearsal.warm(monoNanos);
      return written.length - before;
    };
    const first = rehearsed(0);
    expect(first).toBeGreaterThan(0);
    expect([rehearsed(100_000), rehearsed(200_000), rehearsed(10e6)]).toEqual([0, 0, first]);
    expect(new MessageBatch(libc, 1).receive(socket)).toBeLessThan(0);
  });
});

describe.skipIf(!('libc' in found))('a batch', () => {
  test('unrehearsed it is stamped as of the reading of the clock, one packet after the other', () => {
    const { transmitter: under, packets, written } = transmitter();
    const socket = selfSocket('127.0.0.1');
    const batch = batchTo(socket, 4, 41);
    under.rehearsal.warm(0);
    expect(under.rehearsal.lagNanos).toBe(0);
    expect(under.send(batch, socket, packets, 1, 4)).toBe(3);
    const spacing = [nanosBetween(written[0]!, written[1]!), nanosBetween(written[1]!, written[2]!)];
    expect(spacing[0]).toBeGreaterThan(0);
    expect(spacing[1]).toBe(spacing[0]);
  });

  test('sealed packets leave in trains of four, each completed once, also where the kernel will not cut', () => {
    const { transmitter: under, packets, written } = transmitter();
    const sealed = { ...packets, seals: true };
    const socket = selfSocket('127.0.0.1');
    const batch = new MessageBatch(libc, 6);
    for (const segments of [true, false]) {
      for (let slot = 0; slot < 6; slot++) {
        batch.address(slot, socket);
        batch.compose(slot, 112, socket.family);
      }
      written.length = 0;
      socket.segments = segments;
      expect(under.sendTrain(batch, socket, sealed, 0, 6, 112)).toBe(segments ? 4 : 1);
      expect([under.completed, written.length]).toEqual(segments ? [4, 4] : [1, 1]);
      // They leave together.
      expect(new Set(written.map(({ nanos }) => nanos)).size).toBe(1);
      expect(new MessageBatch(libc, 8).receive(socket)).toBe(segments ? 4 : 1);
    }
  });

  test('a train of sealed packets that cannot be cut leaves as it is, without being completed again', () => {
    const { transmitter: under, packets, written } = transmitter();
    const socket = selfSocket('127.0.0.1');
    // Together longer than a datagram can be.
    const octets = 40_000;
    const batch = batchTo(socket, 2, octets);
    expect(under.sendTrain(batch, socket, { ...packets, seals: true }, 0, 2, octets)).toBe(2);
    expect([under.completed, written.length, socket.segments]).toEqual([2, 2, false]);
  });
});

describe.skipIf(!('libc' in found))('counters', () => {
  const octets = 112;

  test.each([false, true].flatMap((seals) => [false, true].map((segments) => ({ seals, segments }))))(
    'packets are counted when the kernel gets them: %o',
    ({ seals, segments }) => {
      const sentThen: unknown[] = [];
      const slow = sendingLibc((count) => {
        const { sent, lastSequenceSent } = counters.read(SESSION);
        sentThen.push([sent, lastSequenceSent]);
        return count;
      });
      const { transmitter: under, packets, counters } = transmitter(slow);
      const socket = selfSocket('127.0.0.1');
      socket.segments = segments;
      const batch = batchTo(socket, 3, octets, slow);
      const left = under.sendTrain(batch, socket, { ...packets, seals }, 0, 3, octets);
      expect(left).toBe(seals && !segments ? 1 : 3);
      expect(sentThen).toEqual([[left, left]]);
      expect(counters.read(SESSION)).toMatchObject({ sent: left, lastSequenceSent: left });
    },
  );

  test('of a batch that the kernel breaks off, what left is counted', () => {
    let given = 4;
    const narrow = sendingLibc((count) => Math.min(count, given));
    const { transmitter: under, packets, counters } = transmitter(narrow);
    const socket = selfSocket('127.0.0.1');
    const batch = batchTo(socket, 4, octets, narrow);
    const sends: unknown[] = [];
    for (given of [1, 0, 4, 0, 2]) {
      const left = under.send(batch, socket, packets, 0, 4);
      const { sent, lastSequenceSent } = counters.read(SESSION);
      sends.push({ left, sent, lastSequenceSent });
    }
    // Each send completes, and so numbers, four packets.
    expect(sends).toEqual([
      { left: 1, sent: 1, lastSequenceSent: 1 },
      { left: 0, sent: 1, lastSequenceSent: 1 },
      { left: 4, sent: 5, lastSequenceSent: 12 },
      { left: 0, sent: 5, lastSequenceSent: 12 },
      { left: 2, sent: 7, lastSequenceSent: 18 },
    ]);
  });

  test.each([false, true])('a train that the kernel will not cut is counted once (sealed: %s)', (seals) => {
    const { transmitter: under, packets, counters } = transmitter();
    const socket = selfSocket('127.0.0.1');
    // Together longer than a datagram can be.
    const long = 40_000;
    expect(under.sendTrain(batchTo(socket, 2, long), socket, { ...packets, seals }, 0, 2, long)).toBe(2);
    expect(socket.segments).toBe(false);
    expect(counters.read(SESSION).sent).toBe(2);
  });
});

test('from one wall time to another, across the second and back', () => {
  const early = { unixSeconds: 1_800_000_000, nanos: 999_999_000, monoNanos: 0 };
  const late = { ...early };
  advance(late, 5000);
  expect(late).toMatchObject({ unixSeconds: 1_800_000_001, nanos: 4000 });
  expect([nanosBetween(early, late), nanosBetween(late, early)]).toEqual([5000, -5000]);
});
