import { describe, expect, test } from 'vitest';
import {
  figuresOf,
  reasonOf,
  scoreOf,
  sectionOf,
  survivorsOf,
  type Report,
} from '../../scripts/mutants/report.ts';
import { reasons } from '../../scripts/mutants/reasons.ts';

type Mutant = Report['files'][string]['mutants'][number];

function mutant(
  status: Mutant['status'],
  line: number,
  from: number,
  to: number,
  replacement: string,
): Mutant {
  const location = { start: { line, column: from }, end: { line, column: to } };
  return {
    id: `${line}:${from}${replacement}`,
    mutatorName: 'EqualityOperator',
    replacement,
    status,
    location,
  };
}

const SOURCE = ['export const isLate = (a: number, b: number) =>', '  a > b || a === -1;', ''].join('\n');

const report: Report = {
  files: {
    'src/twamp/late.ts': {
      language: 'typescript',
      source: SOURCE,
      mutants: [
        mutant('Killed', 2, 3, 8, 'a <= b'),
        mutant('Timeout', 2, 3, 8, 'true'),
        mutant('Survived', 2, 3, 8, 'a >= b'),
        mutant('NoCoverage', 2, 12, 20, 'a !== -1'),
        mutant('Ignored', 1, 14, 20, 'x'),
        mutant('RuntimeError', 1, 14, 20, 'y'),
      ],
    },
  },
};

test('the score is of what was run: found or timed out, of all but what was left out', () => {
  const figures = figuresOf(report);
  expect(figures).toEqual({ files: 1, killed: 1, timeout: 1, survived: 1, uncovered: 1, left: 2 });
  expect(scoreOf(figures)).toBe(50);
});

test('a survivor is what was mutated, and its line without indentation', () => {
  const [survived, uncovered] = survivorsOf(report);
  expect(survived).toMatchObject({ line: 2, text: 'a > b || a === -1;', original: 'a > b', covered: true });
  expect(uncovered).toMatchObject({ original: 'a === -1', replacement: 'a !== -1', covered: false });
});

describe('the page', () => {
  const section = sectionOf('twamp', report);

  test('has the figures of the room and of each file', () => {
    expect(section).toContain(
      '## src/twamp\n\n50.0 % of 4 mutants in 1 files: 1 killed, 1 timed out, 1 survived',
    );
    expect(section).toContain('| src/twamp/late.ts | 50 % | 4 | 2 |');
  });

  test('lists every survivor once, with bars that do not end a cell', () => {
    const rows = section.split('\n').filter((line) => line.startsWith('| late.ts '));
    expect(rows).toEqual([
      '| late.ts | ``a > b \\|\\| a === -1;``: ``a > b`` → ``a >= b`` | not judged yet |',
      '| late.ts | ``a > b \\|\\| a === -1;``: ``a === -1`` → ``a !== -1`` | no test runs it |',
    ]);
  });
});

test('each reason of the table says on what it bears', () => {
  for (const { why, ...pattern } of reasons) {
    expect(why).not.toBe('');
    expect(Object.keys(pattern)).not.toEqual([]);
  }
  const [survivor] = survivorsOf(report);
  expect(reasonOf(survivor!)).toBeUndefined();
});
