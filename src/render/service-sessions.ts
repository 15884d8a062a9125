/** Counts of `show services sessions` in Junos' columns (references 001 and 003). Every line has its line feed. */

const countWidths = { interface: 12, serviceSet: 53, sessions: 14 } as const;

/** `title` is that of the last column, and may be wider than it. */
export function countHeading(title: string): string {
  const names = `${'Interface'.padEnd(countWidths.interface)}Service set`;
  const width = countWidths.interface + countWidths.serviceSet + countWidths.sessions;
  return `${names}${title.padStart(width - names.length)}\n`;
}

/** A name as long as its column keeps a blank behind it. */
export function countLine(name: string, serviceSet: string, sessions: string | number): string {
  const cell = (text: string, width: number): string => `${text.padEnd(width - 1)} `;
  const count = String(sessions).padStart(countWidths.sessions);
  return `${cell(name, countWidths.interface)}${cell(serviceSet, countWidths.serviceSet)}${count}\n`;
}
