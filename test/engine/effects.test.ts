/**
 * What a commit does to what runs, statement by statement: each statement of TWAMP is changed on a router that serves,
 * reflects and measures, and what then ends, reopens or begins anew must be the `effect` that the grammar states.
 */
import { describe, expect, it, vi } from 'vitest';
import { effective } from '../../src/config/effective.ts';
import type { Effect } from '../../src/grammar/effects.ts';
import { statementLines } from '../../src/grammar/lines.ts';
import type { GrammarNode } from '../../src/grammar/node.ts';
import { all, treeOf } from '../support/configuration.ts';
import { grammars } from '../support/grammar.ts';
import { RawClient } from '../support/raw-client.ts';
import { testSecrets } from '../support/secrets.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { VirtualNetwork } from '../support/virtual-network.ts';
import { configurationOf, serverConfiguration, VirtualRouter } from '../support/virtual-router.ts';
import { VirtualTime } from '../support/virtual-time.ts';

const SECOND = 1e9;
const NEAR = '192.0.2.1';
const FAR = '198.51.100.1';
const server = 'services rpm twamp server';
const client = 'services rpm twamp client';
const c1 = `${client} control-connection c1`;
const c2 = `${client} control-connection c2`;
const reflector = 'services simple-twamp session-reflector';

/** The line that sets a secret, sealed for its place. */
const secretOf = (path: string, secret: string): string =>
  `${path} secret ${testSecrets.seal([...path.split(' '), 'secret'], secret)}`;

const serverKey = `${server} authentication-key-chain k1 key-id k1`;
const clientKey = `${client} authentication-key-chain k1 key-id k1`;
const reflectorKey = `${reflector} authentication-key-chain k1 key-id k1`;

/** Something of everything runs. On the virtual network a namespace is named after its address. */
const base: readonly string[] = [
  'routing-instances red namespace 203.0.113.1',
  'routing-instances blue device 203.0.113.2',
  `${server} routing-instance-list default`,
  `${server} routing-instance-list red port 900`,
  `${server} client-list all address 0.0.0.0/0`,
  `${server} client-list all address 10.0.0.0/8 routing-instance default`,
  secretOf(serverKey, 'one'),
  `${server} light port [ 6000 6002 ]`,
  secretOf(clientKey, 'one'),
  `${c1} target-address ${FAR}`,
  `${c1} authentication-mode authenticated`,
  `${c1} authentication-key-chain k1`,
  `${c1} key-id k1`,
  ...['t1', 't2'].map((name) => `${c1} test-session ${name} probe-count 1000`),
  `${c2} control-type light`,
  `${c2} test-session t1 target-address address fe80::7`,
  `${c2} test-session t1 target-address local-link eth0`,
  `${c2} test-session t1 probe-count 1000`,
  `${reflector} reflector-port [ 6001 6003 ]`,
  `${reflector} routing-instance [ default red ]`,
  `${reflector} client-list all address 10.0.0.0/8 routing-instance default`,
  secretOf(reflectorKey, 'one'),
];

/** What is set, or with a hyphen before it deleted, to change a statement in a way that shows its effect. */
type Change = readonly string[];

const otherKey = (role: string): Change =>
  role === 'server'
    ? [secretOf(serverKey.replace(/k1$/, 'k2'), 'two')]
    : [secretOf(clientKey.replace(/k1$/, 'k2'), 'two'), `${c1} key-id k2`];

