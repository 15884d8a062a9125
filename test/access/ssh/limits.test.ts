/** The limits of ssh, each at its bound and beyond it. */
import { describe, expect, it } from 'vitest';
import {
  ConnectionLimits,
  FAILING_NETWORKS_MAX,
  FailedLogins,
  UNAUTHENTICATED_MAX,
  UNAUTHENTICATED_PER_NETWORK_MAX,
} from '../../../src/access/ssh/limits.ts';
import { networkOf, plainAddress } from '../../../src/access/ssh/network.ts';
import { NANOS_PER_SECOND } from '../../../src/clock.ts';

const SECOND = NANOS_PER_SECOND;
const MINUTE = 60 * SECOND;

/** An IPv4 address of its own for every number. */
const host = (number: number): string => `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`;

describe('a network', () => {
  it('is an IPv4 address, or the /64 of an IPv6 address', () => {
    expect(networkOf('192.0.2.7')).toBe('192.0.2.7');
    expect(networkOf('::ffff:192.0.2.7')).toBe('192.0.2.7');
    expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::');
    expect(networkOf('2001:db8:1:2:ffff::1')).toBe(networkOf('2001:db8:1:2::2'));
    expect(networkOf('2001:db8:1:3::1')).not.toBe(networkOf('2001:db8:1:2::1'));
    expect(networkOf('fe80::1%eth0')).toBe('fe80::');
  });

  it('does not change what is written of an address', () => {
    expect(plainAddress('::ffff:192.0.2.7')).toBe('192.0.2.7');
    expect(plainAddress('fe80::1%eth0')).toBe('fe80::1%eth0');
  });
});

describe('the connection limit', () => {
  it('counts connections that are logged in and those that are not, until they end', () => {
    const limits = new ConnectionLimits({ connectionLimit: 3, rateLimit: 250 }, 0);
    for (const number of [1, 2, 3]) expect(limits.admit(host(number), 0)).toBeUndefined();
    limits.loggedIn(host(1));
    expect(limits.admit(host(4), 0)).toBe('connection-limit');
    limits.ended(host(1), true);
    expect(limits.admit(host(4), 0)).toBeUndefined();
    limits.ended(host(2), false);
    expect(limits.admit(host(5), 0)).toBeUndefined();
    expect(limits.connections).toBe(3);
  });

  it('leaves what is open alone when it is lowered', () => {
    const limits = new ConnectionLimits({ connectionLimit: 2, rateLimit: 250 }, 0);
    limits.admit(host(1), 0);
    limits.admit(host(2), 0);
    limits.use({ connectionLimit: 1, rateLimit: 250 });
    limits.ended(host(1), false);
    expect(limits.admit(host(3), 0)).toBe('connection-limit');
    limits.ended(host(2), false);
    expect(limits.admit(host(3), 0)).toBeUndefined();
  });
});

describe('the rate limit', () => {
  const admitMany = (limits: ConnectionLimits, numbers: readonly number[], now: number): number => {
    let admitted = 0;
    for (const number of numbers) {
      if (limits.admit(host(number), now) !== undefined) continue;
      limits.ended(host(number), false);
      admitted += 1;
    }
    return admitted;
  };
  const numbers = Array.from({ length: 400 }, (_, number) => number);

  it('lets so many in at once, then one by one over the minute', () => {
    const limits = new ConnectionLimits({ connectionLimit: 250, rateLimit: 60 }, 0);
    expect(admitMany(limits, numbers, 0)).toBe(60);
    expect(admitMany(limits, numbers, SECOND - 1)).toBe(0);
    expect(admitMany(limits, numbers, SECOND)).toBe(1);
    expect(admitMany(limits, numbers, 31 * SECOND)).toBe(30);
    expect(admitMany(limits, numbers, 10 * MINUTE)).toBe(60);
  });

  it('lets one network use up half of it, and leaves the rest to others', () => {
    const limits = new ConnectionLimits({ connectionLimit: 250, rateLimit: 60 }, 0);
    const one = numbers.map(() => 1);
    expect(admitMany(limits, one, 0)).toBe(30);
    expect(limits.admit(host(1), 0)).toBe('rate-limit');
    expect(limits.admit(host(2), 0)).toBeUndefined();
  });

  it('lets one connection in where it is 1', () => {
    const limits = new ConnectionLimits({ connectionLimit: 250, rateLimit: 1 }, 0);
    expect(admitMany(limits, numbers, 0)).toBe(1);
    expect(admitMany(limits, numbers, MINUTE)).toBe(1);
  });

  it('forgets networks that are quiet again', () => {
    const limits = new ConnectionLimits({ connectionLimit: 250, rateLimit: 250 }, 0);
    admitMany(limits, numbers, 0);
    expect(limits.networks).toBe(250);
    admitMany(limits, [1000], 10 * MINUTE);
    expect(limits.networks).toBe(1);
  });
});

