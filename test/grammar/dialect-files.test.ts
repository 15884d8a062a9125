/** The dialects of the product: every line, beside the canonical statements that it stands for. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deleteStatement } from '../../src/config/statements.ts';
import { setLines } from '../../src/config/text.ts';
import { EMPTY_TREE } from '../../src/config/tree.ts';
import { descendants, type GrammarNode } from '../../src/grammar/node.ts';
import { statementsOf, treeOf } from '../support/configuration.ts';
import { configurationMode, grammars } from '../support/grammar.ts';

const { schema } = grammars;
const server = 'services rpm twamp server';
const vyos = 'service twamp server';
const dnos = 'services twamp';
const stamp = 'services performance-monitoring simple-twamp session';
const client = 'services rpm twamp client control-connection';
const light = `${client} a control-type light`;

/** A dialect's line, and what it says when nothing is configured. */
const lines: readonly (readonly [line: string, ...canonical: string[]])[] = [
  [vyos, server],
  [`${vyos} client-list 10.0.0.0/8`, `${server} client-list default address 10.0.0.0/8`],
  [`${vyos} client-list 2001:db8::/32`, `${server} client-list default address 2001:db8::/32`],
  [`${vyos} dscp-value 46`, `${server} dscp-value 46`],
  [`${vyos} dscp-value ef`, `${server} dscp-value 46`],
  [`${vyos} maximum-connections 1000`, `${server} maximum-connections 1000`],
  [`${vyos} maximum-sessions-per-connection 1024`, `${server} maximum-sessions-per-connection 1024`],
  [`${vyos} mode unauthenticated`, `${server} authentication-mode none`],
  [`${vyos} mode authenticated`, `${server} authentication-mode authenticated`],
  [`${vyos} mode encrypted`, `${server} authentication-mode encrypted`],
  [`${vyos} mode mixed`, `${server} authentication-mode mixed`],
  [`${vyos} mode no-unauthenticated`, `${server} authentication-mode [ authenticated encrypted mixed ]`],
  [`${vyos} mode no-authenticated`, `${server} authentication-mode [ none encrypted mixed ]`],
  [`${vyos} mode no-encrypted`, `${server} authentication-mode [ none authenticated mixed ]`],
  [`${vyos} mode no-mixed`, `${server} authentication-mode [ none authenticated encrypted ]`],
  [`${vyos} port 8620`, `${server} port 8620`],
  [`${vyos} server-inactivity-timeout 900`, `${server} server-inactivity-timeout 15`],
  [`${vyos} server-inactivity-timeout 90`, `${server} server-inactivity-timeout 90s`],
  [`${vyos} server-inactivity-timeout 1800`, `${server} server-inactivity-timeout 30`],
  [`${vyos} test-inactivity-timeout 600`, `${server} reflector-inactivity-timeout 10`],
  [`${vyos} test-inactivity-timeout 1`, `${server} reflector-inactivity-timeout 1s`],
  [`${vyos} user bob`, `${server} authentication-key-chain users key-id bob`],
  [`${vyos} user bob password x`, `${server} authentication-key-chain users key-id bob secret x`],
  ['service sla twamp-server', server],
  ['service sla twamp-server port 8620', `${server} port 8620`],
  ['system name edge', 'system host-name edge'],
  ['system login banner post-login "Hello, you"', 'system login announcement "Hello, you"'],
  [`${stamp} a`, light],
  [`${stamp} a admin-state disabled`, light, `${client} a admin-state disabled`],
  [`${stamp} a source-address 192.0.2.1`, light, `${client} a test-session a source-address 192.0.2.1`],
  [
    `${stamp} a destination-address 2001:db8::1`,
    light,
    `${client} a test-session a target-address address 2001:db8::1`,
  ],
  [`${stamp} a vrf blue`, light, `${client} a routing-instance blue`],
  [`${dnos} admin-state enabled`, `${server} admin-state enabled`],
  [`${dnos} admin-state disabled`, `${server} admin-state disabled`],
  [`${dnos} server-timeout 900`, `${server} server-inactivity-timeout 15`],
  [`${dnos} session-timeout 61`, `${server} reflector-inactivity-timeout 61s`],
  [`${dnos} data-source-port 12000-13000`, `${server} data-port-range 12000-13000`],
  [`${dnos} data-destination-port 12000-13000`, `${server} sender-port-range 12000-13000`],
  [`${dnos} timers server-timeout 1800`, `${server} server-inactivity-timeout 30`],
  [`${dnos} timers session-timeout 60`, `${server} reflector-inactivity-timeout 1`],
  [`${dnos} vrf blue`, `${server} routing-instance-list blue`],
  [
    `${dnos} vrf blue source-interface lo1`,
    `${server} routing-instance-list blue`,
    `${server} routing-instance-list blue source-interface lo1`,
  ],
  [
    `${dnos} vrf blue client-list type allow`,
    `${server} routing-instance-list blue`,
    `${server} client-list vrf-blue type allow`,
  ],
  [
    `${dnos} vrf blue client-list 10.0.0.0/8`,
    `${server} routing-instance-list blue`,
    `${server} client-list vrf-blue type deny`,
    `${server} client-list vrf-blue address 10.0.0.0/8 routing-instance blue`,
  ],
  [
    `${dnos} vrf blue client-list 10.0.0.0/8, 2001:db8::/32`,
    `${server} routing-instance-list blue`,
    `${server} client-list vrf-blue type deny`,
    `${server} client-list vrf-blue address 10.0.0.0/8 routing-instance blue`,
    `${server} client-list vrf-blue address 2001:db8::/32 routing-instance blue`,
  ],
];

