/** The matrix and its results as the section of docs/twamp.md. */
import type { Row } from './rows.ts';

export interface RowResult {
  readonly row: Row;
  readonly cells: number;
  readonly asExpected: number;
}

/** Markdown, a table for each section. */
export function pageOf(results: Readonly<Record<string, readonly RowResult[]>>): string {
  return Object.entries(results)
    .map(([section, rows]) =>
      [
        `**${section}**`,
        '',
        '| What | Command; braces stand for one cell each | Expected | As expected |',
        '|---|---|---|---|',
        ...rows.map(lineOf),
        '',
      ].join('\n'),
    )
    .join('\n');
}

function lineOf({ row, cells, asExpected }: RowResult): string {
  const { title, client, command, expected, atOnce = 1, occupant } = row;
  const times = atOnce === 1 ? '' : `, ${atOnce} times at once`;
  const beside = occupant === undefined ? '' : ` while \`twping ${occupant}\` runs`;
  const ours = client === 'router' || client === 'configured';
  const words = ours ? command : `${client} ${command}`;
  return `| ${title} (${ours ? 'router' : client}) | \`${words}\`${times}${beside} | ${expected.replaceAll('|', 'and')} | ${asExpected} of ${cells} |`;
}
