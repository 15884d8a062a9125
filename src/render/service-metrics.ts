/** Tables of numbers beside an interface and a service set, 80 columns wide unless a name is longer. */

export interface NumberColumn {
  readonly title: string;
  readonly width: number;
  /** Names begin at the left, numbers end at the right. */
  readonly isName?: true;
}

export const utilizationColumns: readonly NumberColumn[] = [
  { title: 'Interface', width: 12, isName: true },
  { title: 'Service set', width: 20, isName: true },
  { title: 'Sessions', width: 10 },
  { title: 'Peak', width: 10 },
  { title: '%Memory', width: 8 },
  { title: 'Setup/s', width: 9 },
  { title: 'Teardown/s', width: 11 },
];

export const metricsColumns: readonly NumberColumn[] = [
  { title: 'Time', width: 25, isName: true },
  { title: 'Interface', width: 12, isName: true },
  { title: 'Service set', width: 14, isName: true },
  { title: 'Sessions', width: 9 },
  { title: 'Set up', width: 9 },
  { title: 'Torn down', width: 11 },
];

/** A name as long as its column keeps a blank behind it. */
export function numberLine(columns: readonly NumberColumn[], cells: readonly string[]): string {
  const text = columns.map(({ width, isName }, index) => {
    const cell = cells[index] ?? '';
    return isName ? `${cell.padEnd(width - 1)} ` : ` ${cell}`.padStart(width);
  });
  return `${text.join('')}\n`;
}
