/** What a router makes of a mesh: each limit at it and beyond, and whatever a database may say. */
import { describe, expect, test } from 'vitest';
import { effective } from '../../src/config/effective.ts';
import { routingInstancesOf } from '../../src/engine/routing-instances.ts';
import { settingsOf } from '../../src/engine/rpm-settings.ts';
import {
  membershipsOf,
  verdictOn,
  type StoredDefinition,
  type Verdict,
} from '../../src/fleet/mesh-acceptance.ts';
import {
  definitionOf,
  profileRanges,
  readDefinition,
  TARGET_PORTS,
} from '../../src/fleet/mesh-definition.ts';
import { statementLines } from '../../src/grammar/lines.ts';
import { treeOf } from '../support/configuration.ts';
import { grammars } from '../support/grammar.ts';

const twamp = 'services rpm twamp';
const read = (...lines: readonly string[]) =>
  effective(grammars.schema, treeOf(lines.map((line) => `${twamp} ${line}`)));

const PEERS = ['b', 'c', 'd'];

/** Of four routers, a among them. */
function published(...profile: readonly string[]): StoredDefinition {
  const { mesh } = read(
    `mesh m members [ a ${PEERS.join(' ')} ]`,
    ...['a', ...PEERS].map((name, index) => `mesh m target ${name} address 192.0.2.${index + 1}`),
    ...profile.map((words) => `mesh m ${words}`),
  ).services.rpm.twamp;
  return JSON.parse(JSON.stringify(definitionOf(mesh.get('m')!)));
}

function verdict(
  stored: StoredDefinition,
  limits: readonly string[] = [],
  ...others: readonly string[]
): Verdict {
  const configuration = read(
    'mesh-member m from o',
    ...limits.map((words) => `mesh-member m ${words}`),
    ...others,
  );
  const { client } = configuration.services.rpm.twamp;
  return verdictOn(membershipsOf(configuration)[0]!, stored, { node: 'a', client });
}

test('what is accepted are the connections that statements would make, whose defaults they have', () => {
  const { refusal, connections } = verdict(
    published('data-size 100', 'dscp-code-points ef', 'test-interval 5'),
    ['source-address 192.0.2.1'],
  );
  expect(refusal).toBeUndefined();
  expect([...connections.keys()]).toEqual(['m/b', 'm/c', 'm/d']);
  const one = 'client control-connection c1';
  const configured = read(
    `${one} target-address 192.0.2.3`,
    `${one} source-address 192.0.2.1`,
    `${one} test-interval 5`,
    `${one} test-session m data-size 100`,
    `${one} test-session m dscp-code-points ef`,
    `${one} test-session m probe-count 60`,
  ).services.rpm.twamp.client['control-connection'].get('c1');
  expect(connections.get('m/c')).toEqual({ mesh: { name: 'm', owner: 'o' }, statements: configured });
});

describe('limits', () => {
  test.each([
    ['maximum-peers', [], ['maximum-peers 3'], ['maximum-peers 2']],
    [
      'minimum-probe-interval',
      ['probe-interval 4'],
      ['minimum-probe-interval 4'],
      ['minimum-probe-interval 5'],
    ],
    ['maximum-packets-per-second', [], ['maximum-packets-per-second 3'], ['maximum-packets-per-second 2']],
    ['peer-prefix', [], ['peer-prefix 192.0.2.0/29'], ['peer-prefix 192.0.2.0/30']],
    ['address-families', [], ['source-address 192.0.2.1'], ['source-address 2001:db8::1']],
  ])('%s', (code, profile, at, beyond) => {
    const stored = published(...profile);
    expect(verdict(stored, at)).toMatchObject({ refusal: undefined, connections: { size: 3 } });
    expect(verdict(stored, beyond)).toMatchObject({ refusal: { code }, connections: { size: 0 } });
  });

  test('a name that is configured stays that of the configuration', () => {
    const own = 'client control-connection m/c target-address 192.0.2.9';
    expect(verdict(published(), [], own).refusal).toEqual({ code: 'name-taken', details: { name: 'm/c' } });
  });
});

