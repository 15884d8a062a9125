/** The range of every statement: both ends are taken, and what is beyond them is refused with the range, in every CLI style. */
import { expect, it } from 'vitest';
import type { StyleName } from '../../src/commands/command.ts';
import type { GrammarNode } from '../../src/grammar/node.ts';
import { statementLines } from '../../src/grammar/lines.ts';
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

/** What is in a type's range, and just beyond it: values by themselves, and lengths. */
function edgesOf(node: GrammarNode): Omit<RangedLine, 'words'> | undefined {
  const { name } = node.value!.type;
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
  const length = /^name\((\d+)\)$/.exec(name);
  if (length) {
    const longest = Number(length[1]);
    return {
      taken: ['a', 'a'.repeat(longest)],
      refused: ['a'.repeat(longest + 1)],
      range: `(1 to ${longest})`,
    };
  }
  return SIMPLE[name];
}

const SIMPLE: Readonly<Record<string, Omit<RangedLine, 'words'>>> = {
  dscp: { taken: ['0', '63'], refused: ['64'], range: '0..63' },
  'host-name': { taken: ['a', 'a'.repeat(63)], refused: ['a'.repeat(64)], range: '(1 to 63)' },
  user: { taken: ['a', 'a'.repeat(32)], refused: ['a'.repeat(33)], range: '(1 to 32 ' },
  'key-id': { taken: ['a', 'a'.repeat(80)], refused: ['a'.repeat(81), 'é'.repeat(41)], range: '1 to 80' },
  secret: { taken: ['a', 'a'.repeat(256)], refused: ['a'.repeat(257)], range: '1 to 256' },
  'port-range': { taken: ['1-65535'], refused: ['0-1', '1-65536', '2-1'], range: '10000-20000' },
};

function* linesOf(): Iterable<RangedLine> {
  for (const { nodes } of statementLines(grammars.schema)) {
    const words = nodes.flatMap((node, index) => {
      const key =
        node.value?.arity === 'key' && index < nodes.length - 1 ? [KEYS[node.value.type.name] ?? '1'] : [];
      return [node.name, ...key];
    });
    const edges = nodes.at(-1)!.value && edgesOf(nodes.at(-1)!);
    if (edges) yield { words: words.join(' '), ...edges };
  }
}

/** How a password is typed has a rule of its own: its shortest length (access). */
const lines = [...linesOf()].filter(({ words }) => !words.endsWith(' plaintext-password'));

it('there are as many as the schema has', () => {
  expect(lines.length).toBeGreaterThanOrEqual(89);
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