/** The words of every dialect's line that says something, values left out. */
function* wordsOf(node: GrammarNode, before: readonly string[] = []): IterableIterator<string> {
  for (const child of node.children) {
    const words = child.kind === 'word' ? [...before, child.name] : before;
    if (child.meaning?.own && (child.children.length === 0 || child.presence || child.value))
      yield words.join(' ');
    if (child.meaning || !child.aliasOf) yield* wordsOf(child, words);
  }
}

test.each(lines)('%s', (line, ...canonical) => {
  expect([...setLines(schema, treeOf([line]))]).toEqual([...setLines(schema, treeOf(canonical))]);
});

test('every line of every dialect is among these', () => {
  const values = [...descendants(schema)].flatMap((node) => (node.meaning && node.value ? [node.value] : []));
  const isValue = (word: string) => values.some(({ type }) => 'value' in type.parse(word.replace(/,$/, '')));
  const words = [...new Set(wordsOf(schema))];
  const spelt = lines.map(([line]) => line.split(' '));
  const missing = words.filter(
    (each) =>
      !spelt.some((line) => {
        const rest = each.split(' ');
        for (const word of line)
          if (word === rest[0]) rest.shift();
          else if (!isValue(word)) return false;
        return rest.length === 0;
      }),
  );
  expect(missing).toEqual([]);
});

test('any of these lines, in any order, shown canonically and typed again, give the same tree', () => {
  const [typed, terminal] = [fc.constantFrom(...lines.map(([line]) => line)), configurationMode()];
  fc.assert(
    fc.property(fc.array(typed, { maxLength: 12 }), (chosen) => {
      // Of the modes, those that take away may leave none.
      const some = chosen.filter(
        (line) =>
          !line.includes(' mode no-') || !chosen.some((other) => other !== line && other.includes(' mode ')),
      );
      const tree = treeOf(some);
      const shown = [...setLines(schema, tree)];
      for (const line of shown) expect(terminal.match(line).handler).toBe('set');
      expect(treeOf(shown)).toEqual(tree);
    }),
  );
});

