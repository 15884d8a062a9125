/** `show system audit`: who did what, from where, and what came of it. */
import { RE2JS } from 're2js';
import { gridPieces } from '../render/grid.ts';
import { AUDIT_END, type AuditRow } from '../store/audit.ts';
import type { CommandArguments } from './arguments.ts';
import { entryCells, entryColumns, entryData } from './audit-entry.ts';
import { show, type Context } from './command.ts';
import { sinceWallNanosOf } from './since.ts';

/** Rows that are read, and matched, before others get their turn. */
const PAGE_ROWS = 500;

/** The latest that match, oldest first, by the time that is shown. */
async function read(
  { router: { audit }, signal }: Context,
  { user, kind, since, last, match }: CommandArguments['show-system-audit'],
): Promise<readonly AuditRow[]> {
  const filter = {
    user,
    kind,
    sinceWallNanos: sinceWallNanosOf({ since }),
  };
  const pattern = match === undefined ? undefined : RE2JS.compile(match, RE2JS.CASE_INSENSITIVE);
  const found: AuditRow[] = [];
  let before = AUDIT_END;
  while (found.length < last && !signal.aborted) {
    const page = audit.page(filter, before, PAGE_ROWS);
    found.push(...page.filter(({ text }) => pattern?.test(text) ?? true));
    if (page.length < PAGE_ROWS) break;
    before = page.at(-1)!;
    await new Promise(setImmediate);
  }
  return found.slice(0, last).reverse();
}

export const showSystemAudit = show(read, {
  text: (rows) => gridPieces(entryColumns, () => rows.map(entryCells)),
  json: (rows) => ({ audit: rows.map(entryData) }),
});
