/** What a soak says in the end: whether anything grew, was lost or failed. Pure. */

/** What one router held at a time. */
export interface Holding {
  readonly seconds: number;
  readonly residentOctets: number;
  readonly files: number;
  readonly threads: number;
}

export interface Outcome {
  readonly routers: Readonly<Record<string, readonly Holding[]>>;
  readonly sent: number;
  readonly lost: number;
  readonly duplicates: number;
  /** What went wrong, and has been told. */
  readonly errors: number;
  /** Control connections, test sessions and logins that were there when all had left. */
  readonly left: number;
}

type Held = Exclude<keyof Holding, 'seconds'>;

interface Bound {
  readonly unit: string;
  readonly scale: number;
  /** Growth that nobody calls a leak: what comes and goes, and what a heap has to spare. */
  readonly slack: number;
  /** As a share of the mean. */
  readonly share: number;
}

const MEBIBYTE = 2 ** 20;

export const BOUNDS: Readonly<Record<Held, Bound>> = {
  residentOctets: { unit: 'MiB', scale: MEBIBYTE, slack: 24 * MEBIBYTE, share: 0.15 },
  files: { unit: 'files', scale: 1, slack: 12, share: 0.25 },
  threads: { unit: 'threads', scale: 1, slack: 2, share: 0.25 },
};

/** What is done for the first time, caches and heaps are filled by then. */
const WARM_UP_SHARE = 1 / 3;

/** Below it a slope is noise. */
const READINGS_MIN = 6;

/** Least squares; 0 of fewer than two readings. Per second. */
export function slopeOf(readings: readonly (readonly [seconds: number, value: number])[]): number {
  const mean = (of: 0 | 1): number => readings.reduce((sum, each) => sum + each[of], 0) / readings.length;
  const [seconds, value] = [mean(0), mean(1)];
  let [covariance, variance] = [0, 0];
  for (const reading of readings) {
    covariance += (reading[0] - seconds) * (reading[1] - value);
    variance += (reading[0] - seconds) ** 2;
  }
  return variance === 0 ? 0 : covariance / variance;
}

export interface Growth {
  readonly held: Held;
  /** In the unit of its bound. */
  readonly perHour: number;
  readonly grew: boolean;
}

/** After the warm-up, of each thing that is held. */
export function growths(holdings: readonly Holding[]): readonly Growth[] {
  const warm = holdings.slice(Math.floor(holdings.length * WARM_UP_SHARE));
  const seconds = (warm.at(-1)?.seconds ?? 0) - (warm[0]?.seconds ?? 0);
  return (Object.keys(BOUNDS) as Held[]).map((held) => {
    const { scale, slack, share } = BOUNDS[held];
    const perSecond = slopeOf(warm.map((each) => [each.seconds, each[held]]));
    const mean = warm.reduce((sum, each) => sum + each[held], 0) / Math.max(1, warm.length);
    const grew = warm.length >= READINGS_MIN && perSecond * seconds > Math.max(slack, share * mean);
    return { held, perHour: (perSecond * 3600) / scale, grew };
  });
}

export interface Verdict {
  readonly lines: readonly string[];
  readonly good: boolean;
}

export function verdictOn({ routers, sent, lost, duplicates, errors, left }: Outcome): Verdict {
  const bad: string[] = [];
  const slopes = Object.entries(routers).map(([name, holdings]) => {
    const all = growths(holdings);
    for (const { held, grew } of all) if (grew) bad.push(`${name}: ${BOUNDS[held].unit} grew`);
    const texts = all.map(({ held, perHour }) => `${signed(perHour)} ${BOUNDS[held].unit}`);
    return `slopes per hour, ${name}: ${texts.join(', ')}`;
  });
  if (sent === 0) bad.push('nothing was measured');
  if (lost > 0) bad.push(`${lost} packets were lost`);
  if (duplicates > 0) bad.push(`${duplicates} packets came twice`);
  if (errors > 0) bad.push(`${errors} errors`);
  if (left > 0) bad.push(`${left} connections, sessions or logins were left`);
  const verdict = bad.length === 0 ? 'nothing grew, nothing was lost' : bad.join('; ');
  return {
    lines: [...slopes, `packets: ${sent} sent, ${lost} lost, ${duplicates} twice`, `verdict: ${verdict}`],
    good: bad.length === 0,
  };
}

function signed(value: number): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(1)}`;
}