describe('connections that have not logged in', () => {
  const roomy = { connectionLimit: 1000, rateLimit: 1000 };

  it('are bounded for one network', () => {
    const limits = new ConnectionLimits(roomy, 0);
    const address = (number: number): string => `2001:db8::${number.toString(16)}`;
    for (let number = 1; number <= UNAUTHENTICATED_PER_NETWORK_MAX; number += 1)
      expect(limits.admit(address(number), 0)).toBeUndefined();
    expect(limits.admit(address(9999), 0)).toBe('unauthenticated-limit');
    expect(limits.admit('2001:db8:0:1::1', 0)).toBeUndefined();
    limits.loggedIn(address(1));
    expect(limits.admit(address(9999), 0)).toBeUndefined();
  });

  it('are bounded in all', () => {
    const limits = new ConnectionLimits(roomy, 0);
    for (let number = 0; number < UNAUTHENTICATED_MAX; number += 1)
      expect(limits.admit(host(number), 0)).toBeUndefined();
    expect(limits.admit(host(9999), 0)).toBe('unauthenticated-limit');
    limits.ended(host(0), false);
    expect(limits.admit(host(9999), 0)).toBeUndefined();
  });
});

describe('failed logins', () => {
  const settings = {
    backoffThreshold: 2,
    backoffFactorSeconds: 5,
    triesBeforeDisconnect: 10,
    lockoutSeconds: 300,
  };

  it('are answered at once up to the threshold, then later and later', () => {
    const failed = new FailedLogins();
    const delays = [1, 2, 3, 4].map(() => failed.failed('192.0.2.1', settings, 0) / SECOND);
    expect(delays).toEqual([0, 0, 5, 10]);
    expect(failed.failed('192.0.2.2', settings, 0)).toBe(0);
  });

  it('lock a network out, all its addresses, for the lockout period since the last one', () => {
    const failed = new FailedLogins();
    for (let count = 1; count < 10; count += 1) failed.failed(`2001:db8::${count}`, settings, 0);
    expect(failed.isLockedOut('2001:db8::1', settings, 0)).toBe(false);
    failed.failed('2001:db8::a', settings, 60 * SECOND);
    expect(failed.isLockedOut('2001:db8::1', settings, 60 * SECOND)).toBe(true);
    expect(failed.isLockedOut('2001:db8:0:1::1', settings, 60 * SECOND)).toBe(false);
    expect(failed.isLockedOut('2001:db8::1', settings, 360 * SECOND - 1)).toBe(true);
    expect(failed.isLockedOut('2001:db8::1', settings, 360 * SECOND)).toBe(false);
    expect(failed.failed('2001:db8::1', settings, 360 * SECOND)).toBe(0);
  });

  it('are remembered of so many networks, and forgotten where they are oldest', () => {
    const failed = new FailedLogins();
    const strict = { ...settings, triesBeforeDisconnect: 1 };
    for (let number = 0; number < FAILING_NETWORKS_MAX; number += 1) failed.failed(host(number), strict, 0);
    failed.failed(host(0), strict, 0);
    expect(failed.isLockedOut(host(1), strict, 0)).toBe(true);
    failed.failed(host(9999), strict, 0);
    expect(failed.isLockedOut(host(1), strict, 0)).toBe(false);
    expect(failed.isLockedOut(host(0), strict, 0)).toBe(true);
    expect(failed.isLockedOut(host(9999), strict, 0)).toBe(true);
  });
});
