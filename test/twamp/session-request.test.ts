/** Requests, addresses and identifiers on the wire. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeAddress, encodeAddress } from '../../src/twamp/address-field.ts';
import { RequestTwSession } from '../../src/twamp/messages.ts';
import { PADDING_OCTETS_MAX } from '../../src/twamp/packets.ts';
import { modeFeatures } from '../../src/twamp/protocol.ts';
import { decodeRequest, encodeRequest, type SessionRequest } from '../../src/twamp/session-request.ts';
import { makeSid } from '../../src/twamp/sid.ts';
import { SeededRandom } from '../support/seeded-random.ts';

const ordinary: SessionRequest = {
  ipVersion: 4,
  senderAddress: undefined,
  senderPort: 10_000,
  receiverAddress: undefined,
  receiverPort: 10_001,
  paddingOctets: 27,
  startTime: 0n,
  timeoutNanos: 2e9,
  dscp: 0,
};

describe('an address field', () => {
  test.each([
    ['127.0.0.1', '7f000001000000000000000000000000'],
    ['255.255.255.255', 'ffffffff000000000000000000000000'],
    ['::1', '00000000000000000000000000000001'],
    ['2001:db8::ff:0:1', '20010db800000000000000ff00000001'],
    [undefined, '00000000000000000000000000000000'],
  ])('holds %s', (address, hex) => {
    const field = encodeAddress(address);
    expect(Buffer.from(field).toString('hex')).toBe(hex);
    expect(decodeAddress(field, address?.includes(':') ? 6 : 4)).toBe(address);
  });

  test('drops the zone of a link-local address', () => {
    expect(decodeAddress(encodeAddress('fe80::1%lo'), 6)).toBe('fe80::1');
  });

  test('of IPv4 ignores the octets behind it', () => {
    const field = encodeAddress('192.0.2.1').fill(0xee, 4);
    expect(decodeAddress(field, 4)).toBe('192.0.2.1');
  });

  test('keeps every IPv6 address', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (field) => {
        expect(encodeAddress(decodeAddress(field, 6))).toEqual(field);
      }),
    );
  });
});

describe('a request', () => {
  test('survives the wire', () => {
    const request = fc.record({
      ipVersion: fc.constant(6 as const),
      senderAddress: fc.constantFrom(undefined, '2001:db8::1'),
      senderPort: fc.integer({ min: 1, max: 65_535 }),
      receiverAddress: fc.constantFrom(undefined, '2001:db8::2'),
      receiverPort: fc.nat(65_535),
      paddingOctets: fc.nat(PADDING_OCTETS_MAX),
      startTime: fc.bigInt(0n, 2n ** 64n - 1n),
      timeoutNanos: fc.nat(4_000_000_000),
      dscp: fc.nat(63),
      reflect: fc.record({ octetsToBeReflected: fc.nat(65_535), paddingToReflect: fc.nat(65_535) }),
    });
    fc.assert(
      fc.property(request, (sent) => {
        const octets = RequestTwSession.encode(encodeRequest(sent));
        expect(decodeRequest(RequestTwSession.decode(octets), modeFeatures.reflectOctets)).toEqual(sent);
      }),
    );
  });

  test.each([
    ['an IP version nobody has', { ipVersion: 5 }, 'not-supported'],
    ['Conf-Sender (OWAMP)', { confSender: 1 }, 'not-supported'],
    ['Conf-Receiver (OWAMP)', { confReceiver: 1 }, 'not-supported'],
    ['no port to answer to', { senderPort: 0 }, 'not-supported'],
    ['a PHB ID instead of a DSCP', { typeP: 0x40000000 }, 'not-supported'],
    [
      'more padding than a datagram holds',
      { paddingOctets: PADDING_OCTETS_MAX + 1 },
      'permanent-resource-limit',
    ],
    ['all the padding there can be', { paddingOctets: 0xffffffff }, 'permanent-resource-limit'],
  ])('with %s is refused', (_, broken, accept) => {
    expect(decodeRequest({ ...encodeRequest(ordinary), ...broken }, 0)).toBe(accept);
  });

  test.each([0, 46, 63])('may want DSCP %i', (dscp) => {
    expect(decodeRequest(encodeRequest({ ...ordinary, dscp }), 0)).toEqual({ ...ordinary, dscp });
  });

  test('says nothing of octets to reflect where that is not agreed (RFC 6038 §3.3)', () => {
    const reflect = { octetsToBeReflected: 1, paddingToReflect: 2 };
    expect(decodeRequest(encodeRequest({ ...ordinary, reflect }), 0)).toEqual(ordinary);
  });

  test('with the most padding, and numbers that mean nothing to a reflector, is taken', () => {
    const message = {
      ...encodeRequest(ordinary),
      paddingOctets: PADDING_OCTETS_MAX,
      packets: 100,
      scheduleSlots: 1,
    };
    expect(decodeRequest(message, 0)).toEqual({ ...ordinary, paddingOctets: PADDING_OCTETS_MAX });
  });
});

test.each([
  ['192.0.2.7', 'c0000207'],
  ['2001:db8::1:2', '00010002'],
])('a SID of %s is address, time, random', (address, head) => {
  const sid = makeSid(address, 1_795_335_564_000_000_000n, {
    octets: (count) => new Uint8Array(count).fill(0xab),
  });
  expect(Buffer.from(sid).toString('hex')).toBe(`${head}eead240c00000000abababab`);
});

test('two SIDs of one instant differ', () => {
  const random = new SeededRandom(1);
  expect(makeSid('::1', 0n, random)).not.toEqual(makeSid('::1', 0n, random));
});
