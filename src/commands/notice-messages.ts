/** The words for what was wrong with the state directory when it was opened. */
import { basename } from 'node:path';
import { dateTime } from '../render/time.ts';
import type { RevisionNote } from '../store/revisions.ts';
import type { Notice } from '../store/state-directory.ts';

/** One line, and what to do about it. */
export function describeNotice(notice: Notice): string {
  const { file } = notice;
  switch (notice.code) {
    case 'damaged': {
      const { keptAs, rows, broken, inForce } = notice;
      const lost = broken.length === 0 ? '' : `, not all of ${broken.join(', ')}`;
      const saved = rows === 0 ? 'nothing of it could be read' : `${rows} rows of it could be read${lost}`;
      return `${file} was damaged and is kept as ${basename(keptAs)}: ${saved}.${ofForce(inForce)}`;
    }
    case 'empty':
      return `${file} was empty; what was in it is lost.`;
    case 'revision-restored':
      return `router.db had lost a revision that ${basename(file)} still had.${ofForce(notice.revision)}`;
    case 'new-key': {
      const state =
        notice.keptAs === undefined ? 'was missing' : `was damaged and is kept as ${basename(notice.keptAs)}`;
      return `${file} ${state}: every secret of the configuration has to be typed again.`;
    }
  }
}

function ofForce(inForce: RevisionNote | null | undefined): string {
  if (inForce === undefined) return '';
  if (inForce === null) return ' No configuration is in force.';
  const { user, wallNanos } = inForce;
  return ` In force is what ${user} committed at ${dateTime(wallNanos)} ('show system commit' lists what can be gone back to).`;
}
