/** Counters of sessions against the journal of what truly left and came. */
import type { TwampRow } from '../../../src/store/twamp-sessions.ts';
import type { Journal as PacketJournal } from '../simulated-datapath.ts';
import { must } from './journal.ts';

const INVARIANT = 'counters add up';

const nameOf = ({ connectionId, sessionId }: TwampRow): string => `${connectionId}/${sessionId}`;

export class Ledger {
  /** Rows that somebody had count from 0, or that the disk lost. */
  #forgotten = new Set<string>();
  #lastSession = 0;

  forget(rows: Iterable<TwampRow>): void {
    for (const row of rows) this.#forgotten.add(nameOf(row));
  }

  /** Sessions of an earlier life are nobody's any more. */
  begin(rows: Iterable<TwampRow>): void {
    this.#forgotten.clear();
    for (const { sessionId = 0 } of rows) this.#lastSession = Math.max(this.#lastSession, sessionId);
  }

  /** What has ended in this life. `journals`: of all senders of it, each with a port of its own. */
  check(ended: Iterable<TwampRow>, journals: readonly PacketJournal[]): void {
    const byPort = new Map(journals.map((journal) => [journal.localPort, journal]));
    for (const row of ended) {
      const { type, role, sessionId = 0 } = row;
      if (type !== 'data' || sessionId <= this.#lastSession || this.#forgotten.has(nameOf(row))) continue;
      if (role === 'client') checkSender(row, byPort.get(row.localPort));
      else must(row.sent <= row.received, INVARIANT, () => `reflected ${row.sent} of ${row.received}`);
    }
  }
}

/** sent = received once + lost + in flight; the journal knows which replies were taken. */
function checkSender(row: TwampRow, journal: PacketJournal | undefined): void {
  must(journal !== undefined, INVARIANT, () => `no sender had port ${row.localPort}`);
  const { sent } = journal;
  const replies = sent.flatMap(({ visits }) => visits.flatMap((visit) => visit.replies));
  const taken = replies.filter((reply) => reply.taken).length;
  must(row.sent === sent.length, INVARIANT, () => `${nameOf(row)} sent ${row.sent} of ${sent.length}`);
  // What comes from elsewhere is dropped as well, and in no journal of ours.
  const holds = row.received <= taken && taken <= row.received + row.dropped;
  must(holds, INVARIANT, () => `${nameOf(row)} received ${row.received}+${row.dropped} of ${taken}`);
}