/** Statements whose change is more than another value: by their words, without values. */
const changes: Readonly<Record<string, Change>> = {
  [server]: [`-${server}`],
  [`${server} admin-state`]: [`${server} admin-state disabled`],
  [`${server} routing-instance-list`]: [`-${server} routing-instance-list red`],
  [`${server} routing-instance-list source-interface`]: [
    `${server} routing-instance-list default source-interface eth0`,
  ],
  [`${server} authentication-mode`]: [`${server} authentication-mode [ none authenticated ]`],
  [`${server} authentication-key-chain`]: [`-${server} authentication-key-chain k1`],
  [`${server} authentication-key-chain key-id`]: otherKey('server'),
  [`${server} authentication-key-chain key-id secret`]: [secretOf(serverKey, 'two')],
  [`${server} client-list`]: [`-${server} client-list all`],
  [`${server} client-list address`]: [`-${server} client-list all address 0.0.0.0/0`],
  [`${server} client-list type`]: [`${server} client-list all type deny`],
  [`${server} client-list address routing-instance`]: [
    `${server} client-list all address 0.0.0.0/0 routing-instance red`,
  ],
  [`${server} light`]: [`-${server} light`],
  [`${server} light port`]: [`-${server} light port 6002`],
  [`${client} authentication-key-chain`]: [
    secretOf(`${client} authentication-key-chain k2 key-id k2`, 'two'),
    `${c1} authentication-key-chain k2`,
    `${c1} key-id k2`,
    `-${client} authentication-key-chain k1`,
  ],
  [`${client} authentication-key-chain key-id`]: otherKey('client'),
  [`${client} authentication-key-chain key-id secret`]: [secretOf(clientKey, 'two')],
  [`${client} control-connection`]: [`-${c2}`],
  [`${client} control-connection admin-state`]: [`${c2} admin-state disabled`],
  [`${client} control-connection authentication-mode`]: [
    `${c1} authentication-mode none`,
    `-${c1} authentication-key-chain`,
    `-${c1} key-id`,
  ],
  // Which chain the key is looked for in changes nothing unless another key is found.
  [`${client} control-connection authentication-key-chain`]: [
    secretOf(`${client} authentication-key-chain k2 key-id k2`, 'two'),
    `${c1} authentication-key-chain k2`,
    `-${c1} key-id`,
  ],
  [`${client} control-connection key-id`]: otherKey('client'),
  [`${client} control-connection destination-interface`]: [`${c1} destination-interface 203.0.113.9`],
  [`${client} control-connection control-type`]: [
    `${c1} control-type light`,
    `-${c1} target-address`,
    ...['t1', 't2'].map((name) => `${c1} test-session ${name} target-address address ${FAR}`),
  ],
  [`${client} control-connection routing-instance`]: [`${c1} routing-instance blue`],
  [`${client} control-connection source-address`]: [`${c1} source-address 203.0.113.8`],
  [`${client} control-connection target-address`]: [`${c1} target-address 198.51.100.2`],
  [`${client} control-connection test-session`]: [`-${c1} test-session t2`],
  [`${client} control-connection test-session source-address`]: [
    `${c1} test-session t1 source-address 203.0.113.8`,
  ],
  [`${client} control-connection test-session target-address address`]: [
    `${c1} test-session t1 target-address address 198.51.100.2`,
  ],
  [`${client} control-connection test-session target-address local-link`]: [
    `${c2} test-session t1 target-address local-link eth1`,
  ],
  [`${client} control-connection test-session destination-port`]: [
    `${c2} test-session t1 destination-port 863`,
  ],
  [`${client} control-connection test-session dscp-code-points`]: [
    `${c1} test-session t2 dscp-code-points 101110`,
  ],
  [reflector]: [`-${reflector}`],
  [`${reflector} admin-state`]: [`${reflector} admin-state disabled`],
  [`${reflector} reflector-port`]: [`-${reflector} reflector-port 6003`],
  [`${reflector} routing-instance`]: [`-${reflector} routing-instance red`],
  [`${reflector} authentication-key-chain`]: [`-${reflector} authentication-key-chain k1`],
  [`${reflector} authentication-key-chain key-id`]: [
    `-${reflectorKey}`,
    secretOf(reflectorKey.replace(/k1$/, 'k2'), 'two'),
  ],
  [`${reflector} authentication-key-chain key-id secret`]: [secretOf(reflectorKey, 'two')],
  [`${reflector} client-list`]: [`-${reflector} client-list all`],
  [`${reflector} client-list address`]: [`${reflector} client-list all address 11.0.0.0/8`],
  [`${reflector} client-list address routing-instance`]: [
    `${reflector} client-list all address 10.0.0.0/8 routing-instance red`,
  ],
  'services simple-twamp session-sender admin-state': [
    'services simple-twamp session-sender admin-state disabled',
  ],
  'routing-instances': [
    '-routing-instances red',
    `-${server} routing-instance-list red`,
    `-${reflector} routing-instance red`,
  ],
  // The client measures from there, and the server listens there.
  'routing-instances namespace': ['routing-instances red namespace 203.0.113.5'],
  'routing-instances device': ['routing-instances blue device 203.0.113.6'],
};

