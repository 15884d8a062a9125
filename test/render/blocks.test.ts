/** Blocks of details. */
import { expect, test } from 'vitest';
import { block } from '../../src/render/blocks.ts';

test('a heading and indented lines; what has no value is left out', () => {
  const lines = [
    [
      ['Received', 0],
      ['Reason', undefined],
      ['Mode', 'unauthenticated'],
    ],
    [['Kernel drops', undefined]],
    [['SID', 'ab']],
  ] as const;
  expect(block({ heading: [['Session ID', 806]], lines })).toBe(
    'Session ID: 806\n  Received: 0, Mode: unauthenticated\n  SID: ab\n',
  );
});
