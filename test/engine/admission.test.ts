/** What the limits let in, at each limit and over it. */
import { describe, expect, test } from 'vitest';
import { addressesOf, refuseConnection, refuseSession } from '../../src/engine/admission.ts';

const limits = {
  'maximum-connections': 3,
  'maximum-connections-per-client': 2,
  'maximum-sessions': 5,
  'maximum-sessions-per-connection': 4,
};

test.each([
  [true, true, 2, 1, undefined],
  [true, true, 3, 0, 'maximum-connections'],
  [true, true, 2, 2, 'maximum-connections-per-client'],
  [true, true, 3, 2, 'maximum-connections'],
  [false, true, 0, 0, 'client-not-allowed'],
  [true, false, 0, 0, 'address-not-served'],
  [false, false, 0, 0, 'client-not-allowed'],
])(
  'a connection, allowed %s, its address served %s, besides %d (%d of the client): %s',
  (allowed, addressServed, connections, connectionsOfClient, refusal) => {
    expect(refuseConnection({ allowed, addressServed }, { connections, connectionsOfClient }, limits)).toBe(
      refusal,
    );
  },
);

test.each([
  [4, 3, undefined],
  [5, 0, 'maximum-sessions'],
  [4, 4, 'maximum-sessions-per-connection'],
  [5, 4, 'maximum-sessions-per-connection'],
])('a session besides %d (%d of the connection): %s', (sessions, sessionsOfConnection, refusal) => {
  expect(refuseSession({ sessions, sessionsOfConnection }, limits)).toBe(refusal);
});

const nobody = (): boolean => false;

describe('the addresses of a request', () => {
  const connection = {
    local: { address: '192.0.2.1', port: 862 },
    remote: { address: '198.51.100.1', port: 40_000 },
  };
  const own = { localAddress: '192.0.2.1', remoteAddress: '198.51.100.1' };

  test('are those of the connection when they are zero, or named', () => {
    const none = { senderAddress: undefined, receiverAddress: undefined };
    expect(addressesOf(none, connection, nobody)).toEqual(own);
    expect(
      addressesOf({ senderAddress: '198.51.100.1', receiverAddress: '192.0.2.1' }, connection, nobody),
    ).toEqual(own);
  });

  test('may name another of ours to reflect on, but nobody else to reflect to', () => {
    expect(
      addressesOf({ senderAddress: undefined, receiverAddress: '192.0.2.99' }, connection, nobody),
    ).toEqual({
      ...own,
      localAddress: '192.0.2.99',
    });
    expect(
      addressesOf({ senderAddress: '203.0.113.1', receiverAddress: undefined }, connection, nobody),
    ).toBe('third-party');
  });

  test('may name somebody else to reflect to who is allowed, and is one host', () => {
    const toThem = (senderAddress: string): unknown =>
      addressesOf({ senderAddress, receiverAddress: undefined }, connection, () => true);
    expect(toThem('203.0.113.1')).toEqual({ ...own, remoteAddress: '203.0.113.1' });
    for (const many of ['224.0.0.1', '255.255.255.255', 'ff02::1']) expect(toThem(many)).toBe('third-party');
  });

  test('keep the zone that a request cannot carry', () => {
    const linkLocal = {
      local: { address: 'fe80::1%eth0', port: 862 },
      remote: { address: 'fe80::2%eth0', port: 40_000 },
    };
    expect(addressesOf({ senderAddress: 'fe80::2', receiverAddress: 'fe80::1' }, linkLocal, nobody)).toEqual({
      localAddress: 'fe80::1%eth0',
      remoteAddress: 'fe80::2%eth0',
    });
  });
});
