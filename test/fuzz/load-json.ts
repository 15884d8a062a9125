/** Configurations in JSON. */
import { loadTarget } from './loads.ts';

export const target = loadTarget(
  'json',
  ['{"configuration": {"system": {"host-name": "a"}}}'],
  [
    '"configuration"',
    '"@"',
    '"@name"',
    '"inactive"',
    '"comment"',
    '"name"',
    'null',
    '[null]',
    'true',
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"__proto__"',
    '\\u0000',
  ],
);
