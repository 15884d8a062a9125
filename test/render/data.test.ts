/** Tests of what JSON and XML have in common: pieces, and rows that are read when they are drawn. */
import { describe, expect, it } from 'vitest';
import { PIECE_LENGTH, wholeLines, type Batches, type Piece } from '../../src/render/data.ts';
import { json } from '../../src/render/json.ts';
import { xml } from '../../src/render/xml.ts';

describe('pieces', () => {
  it('are whole lines of about the same length', () => {
    const fragments = Array.from({ length: 5000 }, (_, line) => `fragment\nof line ${line}`);
    const pieces = [...wholeLines([...fragments, '\n'])];
    expect(pieces.join('')).toBe(`${fragments.join('')}\n`);
    expect(pieces.length).toBeGreaterThan(3);
    for (const piece of pieces) {
      expect(piece.at(-1)).toBe('\n');
      expect(piece.length).toBeLessThan(PIECE_LENGTH + 100);
    }
  });

  it('are not cut within a line, however long it is', () => {
    const long = 'x'.repeat(3 * PIECE_LENGTH);
    expect([...wholeLines(['a\n', long, 'y\n', 'z'])]).toEqual(['a\n', `${long}y\n`, 'z']);
  });
});

describe.each([
  ['json', (rows: Iterable<unknown>) => json({ rows })],
  ['xml', (rows: Iterable<unknown>) => xml({ rows }, 'table')],
])('rows as %s', (_, write) => {
  it('are read as they are drawn, a piece ahead at the most', () => {
    let read = 0;
    const rows = function* (): Iterable<unknown> {
      for (; read < 100_000; read += 1) yield { id: read, address: '192.0.2.1' };
    };
    let drawn = 0;
    for (const piece of write(rows()) as Iterable<string>) {
      drawn += piece.length;
      // A row is no less than its two values.
      expect(read).toBeLessThan((drawn + PIECE_LENGTH) / '192.0.2.1'.length);
      if (read > 2000) break;
    }
    expect(read).toBeLessThan(5000);
  });
});

describe.each([
  ['json', (rows: Iterable<unknown> | Batches<unknown>) => json({ rows, total: () => 3 })],
  ['xml', (rows: Iterable<unknown> | Batches<unknown>) => xml({ rows, total: () => 3 }, 'table')],
])('batches as %s', (_, write) => {
  const rows = [{ id: 1 }, { id: 2 }, { id: 3 }];

  it('are drawn as the rows in them', async () => {
    const batches = async function* (): Batches<unknown> {
      yield await Promise.resolve(rows.slice(0, 2));
      yield [];
      yield rows.slice(2);
    };
    expect(await gathered(write(batches()))).toBe(await gathered(write(rows)));
  });

  it('are given up with the drawing, and reject it', async () => {
    let given = 0;
    let isOver = false;
    const batches = async function* (): Batches<unknown> {
      try {
        for (;;) yield await Promise.resolve([{ id: (given += 1) }]);
      } finally {
        isOver = true;
      }
    };
    for (const piece of write(batches())) {
      await piece;
      if (given === 3) break;
    }
    await Promise.resolve();
    expect({ given, isOver }).toEqual({ given: 3, isOver: true });
    const failing = { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('gone')) }) };
    await expect(gathered(write(failing))).rejects.toThrow('gone');
  });
});

async function gathered(pieces: Iterable<Piece>): Promise<string> {
  let text = '';
  for (const piece of pieces) {
    if (typeof piece === 'string') text += piece;
    else await piece;
  }
  return text;
}