/** Where light reflects, too, it has no connections that go on: each packet is a new beginning. */
const WITHOUT_LIGHT = [`-${server} light`];

/** What there is besides, for some: by their words, without values. */
const besides: Readonly<Record<string, Change>> = {
  [`${server} routing-instance-list`]: WITHOUT_LIGHT,
  [`${server} client-list`]: WITHOUT_LIGHT,
  [`${server} client-list type`]: WITHOUT_LIGHT,
  [`${server} client-list address`]: WITHOUT_LIGHT,
  [`${server} client-list address routing-instance`]: WITHOUT_LIGHT,
  'routing-instances namespace': [`${c1} routing-instance red`],
  'routing-instances device': [`${c1} routing-instance blue`, `${server} routing-instance-list blue`],
};

/** The keys of lists that the base has. */
const keys: Readonly<Record<string, string>> = {
  'control-connection': 'c1',
  'test-session': 't1',
  'client-list': 'all',
  address: '10.0.0.0/8',
  'routing-instance-list': 'red',
};

/** Another value than the default, where there is nothing more to it. */
function valueFor({ value, defaultText }: GrammarNode): string {
  const { name, choices } = value!.type;
  if (choices.length > 0) return choices.find((choice) => choice !== defaultText)!;
  const numbers = /(\d+)\.\.(\d+)/.exec(name);
  if (!numbers) return name === 'port-range' ? '30000-31000' : '46';
  return String(Number(numbers[2]) - (defaultText === numbers[2] ? 1 : 0));
}

interface Row {
  readonly words: string;
  readonly change: Change;
  readonly effect: Effect;
}

// Those of meshes are proved where a mesh is judged: test/fleet/mesh-acceptance.test.ts.
const prefixes = [server, client, 'services simple-twamp', 'routing-instances'];

const rows: readonly Row[] = statementLines(grammars.schema).flatMap(({ nodes }) => {
  const words = nodes.map(({ name }) => name).join(' ');
  if (!prefixes.some((prefix) => words.startsWith(prefix))) return [];
  const node = nodes.at(-1)!;
  const path = nodes.flatMap((each, index) =>
    each.value?.arity === 'key' && index < nodes.length - 1 ? [each.name, keys[each.name]!] : [each.name],
  );
  const usual = [...path, ...(node.value ? [valueFor(node)] : [])].join(' ');
  return [{ words, change: changes[words] ?? [usual], effect: node.effect! }];
});

const configurationWith = (lines: readonly string[]) =>
  effective(
    grammars.schema,
    treeOf(lines.map((line) => (line.startsWith('-') ? `delete ${line.slice(1)}` : line))),
  );

/** What can be seen of a router from outside of its commits; `listens`: how many listeners were opened so far. */
function readingOf(router: VirtualRouter, listens: number) {
  const { engine } = router;
  const connections = [...engine.rpmConnections];
  const data = router.live().filter(({ role, type }) => role === 'client' && type === 'data');
  return {
    listens,
    ports: [...engine.ports].join(' '),
    serverConnections: engine.server.connections.flatMap(({ connectionId, sessions }) => [
      connectionId,
      ...sessions.map(({ sessionId }) => sessionId),
    ]),
    reflectors: new Map(
      engine.light.map(({ place: { instance, localAddress, port }, reflector }) => [
        `${instance.name} ${localAddress} ${port}`,
        reflector,
      ]),
    ),
    controls: new Map(connections.map(([name, { place }]) => [name, place?.control.connectionId])),
    tests: data.map(({ sessionId }) => sessionId),
    running: {
      connections: connections.map(([, { settings }]) => settings),
      reflectors: engine.light.map(({ settings }) => settings),
    },
  };
}

