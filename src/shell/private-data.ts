/** What VyOS' `strip-private` hides, so that an output can be given to others: addresses, names and secrets. */
import { canonicalAddress } from '../grammar/value-types.ts';

interface Rule {
  readonly pattern: RegExp;
  readonly replace: (found: string, ...groups: string[]) => string;
}

/** A value as a configuration has it: a word, or several in quotes. */
const VALUE = String.raw`("[^"]*"|[^\s;]+)`;

/** Statements whose value is hidden whole. */
const hiddenStatements = [
  ...['secret', 'password', 'encrypted-password', 'plain-text-password', 'plaintext-password'],
  ...['key', 'ssh-ed25519', 'ssh-ecdsa', 'ssh-rsa', 'host-name', 'user', 'Hostname:'],
];

const rules: readonly Rule[] = [
  {
    pattern: new RegExp(String.raw`(^|\s)(${hiddenStatements.join('|')})(\s+)${VALUE}`, 'g'),
    replace: (_, before = '', name = '', blank = '') => `${before}${name}${blank}xxxxxx`,
  },
  // The half that tells the network.
  {
    pattern: /\b\d{1,3}\.\d{1,3}(?=\.\d{1,3}\.\d{1,3}\b)/g,
    replace: () => 'xxx.xxx',
  },
  {
    pattern: /[0-9A-Fa-f:]*:[0-9A-Fa-f]*:[0-9A-Fa-f:]*/g,
    replace: (word) => {
      const rest = /^(.*?)(:?)$/.exec(word)!;
      const address = canonicalAddress(word) === undefined ? rest[1]! : word;
      if (canonicalAddress(address) === undefined) return word;
      return (
        address.replace(/^[0-9A-Fa-f]+(:[0-9A-Fa-f]+)?/, (groups) => groups.replace(/[^:]+/g, 'xxxx')) +
        word.slice(address.length)
      );
    },
  },
];

export function withoutPrivate(line: string): string {
  return rules.reduce((text, { pattern, replace }) => text.replace(pattern, replace), line);
}
