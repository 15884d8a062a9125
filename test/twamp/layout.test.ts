/** The message notation, and the sizes and offsets of every TWAMP-Control message. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytes, commandNumber, Layout, lowNibble, mbz, u16, u32, u64, u8 } from '../../src/twamp/layout.ts';
import { layouts, RequestTwSession, StartNAck } from '../../src/twamp/messages.ts';

const Everything = new Layout('Everything', {
  command: commandNumber(5),
  nibble: lowNibble,
  one: u8,
  two: u16,
  mbz: mbz(3),
  four: u32,
  eight: u64,
  some: bytes(5),
});

const everything = fc.record({
  nibble: fc.nat(0xf),
  one: fc.nat(0xff),
  two: fc.nat(0xffff),
  four: fc.nat(0xffffffff),
  eight: fc.bigInt(0n, 2n ** 64n - 1n),
  some: fc.uint8Array({ minLength: 5, maxLength: 5 }),
});

describe('a layout', () => {
  test('gives back what it encoded, from any place in memory', () => {
    fc.assert(
      fc.property(everything, fc.nat(9), (message, before) => {
        const octets = Everything.encode(message);
        const memory = new Uint8Array(before + octets.length + 3).fill(0xee);
        memory.set(octets, before);
        expect(Everything.decode(memory.subarray(before))).toEqual(message);
      }),
    );
  });

  test('writes constants, and ignores what stands in their place', () => {
    fc.assert(
      fc.property(everything, fc.nat(0xff), (message, garbage) => {
        const octets = Everything.encode(message);
        expect(octets[0]).toBe(5);
        expect([...octets.subarray(5, 8)]).toEqual([0, 0, 0]);
        octets.fill(garbage, 5, 8);
        octets[1] = octets[1]! | 0xf0;
        expect(Everything.decode(octets)).toEqual(message);
      }),
    );
  });

  test('is big-endian, and opens with its number', () => {
    const layout = new Layout('x', { number: commandNumber(9), a: u16, b: u32 });
    expect([...layout.encode({ a: 0x0102, b: 0x03040506 })]).toEqual([9, 1, 2, 3, 4, 5, 6]);
  });

  test('shares no memory with what it decoded', () => {
    const octets = Everything.encode({
      nibble: 1,
      one: 2,
      two: 3,
      four: 4,
      eight: 5n,
      some: new Uint8Array(5),
    });
    const { some } = Everything.decode(octets);
    octets.fill(0xff);
    expect([...some]).toEqual([0, 0, 0, 0, 0]);
  });

  test.each([
    ['a negative number', { one: -1 }, '0..255'],
    ['a number too large', { two: 0x10000 }, '0..65535'],
    ['a fraction', { four: 1.5 }, '0..4294967295'],
    ['more than half an octet', { nibble: 16 }, '0..15'],
    ['a large bigint', { eight: 2n ** 64n }, '0..2^64-1'],
    ['a negative bigint', { eight: -1n }, '0..2^64-1'],
    ['octets missing', { some: new Uint8Array(4) }, '5 octets'],
  ])('refuses to encode %s', (_, wrong, text) => {
    const message = { nibble: 1, one: 2, two: 3, four: 4, eight: 5n, some: new Uint8Array(5), ...wrong };
    expect(() => Everything.encode(message)).toThrow(new RangeError(text));
  });

  test('refuses to decode a message that is cut short', () => {
    const short = new Uint8Array(Everything.octets - 1);
    expect(() => Everything.decode(short)).toThrow(new RangeError('Everything is cut short'));
  });
});

test('the messages have the sizes of the RFCs', () => {
  const sizes = Object.fromEntries(Object.entries(layouts).map(([name, { octets }]) => [name, octets]));
  expect(sizes).toEqual({
    'Server-Greeting': 64,
    'Set-Up-Response': 164,
    'Server-Start': 48,
    'Request-TW-Session': 112,
    'Accept-Session': 48,
    'Start-Sessions': 32,
    'Start-Ack': 32,
    'Stop-Sessions': 32,
    // Of RFC 5938, listing nothing.
    'Start-N-Sessions': 32,
    'Start-N-Ack': 32,
    'Stop-N-Sessions': 32,
    'Stop-N-Ack': 32,
  });
});

test('SIDs stand between their number and the HMAC (RFC 5938 §3)', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ minLength: 16, maxLength: 16 })), fc.nat(0xff), (sids, accept) => {
      const octets = StartNAck.encode({ accept, sids });
      expect(octets).toHaveLength(32 + 16 * sids.length);
      expect([...octets.subarray(0, 2), ...octets.subarray(12, 16)]).toEqual([
        8,
        accept,
        0,
        0,
        0,
        sids.length,
      ]);
      expect(Buffer.compare(octets.subarray(16, -16), Buffer.concat(sids))).toBe(0);
      expect(StartNAck.octetsIn(octets)).toBe(octets.length);
      expect(StartNAck.decode(octets)).toEqual({ accept, sids });
    }),
  );
});

test('the fields of Request-TW-Session stand where RFC 5357 draws them', () => {
  const offsets = {
    confSender: 2,
    packets: 8,
    senderPort: 12,
    senderAddress: 16,
    receiverAddress: 32,
    sid: 48,
    paddingOctets: 64,
    startTime: 68,
    timeout: 76,
    typeP: 84,
    hmac: 96,
  } as const;
  for (const [field, offset] of Object.entries(offsets)) {
    expect(RequestTwSession.offset(field as keyof typeof offsets), field).toBe(offset);
  }
});
