/** A number of things in words. */

/** `1 session`, `2 sessions`. */
export function counted(count: number, one: string, more = `${one}s`): string {
  return `${count} ${count === 1 ? one : more}`;
}
