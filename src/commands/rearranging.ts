/** The verbs of configuration mode that move what is there: copy, rename, insert, replace. */
import type { Candidate } from '../config/candidate.ts';
import { copyEntry, insertEntry, renameEntry, type StatementPair } from '../config/moves.ts';
import { replacePattern } from '../config/replace.ts';
import type { Statement } from '../grammar/match.ts';
import { levelsAlong } from '../grammar/meaning.ts';
import { act, type Context } from './command.ts';
import { editingOf } from './commits.ts';

interface Two {
  readonly statements: readonly Statement[];
  readonly target: readonly Statement[];
}

const pairOf = ({ statements, target }: Two): StatementPair => [statements[0]!, target[0]!];

function change(context: Context, make: Parameters<Candidate['change']>[0]): undefined {
  editingOf(context).candidate.change(make, (privilege) => context.session.can(privilege));
}

export const copy = act<Two>((context, two) =>
  change(context, (tree, secrets) =>
    copyEntry(context.router.configuration.schema, tree, { pair: pairOf(two), secrets }),
  ),
);

export const rename = act<Two>((context, two) =>
  change(context, (tree, secrets) =>
    renameEntry(context.router.configuration.schema, tree, { pair: pairOf(two), secrets }),
  ),
);

const insert = (side: 'before' | 'after') =>
  act<Two>((context, two) =>
    change(context, (tree) =>
      insertEntry(context.router.configuration.schema, tree, { pair: pairOf(two), side }),
    ),
  );

export const insertBefore = insert('before');
export const insertAfter = insert('after');

interface Replacement {
  readonly pattern: string;
  readonly replacement: string;
  readonly matches?: number;
}

export const replace = act<Replacement>((context, { pattern, replacement, matches }) => {
  const { schema } = context.router.configuration;
  const { path: level } = levelsAlong(schema, editingOf(context).path).at(-1)!;
  const can = (privilege: string) => context.session.can(privilege);
  const upTo = matches === undefined ? {} : { upTo: matches };
  change(context, (tree, secrets) =>
    replacePattern(schema, tree, { pattern, replacement, ...upTo, level, can, secrets }),
  );
  return undefined;
});
