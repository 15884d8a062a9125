/** Reads grammar/classes.cli: login classes, and the privileges each holds. */
import { NotationError } from './notation.ts';

/** What a login may do. */
export type Privileges = ReadonlySet<string>;

/** Class name to its privileges, in the file's order. `*` stands for `every` privilege. */
export function readClasses(source: string, file: string, every: Iterable<string>): Map<string, Privileges> {
  const all = new Set(every);
  const classes = new Map<string, Privileges>();
  for (const [index, line] of source.split('\n').entries()) {
    const [name, ...words] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (!name) continue;
    const unknown = words.find((word) => word !== '*' && !all.has(word));
    if (unknown !== undefined) throw new NotationError(file, index + 1, `a privilege, not '${unknown}'`);
    if (classes.has(name)) throw new NotationError(file, index + 1, `one line for '${name}', not two`);
    classes.set(name, words.includes('*') ? all : new Set(words));
  }
  return classes;
}

/** The privilege words of 9-rulings: complete, so that a misspelt one in a grammar file is a mistake. */
export const PRIVILEGES = [
  'viewer',
  'view',
  'clear',
  'network',
  'configure',
  'system',
  'interface-control',
  'access',
  'maintenance',
  'secret',
] as const;
