/** Samples of Junos documents: what a prompt's command prints there, with tabs expanded. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const TAB_COLUMNS = 8;

function expanded(line: string): string {
  let text = '';
  for (const character of line) {
    if (character === '\t') text += ' '.repeat(TAB_COLUMNS - (text.length % TAB_COLUMNS));
    else text += character;
  }
  return text;
}

/** By command. A sample ends before the next prompt, or the empty line before the next heading. */
export function junosSamples(file: string): ReadonlyMap<string, readonly string[]> {
  const samples = new Map<string, string[]>();
  let sample: string[] | undefined;
  for (const line of readFileSync(join(import.meta.dirname, '../vectors/references', file), 'utf8').split(
    '\n',
  )) {
    const [, command] = /^user@\w+> (.*?)\s*$/.exec(line) ?? [];
    if (command !== undefined) samples.set(command, (sample = []));
    else if (line === '') sample = undefined;
    else sample?.push(expanded(line));
  }
  return samples;
}
