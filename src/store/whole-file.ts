/** Files that are there whole or not at all. */
import { renameSync, writeFileSync } from 'node:fs';

/**
 * Puts `content` in place of what `path` holds. `flush`: it is on disk before it has its name. Throws what node:fs does; then
 * `PATH.new` may be left.
 */
export function writeWhole(
  path: string,
  content: string | Uint8Array,
  options: { readonly mode: number; readonly flush?: boolean },
): void {
  const unfinished = `${path}.new`;
  writeFileSync(unfinished, content, options);
  renameSync(unfinished, path);
}
