/** Configurations as texts that are loaded, in each form. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compareLines, same } from '../../src/config/compare.ts';
import { LOAD_LIMITS, LoadError } from '../../src/config/load/faults.ts';
import { formOf, type LoadForm } from '../../src/config/load/load.ts';
import { archived, bracesLines, documentOf, fromArchive, setLines } from '../../src/config/text.ts';
import { EMPTY_TREE, type ConfigTree } from '../../src/config/tree.ts';
import type { Grammar } from '../../src/grammar/node.ts';
import { descendants } from '../../src/grammar/node.ts';
import { json } from '../../src/render/json.ts';
import { xml } from '../../src/render/xml.ts';
import { kinds } from '../support/configuration.ts';
import { grammars } from '../support/grammar.ts';
import { load } from '../support/load.ts';
import { chosen, Choices, refusable, textOf, type FuzzTarget } from './target.ts';

const schemas: readonly Grammar[] = [grammars.schema, kinds];
const joined = (pieces: Iterable<unknown>, separator = ''): string => [...pieces].join(separator);

type WrittenForm = Exclude<LoadForm, 'patch'>;

const writers: Readonly<Record<WrittenForm, (schema: Grammar, tree: ConfigTree) => string>> = {
  braces: (schema, tree) => joined(bracesLines(schema, tree), '\n'),
  lines: (schema, tree) => joined(setLines(schema, tree), '\n'),
  json: (schema, tree) => joined(json({ configuration: documentOf(schema, tree) })),
  xml: (schema, tree) => joined(xml({ configuration: documentOf(schema, tree) })),
};

const vectors = join(import.meta.dirname, '../vectors/configurations');
const vector = (file: string): string => readFileSync(join(vectors, file), 'utf8');

/** What is there before, for texts that change something. */
const before: readonly ConfigTree[] = [
  load(vector('junos.conf'), { schema: grammars.schema }),
  load('server { port 900; client a { type deny; address 10.0.0.0/8; } }\ntags [ a b ];', { schema: kinds }),
];

/** Read twice it is the same; written in any form, compared with what was there, or archived, it comes back. */
function checkTree(schema: Grammar, tree: ConfigTree, was: ConfigTree): void {
  for (const [form, write] of Object.entries(writers)) {
    const text = write(schema, tree);
    const back = load(text, { schema, form: form as LoadForm });
    assert(same(schema, back, tree), `${form}:\n${text}\n${writers.lines(schema, back)}`);
  }
  const patch = joined(compareLines(schema, was, tree), '\n');
  if (patch !== '') {
    const back = load(patch, { schema, before: was, mode: 'patch' });
    assert(same(schema, back, tree), `patch:\n${patch}`);
  }
  assert(same(schema, fromArchive(schema, archived(tree)), tree), 'the archive');
}

function checkFaults(error: LoadError, text: string): void {
  assert(error.faults.length > 0 && error.faults.length <= LOAD_LIMITS.faults + 1);
  // XML ends lines with a lone CR, too, and XML 1.1 with two more.
  const lines = text.split(/\r\n?|[\n\u0085\u2028]/).length;
  for (const { line } of error.faults) assert(line >= 1 && line <= lines, `line ${line} of ${lines}`);
}

/** The first octet chooses the schema, and whether there is something before; the rest is a text in `form`. */
export function loadTarget(form: LoadForm, seeds: readonly string[], words: readonly string[]): FuzzTarget {
  const names = schemas.flatMap((schema) => [...descendants(schema)].map(({ name }) => name));
  return {
    octetsMax: 1024,
    words: [...words, ...new Set(names.filter((name) => /^[\w-]{2,40}$/.test(name)))],
    run: (octets) => {
      const choices = new Choices(octets);
      const how = choices.octet();
      const schema = schemas[how % 2]!;
      const was = (how & 2) === 0 && form !== 'patch' ? EMPTY_TREE : before[how % 2]!;
      const text = textOf(choices.rest);
      formOf(text, 'merge');
      const options = { schema, before: was, form };
      const read = (): ConfigTree | undefined => {
        try {
          return load(text, options);
        } catch (error) {
          if (error instanceof LoadError) checkFaults(error, text);
          throw error;
        }
      };
      const tree = refusable(read, LoadError);
      if (tree !== undefined) checkTree(schema, tree, was);
    },
    seeds: () => [
      ...seeds.map((text) => chosen([0], text)),
      ...(form === 'patch'
        ? patchSeeds()
        : before.map((tree, index) => chosen([index], writers[form](schemas[index]!, tree)))),
      chosen([1], form === 'patch' ? '' : writers[form](kinds, marked)),
    ],
  };
}

const marked = load(
  `inactive: server { debug; modes some; }
/* a comment */
system { host-name r1; banner "a \\"b\\" ;{}"; }
tags [ "x y" z ];
server { slot 3 { description d; } client c { limits { rate 5; } address 10.0.0.0/8; } }`,
  { schema: kinds },
);

function patchSeeds(): Uint8Array[] {
  return schemas.flatMap((schema, index) => [
    chosen([index], joined(compareLines(schema, before[index]!, EMPTY_TREE), '\n')),
    chosen([index], joined(compareLines(schema, before[index]!, index === 1 ? marked : EMPTY_TREE), '\n')),
  ]);
}

export { vector };
