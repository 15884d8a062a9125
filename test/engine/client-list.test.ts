/** Who may connect. */
import fc from 'fast-check';
import { Address4 } from 'ip-address';
import { describe, expect, test } from 'vitest';
import { ClientList, type ClientLists } from '../../src/engine/client-list.ts';
import { networks } from '../support/virtual-router.ts';

function lists(...entries: [type: 'allow' | 'deny', ...prefixes: string[]][]): ClientLists {
  return new Map(
    entries.map(([type, ...prefixes], index) => [`list-${index}`, { type, address: networks(...prefixes) }]),
  );
}

describe('a client list', () => {
  test.each([
    ['127.0.0.1', true],
    ['127.255.255.254', true],
    ['::1', true],
    ['128.0.0.1', false],
    ['192.0.2.1', false],
    ['::2', false],
    ['fe80::1%lo', false],
  ])('that is not there lets this machine in alone: %s %s', (address, allowed) => {
    expect(ClientList.of(lists(), 'default').allows(address)).toBe(allowed);
  });

  test('that is empty lets nobody in', () => {
    expect(ClientList.of(lists(['allow']), 'default').allows('127.0.0.1')).toBe(false);
  });

  test('of everybody lets everybody in', () => {
    const everybody = ClientList.of(lists(['allow', '0.0.0.0/0', '::/0']), 'default');
    expect(
      ['0.0.0.1', '255.1.2.3', '::1', 'ffff::', 'fe80::1%eth0'].map((a) => everybody.allows(a)),
    ).not.toContain(false);
  });

  test('decides by the longest match, whichever list it is in', () => {
    const list = ClientList.of(
      lists(
        ['deny', '10.1.0.0/16', '10.2.3.4/32'],
        ['allow', '10.0.0.0/8', '10.1.2.0/24'],
        ['allow', '2001:db8::/32'],
      ),
      'default',
    );
    const verdicts = {
      '10.9.9.9': true,
      '10.1.9.9': false,
      '10.1.2.9': true,
      '10.2.3.4': false,
      '10.2.3.5': true,
    };
    for (const [address, allowed] of Object.entries(verdicts))
      expect(list.allows(address), address).toBe(allowed);
    expect(list.allows('2001:db8:ffff::1')).toBe(true);
    expect(list.allows('2001:db9::1')).toBe(false);
  });

  test('denies what is both allowed and denied', () => {
    for (const order of [
      ['allow', 'deny'],
      ['deny', 'allow'],
    ] as const) {
      const both = lists(...order.map((type): [typeof type, string] => [type, '192.0.2.0/24']));
      expect(ClientList.of(both, 'default').allows('192.0.2.1')).toBe(false);
    }
  });

  test('decides in each routing instance by the prefixes that are there', () => {
    const all: ClientLists = new Map([
      [
        'allowed',
        {
          type: 'allow',
          address: new Map([
            ['10.0.0.0/8', { 'routing-instance': [] }],
            ['10.1.2.0/24', { 'routing-instance': ['red', 'blue'] }],
          ]),
        },
      ],
      ['denied', { type: 'deny', address: new Map([['10.1.0.0/16', { 'routing-instance': ['red'] }]]) }],
    ]);
    const verdicts = (name: string): boolean[] =>
      ['10.9.9.9', '10.1.9.9', '10.1.2.9'].map((address) => ClientList.of(all, name).allows(address));
    expect(verdicts('red')).toEqual([true, false, true]);
    expect(verdicts('blue')).toEqual([true, true, true]);
    expect(verdicts('default')).toEqual([true, true, true]);
  });

  test('lets nobody in where it has no prefix, though others have some', () => {
    const elsewhere: ClientLists = new Map([
      ['red', { type: 'allow', address: new Map([['0.0.0.0/0', { 'routing-instance': ['red'] }]]) }],
    ]);
    expect(ClientList.of(elsewhere, 'red').allows('192.0.2.1')).toBe(true);
    expect(ClientList.of(elsewhere, 'default').allows('127.0.0.1')).toBe(false);
  });

  test('does not take an IPv4 prefix for the IPv6 one of the same bits', () => {
    expect(ClientList.of(lists(['allow', '0.0.0.0/0']), 'default').allows('::1')).toBe(false);
    expect(ClientList.of(lists(['allow', '::/0']), 'default').allows('127.0.0.1')).toBe(false);
  });

  test('is asked as fast with 20,000 prefixes as with few', () => {
    const hosts = Array.from({ length: 20_000 }, (_, at) => `10.${at >> 8}.${at & 0xff}.0/24`);
    const [many, few] = [lists(['allow', ...hosts]), lists(['allow', hosts[0]!])].map((each) =>
      ClientList.of(each, 'default'),
    );
    const millisOnce = (list: ClientList): number => {
      const begin = performance.now();
      for (let at = 0; at < 2000; at += 1) list.allows('192.0.2.1');
      return performance.now() - begin;
    };
    // The shortest: others may have the processor amid one.
    const millisOf = (list: ClientList): number =>
      Math.min(...Array.from({ length: 5 }, () => millisOnce(list)));
    expect(many!.allows('10.78.31.255')).toBe(true);
    // A walk through all of them took some thousand times as long.
    expect(millisOf(many!)).toBeLessThan(20 * millisOf(few!) + 20);
  });

  test('agrees with ip-address on what a prefix holds', () => {
    const octet = fc.nat(255);
    fc.assert(
      fc.property(fc.tuple(octet, octet, octet, octet), fc.nat(32), fc.nat(32), (parts, length, bit) => {
        const prefix = new Address4(`${parts.join('.')}/${length}`);
        const network = `${prefix.startAddress().correctForm()}/${length}`;
        const flipped = Number(prefix.bigInt() ^ (bit === 0 ? 0n : 1n << BigInt(bit - 1)));
        const address = Address4.fromInteger(flipped);
        expect(ClientList.of(lists(['allow', network]), 'default').allows(address.correctForm())).toBe(
          address.isInSubnet(new Address4(network)),
        );
      }),
    );
  });
});
