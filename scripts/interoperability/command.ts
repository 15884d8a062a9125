/** Commands of the matrix: one line that stands for many, in the notation of a shell. */

/**
 * Every command that a line with braces stands for, the last pair varying fastest: `a {b,c d} {,e}` is `a b`, `a b e`,
 * `a c d`, `a c d e`. Braces do not nest.
 */
export function expandBraces(line: string): readonly string[] {
  const parts = line.split(/\{([^{}]*)\}/);
  const expanded = parts.reduce<readonly string[]>(
    (lines, part, index) => {
      const choices = index % 2 === 1 ? part.split(',') : [part];
      return lines.flatMap((start) => choices.map((choice) => start + choice));
    },
    [''],
  );
  return expanded.map((text) => text.replace(/ +/g, ' ').trim());
}

/** `$NAME` replaced by its value. Throws on a name that has none. */
export function substitute(command: string, values: Readonly<Record<string, string | number>>): string {
  return command.replace(/\$([A-Z_]+)/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`There is no $${name}.`);
    return String(value);
  });
}
