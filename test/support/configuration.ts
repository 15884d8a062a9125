/** Configurations for tests: typed as set lines, or random, for the product or a schema of every kind. */
import fc from 'fast-check';
import { setStatements } from '../../src/config/statements.ts';
import { EMPTY_TREE, type ConfigTree, type ConfigValue } from '../../src/config/tree.ts';
import type { Statement } from '../../src/grammar/match.ts';
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

const setVerb = readGrammar(
  'set "Set"\n  {schema:set} -> set\ndelete "Delete"\n  {schema:delete} -> delete',
  'verbs.cli',
);

/** What a `set` or `delete` line says. */
export function statementsOf(line: string, schema: GrammarNode = grammars.schema): readonly Statement[] {
  const terminal = new Terminal(setVerb, { trees: { schema: { node: schema, path: [] } } });
  return terminal.match(line).args['statements'] as readonly Statement[];
}

/** The tree that `set` lines make; the word `set` may be left out. */
export function treeOf(lines: readonly string[], schema: GrammarNode = grammars.schema): ConfigTree {
  return lines.reduce((tree, line) => {
    const typed = line.startsWith('set ') ? line : `set ${line}`;
    return setStatements(schema, tree, statementsOf(typed, schema));
  }, EMPTY_TREE);
}

/** No text of chance is one of these. */
export const sampleCredentials = [
  ed25519Key,
  sshKey('ecdsa-sha2-nistp256', 'nistp256', Buffer.alloc(65, 1)),
  sshKey('ssh-rsa', Buffer.alloc(3, 1), Buffer.alloc(257, 1)),
  `$scrypt$ln=15,r=8,p=1$${'A'.repeat(22)}$${'B'.repeat(43)}`,
  `$scrypt$ln=14,r=8,p=1$${'C'.repeat(22)}$${'D'.repeat(43)}`,
];

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
  const texts = fc.oneof(
    fc.string(),
    fc.string({
      unit: fc.constantFrom('a', '"', '\\', '|', ' ', '[', '{', ';', '#', 'é', '/', '*', '<', '&', '+'),
    }),
    fc.string({ unit: 'binary' }),
    fc.constantFrom(...NASTY_TEXTS),
    fc.string({ unit: fc.constantFrom('a', 'b', '-', '.', '7'), minLength: 1, maxLength: 15 }),
    fc.constantFrom('__proto__', 'constructor', '7', '1', '90s', 'ef', '101110'),
    fc.tuple(fc.ipV4(), fc.constantFrom('/32', '')).map(([address, length]) => `${address}${length}`),
    fc.ipV6(),
  );
  return texts
    .map((text) => type.parse(text))
    .filter((parsed) => 'value' in parsed)
    .map((parsed) => parsed.value);
}

/** Trees that `set` lines could have made. */
export function treesOf(schema: GrammarNode): fc.Arbitrary<ConfigTree> {
  const statements = schema.children
    .filter((child) => !child.aliasOf)
    .map((child) => fc.option(valuesOf(child)).map((value) => [child.name, value] as const));
  return fc
    .tuple(...statements)
    .map((all) => new Map(all.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]))));
}

/** What a statement may hold; null for a container that would be empty and mean nothing. */
function valuesOf(node: GrammarNode): fc.Arbitrary<ConfigValue | null> {
  const { value } = node;
  switch (value?.arity) {
    case 'one':
      return scalarsOf(value);
    case 'many':
      return fc.uniqueArray(scalarsOf(value), { minLength: 1, maxLength: 4 });
    case 'key':
      return fc
        .uniqueArray(fc.tuple(scalarsOf(value).map(String), treesOf(node)), {
          minLength: 1,
          maxLength: 3,
          selector: ([key]) => key,
        })
        .map((entries) => new Map(entries));
    case undefined:
      if (isLeaf(node)) return fc.constant<true>(true);
      return treesOf(node).map((tree) => (tree.size > 0 || node.presence ? tree : null));
  }
}
