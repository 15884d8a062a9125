/** Data as JSON text. */

const INDENT = '  ';

/**
 * `value` as JSON of two blanks a level, properties in the order they were written. A bigint is a number with
 * all its digits; an undefined property is left out; what JSON cannot say (NaN, undefined in an array) is
 * null.
 */
export function json(value: unknown): string {
  return write(value, '\n');
}

/** `newline` is a line feed and the indentation of the value itself. */
function write(value: unknown, newline: string): string {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'object' && value !== null) {
    const inner = newline + INDENT;
    if (Array.isArray(value)) {
      return enclose(
        '[]',
        value.map((element) => inner + write(element, inner)),
        newline,
      );
    }
    const properties = Object.entries(value).filter(([, property]) => property !== undefined);
    return enclose(
      '{}',
      properties.map(([name, property]) => `${inner}${JSON.stringify(name)}: ${write(property, inner)}`),
      newline,
    );
  }
  return value === undefined ? 'null' : JSON.stringify(value);
}

function enclose(brackets: '[]' | '{}', parts: readonly string[], newline: string): string {
  return parts.length === 0 ? brackets : `${brackets[0]!}${parts.join(',')}${newline}${brackets[1]!}`;
}
