/** `set cli alias`, `unset cli alias` and `show cli alias`: names for the words with which a user begins lines. */
import { tokenize } from '../grammar/tokens.ts';
import type { CommandArguments } from './arguments.ts';
import { act, show } from './command.ts';
import { Refusal } from './refusal.ts';

/** Characters that an alias stands for. */
export const ALIAS_WORDS_CHARACTERS_MAX = 1024;

export const setCliAlias = act(
  ({ session, begins, holdsSecret }, { name, words }: CommandArguments['set-cli-alias']) => {
    const { sections, openQuote } = tokenize(words);
    if (sections[0]!.length === 0 || openQuote !== undefined) throw new Refusal('no-line');
    if (words.length > ALIAS_WORDS_CHARACTERS_MAX)
      throw new Refusal('alias-too-long', { maximum: ALIAS_WORDS_CHARACTERS_MAX });
    if (begins(name)) throw new Refusal('alias-of-command', { name });
    if (holdsSecret(words)) throw new Refusal('alias-with-secret');
    session.aliases.set({ name, words });
    return undefined;
  },
);

export const unsetCliAlias = act(({ session }, { name }: CommandArguments['unset-cli-alias']) => {
  if (!session.aliases.unset(name)) throw new Refusal('no-such-alias', { name });
  return undefined;
});

/** As wide as the column of names in help. */
const NAME_COLUMN = 20;

export const showCliAlias = show(({ session }) => session.aliases.all(), {
  *text(aliases) {
    for (const { name, words } of aliases) yield `  ${name.padEnd(NAME_COLUMN)} ${words}\n`;
  },
  json: (aliases) => ({ 'cli-alias': aliases.map(({ name, words }) => ({ name, command: words })) }),
  element: 'cli-alias-information',
});
