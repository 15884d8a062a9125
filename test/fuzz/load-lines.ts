/** Configurations in lines: those of `set`, and of VyOS and DNOS. */
import { loadTarget, vector } from './loads.ts';

const files = ['junos.set', 'junos-client.set', 'vyos.set', 'dnos.txt', 'dnos-lines.txt', 'dnos-users.txt'];
const linesOf = (file: string): string[] => {
  const text = vector(file);
  return text.length > 1024 ? [text.slice(0, 900)] : [text];
};

export const target = loadTarget('lines', files.flatMap(linesOf), [
  'set ',
  'delete ',
  'no ',
  'edit ',
  'top',
  'up',
  'exit',
  'deactivate ',
  'activate ',
  'annotate ',
  'rename ',
  ' to ',
  'copy ',
  'insert ',
  ' before ',
  '!',
  '#',
  '[ ',
  ' ]',
  '"',
  '\n',
]);
