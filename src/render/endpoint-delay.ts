/** Sessions that measure the delay to an endpoint, as DNOS lists and details them; blanks and tabs as in its sample. */
import { grid, type GridColumn } from './grid.ts';
import { fixed } from './number-format.ts';
import { calendarTime, dashedTime } from './time.ts';
import { uptime } from './uptime.ts';

/** Delays of some probes. */
export interface DelayFigures {
  readonly samples: number;
  readonly minNanos: number;
  readonly maxNanos: number;
  readonly averageNanos: number;
}

/** Differences between the delays of probes that follow each other, as amounts. */
export interface JitterFigures {
  readonly samples: number;
  readonly egressNanos: number;
  readonly ingressNanos: number;
  readonly roundTripNanos: number;
}

export interface FinishedTest {
  readonly startWallNanos: bigint;
  /** Undefined: it was given up. */
  readonly endWallNanos: bigint | undefined;
  readonly sent: number;
  readonly received: number;
  readonly lossPercent: number;
  /** Names of thresholds. */
  readonly crossed: readonly string[];
  /** Undefined: nothing was answered. */
  readonly roundTrip: DelayFigures | undefined;
  /** Undefined: no two probes were answered. */
  readonly jitter: JitterFigures | undefined;
}

export interface DelaySession {
  readonly name: string;
  readonly enabled: boolean;
  readonly vrf: string;
  /** Undefined: what the routing table picks, once it runs. */
  readonly senderAddress: string | undefined;
  /** Undefined while it does not run. */
  readonly senderPort: number | undefined;
  readonly reflectorAddress: string;
  readonly reflectorPort: number;
  /** Undefined while it does not run. */
  readonly upNanos: bigint | undefined;
  readonly dscp: { readonly value: number; readonly name: string | undefined };
  readonly probeCount: number;
  readonly probeIntervalSeconds: number;
  readonly current: { readonly startWallNanos: bigint; readonly expectedEndWallNanos: bigint } | undefined;
  /** The latest first. */
  readonly previous: readonly FinishedTest[];
}

/** Minimum widths are those of the sample. */
const columns: readonly GridColumn[] = [
  { title: 'Session', minimumWidth: 11 },
  { title: 'Admin', minimumWidth: 8 },
  { title: 'VRF', minimumWidth: 8 },
  { title: 'Local Address' },
  { title: 'Remote Address' },
  { title: 'Session Uptime', minimumWidth: 15 },
];

const LOSS_PLACES = 7;
const NANOS_PER_MICRO = 1000;

/** A test is named after the first whole second at which it was over. */
const UP_TO_THE_SECOND = 999_999_999n;

const usec = (nanos: number): string => `${Math.round(nanos / NANOS_PER_MICRO)} usec`;

const stateOf = ({ enabled }: DelaySession): string => (enabled ? 'enabled' : 'disabled');

/** A row a session, and how many there are; `within`: columns of the terminal. */
export function* delaySessionsText(sessions: readonly DelaySession[], within = Infinity): Iterable<string> {
  const rows = sessions.map((session) => [
    session.name,
    stateOf(session),
    session.vrf,
    session.senderAddress ?? '',
    session.reflectorAddress,
    session.upNanos === undefined ? '' : uptime(session.upNanos),
  ]);
  yield `\nSimple TWAMP Sessions:\n\n${grid(columns, rows, within)}\nTotal displayed sessions: ${rows.length}\n\n`;
}

/** All of one; of a disabled one, what it would do. */
export function* delaySessionText(session: DelaySession): Iterable<string> {
  const { senderAddress = 'N/A', senderPort = 'N/A', reflectorAddress, reflectorPort, dscp } = session;
  yield `\nSender-Session: ${session.name}\n\tAdmin state: ${stateOf(session)}\n`;
  yield `\tSender address: ${senderAddress}, sender source port: ${senderPort}\n`;
  yield `\tReflector address: ${reflectorAddress}, reflector destination port: ${reflectorPort}\n`;
  if (!session.enabled) {
    yield '\n';
    return;
  }
  yield `\tDSCP: ${dscp.value}${dscp.name === undefined ? '' : ` (${dscp.name.toUpperCase()})`}\n`;
  yield `\tVRF: ${session.vrf}\n\tProbe-Count: ${session.probeCount}\n`;
  yield `\tProbe-Interval: ${session.probeIntervalSeconds}sec\n`;
  yield `\tOverall test duration: ${session.probeCount * session.probeIntervalSeconds}sec\n`;
  yield '\t\n\tTest results:\n';
  if (session.current !== undefined) yield currentText(session.current);
  if (session.previous.length > 0) yield '\tPrevious tests:\n';
  for (const test of session.previous) yield finishedText(session.name, test);
  yield '\n';
}

/** `expeceted`: as DNOS writes it, and who reads its output looks for. */
function currentText({ startWallNanos, expectedEndWallNanos }: NonNullable<DelaySession['current']>): string {
  return `\tCurrent test:
\t\tTest start time: ${calendarTime(startWallNanos)}
\t\tTest expeceted end time: ${calendarTime(expectedEndWallNanos)}
\t\tTest status: On-going
`;
}

function finishedText(name: string, test: FinishedTest): string {
  const { startWallNanos, endWallNanos, roundTrip, jitter } = test;
  return `\t\t${name}-${dashedTime((endWallNanos ?? startWallNanos) + UP_TO_THE_SECOND)}
\t\tTest results:
\t\tTest start time: ${calendarTime(startWallNanos)}
\t\tTest end time: ${endWallNanos === undefined ? 'N/A' : calendarTime(endWallNanos)}
\t\tTest status: ${statusOf(test)}
\t\tTest size: 
\t\t\tProbes sent: ${test.sent} probes
\t\t\tProbes received: ${test.received} probes
\t\t\tLoss Percentage: ${fixed(test.lossPercent, LOSS_PLACES)}
${roundTrip === undefined ? '' : roundTripText(roundTrip)}${jitter === undefined ? '' : jitterText(jitter)}`;
}

function statusOf({ endWallNanos, crossed }: FinishedTest): string {
  if (endWallNanos === undefined) return 'Stopped';
  return crossed.length === 0
    ? 'Completed successfully (No thresholds crossed)'
    : `Completed (Thresholds crossed: ${crossed.join(', ')})`;
}

function roundTripText({ samples, minNanos, maxNanos, averageNanos }: DelayFigures): string {
  return `\t\tRound trip delay
\t\t\tSamples: ${samples}
\t\t\tMinimum: ${usec(minNanos)}, Maximum: ${usec(maxNanos)}, Average: ${usec(averageNanos)}
`;
}

function jitterText({ samples, egressNanos, ingressNanos, roundTripNanos }: JitterFigures): string {
  return `\t\tJitter
\t\t\tSamples: ${samples}
\t\t\tEgress jitter: ${usec(egressNanos)}, Ingress jitter: ${usec(ingressNanos)}, Round trip jitter: ${usec(roundTripNanos)}
`;
}
