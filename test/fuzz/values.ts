/** Values of every type of the grammars, ssh keys among them: what they become is one of them, too. */
import assert from 'node:assert/strict';
import { descendants } from '../../src/grammar/node.ts';
import { readSshKey } from '../../src/grammar/ssh-key.ts';
import { quoteWord, tokenize } from '../../src/grammar/tokens.ts';
import { canonicalAddress, parseEndpoint, type ValueType } from '../../src/grammar/value-types.ts';
import { sampleCredentials } from '../support/configuration.ts';
import { grammars } from '../support/grammar.ts';
import { octetsOf, textOf, type FuzzTarget } from './target.ts';

const all = [grammars.operational, grammars.configuration, grammars.schema, grammars.pipes];
const types: readonly ValueType[] = [
  ...new Map(
    all
      .flatMap((grammar) => [...descendants(grammar)])
      .flatMap(({ value }) => (value === undefined ? [] : [[value.type.name, value.type] as const])),
  ).values(),
];
/** Of these the value counts in another unit than the text, or is no text. */
const isOfOneUnit = ({ typescript }: ValueType): boolean => typescript === 'string';

export const target: FuzzTarget = {
  octetsMax: 512,
  words: [
    '10.0.0.0/8',
    '2001:db8::/32',
    '::ffff:1.2.3.4',
    '[::1]:862',
    '0x10/0xf0',
    'ms-0/0/0',
    '1.5ms',
    '90s',
    'ssh-ed25519 ',
    '$scrypt$ln=15,r=8,p=1$',
    '$9$',
    '(?i)',
    '[[:alpha:]]',
    '\\pN',
  ],
  run: (octets) => {
    const text = textOf(octets);
    for (const type of types) {
      const parsed = type.parse(text);
      if (!('value' in parsed)) continue;
      if (!isOfOneUnit(type)) continue;
      const again = type.parse(String(parsed.value));
      assert.deepEqual(
        again,
        parsed,
        `${type.name} takes ${JSON.stringify(text)} for ${JSON.stringify(parsed.value)}`,
      );
    }
    const endpoint = parseEndpoint(text);
    if (endpoint !== undefined) assert.equal(canonicalAddress(endpoint.address), endpoint.address);
    const key = readSshKey(text);
    if (key !== undefined) assert(Buffer.from(key.blob).includes(key.algorithm));
    const [[word, ...more] = []] = tokenize(quoteWord(text)).sections;
    assert.deepEqual([word?.text, more.length], [text, 0], 'a word in quotes is read back');
  },
  seeds: () =>
    [
      ...sampleCredentials,
      ...[
        '10.0.0.0/8',
        '2001:db8::1/128',
        '192.0.2.1:862',
        '[2001:db8::1]:862',
        'router-1.example.net',
        '1.5ms',
      ],
      ...[
        '0.1e',
        '90s',
        'ef',
        '101110',
        'ms-0/0/0',
        'ams0',
        '0x10/0xf0',
        'tcp',
        'a|b.*',
        '50,95,99.9',
        '23:59',
        '65535',
      ],
    ].map(octetsOf),
};
