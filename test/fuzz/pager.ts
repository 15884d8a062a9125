/** A pager before anybody, with lines of any kind: it ends, shows whole rows, and gives back what was not for it. */
import assert from 'node:assert/strict';
import { printable } from '../../src/render/printable.ts';
import { KeyDecoder, type Key } from '../../src/shell/editor/key-decoder.ts';
import { Pager, rowsOf, type PagerTerminal } from '../../src/shell/pager.ts';
import { Screen } from '../support/screen.ts';
import { chosen, Choices, textOf, type FuzzTarget } from './target.ts';

const SIZES = [
  [40, 5],
  [1, 2],
  [80, 24],
  [7, 3],
  [200, 0],
  [0, 0],
] as const;
const RESIZE = 0xff;
const END_OF_INPUT: Key = { name: 'end-of-input', text: '' };
const KEYS_MAX = 512;

/** Key after key, and then the end of the input; a key `undefined` is a change of size. */
async function page(
  text: string,
  keys: readonly (Key | number)[],
  first: number,
  isHeld: boolean,
): Promise<void> {
  let [columns, rows] = SIZES[first % SIZES.length]!;
  const screen = new Screen(columns || 80, rows || 24);
  let resized: (() => void) | undefined;
  const state = { isQuit: false };
  const waiting = [...keys];
  let asked = 0;
  const terminal: PagerTerminal = {
    write: (piece) => screen.write(printable(piece).replaceAll('\n', '\r\n')),
    control: (sequence) => screen.write(sequence),
    mark: (mark) => screen.write(`\r\x1b[K${mark}`),
    setAside: () => undefined,
    giveBack: (piece) => assert.equal(typeof piece, 'string'),
    readKey: async () => {
      asked += 1;
      assert(asked <= KEYS_MAX + keys.length, 'nothing ends the pager');
      for (let key = waiting.shift(); key !== undefined; key = waiting.shift()) {
        if (typeof key !== 'number') return key;
        [columns, rows] = SIZES[key % SIZES.length]!;
        if (columns > 0 && rows > 0) screen.resize(columns, rows);
        resized?.();
        await Promise.resolve();
      }
      return END_OF_INPUT;
    },
    size: () => ({ columns, rows }),
    onResize: (listener) => {
      resized = listener;
      return () => (resized = undefined);
    },
  };
  const quit = (): void => void (state.isQuit = true);
  const pager = new Pager(terminal, { screenLength: undefined, mark: '-- More --', held: isHeld, quit });
  for (const line of text.split('\n')) if (!state.isQuit) await pager.write(`${line}\n`);
  if (!state.isQuit) await pager.end();
}

/** Two octets choose the size and whether the end is held; the keys go up to a zero, the rest are lines. */
export const target: FuzzTarget = {
  isAsync: true,
  octetsMax: 1024,
  words: ['\x1b[5~', '\x1b[6~', '/a\r', '?b\r', 'n', 'N', 'G', 'g', 'h', 'q', ' ', '日本', '\t', '\x1b[31m'],
  run: async (octets) => {
    const choices = new Choices(octets);
    const [size, how] = [choices.octet(), choices.octet()];
    const end = choices.rest.indexOf(0);
    const said = choices.rest.subarray(0, Math.max(end, 0));
    const decoder = new KeyDecoder();
    const keys: (Key | number)[] = [];
    for (let rest = said; rest.length > 0;) {
      const at = rest.indexOf(RESIZE);
      keys.push(...decoder.decode(textOf(at < 0 ? rest : rest.subarray(0, at))));
      if (at >= 0) keys.push(rest[at + 1] ?? 0);
      rest = at < 0 ? rest.subarray(rest.length) : rest.subarray(at + 2);
    }
    const text = textOf(choices.rest.subarray(end + 1));
    for (const line of text.split('\n')) assert(rowsOf(line, SIZES[size % SIZES.length]![0]) >= 1);
    await page(text, keys, size, how % 2 === 1);
  },
  seeds: () => {
    const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`).join('\n');
    return [' b', 'jk', '/2\rnN', 'G?1\rg', 'h q', '\x1b[6~\x1b[5~', 'd\xff\x01u', '  q'].map((keys, index) =>
      chosen([index, index], Buffer.concat([Buffer.from(keys, 'latin1'), Buffer.of(0), Buffer.from(lines)])),
    );
  },
};
