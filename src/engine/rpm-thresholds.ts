/** Thresholds of a test session, and the trap that tells of each (vendor tables of `thresholds` and `traps`). */
import type { ControlConnectionConfiguration, TestSessionConfiguration } from './rpm-configuration.ts';
import type { DelayName, ProbeDelays, ProbeFigures } from './rpm-probes.ts';

export type ConnectionTrap = keyof ControlConnectionConfiguration['traps'];
export type SessionTrap = keyof TestSessionConfiguration['traps'];
/** Losses as counts, times in microseconds; 0: none. */
export type Thresholds = TestSessionConfiguration['thresholds'];

/** What there is to tell of a session; `value` and `threshold` in the threshold's unit. */
export interface Crossing {
  readonly trap: SessionTrap;
  /** Undefined for what has no threshold. */
  readonly value?: number;
  readonly threshold?: number;
}

interface Rule<Measured> {
  readonly threshold: keyof Thresholds;
  readonly trap: SessionTrap;
  /** Undefined where nothing was measured. */
  readonly value: (measured: Measured) => number | undefined;
}

const NANOS_PER_MICRO = 1000;

const micros = (nanos: number): number => nanos / NANOS_PER_MICRO;

/** Judged as each probe is answered. */
const probeRules: readonly Rule<ProbeDelays>[] = [
  { threshold: 'rtt', trap: 'rtt-exceeded', value: ({ roundTripNanos }) => micros(roundTripNanos) },
  { threshold: 'egress-time', trap: 'egress-time-exceeded', value: ({ egressNanos }) => micros(egressNanos) },
  {
    threshold: 'ingress-time',
    trap: 'ingress-time-exceeded',
    value: ({ ingressNanos }) => micros(ingressNanos),
  },
];

const jitterOf =
  (delay: DelayName) =>
  ({ measurements }: ProbeFigures): number | undefined =>
    measurements[delay] && micros(measurements[delay].maxNanos - measurements[delay].minNanos);

const deviationOf =
  (delay: DelayName) =>
  ({ measurements }: ProbeFigures): number | undefined =>
    measurements[delay] && micros(measurements[delay].deviationNanos);

/** Judged at the end of each test. */
const testRules: readonly Rule<ProbeFigures>[] = [
  { threshold: 'total-loss', trap: 'test-failure', value: ({ sent, received }) => sent - received },
  {
    threshold: 'max-rtt',
    trap: 'max-rtt-exceeded',
    value: ({ measurements: { roundTrip } }) => roundTrip && micros(roundTrip.maxNanos),
  },
  { threshold: 'jitter-rtt', trap: 'jitter-exceeded', value: jitterOf('roundTrip') },
  { threshold: 'std-dev-rtt', trap: 'std-dev-exceeded', value: deviationOf('roundTrip') },
  { threshold: 'jitter-ingress', trap: 'ingress-jitter-exceeded', value: jitterOf('ingress') },
  { threshold: 'std-dev-ingress', trap: 'ingress-std-dev-exceeded', value: deviationOf('ingress') },
  { threshold: 'jitter-egress', trap: 'egress-jitter-exceeded', value: jitterOf('egress') },
  { threshold: 'std-dev-egress', trap: 'egress-std-dev-exceeded', value: deviationOf('egress') },
];

export function probeCrossings(delays: ProbeDelays, thresholds: Thresholds): readonly Crossing[] {
  return crossings(probeRules, delays, thresholds);
}

export function testCrossings(figures: ProbeFigures, thresholds: Thresholds): readonly Crossing[] {
  return crossings(testRules, figures, thresholds);
}

/** `losses`: how many probes in a row are lost now. A run of losses is told of once. */
export function lossCrossings(losses: number, thresholds: Thresholds): readonly Crossing[] {
  const threshold = thresholds['successive-loss'];
  const reached = threshold > 0 && losses === threshold;
  return reached ? [{ trap: 'probe-failure', value: losses, threshold }] : [];
}

/** Met or exceeded. */
function crossings<Measured>(
  rules: readonly Rule<Measured>[],
  measured: Measured,
  thresholds: Thresholds,
): readonly Crossing[] {
  return rules.flatMap(({ threshold: name, trap, value: valueOf }) => {
    const threshold = thresholds[name];
    const value = valueOf(measured);
    return threshold > 0 && value !== undefined && value >= threshold ? [{ trap, value, threshold }] : [];
  });
}