describe('delete takes back what set has said', () => {
  test.each(lines.filter(([line]) => !line.includes('mode no-')))('%s', (line) => {
    const [first] = line.split(',') as [string];
    const deleted = statementsOf(`delete ${first}`).reduce(
      (tree, statement) => deleteStatement(schema, tree, statement)!,
      treeOf([first]),
    );
    const left = [...setLines(schema, deleted)];
    // What a statement is said of stays: the server, a user, a session, a VRF, and whether its networks are allowed.
    const stays =
      /server$|key-id bob$|control-type light$|test-session a$|instance-list blue$|vrf-blue type \w+$/;
    expect(left.filter((each) => !stays.test(each))).toEqual([]);
  });

  test.each([
    ['delete service twamp server client-list', `${vyos} client-list 10.0.0.0/8`],
    ['delete service twamp server user', `${vyos} user bob password x`],
    ['delete service twamp server mode', `${vyos} mode no-mixed`],
    ['delete service twamp', `${vyos} port 1`],
    ['delete service sla', `${vyos} port 1`],
    ['delete services twamp vrf', `${dnos} vrf blue client-list 10.0.0.0/8`],
    ['delete services twamp vrf blue', `${dnos} vrf blue client-list 10.0.0.0/8`],
    ['delete services twamp timers', `${dnos} timers session-timeout 60`],
    ['delete services twamp', `${dnos} vrf blue client-list 10.0.0.0/8`],
  ])('%s', (line, set) => {
    const [statement] = statementsOf(line);
    const isWhole = ['service twamp', 'service sla', 'services twamp'].some(
      (whole) => line === `delete ${whole}`,
    );
    const rest = isWhole ? EMPTY_TREE : treeOf([server]);
    expect(deleteStatement(schema, treeOf([set]), statement!)).toEqual(rest);
    expect(deleteStatement(schema, EMPTY_TREE, statement!)).toBeUndefined();
  });

  test('and no more: lists of others, and what else an entry has, stay', () => {
    const others = [`${server} client-list lab address 10.0.0.0/8`, `${server} client-list vrf type deny`];
    const [statement] = statementsOf('delete services twamp vrf');
    const rest = deleteStatement(
      schema,
      treeOf([...others, `${dnos} vrf blue client-list 1.0.0.0/8`]),
      statement!,
    );
    expect(rest).toEqual(treeOf(others));
    const [one] = statementsOf(`delete ${vyos} client-list 10.0.0.0/8`);
    const two = treeOf([`${vyos} client-list 10.0.0.0/8`, `${vyos} client-list 11.0.0.0/8`]);
    expect(deleteStatement(schema, two, one!)).toEqual(treeOf([`${vyos} client-list 11.0.0.0/8`]));
  });
});

describe('modes', () => {
  const modes = (...said: string[]) =>
    [...setLines(schema, treeOf(said.map((mode) => `${vyos} mode ${mode}`)))].map((line) =>
      line.split(' ').at(-1),
    );

  test('are taken away one by one, and added', () => {
    expect(modes('no-unauthenticated', 'no-mixed')).toEqual(['authenticated', 'encrypted']);
    expect(modes('no-unauthenticated', 'no-mixed', 'mixed')).toEqual(['authenticated', 'encrypted', 'mixed']);
  });

  test('the last is not taken away: the default would be in force', () => {
    expect(() => modes('encrypted', 'no-encrypted')).toThrow('nothing-left');
  });

  test('a mode that was taken away comes back with delete, once', () => {
    const [statement] = statementsOf(`delete ${vyos} mode no-encrypted`);
    const tree = treeOf([`${vyos} mode no-encrypted`]);
    const back = deleteStatement(schema, tree, statement!)!;
    expect([...setLines(schema, back)]).toHaveLength(4);
    expect(deleteStatement(schema, back, statement!)).toBeUndefined();
    expect(deleteStatement(schema, EMPTY_TREE, statement!)).toBeUndefined();
  });
});
