/** `show system audit`: who did what, from where, and what came of it. */
import { RE2JS } from 're2js';
import { gridPieces, type GridColumn } from '../render/grid.ts';
import { isoTime, utcTime } from '../render/time.ts';
import { AUDIT_END, type AuditRow } from '../store/audit.ts';
import type { CommandArguments } from './arguments.ts';
import { show, type Context } from './command.ts';
import { sinceWallNanosOf } from './since.ts';

/** Rows that are read, and matched, before others get their turn. */
const PAGE_ROWS = 500;

const columns: readonly GridColumn[] = [
  { title: 'Time' },
  { title: 'Kind' },
  { title: 'User' },
  { title: 'Via' },
  { title: 'From' },
  { title: 'Result' },
  { title: 'Times' },
  { title: 'What' },
];

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
  text: (rows) =>
    gridPieces(columns, () =>
      rows.map((row) => [
        utcTime(row.lastWallNanos),
        row.kind,
        row.user,
        row.way,
        row.address ?? '-',
        row.result,
        String(row.count),
        row.text,
      ]),
    ),
  json: (rows) => ({
    audit: rows.map((row) => ({
      id: row.id,
      kind: row.kind,
      first: isoTime(row.firstWallNanos),
      last: isoTime(row.lastWallNanos),
      count: row.count,
      user: row.user,
      way: row.way,
      address: row.address,
      text: row.text,
      result: row.result,
    })),
  }),
});
