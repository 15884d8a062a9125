/** Sockets and batches of the kernel path, on this thread: what the kernel says of packets, and what it loses. */
import { isIPv6 } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { KernelClock } from '../../src/datapath/kernel-clock.ts';
import { KernelSocket } from '../../src/datapath/kernel-socket.ts';
import { available } from '../../src/native/libc.ts';
import type { Libc } from '../../src/native/libc.ts';
import { MessageBatch, createAncillary } from '../../src/datapath/message-batch.ts';
import { createStamp } from '../../src/twamp/packets.ts';
import type { Stamp } from '../../src/twamp/packets.ts';

const found = available();
const reason = 'libc' in found ? undefined : found.reason;
if (reason !== undefined) console.log(`kernel sockets are not tested: ${reason}`);
const libc = ('libc' in found ? found.libc : undefined) as Libc;

function open(address: string, remotePort = 0): KernelSocket {
  const ports = { first: 30_000, last: 39_999 };
  const ends = { localAddress: address, remoteAddress: address, remotePort, wantedPort: 0, ports };
  const socket = KernelSocket.open(libc, { vrf: { kind: 'default' }, ...ends });
  onTestFinished(() => socket.close());
  return socket;
}

/** Two sockets, each the other's remote. */
function pair(address: string): [KernelSocket, KernelSocket] {
  const one = open(address);
  const other = open(address, one.localPort);
  one.remotePort = other.localPort;
  return [one, other];
}

/** Makes `count` datagrams of `octets` octets, numbered from 0. */
function make(batch: MessageBatch, from: KernelSocket, count: number, octets: number): void {
  for (let slot = 0; slot < count; slot++) {
    batch.arena.view.setUint32(batch.offset(slot), slot);
    batch.address(slot, from);
    batch.compose(slot, octets, from.family);
  }
}

/** Makes and sends them, and returns how many left. */
function send(batch: MessageBatch, from: KernelSocket, count: number, octets: number): number {
  make(batch, from, count, octets);
  return batch.send(from, 0, count);
}

const nanosOf = ({ unixSeconds, nanos }: Stamp): bigint =>
  BigInt(unixSeconds) * 1_000_000_000n + BigInt(nanos);

describe.skipIf(reason !== undefined).each(['127.0.0.1', '::1'])('on %s', (address) => {
  test('datagrams arrive in order, with their octets, sender, TTL and DSCP', () => {
    const [sender, receiver] = pair(address);
    const out = new MessageBatch(libc, 4);
    const into = new MessageBatch(libc, 8);
    const ancillary = createAncillary();
    sender.dscp = 46;
    expect(send(out, sender, 3, 65_000)).toBe(3);
    expect(into.receive(receiver)).toBe(3);
    for (let slot = 0; slot < 3; slot++) {
      into.takeAncillary(slot, ancillary);
      expect(ancillary).toMatchObject({ ttl: 255, trafficClass: 46 << 2, drops: 0 });
      expect(into.received(slot)).toBe(65_000);
      expect(into.arena.view.getUint32(into.offset(slot))).toBe(slot);
      expect(into.isFromRemote(slot, receiver)).toBe(true);
      expect(into.isFromRemote(slot, open(address, sender.localPort + 1))).toBe(false);
    }
    expect(into.receive(receiver)).toBeLessThan(0);
    expect(libc.errorName()).toBe('EAGAIN');
  });

  test('segments arrive as datagrams of their own, and the slots are as they were', () => {
    const [sender, receiver] = pair(address);
    const out = new MessageBatch(libc, 16);
    const into = new MessageBatch(libc, 16);
    const numbers = (count: number): number[] =>
      Array.from({ length: count }, (_, slot) => into.arena.view.getUint32(into.offset(slot)));
    make(out, sender, 16, 1472);
    expect(out.sendSegmented(sender, 3, 13, 1472)).toBe(13);
    expect(into.receive(receiver)).toBe(13);
    expect(numbers(13)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
    for (let slot = 0; slot < 13; slot++) expect(into.received(slot)).toBe(1472);
    expect(out.send(sender, 3, 2)).toBe(2);
    expect(into.receive(receiver)).toBe(2);
    expect(numbers(2)).toEqual([3, 4]);
  });

  test('segments that are more than a datagram can be are refused, all of them', () => {
    const [sender, receiver] = pair(address);
    const batch = new MessageBatch(libc, 16);
    make(batch, sender, 16, 4100);
    expect(batch.sendSegmented(sender, 0, 16, 4100)).toBeLessThan(0);
    expect(libc.errorName()).toBe('EMSGSIZE');
    expect(batch.receive(receiver)).toBeLessThan(0);
  });

  test('[002/timestamping] the receive stamp is of the arrival, not of the reading', () => {
    const [sender, receiver] = pair(address);
    const batch = new MessageBatch(libc, 1);
    const clock = new KernelClock(libc, 0);
    const [before, after, ancillary] = [createStamp(), createStamp(), createAncillary()];
    clock.readWall(before);
    send(batch, sender, 1, 41);
    clock.readWall(after);
    clock.sleepUntil(clock.monoNanos() + 20e6);
    expect(batch.receive(receiver)).toBe(1);
    batch.takeAncillary(0, ancillary);
    expect(nanosOf(ancillary.stamp)).toBeGreaterThanOrEqual(nanosOf(before));
    expect(nanosOf(ancillary.stamp)).toBeLessThanOrEqual(nanosOf(after));
  });

  test('what a full receive buffer loses is told with the next packet', () => {
    const [sender, receiver] = pair(address);
    const batch = new MessageBatch(libc, 64);
    const ancillary = createAncillary();
    let sent = 0;
    for (let round = 0; round < 400; round++) sent += send(batch, sender, 64, 1400);
    const drain = (): number => {
      let received = 0;
      for (let count = batch.receive(receiver); count > 0; count = batch.receive(receiver)) {
        for (let slot = 0; slot < count; slot++) batch.takeAncillary(slot, ancillary);
        received += count;
      }
      return received;
    };
    const received = drain();
    expect(received).toBeLessThan(sent);
    send(batch, sender, 1, 41);
    expect(drain()).toBe(1);
    expect(ancillary.drops).toBe(sent - received);
  });
});

describe.skipIf(reason !== undefined)('the wrong address', () => {
  test.each(['192.0.2.1', '2001:db8::1', 'fe80::1', 'fe80::1%nowhere'])('%s is refused', (address) => {
    expect(isIPv6(address) || address.includes('.')).toBe(true);
    expect(() => open(address)).toThrow(expect.objectContaining({ code: 'address-unavailable' }));
  });
});
