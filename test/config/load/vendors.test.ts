/** Configurations as the vendors' documents print them load as they stand; goldens show them in every form. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { bracesLines, documentOf, setLines } from '../../../src/config/text.ts';
import { equal } from '../../../src/config/tree.ts';
import { json } from '../../../src/render/json.ts';
import { xml } from '../../../src/render/xml.ts';
import { grammars } from '../../support/grammar.ts';
import { load } from '../../support/load.ts';

const folder = join(import.meta.dirname, '../../vectors/configurations');
const { schema } = grammars;

const joined = (pieces: Iterable<unknown>) => [...pieces].join('');

it.each([
  ['[002/server] Junos, braces', 'junos.conf'],
  ['[002/server] Junos, set lines', 'junos.set'],
  ['Junos, every statement of the client', 'junos-client.set'],
  ['DNOS', 'dnos.txt'],
  ['DNOS, the other statements, one below the other and in a line', 'dnos-lines.txt'],
  ['DNOS, a rollback file', 'dnos-users.txt'],
  ['VyOS', 'vyos.set'],
])('%s', async (_, name) => {
  const tree = load(readFileSync(join(folder, name), 'utf8'));
  const document = { configuration: documentOf(schema, tree) };
  const texts = {
    braces: `${[...bracesLines(schema, tree)].join('\n')}\n`,
    set: `${[...setLines(schema, tree)].join('\n')}\n`,
    json: joined(json(document)),
    xml: joined(xml(document)),
  };
  for (const [form, text] of Object.entries(texts)) {
    await expect(text).toMatchFileSnapshot(join(folder, 'golden', `${name}.${form}`));
    expect(equal(load(text), tree), form).toBe(true);
  }
});

it('what a Junos device shows is shown to the byte', () => {
  const text = readFileSync(join(folder, 'junos.conf'), 'utf8');
  expect(`${[...bracesLines(schema, load(text))].join('\n')}\n`).toBe(text);
});
