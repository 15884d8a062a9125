/** Fragments, and the first ones that say which session they are of. */
import { expect, test } from 'vitest';
import { Fragments } from '../../../src/services/capture/fragments.ts';
import { Packet } from '../../../src/services/capture/packet.ts';
import { ipProtocol } from '../../../src/services/ip-protocols.ts';
import { ip, link } from '../../support/captures.ts';

interface Fragment {
  readonly from?: string;
  readonly to?: string;
  readonly protocol?: number;
  readonly identification?: number;
  readonly seconds?: number;
}

/** A fragment that was read; those of IPv6 have a header of their own. */
function fragment(offset: number, rest: Fragment = {}): Packet {
  const {
    from = '10.0.0.1',
    to = '10.0.0.2',
    protocol = ipProtocol.udp,
    identification = 7,
    seconds = 0,
  } = rest;
  const header = Uint8Array.from([0, 0, offset | 1, 0, 0, 0, identification]);
  const options = from.includes(':')
    ? { extensions: [[44, header]] as const }
    : { fragment: [offset, true] as const, identification };
  const octets = ip(protocol, from, to, new Uint8Array(16), options);
  const packet = new Packet();
  const frame = { number: 1, octets, start: 0, end: octets.length, wireOctets: octets.length };
  expect(packet.read({ ...frame, linkType: link.raw, interface: 0, seconds, nanos: 0 })).toBeUndefined();
  return packet;
}

function found(first: Fragment, later: Fragment) {
  const fragments = new Fragments<string>();
  fragments.add(fragment(0, first), 'session', true);
  const { session, isReply } = fragments.find(fragment(16, later)) ?? {};
  return session && [session, isReply];
}

test('belong to the first with the same ends and number, of its direction', () => {
  expect(found({}, {})).toEqual(['session', true]);
  expect(found({}, { identification: 8 })).toBeUndefined();
  expect(found({}, { to: '10.0.0.3' })).toBeUndefined();
  expect(found({}, { from: '10.0.0.2', to: '10.0.0.1' })).toBeUndefined();
  expect(found({}, { protocol: ipProtocol.icmp })).toBeUndefined();
});

test('for a minute', () => {
  expect(found({ seconds: 5 }, { seconds: 65 })).toEqual(['session', true]);
  expect(found({ seconds: 5 }, { seconds: 66 })).toBeUndefined();
});

test('the last first one counts, which is the only one with its number', () => {
  const fragments = new Fragments<string>();
  fragments.add(fragment(0), 'one', false);
  fragments.add(fragment(0, { seconds: 30 }), 'other', false);
  expect(fragments.find(fragment(16, { seconds: 80 }))?.session).toBe('other');
});

test('of IPv6, whatever protocol the later ones tell', () => {
  const ends = { from: '2001:db8::1', to: '2001:db8::2' };
  expect(found(ends, ends)).toEqual(['session', true]);
  expect(found(ends, { ...ends, protocol: ipProtocol.icmp6 })).toEqual(['session', true]);
  expect(found(ends, { ...ends, to: '2001:db8::3' })).toBeUndefined();
});
