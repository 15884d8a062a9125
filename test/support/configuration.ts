/** Configurations for tests: typed as set lines, or random, for the product or a schema of every kind. */
import fc from 'fast-check';
import type { Finding, Findings } from '../../src/config/commit.ts';
import type { Change } from '../../src/config/compare.ts';
import { commentOf, UNMARKED, withMarks, type Marks } from '../../src/config/marks.ts';
import { inOrder } from '../../src/config/moves.ts';
import { deleteStatement, setStatements, withStatementMarked } from '../../src/config/statements.ts';
import {
  deleteAt,
  EMPTY_TREE,
  isBare,
  isTree,
  isValues,
  setAt,
  treeOf as treeIn,
  type ConfigTree,
  type ConfigValue,
} from '../../src/config/tree.ts';
import type { Statement } from '../../src/grammar/match.ts';
import type { Match } from '../../src/grammar/resolve.ts';
import { isLeaf, type GrammarNode, type ValueSlot } from '../../src/grammar/node.ts';
import { readGrammar } from '../../src/grammar/notation.ts';
import type { Scalar } from '../../src/grammar/value-types.ts';
import { grammars, Terminal } from './grammar.ts';
import { ed25519Key, sshKey } from './ssh-keys.ts';

/** Every kind of statement there is. */
export const kinds = readGrammar(
  `
system "System" @view
  host-name <host-name:host-name> "Name" @view/system = router
  banner <text:text> "Banner" @view/system
  secret <secret:text> "Secret" @secret
server "Server" @system/control presence
  debug "Debug"
  port <port:1..65535> "Port" = 862
  modes <mode:none|some|all>* "Modes" = none
  mode => modes
  client <client:name(20)>+ "Client"
    type <type:allow|deny> "Type" = allow
    address <prefix:prefix>+ "Address"
    limits "Limits"
      rate <rate:1..9> "Rate"
  slot <slot:1..16>+ "Slot"
    description <text:text> "Description"
tags <tag:text>* "Tags"
`,
  'kinds.cli',
);

const verbs = readGrammar(
  `
set "Set"
  {schema:set} -> set
delete "Delete"
  {schema:delete} -> delete
deactivate "Deactivate"
  {schema:mark} -> deactivate
annotate "Annotate"
  {schema:point}
    <comment:text> "Comment" -> annotate
`,
  'verbs.cli',
);

function typed(line: string, schema: GrammarNode): Match {
  return new Terminal(verbs, { trees: { schema: { node: schema, path: [] } } }).match(line);
}

/** What a `set`, `delete` or `deactivate` line says. */
export function statementsOf(line: string, schema: GrammarNode = grammars.schema): readonly Statement[] {
  return typed(line, schema).args['statements'] as readonly Statement[];
}

/** The tree that lines make; the word `set` may be left out. */
export function treeOf(lines: readonly string[], schema: GrammarNode = grammars.schema): ConfigTree {
  return lines.reduce((tree, line) => {
    const isVerb = verbs.children.some(({ name }) => line.startsWith(`${name} `));
    const { handler, args } = typed(isVerb ? line : `set ${line}`, schema);
    const statements = args['statements'] as readonly Statement[];
    if (handler === 'set') return setStatements(schema, tree, statements);
    const changed = (() => {
      if (handler === 'delete') return deleteStatement(schema, tree, statements[0]!);
      const change =
        handler === 'annotate' ? { comment: commentOf(args['comment'] as string)! } : { inactive: true };
      return withStatementMarked(tree, statements[0]!, change);
    })();
    if (!changed) throw new Error(`${line}: no such statement`);
    return changed;
  }, EMPTY_TREE);
}

/** What was found, without the turns of others between. */
export function all(findings: Findings): readonly Finding[] {
  return [...findings].filter((finding) => finding !== undefined);
}

/** No text of chance is one of these. */
export const sampleCredentials = [
  ed25519Key,
  sshKey('ecdsa-sha2-nistp256', 'nistp256', Buffer.alloc(65, 1)),
  sshKey('ssh-rsa', Buffer.alloc(3, 1), Buffer.alloc(257, 1)),
  `$scrypt$ln=15,r=8,p=1$${'A'.repeat(22)}$${'B'.repeat(43)}`,
  `$scrypt$ln=14,r=8,p=1$${'C'.repeat(22)}$${'D'.repeat(43)}`,
];

const SAMPLE_URLS = ['postgresql://r1@localhost:5432/fleet', 'postgresql://a-b@[2001:db8::1]/x'];

/** What could be taken for something else in one form or another. */
const NASTY_TEXTS = [
  ...[
    'inactive:',
    'replace:',
    '/* SECRET-DATA */',
    '/*',
    '*/',
    '/* a',
    '[',
    ']',
    '{',
    '}',
    ';',
    '!',
    '#',
    '##',
    '|',
  ],
  ...[
    'set',
    'delete',
    '+ a',
    '- a',
    '[edit]',
    '@',
    '@name',
    'name',
    'null',
    'true',
    '<a>',
    ']]>',
    '&amp;',
    '\\',
    '"',
  ],
  ...[' ', ' a', 'a ', '\u00a0', '\ud800', '\ufffe', '\u2028', 'a\\', "'", '$dn1$', 'control-only'],
];

