/** Tests of drawn sessions: what no vendor's sample has, and what is forgotten. */
import { describe, expect, it } from 'vitest';
import { LISTED_OCTETS_MAX, SessionListing, type ListingForm } from '../../src/render/session-listing.ts';

const flow = {
  protocol: 6,
  source: 0x0a000001,
  sourcePort: 1,
  destination: 0xfffefdfc,
  destinationPort: 65_535,
  state: 'Forward',
  direction: 'I',
  role: 'initiator',
  frames: 0,
  octets: 0,
  timeoutSeconds: undefined,
};
const session = {
  interface: 'ms-0/0/0',
  aggregate: undefined,
  serviceSet: 'ss',
  id: 1,
  alg: 'none',
  flags: 0,
  ipAction: false,
  offload: false,
  asymmetric: undefined,
  nat: undefined,
  flows: [flow],
};

const brief: ListingForm = { extensive: false, isNamed: false };

const listing = (form = brief, octets = 4 * LISTED_OCTETS_MAX): SessionListing =>
  new SessionListing(form, {
    protocol: (number) => (number === 6 ? 'TCP' : String(number)),
    ipv6: (octets) => `::${octets[15]!.toString(16)}`,
  }).over(new Uint8Array(octets));

const textOf = ({ octets, length }: SessionListing): string =>
  new TextDecoder().decode(octets.subarray(0, length));

function drawn(changes: object, form = brief): readonly string[] {
  const made = listing(form);
  made.add({ ...session, ...changes });
  return textOf(made).split('\n');
}

describe('numbers', () => {
  it.each([0, 9, 10, 99, 2 ** 30 - 1, 2 ** 30, 2 ** 31, 2 ** 32 - 1, 2 ** 48, 2 ** 53 - 1])(
    '%d',
    (number) => {
      const [, line, first] = drawn({ id: number, flows: [{ ...flow, frames: number }] });
      expect(line).toBe(`Session: ${number}, ALG: none, Flags: 0x0000, IP Action: no, Offload: no`);
      expect(first).toMatch(new RegExp(`I *${number}$`));
      expect(first).toHaveLength(79);
    },
  );
});

it('an address is as wide as its column, or widens it', () => {
  const ends = (source: number | Uint8Array): string =>
    drawn({ flows: [{ ...flow, source }] })[2]!.slice(7, 22);
  expect(ends(0)).toBe('        0.0.0.0');
  expect(ends(0xffffffff)).toBe('255.255.255.255');
  expect(ends(new Uint8Array(16).fill(1))).toBe('            ::1');
});

it('a name is written as it is, in whatever script', () => {
  const name = 'Gerät-日本';
  expect(drawn({ interface: name, aggregate: 'ams0', serviceSet: name }).slice(0, 2)).toEqual([
    `${name} (ams0)`,
    `Service Set: ${name}, Session: 1, ALG: none, Flags: 0x0000, IP Action: no, Offload: no`,
  ]);
});

it('names without end are drawn, too', () => {
  const made = listing();
  for (let id = 0; id < 5000; id += 1) {
    made.over(made.octets).add({ ...session, interface: `if-${id}`, flows: [] });
    expect(textOf(made).split('\n', 1)).toEqual([`if-${id}`]);
  }
});

it('a session with 16 flows and long names has room', () => {
  const name = '日'.repeat(255);
  const end = { address: new Uint8Array(16).fill(255), port: 65_535 };
  const translation = { from: end, to: end };
  const flows = Array(16).fill({
    ...flow,
    source: end.address,
    destination: end.address,
    frames: 2 ** 53 - 1,
  });
  const nat = { translationType: name, source: translation, destination: translation };
  const made = listing({ extensive: true, isNamed: true });
  const names = { interface: name, aggregate: name, serviceSet: name, alg: name };
  made.add({ ...session, ...names, nat, flows: flows as (typeof flow)[] });
  expect(made.length).toBeLessThan(LISTED_OCTETS_MAX);
});

it('what is forgotten leaves no heading, either', () => {
  const made = listing();
  made.add(session);
  const before = textOf(made);
  const goBack = made.remembered();
  made.add({ ...session, interface: 'ms-1/0/0' });
  goBack();
  expect(textOf(made)).toBe(before);
  made.add({ ...session, interface: 'ms-1/0/0' });
  expect(textOf(made).slice(before.length)).toMatch(/^ms-1\/0\/0\n/);
});
