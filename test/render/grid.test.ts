/** Tests of DNOS tables against reference 000. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { table } from 'table';
import { describe, expect, test } from 'vitest';
import { endpoint } from '../../src/render/endpoint.ts';
import { grid, gridPieces, GRID_PIECE_ROWS, type GridColumn } from '../../src/render/grid.ts';
import { uptime } from '../../src/render/uptime.ts';

/** The tables of the reference as a terminal shows them; the document indents its examples by one tab. */
const samples = readFileSync(
  new URL('../vectors/references/000_dnos_show_services_twamp_sessions.txt', import.meta.url),
  'utf8',
).match(/(^\t\|.*\n)+/gm)!;
const [sessions, session] = samples.map((sample) => sample.replace(/^\t/gm, ''));

const columns: readonly GridColumn[] = [
  { title: 'VRF', minimumWidth: 8 },
  { title: 'Connection-ID' },
  { title: 'Session-ID' },
  { title: 'Type', minimumWidth: 7 },
  { title: 'Local Address' },
  { title: 'Remote Address' },
  { title: 'Session Uptime', minimumWidth: 15 },
  { title: 'RX[pkts]' },
  { title: 'TX[pkts]' },
];

function row(sessionId: string, type: string, localPort: number, remotePort: number): string[] {
  const local = endpoint({ address: '1.2.3.4', port: localPort });
  const remote = endpoint({ address: '1.1.1.1', port: remotePort });
  return ['default', '100', sessionId, type, local, remote, uptime(90_065_000_000_000n), '123', '345'];
}

const control = row('', 'control', 1000, 862);
const data806 = row('806', 'data', 3311, 2211);
const data807 = row('807', 'data', 3312, 2212);

describe('grid', () => {
  test('both tables of reference 000, to the byte', () => {
    expect(samples).toHaveLength(2);
    expect(grid(columns, [control, data806, data807])).toBe(sessions);
    expect(grid(columns, [data806])).toBe(session);
  });

  test('without rows: the header and its rule', () => {
    expect(grid(columns, [])).toBe(sessions!.split('\n', 2).join('\n') + '\n');
  });

  test('the header follows the widths of its own grid, whatever was drawn before', () => {
    const titles = [{ title: 'A' }, { title: 'B' }];
    const narrow = grid(titles, [['1', '2']]);
    expect(grid(titles, [['1', '22']])).toBe('| A | B  |\n|---+----|\n| 1 | 22 |\n');
    expect(grid(titles, [['1', '2']])).toBe(narrow);
    expect(narrow).toBe('| A | B |\n|---+---|\n| 1 | 2 |\n');
  });

  test('a longer cell widens its column and nothing else', () => {
    const text = grid(
      [{ title: 'A', minimumWidth: 3 }, { title: 'B' }],
      [
        ['x', '[2001:db8::1]:862'],
        ['yyyy', ''],
      ],
    );
    expect(text).toBe(
      [
        '| A    | B                 |',
        '|------+-------------------|',
        '| x    | [2001:db8::1]:862 |',
        '| yyyy |                   |',
        '',
      ].join('\n'),
    );
  });

  test('wide characters count two columns', () => {
    expect(grid([{ title: 'A' }], [['漢字'], ['ab']])).toBe('| A    |\n|------|\n| 漢字 |\n| ab   |\n');
  });

  test('a long grid comes in bounded pieces that make the same text', () => {
    const rows = Array.from({ length: 2 * GRID_PIECE_ROWS + 1 }, (_, index) => [String(index * 1000)]);
    const parts = [...gridPieces([{ title: 'N' }], () => rows)];
    // Three turns for others while the widths are read.
    const lines = [0, 0, 0, 2, GRID_PIECE_ROWS, GRID_PIECE_ROWS, 1];
    expect(parts.map((part) => part.split('\n').length - 1)).toEqual(lines);
    expect(parts.join('')).toBe(grid([{ title: 'N' }], rows));
  });

  test.for([
    [0, 1],
    [GRID_PIECE_ROWS, 1],
    [GRID_PIECE_ROWS + 1, 2],
  ] as const)('%i rows are read %i times', ([count, times]) => {
    const rows = Array.from({ length: count }, (_, index) => [String(index)]);
    let reads = 0;
    const text = [...gridPieces([{ title: 'N' }], () => ((reads += 1), rows))].join('');
    expect(reads).toBe(times);
    expect(text.split('\n')).toHaveLength(count + 3);
  });

  test('rows are drawn as `table` draws them, also those with a cell that has grown since the widths were read', () => {
    const cell = fc.string({
      unit: fc.constantFrom('a', 'Z', '0', ' ', '漢', 'é', 'e\u0301', '👍'),
      maxLength: 8,
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 6 }), cell, (rows, grown) => {
        const measured = [{ title: 'One' }, { title: 'B', minimumWidth: 4 }];
        const widths = measured.map(({ title, minimumWidth = 0 }, column) =>
          Math.max(
            minimumWidth,
            ...[title, ...rows.map((row) => row[column]!)].map((text) => stringWidth(text)),
          ),
        );
        const drawn = [...rows, [grown, 'x'.repeat(widths[1]! + 1)]];
        // More rows than one piece has are read twice.
        const filler = Array.from({ length: GRID_PIECE_ROWS }, () => ['', '']);
        const reads = [rows, drawn].map((read) => [...filler, ...read]);
        const [, ...lines] = [...gridPieces(measured, () => reads.shift()!)].join('').split('-|\n');
        const border = { bodyLeft: '|', bodyJoin: '|', bodyRight: '|' };
        const config = {
          border,
          columns: widths.map((width) => ({ width })),
          drawHorizontalLine: () => false,
        };
        const ofDrawn = lines.join('-|\n').split('\n').slice(GRID_PIECE_ROWS).join('\n');
        expect(ofDrawn).toBe(table(drawn, config));
      }),
      { numRuns: 200 },
    );
  });

  test('every line is as wide as the rule, and every cell can be read back', () => {
    const cell = fc.stringMatching(/^[!-{}~]{0,12}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell, cell), { maxLength: 20 }), (rows) => {
        const [header, rule, ...lines] = grid([{ title: 'One' }, { title: 'Two' }, { title: 'Three' }], rows)
          .trimEnd()
          .split('\n');
        for (const line of [header!, ...lines]) expect(line).toHaveLength(rule!.length);
        expect(
          lines.map((line) =>
            line
              .slice(1, -1)
              .split('|')
              .map((text) => text.trim()),
          ),
        ).toEqual(rows);
      }),
      { numRuns: 50 },
    );
  });

  test('is as narrow as asked for, the widest columns first, down to 8 columns each', () => {
    const three = [{ title: 'ID' }, { title: 'Command' }, { title: 'From' }];
    const rows = [['1', 'show services twamp sessions', '192.0.2.1:1000']];
    expect(grid(three, rows, 40)).toBe(
      '| ID | Command        | From           |\n' +
        '|----+----------------+----------------|\n' +
        '| 1  | show services  | 192.0.2.1:1000 |\n' +
        '|    | twamp sessions |                |\n',
    );
    expect(grid(three, rows, 57)).toBe(grid(three, rows));
    const narrowest = grid(three, rows, 10).split('\n');
    expect(new Set(narrowest.filter(Boolean).map((line) => line.length))).toEqual(new Set([28]));
  });
});
