/** One run of all test sessions of a control connection: a round with its Server, or with each reflector one. */
import { MeasurementError, type MeasurementErrorCode } from './measurement-error.ts';
import type { RpmSession } from './rpm-session.ts';
import type { ConnectionPlace } from './rpm-settings.ts';
import type { EndReason } from './sessions.ts';
import { openStampPlace } from './stamp-peer.ts';
import {
  TestRound,
  type RoundEnding,
  type RoundParts,
  type RoundSession,
  type ServerPlace,
} from './test-round.ts';

/** A test session that was accepted. */
export interface RunningTest {
  readonly session: RpmSession;
  readonly round: RoundSession;
  /** When its first probe leaves. */
  readonly startMonoNanos: number;
}

/** Hears how each session fared. */
export interface IterationListener {
  accepted(session: RpmSession): void;
  refused(session: RpmSession, reason: MeasurementError): void;
}

/** Why a test session is not run while the others of its connection are. */
const sessionRefusals: ReadonlySet<MeasurementErrorCode> = new Set([
  'session-refused',
  'ports-exhausted',
  'address-unavailable',
  'unreachable',
]);

export class Iteration {
  readonly #place: ConnectionPlace;
  readonly #parts: RoundParts;
  readonly #rounds: TestRound[] = [];

  /** Without a `server` each session has the way to its own reflector. */
  constructor(server: ServerPlace | undefined, place: ConnectionPlace, parts: RoundParts) {
    this.#place = place;
    this.#parts = parts;
    if (server !== undefined) this.#rounds.push(new TestRound(server, parts));
  }

  /** Requests every session, and starts those that are accepted. Rejects with MeasurementError when none is. */
  async setUp(
    sessions: readonly RpmSession[],
    listener: IterationListener,
    signal: AbortSignal,
  ): Promise<readonly RunningTest[]> {
    const accepted: { session: RpmSession; round: TestRound; roundSession: RoundSession }[] = [];
    let refusal: MeasurementError | undefined;
    for (const session of sessions) {
      try {
        const round = await this.#roundOf(session, signal);
        const onSamples = session.add.bind(session);
        const roundSession = await round.request({ ...session.settings.plan, onSamples });
        accepted.push({ session, round, roundSession });
        listener.accepted(session);
      } catch (error) {
        if (!(error instanceof MeasurementError) || !sessionRefusals.has(error.code)) throw error;
        refusal = error;
        listener.refused(session, error);
      }
    }
    if (accepted.length === 0 && refusal !== undefined) throw refusal;
    for (const round of this.#rounds) await round.start();
    return accepted.map(({ session, round, roundSession }) => ({
      session,
      round: roundSession,
      startMonoNanos: round.startNanos,
    }));
  }

  /** Sends, waits for the last replies, stops. */
  async run(signal: AbortSignal): Promise<RoundEnding> {
    const endings = await Promise.all(this.#rounds.map((round) => round.run(signal)));
    return endings.find((ending) => ending !== 'complete') ?? 'complete';
  }

  /** Whatever happened: frees the ports and makes the rows history. Idempotent. */
  async close(reason: EndReason): Promise<void> {
    await Promise.all(this.#rounds.map((round) => round.close(reason)));
  }

  /** With a Server that of all; without, a new one, with the way to the session's reflector. */
  async #roundOf({ settings }: RpmSession, signal: AbortSignal): Promise<TestRound> {
    const { instance, sourceAddress, control } = this.#place;
    if (control.type === 'managed') return this.#rounds[0]!;
    const { localAddress = sourceAddress, remoteAddress } = settings.plan;
    const to = { host: remoteAddress!, port: settings.reflectorPort, sourceAddress: localAddress };
    const stamp = { reflector: 'stateless', ssid: 0, hmacKey: control.hmacKey } as const;
    const place = await openStampPlace(to, stamp, instance, this.#parts.transport, signal);
    const round = new TestRound(place, this.#parts);
    this.#rounds.push(round);
    return round;
  }
}
