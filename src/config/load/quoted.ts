/**
 * Where a quote that opens at an offset is closed, on the same line; undefined when it is not. A regular expression would take
 * as much stack as the text is long.
 */
export function closingQuote(text: string, start: number): number | undefined {
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') return at;
    if (character === '\\') at += 1;
    if (text[at] === '\n') return undefined;
  }
  return undefined;
}