function scalarsOf({ type }: ValueSlot): fc.Arbitrary<Scalar> {
  const range = /^(\d+)\.\.(\d+)$/.exec(type.name);
  if (range) return fc.integer({ min: Number(range[1]), max: Number(range[2]) });
  if (type.choices.length > 0) return fc.constantFrom(...type.choices);
  const samples = sampleCredentials.filter((text) => 'value' in type.parse(text));
  if (/key\(|hash/.test(type.name)) return fc.constantFrom(...samples);
  if (type.name === 'postgresql-url') return fc.constantFrom(...SAMPLE_URLS);
  const texts = fc.oneof(
    fc.string(),
    fc.string({
      unit: fc.constantFrom('a', '"', '\\', '|', ' ', '[', '{', ';', '#', 'é', '/', '*', '<', '&', '+'),
    }),
    fc.string({ unit: 'binary' }),
    fc.constantFrom(...NASTY_TEXTS),
    fc.string({ unit: fc.constantFrom('a', 'b', '-', '.', '7'), minLength: 1, maxLength: 15 }),
    fc.constantFrom(
      '__proto__',
      'constructor',
      '7',
      '1',
      '90s',
      'ef',
      '101110',
      'ms-0/0/0',
      'mams-5/0/0',
      'ams0',
      '0x10',
      '0x10/0xf0',
      'tcp',
    ),
    fc.tuple(fc.ipV4(), fc.constantFrom('/32', '')).map(([address, length]) => `${address}${length}`),
    fc.ipV6(),
  );
  return texts
    .map((text) => type.parse(text))
    .filter((parsed) => 'value' in parsed)
    .map((parsed) => parsed.value);
}

/** Trees that `set` lines could have made. */
export function treesOf(
  schema: GrammarNode,
  marks: fc.Arbitrary<RandomMarks> = none,
): fc.Arbitrary<ConfigTree> {
  const statements = schema.children
    .filter((child) => !child.aliasOf && !child.inheritance)
    .map((child) => fc.tuple(fc.constant(child.name), fc.option(valuesOf(child, marks)), marks));
  return fc.tuple(...statements).map((all) => {
    const tree = new Map(all.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])));
    return all.reduce<ConfigTree>((marked, [name, , each]) => withRandomMarks(marked, [name], each), tree);
  });
}

/** The same, and some of their statements are marked. */
export function markedTreesOf(schema: GrammarNode): fc.Arbitrary<ConfigTree> {
  return treesOf(schema, someMarks);
}

type RandomMarks = Pick<Marks, 'inactive' | 'comment'> | null;

const none: fc.Arbitrary<RandomMarks> = fc.constant(null);

const someMarks: fc.Arbitrary<RandomMarks> = fc.option(
  fc.record({
    inactive: fc.boolean(),
    comment: fc.option(
      fc
        .string({
          unit: fc.constantFrom('a', ' ', '"', '\\', '*', '/', ';', '}', '#', '|', 'é'),
          maxLength: 9,
        })
        .map((text) => commentOf(text) || 'a'),
      { nil: undefined },
    ),
  }),
  { freq: 5 },
);

/** Of a list, marks of its first entry; of several values, of the last. */
function withRandomMarks(tree: ConfigTree, [name]: readonly [string], random: RandomMarks): ConfigTree {
  const value = tree.get(name);
  if (random === null || value === undefined) return tree;
  if (isValues(value)) {
    const inactiveValues = random.inactive ? value.slice(-1) : [];
    return withMarks(tree, [name], { ...random, inactive: false, inactiveValues });
  }
  const [entry] = isTree(value) ? value.keys() : [];
  const isList = isTree(value) && [...value.values()].every(isTree) && lists.has(value);
  return withMarks(tree, isList ? [name, entry!] : [name], { ...UNMARKED, ...random });
}

/** The lists among the trees that were made. */
const lists = new WeakSet<ConfigTree>();

/** What a statement may hold; null for a container that would be empty and mean nothing. */
function valuesOf(node: GrammarNode, marks: fc.Arbitrary<RandomMarks>): fc.Arbitrary<ConfigValue | null> {
  const { value } = node;
  switch (value?.arity) {
    case 'one':
      return scalarsOf(value);
    case 'many':
      return fc.uniqueArray(scalarsOf(value), { minLength: 1, maxLength: 4 });
    case 'key':
      return fc
        .uniqueArray(fc.tuple(scalarsOf(value).map(String), treesOf(node, marks)), {
          minLength: 1,
          maxLength: 3,
          selector: ([key]) => key,
        })
        .map((entries) => {
          const list = new Map(entries);
          lists.add(list);
          return list;
        });
    case undefined:
      if (isLeaf(node)) return fc.constant<true>(true);
      return treesOf(node, marks).map((tree) => (!isBare(tree) || node.presence ? tree : null));
  }
}

/** The tree with the changes made, whatever else stands in it. Containers left without anything are not taken away. */
export function withChanges(tree: ConfigTree, made: Iterable<Change>): ConfigTree {
  let changed = tree;
  for (const change of made) changed = withChange(changed, change);
  return changed;
}

function withChange(tree: ConfigTree, { kind, path, after, marksAfter }: Change): ConfigTree {
  if (after === undefined) return deleteAt(tree, path);
  if (kind === 'order') return inOrder(tree, path, [...treeIn(after).keys()]);
  const made = kind === 'statement' ? setAt(tree, path, after) : tree;
  return isTree(after) && kind === 'statement' ? made : withMarks(made, path, marksAfter);
}
