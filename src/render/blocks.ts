/** Details as Junos draws them: a heading, and below it lines of `Label: value` pairs. */

const INDENT = '  ';

/** A label and its value; a pair without a value is left out, and so is a line without pairs. */
export type Fact = readonly [label: string, value: string | number | undefined];

export interface Block {
  readonly heading: readonly Fact[];
  readonly lines: readonly (readonly Fact[])[];
}

/** The block, every line with its line feed. */
export function block({ heading, lines }: Block): string {
  const body = lines.map(factLine).filter((line) => line !== '');
  return [factLine(heading), ...body.map((line) => INDENT + line)].map((line) => `${line}\n`).join('');
}

/** `Label: value, Label: value`. */
export function factLine(facts: readonly Fact[]): string {
  return facts
    .filter(([, value]) => value !== undefined)
    .map(([label, value]) => `${label}: ${String(value)}`)
    .join(', ');
}
