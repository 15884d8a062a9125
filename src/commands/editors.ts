/** Who edits the configuration, in the lines of Junos. */
import { quoteWord } from '../grammar/tokens.ts';
import { printableLine } from '../render/printable.ts';
import { dateTime } from '../render/time.ts';
import type { Router, Session } from './command.ts';
import type { EditorRow } from './people.ts';

export const USERS_EDITING = 'Users currently editing the configuration:';

/** Shorter silence is not worth mentioning. */
const IDLE_SECONDS_MIN = 60;

/** Two lines for each: who it is, and what is edited how. */
export function editorLines(editors: readonly EditorRow[]): string[] {
  return editors.flatMap(({ user, way, id, editingSinceWallNanos, idleSeconds, mode, path }) => {
    const idle = idleSeconds < IDLE_SECONDS_MIN ? '' : `, idle ${hoursText(idleSeconds)}`;
    const since = dateTime(editingSinceWallNanos);
    const manner = mode === 'shared' ? '' : `${mode} `;
    return [
      `  ${printableLine(user)} terminal ${way} (id ${id}) on since ${since}${idle}`,
      `      ${manner}[${['edit', ...path.map(quoteWord)].join(' ')}]`,
    ];
  });
}

/** Everybody else. */
export function otherEditors({ people }: Pick<Router, 'people'>, session: Session): readonly EditorRow[] {
  return people.editors.filter((editor) => editor.session !== session);
}

function hoursText(seconds: number): string {
  const parts = [seconds / 3600, (seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(Math.floor(part)).padStart(2, '0')).join(':');
}
