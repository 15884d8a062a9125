/** Slots of a worker's arena. */
import { expect, test } from 'vitest';
import { NO_SLOT, PacketSlots } from '../../src/datapath/packet-slots.ts';

function takeAll(slots: PacketSlots): number[] {
  const offsets: number[] = [];
  for (let offset = slots.take(); offset !== NO_SLOT; offset = slots.take()) offsets.push(offset);
  return offsets;
}

test('slots lie apart, each with room for the largest datagram, and run out', () => {
  const slots = new PacketSlots();
  const offsets = takeAll(slots).sort((one, other) => one - other);
  const ends = [...offsets.slice(1), slots.arena.bytes.length];
  expect(offsets.length).toBeGreaterThan(1);
  offsets.forEach((offset, index) => expect(ends[index]! - offset).toBeGreaterThanOrEqual(65_527));
  slots.release(offsets[3]!);
  expect(slots.take()).toBe(offsets[3]);
  expect(slots.take()).toBe(NO_SLOT);
});

test('a slot is free again once its packet has left or failed, and the listener hears which', () => {
  const slots = new PacketSlots();
  const [offset] = takeAll(slots);
  const heard: unknown[] = [];
  const listener = {
    sent: (sequence: number) => heard.push(sequence),
    sendFailed: (sequence: number) => heard.push({ failed: sequence }),
  };
  slots.whenSent(offset!, 4_000_000_000, listener)(null);
  expect(slots.take()).toBe(offset);
  slots.whenSent(offset!, 7, listener)(new Error('ENETUNREACH'));
  expect(slots.take()).toBe(offset);
  expect(heard).toEqual([4_000_000_000, { failed: 7 }]);
});
