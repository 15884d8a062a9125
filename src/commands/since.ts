/** The option `since` of commands that show what has happened. */
import { WALL_NANOS_PER_SECOND } from '../clock.ts';

/** Wall time of an option of the type `instant`, which is in seconds since 1970. */
export function sinceWallNanosOf({ since }: { readonly since?: number | undefined }): bigint | undefined {
  return since === undefined ? undefined : BigInt(since) * WALL_NANOS_PER_SECOND;
}
