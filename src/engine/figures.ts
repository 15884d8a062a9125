/** The figures of a row of the registry: what was counted, and what of it counts since a clear. Pure. */
import type { Reflector, Sender } from '../datapath/datapath.ts';
import type { TwampCounters, TwampDetails } from '../store/twamp-sessions.ts';
import { dropReasons, type TestCounters } from '../twamp/counters.ts';

/** What a row counts, beside the key that finds it. */
export type Figures = Omit<TwampCounters, 'type' | 'connectionId' | 'sessionId'>;

/** The end of a test session that is ours. */
export type DataEnd = Pick<Reflector, 'counters' | 'capabilities'> & Partial<Pick<Sender, 'pacing'>>;

export const NO_FIGURES: Figures = {
  received: 0,
  sent: 0,
  dropped: 0,
  duplicates: 0,
  reordered: 0,
  lastSequenceReceived: undefined,
  lastSequenceSent: undefined,
  details: undefined,
};

export function figuresOf(end: DataEnd): Figures {
  const counters = end.counters();
  const { dropped, kernelDrops } = counters;
  const { stamps } = end.capabilities;
  return {
    received: counters.received,
    sent: counters.sent,
    dropped: sumOf(dropped),
    duplicates: counters.duplicates,
    reordered: counters.reordered,
    lastSequenceReceived: counters.lastSequenceReceived,
    lastSequenceSent: counters.lastSequenceSent,
    details: {
      dropped,
      stamps,
      kernelDrops: stamps === 'kernel' ? kernelDrops : undefined,
      pacing: end.pacing?.(),
    },
  };
}

function sumOf(dropped: TestCounters['dropped']): number {
  let sum = 0;
  for (const reason of dropReasons) sum += dropped[reason];
  return sum;
}

/**
 * What `now` counts beyond `baseline`, an earlier reading of the same session. Nobody writes to counters but the
 * thread that counts, so that none is lost when they are cleared. Sequence Numbers and pacing are no counts, and stay.
 */
export function since(now: Figures, baseline: Figures): Figures {
  // Hardly any is ever cleared.
  if (baseline === NO_FIGURES) return now;
  return {
    ...now,
    received: now.received - baseline.received,
    sent: now.sent - baseline.sent,
    dropped: now.dropped - baseline.dropped,
    duplicates: now.duplicates - baseline.duplicates,
    reordered: now.reordered - baseline.reordered,
    details: now.details && detailsSince(now.details, baseline.details),
  };
}

function detailsSince(now: TwampDetails, baseline: TwampDetails | undefined): TwampDetails {
  const dropped = Object.entries(now.dropped).map(
    ([reason, packets]) => [reason, packets - (baseline?.dropped[reason] ?? 0)] as const,
  );
  return {
    ...now,
    dropped: Object.fromEntries(dropped),
    kernelDrops: now.kernelDrops === undefined ? undefined : now.kernelDrops - (baseline?.kernelDrops ?? 0),
  };
}
