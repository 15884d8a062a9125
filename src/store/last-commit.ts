/**
 * A copy of the latest revision beside the archive, in a form that is read without it: what is in force outlives the archive.
 * It is not waited for to be on disk: the archive is, and a copy that is older than it says nothing.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { PendingCommit, Revision } from './revisions.ts';
import { writeWhole } from './whole-file.ts';

export interface LastCommit {
  readonly revision: Revision;
  readonly pending: readonly PendingCommit[];
}

/** Of a text, to tell whether it is what was written. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export class LastCommitFile {
  readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  /** In place of the one before, whole or not at all. A disk that takes nothing is told by the archive. */
  write(last: LastCommit): void {
    const body = JSON.stringify(last, (_, value: unknown) =>
      typeof value === 'bigint' ? { nanos: String(value) } : value,
    );
    try {
      writeWhole(this.file, `${digestOf(body)}\n${body}\n`, { mode: 0o600 });
    } catch {
      // The one before stays.
    }
  }

  /** Undefined where there is none, or not what was written. */
  read(): LastCommit | undefined {
    try {
      const [digest, body = ''] = readFileSync(this.file, 'utf8').split('\n');
      if (digest !== digestOf(body)) return undefined;
      return JSON.parse(body, (_, value: unknown) =>
        value !== null && typeof value === 'object' && 'nanos' in value ? BigInt(String(value.nanos)) : value,
      ) as LastCommit;
    } catch {
      return undefined;
    }
  }
}
