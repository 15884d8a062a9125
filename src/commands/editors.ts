/** Who edits the configuration, in the lines of Junos. */
import type { Can } from '../config/privileges.ts';
import type { Path } from '../config/tree.ts';
import { levelsAlong } from '../grammar/meaning.ts';
import type { GrammarNode } from '../grammar/node.ts';
import { quoteWord } from '../grammar/tokens.ts';
import { printableLine } from '../render/printable.ts';
import { dateTime } from '../render/time.ts';
import type { Router, Session } from './command.ts';
import type { EditorRow } from './people.ts';

export const USERS_EDITING = 'Users currently editing the configuration:';

/** Shorter silence is not worth mentioning. */
const IDLE_SECONDS_MIN = 60;

/** Of a level, what those may know of it who are told. */
interface Audience {
  readonly schema: GrammarNode;
  readonly can: Can;
}

/** Whoever is told, when it is not known who that will be. */
export const anybody = (privilege: string): boolean => privilege === 'view';

/** Two lines for each: who it is, and what is edited how. */
export function editorLines(editors: readonly EditorRow[], audience: Audience): string[] {
  return editors.flatMap(({ user, way, id, editingSinceWallNanos, idleSeconds, mode, path }) => {
    const idle = idleSeconds < IDLE_SECONDS_MIN ? '' : `, idle ${hoursText(idleSeconds)}`;
    const since = dateTime(editingSinceWallNanos);
    const manner = mode === 'shared' ? '' : `${mode} `;
    return [
      `  ${printableLine(user)} terminal ${way} (id ${id}) on since ${since}${idle}`,
      `      ${manner}[${['edit', ...visibleLevel(path, audience).map(quoteWord)].join(' ')}]`,
    ];
  });
}

/** Everybody else. */
export function otherEditors({ people }: Pick<Router, 'people'>, session: Session): readonly EditorRow[] {
  return people.editors.filter((editor) => editor.session !== session);
}

/** A level that may not be seen is told as the one above it that may. */
function visibleLevel(path: Path, { schema, can }: Audience): Path {
  const levels = levelsAlong(schema, path);
  const hidden = levels.findIndex(({ node }) => node.privilege !== undefined && !can(node.privilege));
  return (hidden === -1 ? levels : levels.slice(0, hidden)).at(-1)?.spelling ?? [];
}

function hoursText(seconds: number): string {
  const parts = [seconds / 3600, (seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(Math.floor(part)).padStart(2, '0')).join(':');
}