describe('the effect of a change', () => {
  const changed: Readonly<Record<string, string>> = {
    from: 'mesh-member m from p',
    'source-address': 'mesh-member m source-address 192.0.2.9',
    'routing-instance': 'mesh-member m routing-instance red',
    'authentication-key-chain': 'mesh-member m authentication-key-chain chain',
    'peer-prefix': 'mesh-member m peer-prefix 10.0.0.0/8',
    'maximum-peers': 'mesh-member m maximum-peers 1',
    'maximum-packets-per-second': 'mesh-member m maximum-packets-per-second 1',
    'minimum-probe-interval': 'mesh-member m minimum-probe-interval 2',
  };
  const statements = statementLines(grammars.schema).filter(
    ({ nodes }) => nodes.at(-2)?.name === 'mesh-member',
  );

  test('has a row for every statement of a member', () => {
    expect(statements.map(({ nodes }) => nodes.at(-1)!.name).toSorted()).toEqual(
      Object.keys(changed).toSorted(),
    );
  });

  test.each(statements.map(({ nodes }) => [nodes.at(-1)!.name, nodes.at(-1)!.effect] as const))(
    '%s: %s',
    (name, effect) => {
      const base = ['mesh-member m from o', 'mesh-member m source-address 192.0.2.1'];
      const settingsBy = (...lines: readonly string[]) => {
        const configuration = read(...lines);
        const { client } = configuration.services.rpm.twamp;
        const [membership] = membershipsOf(configuration);
        // What the database has is of one owner.
        const stored = membership!.owner === 'o' ? published() : null;
        const { connections } = verdictOn(membership!, stored, { node: 'a', client });
        const red = { name: 'red', vrf: { kind: 'device', name: 'red' } } as const;
        const instances = new Map([...routingInstancesOf(new Map()), ['red', red]]);
        const sender = configuration.services['simple-twamp']['session-sender'];
        return settingsOf(client, sender, instances, new Map(), connections);
      };
      const [before, after] = [settingsBy(...base), settingsBy(...base, changed[name]!)];
      expect(before.size).toBe(3);
      if (effect === 'ends') expect(after.size).toBe(0);
      // A key chain changes the key only where there is one.
      else if (name !== 'authentication-key-chain')
        for (const [connection, { place }] of after) expect(place).not.toEqual(before.get(connection)!.place);
    },
  );
});

test('without a word of the database, without such a mesh, and without this router in it', () => {
  expect(verdict(undefined).refusal?.code).toBe('unread');
  expect(verdict(null).refusal?.code).toBe('not-in-it');
  const { targets, profile } = readDefinition(published())!;
  expect(verdict({ profile, targets: targets.slice(1) }).refusal?.code).toBe('not-in-it');
});

describe('a definition', () => {
  type Stored = { targets: Record<string, unknown>[]; profile: Record<string, unknown> };
  const fresh = (): Stored => published('key-id k', 'authentication-mode mixed') as Stored;

  test('is read as it was published, and nothing beside it', () => {
    const stored = fresh();
    const told = { ...stored, more: 1, profile: { ...stored.profile, 'source-address': '203.0.113.1' } };
    expect(readDefinition(told)).toEqual(stored);
  });

  test.each<readonly [string, (stored: Stored) => unknown]>([
    ['no object', () => []],
    ['no targets', ({ profile }) => ({ profile, targets: 'all' })],
    ['no profile', ({ targets }) => ({ targets })],
    ['a member twice', ({ targets, profile }) => ({ profile, targets: [...targets, targets[0]] })],
    [
      'a name that nobody can type',
      ({ targets, profile }) => ({ profile, targets: [{ ...targets[0], member: 'a b' }] }),
    ],
    [
      'an address that is none',
      ({ targets, profile }) => ({ profile, targets: [{ ...targets[0], address: 'localhost' }] }),
    ],
    [
      'a scope',
      ({ targets, profile }) => ({ profile, targets: [{ ...targets[0], address: 'fe80::1%eth0' }] }),
    ],
    [
      'a mode that is none',
      ({ targets, profile }) => ({ targets, profile: { ...profile, 'authentication-mode': 'x' } }),
    ],
    [
      'a key of control characters',
      ({ targets, profile }) => ({ targets, profile: { ...profile, 'key-id': 'a\nb' } }),
    ],
    [
      'a DSCP of seven bits',
      ({ targets, profile }) => ({ targets, profile: { ...profile, 'dscp-code-points': '0000000' } }),
    ],
    [
      'too many',
      ({ targets, profile }) => ({
        profile,
        targets: Array.from({ length: 501 }, (_, index) => ({ ...targets[0], member: `x${index}` })),
      }),
    ],
  ])('of %s is none', (_, change) => {
    expect(readDefinition(change(fresh()))).toBeUndefined();
  });

  test('has the ranges of the statements, and no others', () => {
    const nodes = statementLines(grammars.schema).map((line) => line.nodes);
    const typeOf = (words: string): string | undefined =>
      nodes.find((line) => line.map(({ name }) => name).join(' ') === words)?.at(-1)!.value!.type.name;
    for (const [name, [least, most]] of [
      ...Object.entries(profileRanges),
      ['target destination-port', TARGET_PORTS] as const,
    ]) {
      expect(typeOf(`${twamp} mesh ${name}`), name).toBe(`${least}..${most}`);
      for (const value of [least - 1, most + 1, least + 0.5, String(least)]) {
        const stored = fresh();
        if (name in profileRanges) stored.profile[name] = value;
        else stored.targets[0]!['port'] = value;
        expect(readDefinition(stored), `${name} ${value}`).toBeUndefined();
      }
      for (const value of [least, most]) {
        const stored = fresh();
        if (name in profileRanges) stored.profile[name] = value;
        else stored.targets[0]!['port'] = value;
        expect(readDefinition(stored), `${name} ${value}`).toEqual(stored);
      }
    }
  });
});
