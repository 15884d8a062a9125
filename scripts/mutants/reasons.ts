/**
 * Why mutants that no test finds are left alive. A mutant is known by its file, Stryker's mutator, the text of its line and what
 * is replaced there, so that the table survives edits elsewhere; the first row that fits counts.
 */
export interface Reason {
  /** End of the path. */
  readonly file?: string;
  readonly mutator?: string;
  readonly line?: RegExp;
  readonly original?: RegExp;
  readonly why: string;
}

export const reasons: readonly Reason[] = [
  {
    file: 'twamp/counters.ts',
    line: /\.\.\.NONE_DROPPED/,
    why: 'equivalent: every reason is set below; the copy gives type and shape',
  },
  {
    file: 'twamp/pacing.ts',
    line: /this\.#max\[0\] = nanos/,
    why: 'equivalent: what is written is what was there',
  },
  {
    file: 'twamp/pacing.ts',
    line: /#counts\.slice\(\)/,
    why: 'differs only where another thread counts in the middle of a reading',
  },
  {
    file: 'twamp/pacing.ts',
    line: /< BINS_PER_OCTAVE\) return/,
    why: 'equivalent: at 8 both ways give 8',
  },
  {
    file: 'twamp/packets.ts',
    line: /unixSeconds: 0|createStamp/,
    why: 'a stamp is filled before it is read; its fields are there from the start for speed',
  },
  {
    file: 'twamp/packets.ts',
    line: /secondsLater === 0/,
    original: />= receiveFraction/,
    why: 'equivalent: what is written is what was there',
  },
  {
    file: 'twamp/schedule.ts',
    line: /#words\.byteLength|DRAWN_NUMBERS/,
    why: 'speed alone: how many numbers are drawn at once',
  },
];
