/**
 * Sessions of two captures, of which one was made inside of a router and the other one outside: what it has translated is
 * the difference. Sessions belong together whose first packets are the same but for what NAT changes.
 */
import { addressText } from '../address.ts';
import { isSame, natStatus, type Connection, type Tuple } from '../conntrack/connection.ts';
import { ipProtocol } from '../ip-protocols.ts';
import type { CapturedSession } from './session-tracker.ts';

/** A connection, and what two captures say of where it was begun; undefined where only one has it. */
export interface PairedConnection {
  readonly connection: Connection;
  readonly isFromOutside: boolean | undefined;
}

/** Sessions of each capture that wait for their other half; further ones stay alone. */
export const PAIRED_SESSIONS_MAX = 100_000;

/** Between the first packets on both sides. TCP, whose sequence numbers are drawn by chance, needs no bound. */
const APART_SECONDS = 1;

/** Sessions with the same first packet that are compared; NAT is told by their ends where there are more. */
const SAME_MAX = 64;

export class Pairing {
  /** Of the capture inside, by the fingerprint of the first packet. */
  readonly #waiting = new Map<number, CapturedSession[]>();
  /** Whose first packet the other capture does not have. */
  readonly #inside: CapturedSession[] = [];
  readonly #outside: CapturedSession[] = [];
  readonly #sessionsMax: number;
  #waitingCount = 0;
  /** Sessions that were not compared, because there were too many. */
  unpaired = 0;

  constructor(sessionsMax = PAIRED_SESSIONS_MAX) {
    this.#sessionsMax = sessionsMax;
  }

