/** An entry of the record, as it is shown: this router's and all routers'. */
import type { GridColumn } from '../render/grid.ts';
import { isoTime, utcTime } from '../render/time.ts';

interface Entry {
  readonly id: number;
  readonly kind: string;
  readonly firstWallNanos: bigint;
  readonly lastWallNanos: bigint;
  readonly count: number;
  readonly user: string;
  readonly way: string;
  readonly address: string | undefined;
  readonly text: string;
  readonly result: string;
}

const columns: readonly (readonly [title: string, cell: (entry: Entry) => string])[] = [
  ['Time', ({ lastWallNanos }) => utcTime(lastWallNanos)],
  ['Kind', ({ kind }) => kind],
  ['User', ({ user }) => user],
  ['Via', ({ way }) => way],
  ['From', ({ address }) => address ?? '-'],
  ['Result', ({ result }) => result],
  ['Times', ({ count }) => String(count)],
  ['What', ({ text }) => text],
];

export const entryColumns: readonly GridColumn[] = columns.map(([title]) => ({ title }));

export const entryCells = (entry: Entry): readonly string[] => columns.map(([, cell]) => cell(entry));

export const entryData = (entry: Entry): Readonly<Record<string, unknown>> => ({
  id: entry.id,
  kind: entry.kind,
  first: isoTime(entry.firstWallNanos),
  last: isoTime(entry.lastWallNanos),
  count: entry.count,
  user: entry.user,
  way: entry.way,
  address: entry.address,
  text: entry.text,
  result: entry.result,
});
