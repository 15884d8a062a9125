/** Configurations in braces. */
import { loadTarget, vector } from './loads.ts';

export const target = loadTarget(
  'braces',
  [vector('junos.conf')],
  [
    '{',
    '}',
    ';',
    '[',
    ']',
    '/*',
    '*/',
    '#',
    '"',
    'inactive: ',
    'replace: ',
    'delete: ',
    '## ',
    'protect: ',
    '\n',
  ],
);
