/** Running text for a screen. */
import { getBorderCharacters, table } from 'table';

/** Lines of at most so many columns, broken between words, each with its line feed; Infinity: one line. */
export function paragraph(text: string, columns: number): string {
  if (text.length <= columns) return `${text}\n`;
  const drawn = table([[text]], {
    border: getBorderCharacters('void'),
    columns: [{ width: columns, wrapWord: true, paddingLeft: 0, paddingRight: 0 }],
    drawHorizontalLine: () => false,
  });
  return drawn.replace(/ +$/gm, '');
}
