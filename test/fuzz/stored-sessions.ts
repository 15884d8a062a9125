/** Service sessions as the store has them: flows as octets, and blocks, whose search finds what a look at each session does. */
import assert from 'node:assert/strict';
import { SessionFilter, type FilterOptions } from '../../src/services/filter.ts';
import { queryOf } from '../../src/services/records/stored-source.ts';
import type { ServiceSession } from '../../src/services/session.ts';
import { Block, BlockBuilder, type BlockSession } from '../../src/store/service-block.ts';
import {
  flowDirections,
  flowRoles,
  flowsIn,
  flowStates,
  FlowWriter,
  type StoredAddress,
  type StoredFlow,
} from '../../src/store/stored-session.ts';
import { Choices, refusable, type FuzzTarget } from './target.ts';

const FLOW_OCTETS_MIN = 41;
const FIRST_KEY = 2 ** 40;
const ports = [undefined, 0, 1, 53, 443, 65_535];
const ipv4 = [0, 1, 0x0a000001, 0x0a0000ff, 0x0a000100, 0xc0000201, 0xffffffff];
const prefixes = [
  undefined,
  '0.0.0.0/0',
  '0.0.0.0',
  '10.0.0.0/24',
  '255.255.255.255',
  '::/0',
  '2001:db8::/120',
];
const counters = [0, 1, 2 ** 32, Number.MAX_SAFE_INTEGER];

function addressOf(choices: Choices): StoredAddress {
  const choice = choices.octet();
  if (choice < 128) return ipv4[choice % ipv4.length]!;
  return Uint8Array.from([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, choice % 3, choices.octet()]);
}

const flowOf = (choices: Choices): StoredFlow => ({
  protocol: choices.octet(),
  source: addressOf(choices),
  sourcePort: choices.of(ports),
  destination: addressOf(choices),
  destinationPort: choices.of(ports),
  state: choices.of(flowStates),
  direction: choices.of(flowDirections),
  role: choices.of(flowRoles),
  frames: choices.of(counters),
  octets: choices.of(counters),
  timeoutSeconds: choices.of([undefined, ...counters]),
});

const optionsOf = (choices: Choices): FilterOptions => ({
  application: choices.of([undefined, 'dns', 'tcp', 'udp', 'ftp']),
  protocol: choices.of([undefined, undefined, 6, 17, 99]),
  sourcePrefix: choices.of(prefixes),
  destinationPrefix: choices.of(prefixes),
  sourcePort: choices.of(ports),
  destinationPort: choices.of(ports),
});

const plain = (flows: readonly object[]): unknown =>
  flows.map((flow) =>
    Object.entries(flow).map(([name, value]) => [
      name,
      value instanceof Uint8Array ? [...value] : (value as unknown),
    ]),
  );

function checkFlows(flows: readonly StoredFlow[]): void {
  const octets = new FlowWriter().write(flows);
  assert.deepEqual(plain(flowsIn(octets)), plain(flows));
}

/** As SQLite gives its columns: anywhere in a buffer. */
function blockOf(sessions: readonly (readonly [number, BlockSession])[]): Block {
  const builder = new BlockBuilder();
  for (const [key, session] of sessions) builder.add(key, session);
  const { head, columns } = builder.encode();
  return new Block(head, (column) => {
    const shifted = new Uint8Array(columns[column].length + 1);
    shifted.set(columns[column], 1);
    return shifted.subarray(1);
  });
}

/** Six octets choose what is searched, the rest the sessions; and all are flows, too, whoever wrote them. */
export const target: FuzzTarget = {
  octetsMax: 1024,
  run: (octets) => {
    // What is cut is out of range; each flow that is there takes its octets.
    const found = refusable(() => flowsIn(octets), RangeError) ?? [];
    assert(found.length <= octets.length / FLOW_OCTETS_MIN);
    const choices = new Choices(octets);
    const filter = new SessionFilter(optionsOf(choices));
    const sessions: (readonly [number, BlockSession])[] = [];
    for (let key = FIRST_KEY; !choices.isEmpty; key += 1 + choices.octet()) {
      const flows = Array.from({ length: choices.octet() % 4 || 1 }, () => flowOf(choices));
      checkFlows(flows);
      const [alg, application] = [
        choices.of(['none', '0', 'DNS', 'ftp', '16']),
        choices.of([undefined, 'dns', 'tcp']),
      ];
      const kept = flows.map(({ protocol, source, sourcePort, destination, destinationPort }) => ({
        ...{ protocol, source, sourcePort, destination, destinationPort },
      }));
      sessions.push([key, { alg, application, flows: kept }]);
    }
    if (sessions.length === 0) return;
    const block = blockOf(sessions);
    assert.deepEqual(
      [...block.all()].map(([key, session]) => [key, session.alg, session.application, plain(session.flows)]),
      sessions.map(([key, session]) => [key, session.alg, session.application, plain(session.flows)]),
    );
    const wanted = sessions.filter(([, session]) => filter.matches(session as unknown as ServiceSession));
    assert.deepEqual(
      block.find(queryOf(filter, 'live'), 0),
      wanted.map(([key]) => key),
    );
  },
  seeds: () => [
    Uint8Array.from({ length: 120 }, (_, at) => (at * 37) % 256),
    Uint8Array.from([
      0, 2, 1, 1, 0, 0, 2, 6, 2, 3, 200, 1, 4, 0, 0, 0, 1, 2, 3, 17, 130, 9, 1, 5, 0, 0, 0, 0, 0, 0,
    ]),
    new FlowWriter().write([flowOf(new Choices(Uint8Array.from([6, 2, 3, 200, 4, 5, 1])))]).slice(),
  ],
};
