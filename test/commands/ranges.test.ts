/** The range of every statement, in every vendor's words: both ends are taken, and what is beyond them is refused with the range, in every CLI style. */
import { expect, it } from 'vitest';
import type { StyleName } from '../../src/commands/command.ts';
import type { GrammarNode } from '../../src/grammar/node.ts';
import { statementLines } from '../../src/grammar/lines.ts';
import { sampleCredentials } from '../support/configuration.ts';
import { grammars, openShell, run, runAll, startRouter } from '../support/router.ts';

interface RangedLine {
  /** With a key for each list on the way. */
  readonly words: string;
  readonly taken: readonly string[];
  readonly refused: readonly string[];
  /** As the message says it. */
  readonly range: string;
}

/** Keys and values that stand where a line needs one. */
const KEYS: Readonly<Record<string, string>> = {
  prefix: '10.0.0.0/8',
  address: '192.0.2.1',
  user: 'ada',
  'services-interface': 'ms-0/0/0',
};

const sealed = sampleCredentials.find((text) => text.startsWith('$scrypt$'))!;

/** The URL of a database that is so long. */
const urlOf = (characters: number): string => 'postgresql://r@h/'.padEnd(characters, 'd');

/** What is in a type's range, and just beyond it: values by themselves, and lengths. */
function edgesOf(node: GrammarNode): Omit<RangedLine, 'words'> {
  const { name, choices, expects } = node.value!.type;
  if (choices.length > 0)
    return { taken: choices, refused: ['no-such-word', `${choices[0]!}x`], range: choices.at(-1)! };
  const numbers = /^(\d+)\.\.(\d+)$/.exec(name);
  if (numbers) {
    const [low, high] = [Number(numbers[1]), Number(numbers[2])];
    const refused = [`${high + 1}`, '-1', '1.5', 'x', ...(low > 0 ? [`${low - 1}`] : [])];
    return { taken: [`${low}`, `${high}`], refused, range: `${low}..${high}` };
  }
  const minutes = /^minutes\((\d+)\.\.(\d+)\)$/.exec(name);
  if (minutes) {
    const [low, high] = [Number(minutes[1]), Number(minutes[2])];
    const seconds = `${high * 60 + 1}s`;
    return {
      taken: [`${low}`, `${high}`, `${high * 60}s`],
      refused: [`${high + 1}`, seconds],
      range: `${low}..${high}`,
    };
  }
  const length = /^(?:os-)?name\((\d+)\)$/.exec(name);
  if (length) {
    const longest = Number(length[1]);
    return {
      taken: ['a', 'a'.repeat(longest)],
      refused: ['a'.repeat(longest + 1)],
      range: `(1 to ${longest})`,
    };
  }
  const family = /^ssh-key\((.+)\)$/.exec(name);
  if (family) {
    const taken = sampleCredentials.filter((text) => text.startsWith(family[1]!));
    const foreign = sampleCredentials.filter((text) => !text.startsWith(family[1]!));
    return { taken: taken.map(quoted), refused: foreign.map(quoted), range: expects };
  }
  const simple = SIMPLE[name];
  if (simple === undefined) throw new Error(`nothing is tried of the type ${name}`);
  return { range: expects, ...simple };
}

const quoted = (text: string): string => `"${text}"`;

