/** `help apropos`, `help reference` and `help topic`: what there is, for whoever asks. */
import type { CommandArguments } from './arguments.ts';
import type { Command, Context } from './command.ts';
import {
  chaptersOf,
  entriesAt,
  entryText,
  isKnownTo,
  nodeOf,
  optionsOf,
  titleOf,
  type Entry,
} from './reference.ts';
import { Refusal } from './refusal.ts';
import { topics } from './topics.ts';

function entriesFor({ router, session }: Context): readonly Entry[] {
  return chaptersOf(router.grammars)
    .flatMap(({ entries }) => entries)
    .filter((entry) => isKnownTo(entry, (privilege) => session.can(privilege)));
}

/** As Junos has it: the line, and below it what it is. */
function* aproposText(entries: readonly Entry[], word: string): Iterable<string> {
  const wanted = word.toLowerCase();
  const has = (...texts: readonly string[]) => texts.some((text) => text.toLowerCase().includes(wanted));
  for (const entry of entries) {
    const { help } = nodeOf(entry);
    if (has(titleOf(entry), help)) yield `${titleOf(entry)}\n    ${help}\n`;
    for (const option of optionsOf(entry)) {
      if (has(option.name, option.help)) yield `${titleOf(entry)} ${option.name}\n    ${option.help}\n`;
    }
  }
}

export const helpApropos: Command<CommandArguments['help-apropos']> = async (context, { word }) => {
  const lines = [...aproposText(entriesFor(context), word)];
  if (lines.length === 0) throw new Refusal('nothing-apropos', { word });
  return Promise.resolve({ text: () => lines });
};

export const helpReference: Command<CommandArguments['help-reference']> = async (context, { words = '' }) => {
  const entries = entriesAt(entriesFor(context), words.split(' ').filter(Boolean));
  if (entries.length === 0) throw new Refusal('nothing-apropos', { word: words });
  const { columns, router } = context;
  function* text(): Iterable<string> {
    for (const [index, entry] of entries.entries())
      yield `${index === 0 ? '' : '\n'}${entryText(entry, router.grammars, columns)}`;
  }
  return Promise.resolve({ text });
};

/** Where to go on from. */
export const help: Command<CommandArguments['help']> = async () => {
  const rows = Object.entries(topics).map(([name, { title }]) => `  help topic ${name.padEnd(16)}${title}\n`);
  return Promise.resolve({
    text: () => [
      '? lists what may be typed next, Tab completes it. Words may be abbreviated.\n\n',
      ...rows,
      '\n  help apropos WORD          Commands and statements by a word of theirs\n',
      '  help reference WORDS       The reference of commands and statements\n',
    ],
  });
};

export const helpTopic: Command<CommandArguments['help-topic']> = async (_, { topic }) => {
  const { title, text } = topics[topic];
  return Promise.resolve({ text: () => [`${title}\n\n`, text] });
};
