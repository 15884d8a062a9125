/** Numbers in octets. */
import { expect, test } from 'vitest';
import { uint16, uint32 } from '../../../src/services/capture/octets.ts';

test('stand in either order, and have no sign', () => {
  const octets = Uint8Array.of(0x01, 0xf2, 0x03, 0x04, 0xf5, 0x06);
  expect([uint16(octets, 1), uint16(octets, 1, true)]).toEqual([0xf203, 0x03f2]);
  expect([uint32(octets, 1), uint32(octets, 1, true)]).toEqual([0xf20304f5, 0xf50403f2]);
});
