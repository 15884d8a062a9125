/** Batches as a loop: line numbers, stopping, the end of input in configuration mode. */
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { linesOf } from '../../src/access/lines.ts';
import { BATCH_LINE_CHARACTERS_MAX, runBatch } from '../../src/shell/batch.ts';
import { openShell, startRouter } from '../support/router.ts';

async function batch(lines: readonly string[], stopOnError = false) {
  const shell = await openShell(await startRouter());
  let out = '';
  const errors: string[] = [];
  const status = await runBatch(
    shell,
    lines,
    { out: { write: (text) => void (out += text) }, error: (line) => void errors.push(line) },
    { stopOnError, signal: new AbortController().signal },
  );
  return { status, out, errors };
}

describe('runBatch', () => {
  it('numbers lines from 1, remarks and blanks included', async () => {
    expect((await batch(['', '# x', 'shw', 'show version', 'foo'])).errors).toEqual([
      "line 3: ERROR: Unknown word: 'shw'.",
      "line 5: ERROR: Unknown word: 'foo'.",
    ]);
  });

  it('ends at exit, with what came before', async () => {
    expect(await batch(['show version | count', 'exit', 'shw'])).toEqual({
      status: 0,
      out: 'lines: 2\n',
      errors: [],
    });
  });

  it('takes lines that end in CR LF', async () => {
    expect((await batch(['show version | count\r'])).out).toBe('lines: 2\n');
  });

  it('takes a line of the greatest length and refuses a longer one', async () => {
    const remark = '#'.repeat(BATCH_LINE_CHARACTERS_MAX);
    expect((await batch([remark])).status).toBe(0);
    expect((await batch([`${remark}#`])).errors).toEqual([
      'line 1: ERROR: Line is longer than 65536 characters.',
    ]);
  });
});

describe('linesOf', () => {
  async function lines(chunks: readonly string[], charactersMax = 100): Promise<string[]> {
    const stream = (async function* () {
      await Promise.resolve();
      for (const chunk of chunks) yield Buffer.from(chunk, 'latin1');
    })();
    const found: string[] = [];
    for await (const line of linesOf(stream, charactersMax)) found.push(line);
    return found;
  }

  it.each([
    [['a\nb\n'], ['a', 'b']],
    [['a\nb'], ['a', 'b']],
    [
      ['a', 'b\n\nc', '\n'],
      ['ab', '', 'c'],
    ],
    [[], []],
    [['\xc3', '\xa9\n'], ['é']],
  ])('cuts %j into %j', async (chunks, expected) => {
    expect(await lines(chunks)).toEqual(expected);
  });

  it('gives a line that is too long before it has ended', async () => {
    const stream = new PassThrough();
    const found = linesOf(stream, 3)[Symbol.asyncIterator]();
    stream.write('abcd');
    expect(await found.next()).toEqual({ done: false, value: 'abcd' });
    stream.end('efgh\nij');
    expect(await found.next()).toEqual({ done: false, value: 'ij' });
    expect(await found.next()).toMatchObject({ done: true });
  });

  it('drops the rest of a line that is too long, and only that', async () => {
    expect(await lines(['x'.repeat(50), 'x'.repeat(50), '\ny\n'], 100)).toEqual(['x'.repeat(100), 'y']);
    expect(await lines(['x'.repeat(500), 'x'.repeat(50), '\ny\n'], 100)).toEqual(['x'.repeat(101), 'y']);
  });
});

it('waits for a reader of errors that is slower than the errors come', async () => {
  const shell = await openShell(await startRouter());
  const told: string[] = [];
  let readOn = (): void => undefined;
  const error = (line: string): Promise<void> => {
    told.push(line);
    return new Promise((resolve) => (readOn = resolve));
  };
  const output = { out: { write: () => undefined }, error };
  const signal = new AbortController().signal;
  const run = runBatch(shell, ['nonsense', 'nonsense'], output, { stopOnError: false, signal });
  for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
  expect(told).toHaveLength(1);
  readOn();
  for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
  expect(told).toHaveLength(2);
  readOn();
  expect(await run).toBe(1);
});
