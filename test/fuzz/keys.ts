/** What a terminal sends, decoded to keys at once and cut at every octet, amid characters and sequences. */
import assert from 'node:assert/strict';
import { StringDecoder } from 'node:string_decoder';
import { KeyDecoder, type Key } from '../../src/shell/editor/key-decoder.ts';
import { octetByOctet, randomChunks } from '../support/chunks.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { octetsOf, type FuzzTarget } from './target.ts';

/** Runs of text may be cut: neighbours are put together. */
function keysOf(chunks: readonly Uint8Array[]): Key[] {
  const [utf8, decoder] = [new StringDecoder('utf8'), new KeyDecoder()];
  const keys: Key[] = [];
  for (const chunk of chunks) {
    for (const key of decoder.decode(utf8.write(Buffer.from(chunk)))) {
      const last = keys.at(-1);
      if (key.name === 'text' && last?.name === 'text')
        keys[keys.length - 1] = { ...last, text: last.text + key.text };
      else keys.push(key);
    }
  }
  return keys;
}

export const target: FuzzTarget = {
  octetsMax: 4096,
  words: [
    '\x1b',
    '\x1b[',
    '\x1bO',
    '\x1b[200~',
    '\x1b[201~',
    '\x1b[1;5C',
    '\x1b[[A',
    '\x1b[3~',
    '\r\n',
    '日本',
    '👩‍🚀',
    'e\u0301',
    '\x9b',
  ],
  run: (octets) => {
    const whole = keysOf([octets]);
    const random = new SeededRandom(octets.length);
    for (const chunks of [octetByOctet(octets), randomChunks(octets, random, 5)])
      assert.deepEqual(keysOf(chunks), whole);
    const characters = whole.reduce((sum, { text }) => sum + Math.max(1, text.length), 0);
    assert(characters <= octets.length, 'no more than was sent');
    for (const { name, text } of whole)
      assert(
        name === 'text' || text === '' || text === ' ' || text === '?',
        `${name} inserts ${JSON.stringify(text)}`,
      );
  },
  seeds: () =>
    [
      'show version\r',
      'a\x1b[Db\x1bOC\x1b[1;5D\x1b[3~\x7f\x08\x15\x17\x19\r\n',
      '\x1b[200~set a\nset b\r\nset c\x1b[201~\r',
      'größe 日本 👩‍🚀 e\u0301\t?',
      '\x1b\x1b[C\x1b[[A\x1b[99;9u\x1b[?1;2c\x9bA',
    ].map(octetsOf),
};
