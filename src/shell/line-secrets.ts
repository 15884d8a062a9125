/** Whether there is a secret in a line that is kept to be said later, wherever that will be. */
import { descendants, type GrammarNode } from '../grammar/node.ts';
import type { GrammarContext } from '../grammar/match.ts';
import { levelsAlong } from '../grammar/meaning.ts';
import { resolve } from '../grammar/resolve.ts';
import { isSecret } from '../grammar/secret.ts';
import { tokenize } from '../grammar/tokens.ts';
import type { Grammars } from './grammars.ts';

/**
 * What means nothing here may be meant for a level of the configuration: then a word that could name a secret, with one
 * behind it, is taken for one.
 */
export function holdsSecret(line: string, grammars: Grammars, context: GrammarContext): boolean {
  const { operational, configuration, schema } = grammars;
  const [words = []] = tokenize(line).sections;
  const top = levelsAlong(schema, []).at(-1)!;
  const atTop: GrammarContext = { ...context, tree: (name) => (name === 'level' ? top : context.tree(name)) };
  const readings = [
    resolve(operational, words, line.length, context),
    resolve(configuration, words, line.length, context),
    resolve(configuration, words, line.length, atTop),
  ];
  if (readings.some(({ secrets }) => secrets.length > 0)) return true;
  if (readings.some((reading) => 'match' in reading || reading.problem.code === 'incomplete')) return false;
  const names = secretNames(schema);
  return words.slice(0, -1).some(({ text }) => names.some((name) => name.startsWith(text)));
}

function secretNames(schema: GrammarNode): readonly string[] {
  return [...descendants(schema)]
    .filter((node) => node.kind === 'word' && isSecret(node))
    .map(({ name }) => name);
}
