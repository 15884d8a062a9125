import type { Reason } from '../reasons.ts';

export const servicesReasons: readonly Reason[] = [
  {
    file: 'services/address.ts',
    line: /ipv4Number|at < text\.length|code === 46|octet|code < 48/,
    why: 'speed alone: what it does not read, the parser of all forms does',
  },
  {
    file: 'services/address.ts',
    mutator: 'BlockStatement',
    line: /^\} else \{$/,
    original: /code < 48/,
    why: 'speed alone: what it does not read, the parser of all forms does',
  },
  {
    file: 'services/algs.ts',
    line: /destinationPort === undefined \?/,
    why: 'equivalent: no row is of no port',
  },
  {
    file: 'services/filter.ts',
    line: /criterion !== undefined/,
    why: 'speed alone: flows are asked, and all of them pass',
  },
  {
    file: 'services/session.ts',
    line: /collator \?\?=/,
    why: 'it is made once a process, before any mutant is',
  },
  {
    file: 'services/applications.ts',
    mutator: 'ArrayDeclaration',
    why: 'equivalent: no ALG and no protocol is called so',
  },
];