  /** All of these come before the first of the outside. Gives the connection where there are too many. */
  addInside(session: CapturedSession): PairedConnection | undefined {
    if (this.#waitingCount >= this.#sessionsMax) return this.#leave(session);
    this.#waitingCount += 1;
    const same = this.#waiting.get(session.fingerprint);
    if (same === undefined) this.#waiting.set(session.fingerprint, [session]);
    else (same.length < SAME_MAX ? same : this.#inside).push(session);
    return undefined;
  }

  /** Gives the connection that is known by it, if any. */
  addOutside(session: CapturedSession): PairedConnection | undefined {
    const inside = this.#sameOf(session);
    if (inside !== undefined) return joined(inside, session);
    if (this.#outside.length >= this.#sessionsMax) return this.#leave(session);
    this.#outside.push(session);
    return undefined;
  }

  /** There are no more: those whose first packets a router has rewritten, and those that stay alone. */
  *end(): Generator<PairedConnection> {
    const inside = [...this.#inside, ...[...this.#waiting.values()].flat()];
    const [insideByEnd, outsideByEnd] = [new ByEnd(inside), new ByEnd(this.#outside)];
    const paired = new Set<CapturedSession>();
    for (const outside of this.#outside) {
      const other = insideByEnd.onlyOneLike(outside);
      if (other === undefined || outsideByEnd.onlyOneLike(other) !== outside) continue;
      paired.add(outside).add(other);
      yield joined(other, outside);
    }
    for (const session of [...inside, ...this.#outside]) if (!paired.has(session)) yield alone(session);
  }

  #leave(session: CapturedSession): PairedConnection {
    this.unpaired += 1;
    return alone(session);
  }

  /** Of several, the one with the most ends unchanged, then the one that is nearest in time. */
  #sameOf(outside: CapturedSession): CapturedSession | undefined {
    const same = this.#waiting.get(outside.fingerprint) ?? [];
    const isTcp = outside.connection.original.protocol === ipProtocol.tcp;
    const [best] = same
      .map((inside) => ({ inside, ends: sameEnds(inside, outside), apart: apartSeconds(inside, outside) }))
      .filter(({ apart }) => isTcp || apart <= APART_SECONDS)
      .toSorted((a, b) => b.ends - a.ends || a.apart - b.apart);
    if (best !== undefined) same.splice(same.indexOf(best.inside), 1);
    return best?.inside;
  }
}

const alone = ({ connection }: CapturedSession): PairedConnection => ({
  connection,
  isFromOutside: undefined,
});

const laterSeconds = (a: CapturedSession, b: CapturedSession): number =>
  a.startSeconds - b.startSeconds + (a.startNanos - b.startNanos) / 1e9;

const apartSeconds = (a: CapturedSession, b: CapturedSession): number => Math.abs(laterSeconds(a, b));

/** Of source and destination, how many are the same on both sides. */
function sameEnds(a: CapturedSession, b: CapturedSession): number {
  const [one, other] = [a.connection.original, b.connection.original];
  const isSource = isSame(one.source, other.source) && one.sourcePort === other.sourcePort;
  const isDestination =
    isSame(one.destination, other.destination) && one.destinationPort === other.destinationPort;
  return Number(isSource) + Number(isDestination);
}

const endsOf = ({ protocol, source, sourcePort, destination, destinationPort }: Tuple): readonly string[] => [
  `${protocol} from ${addressText(source)} ${sourcePort}`,
  `${protocol} to ${addressText(destination)} ${destinationPort}`,
];

/** Sessions by what they come from and go to, each list in the order of time. */
class ByEnd {
  readonly #sessions = new Map<string, CapturedSession[]>();

  constructor(sessions: readonly CapturedSession[]) {
    for (const session of sessions.toSorted(inTime)) {
      for (const end of endsOf(session.connection.original)) {
        const others = this.#sessions.get(end);
        if (others === undefined) this.#sessions.set(end, [session]);
        else others.push(session);
      }
    }
  }

  /** The only session with an end of the other, begun at the same time; undefined where there are more. */
  onlyOneLike(other: CapturedSession): CapturedSession | undefined {
    let only: CapturedSession | undefined;
    for (const end of endsOf(other.connection.original)) {
      const sessions = this.#sessions.get(end) ?? [];
      for (let at = firstNear(sessions, other); at < sessions.length; at += 1) {
        const session = sessions[at]!;
        if (apartSeconds(session, other) > APART_SECONDS) break;
        if (only !== undefined && session !== only) return undefined;
        only = session;
      }
    }
    return only;
  }
}

const inTime = (a: CapturedSession, b: CapturedSession): number =>
  a.startSeconds - b.startSeconds || a.startNanos - b.startNanos;

/** Where those begin that are not too much earlier than another. */
function firstNear(sessions: readonly CapturedSession[], other: CapturedSession): number {
  let [low, high] = [0, sessions.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (laterSeconds(other, sessions[middle]!) > APART_SECONDS) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** As the router has it: what enters it, on either side. */
function joined(inside: CapturedSession, outside: CapturedSession): PairedConnection {
  const isFromOutside = isFirstOutside(inside, outside);
  const [first, second] = isFromOutside
    ? [outside.connection, inside.connection]
    : [inside.connection, outside.connection];
  const { original } = first;
  const { reply } = second;
  const isMasterInside = (inside.masterHops ?? 0) > (outside.masterHops ?? 0);
  const { master } = isMasterInside ? inside.connection : outside.connection;
  return {
    connection: {
      ...inside.connection,
      status: first.status | second.status | natStatus(original, reply),
      original,
      reply,
      originalCounters: first.originalCounters,
      replyCounters: second.replyCounters,
      helper: first.helper ?? second.helper,
      master: master ?? first.master ?? second.master,
      masterHelper: first.masterHelper ?? second.masterHelper,
    },
    isFromOutside,
  };
}

/** A router takes one off the hops; what does not, at least sees it first where it comes from. */
function isFirstOutside(inside: CapturedSession, outside: CapturedSession): boolean {
  if (inside.hops !== outside.hops) return outside.hops > inside.hops;
  return inTime(outside, inside) < 0;
}
