/** What waits to be read of a connection, cut anyhow, and deciphered from some octet on. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ReceiveBuffer } from '../../src/twamp/receive-buffer.ts';

/** A cipher that everybody can break. */
const turned = (octets: Uint8Array): Uint8Array => octets.map((octet) => octet ^ 0xff);

function allOf(buffer: ReceiveBuffer): number[] {
  return [...buffer.take(buffer.length)];
}

test('what was sent is read, clear and then deciphered, however it is cut', () => {
  const anyOctets = fc.uint8Array({ maxLength: 400, size: 'max' });
  const conversation = fc.record({
    before: anyOctets,
    clear: fc.uint8Array({ minLength: 1, maxLength: 40 }),
    blocks: fc.array(fc.uint8Array({ minLength: 16, maxLength: 16 }), { maxLength: 40 }),
    size: fc.integer({ min: 1, max: 300 }),
  });
  fc.assert(
    fc.property(conversation, ({ before, clear, blocks, size }) => {
      const buffer = new ReceiveBuffer();
      buffer.append(before);
      expect(allOf(buffer)).toEqual([...before]);
      const begun: number[][] = [];
      buffer.decipherAfter(clear.length, (octets) => {
        begun.push([...octets]);
        return turned;
      });
      const wire = Buffer.concat([clear, ...blocks.map(turned)]);
      const read: number[] = [];
      for (let at = 0; at < wire.length; at += size) {
        buffer.append(wire.subarray(at, at + size));
        // What is clear is left until the decipher has begun with it.
        if (begun.length > 0) read.push(...allOf(buffer));
      }
      expect(begun).toEqual([[...clear]]);
      expect(read).toEqual([...clear, ...blocks.flatMap((block) => [...block])]);
    }),
  );
});

test('the decipher begins with the last clear octet, before anything enciphered is there', () => {
  const buffer = new ReceiveBuffer();
  let begun = false;
  buffer.decipherAfter(2, () => {
    begun = true;
    return turned;
  });
  buffer.append(Uint8Array.of(1));
  expect([begun, buffer.length]).toEqual([false, 1]);
  buffer.append(Uint8Array.of(2));
  expect([begun, buffer.length]).toEqual([true, 2]);
});

test('clear octets are waited for while what was read before them makes room', () => {
  const buffer = new ReceiveBuffer();
  buffer.append(new Uint8Array(200));
  buffer.take(200);
  let begun: number[] = [];
  buffer.decipherAfter(4, (octets) => {
    begun = [...octets];
    return turned;
  });
  buffer.append(Uint8Array.of(1, 2, 3));
  buffer.append(Uint8Array.of(4, ...new Uint8Array(64).fill(0xff)));
  expect(begun).toEqual([1, 2, 3, 4]);
  expect(allOf(buffer)).toEqual([1, 2, 3, 4, ...new Uint8Array(64)]);
});

test('part of a block is not read', () => {
  const buffer = new ReceiveBuffer();
  buffer.decipherAfter(0, () => turned);
  buffer.append(new Uint8Array(17));
  expect(buffer.length).toBe(16);
  buffer.append(new Uint8Array(15));
  expect(buffer.length).toBe(32);
});
