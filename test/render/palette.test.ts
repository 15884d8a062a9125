/** States in colour: words that stand alone, and no others. */
import { expect, it } from 'vitest';
import { palette } from '../../src/render/palette.ts';

const shown = (text: string): string =>
  palette(1)
    .states(text)
    .replaceAll('\x1b[32m', '<green ')
    .replaceAll('\x1b[31m', '<red ')
    .replaceAll('\x1b[39m', '>');

it('colours states in cells and behind colons', () => {
  expect(shown('| lo1 | enabled  | down        |\n')).toBe(
    '| lo1 | <green enabled>  | <red down>        |\n',
  );
  expect(shown('Admin-state: disabled\nAdmin-state: enabled\n')).toBe(
    'Admin-state: <red disabled>\nAdmin-state: <green enabled>\n',
  );
});

it('leaves words alone that only look so', () => {
  const text = 'Last: up and down\n| go up | uptown | down-link |\nset admin-state disabled;\n';
  expect(shown(text)).toBe(text);
});

it('has none without colours', () => {
  expect(palette(0).states('State: up\n')).toBe('State: up\n');
});
