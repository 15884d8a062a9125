/** The order in which ports are tried. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { portsToTry } from '../../src/datapath/ports.ts';

const anyPorts = fc
  .tuple(fc.integer({ min: 1, max: 65_000 }), fc.nat(300))
  .map(([first, more]) => ({ first, last: first + more }));
const anyRandom = fc.nat(2 ** 32 - 1);

test('every port of the range is tried once, and no other', () => {
  fc.assert(
    fc.property(anyPorts, fc.nat(65_535), anyRandom, (ports, wanted, random) => {
      const tried = [...portsToTry(ports, wanted, random)];
      const all = Array.from({ length: ports.last - ports.first + 1 }, (_, index) => ports.first + index);
      expect(tried.toSorted((one, other) => one - other)).toEqual(all);
    }),
  );
});

test('a wanted port of the range comes first; one outside does not matter', () => {
  const ports = { first: 100, last: 104 };
  expect([...portsToTry(ports, 103, 1)]).toEqual([103, 101, 102, 104, 100]);
  expect([...portsToTry(ports, 99, 1)]).toEqual([101, 102, 103, 104, 100]);
  expect([...portsToTry(ports, 0, 2 ** 32 - 1)]).toEqual([100, 101, 102, 103, 104]);
});