/** Of types without numbers in their names; `range`: where it is not all of what the type expects. */
const SIMPLE: Readonly<Record<string, Omit<RangedLine, 'words' | 'range'> & Partial<RangedLine>>> = {
  address: { taken: ['192.0.2.1', '2001:db8::1'], refused: ['192.0.2.256', '2001:db8::1::', '192.0.2.1/32'] },
  prefix: {
    taken: ['0.0.0.0/0', '192.0.2.1/32', '::/0', '2001:db8::1/128'],
    refused: ['192.0.2.0/33', '2001:db8::/129', '192.0.2.0/-1'],
    range: 'a prefix length of 0..',
  },
  'code-points': { taken: ['000000', '111111', 'ef'], refused: ['1000000', '00000', '222222', 'af44'] },
  'services-interface': {
    taken: ['ms-0/0/0', 'mams-5/0/0', 'vms-1/0/0', 'ams0', 'rsp0', 'rms0'],
    refused: ['ms-0/0', 'eth0', 'ams'],
  },
  mark: {
    taken: ['0', '0xffffffff', '0/0xffffffff', '0xffffffff/0xffffffff'],
    refused: ['0x100000000', '0/0x100000000', '-1', 'x'],
  },
  mask: { taken: ['0x1', '0xffffffff', '0xf0'], refused: ['0', '0x100000000', '0x5', 'x'] },
  text: { taken: ['a', 'a'.repeat(4096)], refused: ['a'.repeat(4097)], range: '4096' },
  'password-hash': { taken: [quoted(sealed)], refused: ['hunter2', quoted(sealed.slice(0, 40))] },
  dscp: { taken: ['0', '63'], refused: ['64'], range: '0..63' },
  'host-name': { taken: ['a', 'a'.repeat(63)], refused: ['a'.repeat(64)], range: '(1 to 63)' },
  user: { taken: ['a', 'a'.repeat(32)], refused: ['a'.repeat(33)], range: '(1 to 32 ' },
  'key-id': { taken: ['a', 'a'.repeat(80)], refused: ['a'.repeat(81), 'é'.repeat(41)], range: '1 to 80' },
  secret: { taken: ['a', 'a'.repeat(256)], refused: ['a'.repeat(257)], range: '1 to 256' },
  'postgresql-url': {
    taken: ['postgresql://r@h/d', 'postgres://r@[::1]:65535/d', urlOf(1024)],
    refused: [
      urlOf(1025),
      'postgresql://r@h:65536/d',
      'postgresql://r@h:0/d',
      'postgresql://r:p@h/d',
      'http://r@h/d',
    ],
  },
  'port-range': { taken: ['1-65535'], refused: ['0-1', '1-65536', '2-1'], range: '10000-20000' },
};

/** Lines with a value that say what a canonical statement says: aliases, and those of the dialects. */
function* otherLines(
  parent: GrammarNode,
  above: readonly GrammarNode[] = [],
): IterableIterator<readonly GrammarNode[]> {
  for (const child of parent.children) {
    if (child.inheritance) continue;
    const nodes = [...above, child];
    if (child.value && child.aliasOf && (child.meaning?.own ?? true)) yield nodes;
    yield* otherLines(child, nodes);
  }
}

function lineOf(nodes: readonly GrammarNode[]): readonly RangedLine[] {
  const words = nodes.flatMap((node, index) => {
    const key = node.value && index < nodes.length - 1 ? [KEYS[node.value.type.name] ?? '1'] : [];
    return [...(node.kind === 'word' ? [node.name] : []), ...key];
  });
  const node = nodes.at(-1)!;
  return node.value === undefined ? [] : [{ words: words.join(' '), ...edgesOf(node) }];
}

/** How a password is typed has a rule of its own: its shortest length (access). */
const lines = [...statementLines(grammars.schema).map(({ nodes }) => nodes), ...otherLines(grammars.schema)]
  .flatMap(lineOf)
  .filter(({ words }) => !words.endsWith(' plaintext-password'));

it('there are as many as the schema and the dialects have', () => {
  expect(lines.length).toBeGreaterThanOrEqual(160);
});

it.each(['dnos', 'junos', 'vyos'] as const)(
  'of each statement, in the style of %s',
  async (style: StyleName) => {
    const shell = await openShell(await startRouter(), { style });
    await runAll(shell, 'configure');
    const wrong: string[] = [];
    for (const { words, taken, refused, range } of lines) {
      for (const value of taken) {
        const { outcome } = await run(shell, `set ${words} ${value}`);
        if (outcome.status !== 'done') wrong.push(`${words} ${value}: ${JSON.stringify(outcome)}`);
      }
      for (const value of refused) {
        const { outcome } = await run(shell, `set ${words} ${value}`);
        if (outcome.status !== 'failed' || !outcome.text.includes(range))
          wrong.push(`${words} ${value}: ${JSON.stringify(outcome)}`);
      }
    }
    expect(wrong).toEqual([]);
  },
);
