/** Order of arrival, told from Sequence Numbers by a bounded memory of the latest ones. */
import type { Arrival } from './counters.ts';

/** How far back a duplicate is recognised, in packets; an older one counts as reordered. A power of two. */
export const SEQUENCE_WINDOW_PACKETS = 1024;

const WORD_BITS = 32;
const WORDS_PER_SESSION = SEQUENCE_WINDOW_PACKETS / WORD_BITS;

/**
 * For each of `sessions` sessions, which of the latest Sequence Numbers have arrived. A packet is reordered
 * when a later one was there before it (RFC 4737 §3.3: s < NextExp). Numbers wrap at 2^32 as serial numbers
 * do (RFC 1982).
 */
export class SequenceWindows {
  /** NextExp: one above the highest number that has arrived. */
  readonly #next: Uint32Array;
  readonly #started: Uint8Array;
  /** A ring of bits for each session: bit `number mod SEQUENCE_WINDOW_PACKETS`. */
  readonly #arrived: Uint32Array;

  constructor(sessions: number) {
    this.#next = new Uint32Array(sessions);
    this.#started = new Uint8Array(sessions);
    this.#arrived = new Uint32Array(sessions * WORDS_PER_SESSION);
  }

  /** Forgets a session's numbers. */
  reset(session: number): void {
    this.#started[session] = 0;
    this.#forgetAll(session);
  }

  /** Notes that `sequence` has arrived, and says how. */
  note(session: number, sequence: number): Arrival {
    if (this.#started[session] === 0) {
      this.#started[session] = 1;
      this.#next[session] = sequence;
    }
    const next = this.#next[session]!;
    const ahead = (sequence - next) | 0;
    if (ahead >= 0) {
      if (ahead >= SEQUENCE_WINDOW_PACKETS) this.#forgetAll(session);
      else for (let skipped = 0; skipped < ahead; skipped++) this.#forget(session, next + skipped);
      this.#next[session] = sequence + 1;
      this.#remember(session, sequence);
      return 'in-order';
    }
    if (-ahead > SEQUENCE_WINDOW_PACKETS) return 'reordered';
    return this.#remember(session, sequence) ? 'duplicate' : 'reordered';
  }

  /** Sets the number's bit and returns whether it was set before. */
  #remember(session: number, sequence: number): boolean {
    const word = wordOf(session, sequence);
    const bit = 1 << (sequence % WORD_BITS);
    const before = this.#arrived[word]!;
    this.#arrived[word] = before | bit;
    return (before & bit) !== 0;
  }

  #forget(session: number, sequence: number): void {
    this.#arrived[wordOf(session, sequence)]! &= ~(1 << (sequence % WORD_BITS));
  }

  #forgetAll(session: number): void {
    this.#arrived.fill(0, session * WORDS_PER_SESSION, (session + 1) * WORDS_PER_SESSION);
  }
}

function wordOf(session: number, sequence: number): number {
  return session * WORDS_PER_SESSION + ((sequence % SEQUENCE_WINDOW_PACKETS) >>> 5);
}
