/** What is said at a terminal to whoever has logged in. */
import { printable } from '../render/printable.ts';

/** As Junos and VyOS take them, in a text that is one line of the configuration. */
const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', '\\': '\\' };

/** Whole lines, for a terminal, of a configured text in which `\n`, `\t` and `\\` stand for what cannot be typed there. */
export function announcementLines(text: string): string {
  const said = text.replace(/\\([nt\\])/g, (_, letter: string) => escapes[letter]!);
  return `${printable(said)}\n`.replaceAll('\n', '\r\n');
}