type Reading = ReturnType<typeof readingOf>;

const keeps = <Item>(before: readonly Item[], after: readonly Item[]): boolean =>
  before.every((item) => after.includes(item));

/** The one word for what has become of what ran. */
function effectOf(before: Reading, after: Reading, clientClosed: boolean): Effect {
  const reopened = after.listens > before.listens || after.ports !== before.ports;
  const isGone =
    clientClosed ||
    !keeps(before.serverConnections, after.serverConnections) ||
    !keeps([...before.reflectors.keys()], [...after.reflectors.keys()]) ||
    !keeps([...before.controls.keys()], [...after.controls.keys()]);
  const isAnew =
    [...before.controls].some(([name, id]) => after.controls.get(name) !== id) ||
    [...before.reflectors].some(([name, reflector]) => after.reflectors.get(name) !== reflector);
  if (reopened && isAnew && !isGone) return 'moves';
  if (isGone) return 'ends';
  if (reopened) return 'reopens';
  if (isAnew) return 'reconnects';
  if (!keeps(before.tests, after.tests)) return 'restarts';
  try {
    expect(after.running).toEqual(before.running);
    return 'new-only';
  } catch {
    return 'at-once';
  }
}

async function observedEffect({ words, change }: Row): Promise<Effect> {
  const time = new VirtualTime();
  const network = new VirtualNetwork(time, new SeededRandom(3));
  const host = network.host.bind(network);
  let listens = 0;
  vi.spyOn(network, 'host').mockImplementation((address) => {
    const transport = host(address);
    const listen: typeof transport.listen = (...args) => {
      listens += 1;
      return transport.listen(...args);
    };
    return { ...transport, listen };
  });
  const near = new VirtualRouter(network, NEAR);
  const others = [FAR, '198.51.100.2'].map((address) => new VirtualRouter(network, address));
  const keyChains = configurationWith([
    secretOf(serverKey, 'one'),
    secretOf(serverKey.replace(/k1$/, 'k2'), 'two'),
  ]).services.rpm.twamp.server!['authentication-key-chain'];
  for (const { engine } of others) {
    const modes = {
      'authentication-mode': ['none', 'authenticated'],
      'authentication-key-chain': keyChains,
    } as const;
    await time.until(engine.apply(configurationOf(serverConfiguration(modes))));
  }
  const lines = [...base, ...(besides[words] ?? [])];
  await time.until(near.engine.apply(configurationWith(lines)));
  const raw = await RawClient.connect(network, time, '198.51.100.9', { address: NEAR, port: 862 });
  await raw.setUp();
  await raw.exchange(raw.requestMessage({}));
  await raw.exchange(raw.startMessage);
  await time.pass(3 * SECOND);
  const before = readingOf(near, listens);
  expect([before.serverConnections.length, before.tests.length], 'runs before').toEqual([2, 3]);
  const configuration = configurationWith([...lines, ...change]);
  const errors = all(near.engine.verify(configuration)).filter(({ severity }) => severity === 'error');
  expect(errors, change.join(', ')).toEqual([]);
  await time.until(near.engine.apply(configuration));
  // Shorter than any attempt to connect again takes that was in vain.
  await time.pass(3 * SECOND);
  const effect = effectOf(before, readingOf(near, listens), raw.closed);
  await time.until(Promise.all([near, ...others].map(({ engine }) => engine.close())));
  return effect;
}

describe('the effect of a change', () => {
  it('has a row for every statement of TWAMP and of routing instances', () => {
    expect(rows.length).toBeGreaterThanOrEqual(100);
    expect(Object.keys(changes).filter((words) => !rows.some((row) => row.words === words))).toEqual([]);
  });

  it.each(rows.map((row) => ({ ...row, title: row.words.replace('services ', '') })))(
    '$title: $effect',
    async (row) => {
      expect(await observedEffect(row)).toBe(row.effect);
    },
  );
});
