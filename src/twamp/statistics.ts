/** Statistics of a test session: from samples to the figures of perfSONAR's report, percentiles exact. */
import { Delays, type Spread } from './delays.ts';
import { GrowingArray } from './growing-array.ts';
import { TTL_INITIAL } from './packets.ts';
import type { SampleBatch } from './samples.ts';
import {
  decodeErrorEstimate,
  formatOfEstimate,
  type ErrorEstimate,
  type TimestampFormat,
} from './timestamp.ts';

/** The Sequence Numbers that are measured, from 0 on; what lies above is counted only as answered. */
export const MEASURED_PACKETS_MAX = 2 ** 20;

/** Replies to a packet that was answered before, whose reflector numbers are kept to tell the kinds apart. */
export const EXTRA_REPLIES_MAX = 65_536;

/** Routers passed, from TTLs: 255 − TTL. */
export type Hops =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'hops'; readonly values: number; readonly min: number; readonly max: number };

/** With a DSCP and ECN, so many packets arrived. */
export interface Marking {
  readonly dscp: number;
  readonly ecn: number;
  readonly packets: number;
}

/** Where packets were lost, as far as the reflector's own Sequence Numbers tell. */
export interface LossByDirection {
  /** On the way to the reflector. */
  readonly send: number;
  /** On the way back. */
  readonly reflect: number;
  /** Nothing came back that could tell: all that was lost behind the last answer, for one. */
  readonly unknown: number;
}

/** What is known of the Sequence Numbers of replies before one has come. */
export type ReplyNumbers =
  /** The reflector's own, from 0 on: RFC 5357 §4.2.1. */
  | 'from-zero'
  /** The reflector's own from any number on, or, without state, those of what they answer: RFC 8762 §4.3. */
  | 'any';

/** Packets that came after a later one (RFC 4737 §3.3), duplicates aside. */
export interface Reordering {
  readonly send: number;
  readonly reflect: number;
}

/** What is to be summed up. */
export interface SummaryRequest {
  /** Packets that left. */
  readonly sent: number;
  /** Undefined: no packet failed to leave. */
  readonly lastSequenceSent?: number | undefined;
  /** Of a run that was cut: from this Sequence Number on a reply could still come; undefined: from none. */
  readonly awaitedFrom?: number | undefined;
  /** Above 0, at most 100, of up to three decimal places. */
  readonly percentiles?: readonly number[] | undefined;
}

export interface Summary {
  readonly sent: number;
  readonly lost: number;
  /** When the run was cut, a reply could still have come: neither answered nor lost. */
  readonly inFlight: number;
  readonly lostByDirection: LossByDirection;
  /**
   * The numbers of replies tell there from back. Otherwise losses are `unknown`, and copies and reordering are counted
   * as if all were on the way back.
   */
  readonly directionsKnown: boolean;
  /** Copies that the reflector received and answered. */
  readonly sendDuplicates: number;
  /** Copies of one reply. */
  readonly reflectDuplicates: number;
  readonly reordered: Reordering;
  /** T1 of the first and of the last answered packet. */
  readonly firstWallNanos: bigint | undefined;
  readonly lastWallNanos: bigint | undefined;
  /** Reflector time subtracted. The delays are undefined when nothing was answered. */
  readonly roundTrip: Spread | undefined;
  readonly send: Spread | undefined;
  readonly reflect: Spread | undefined;
  readonly processing: { readonly minNanos: number; readonly maxNanos: number } | undefined;
  readonly sendHops: Hops;
  readonly reflectHops: Hops;
  /** What packets arrived with there, and replies here; none: nobody could see it. */
  readonly sendMarkings: readonly Marking[];
  readonly reflectMarkings: readonly Marking[];
  /** Undefined when nothing was answered. */
  readonly clocks: { readonly sender: ClockSaid; readonly reflector: ClockSaid } | undefined;
}

/** The worst that an end has said of its own stamps, and their format. */
export interface ClockSaid extends ErrorEstimate {
  readonly timestampFormat: TimestampFormat;
}

/** Collects the samples of one session. Memory grows with the packets measured, to a fixed maximum. */
export class Statistics {
  readonly #replies = new Replies();
  readonly #roundTrip = new Delays();
  readonly #send = new Delays();
  readonly #reflect = new Delays();
  readonly #ttlsThere = new TtlSet();
  readonly #ttlsBack = new TtlSet();
  readonly #markingsThere = new Markings();
  readonly #markingsBack = new Markings();
  readonly #errors = new ClockErrors();
  #answered = 0;
  #unmeasured = 0;
  #sendDuplicates = 0;
  #reflectDuplicates = 0;
  #reflectReordered = 0;
  #lowestReflectorSequence = Infinity;
  #highestReflectorSequence = -1;
  #processing: { minNanos: number; maxNanos: number } | undefined;
  #firstSequence = Infinity;
  #lastSequence = -1;
  #firstWallNanos: bigint | undefined;
  #lastWallNanos: bigint | undefined;
  readonly #replyNumbers: ReplyNumbers;
  /** Some reply has shown a number of the reflector's own. */
  #directionsKnown: boolean;
  readonly #onAnswer: ((roundTripNanos: number) => void) | undefined;

  /** `onAnswer` is told the round trip of each packet as it is answered. */
  constructor(replyNumbers: ReplyNumbers = 'from-zero', onAnswer?: (roundTripNanos: number) => void) {
    this.#onAnswer = onAnswer;
    this.#replyNumbers = replyNumbers;
    this.#directionsKnown = replyNumbers === 'from-zero';
  }

  add(samples: SampleBatch): void {
    for (let index = 0; index < samples.length; index++) {
      if (samples.sequence(index) < MEASURED_PACKETS_MAX) this.#addReply(samples, index);
      else this.#unmeasured += 1;
    }
  }

  /** The figures so far. */
  summary(request: SummaryRequest): Summary {
    const { sent, lastSequenceSent = sent - 1, awaitedFrom = Infinity, percentiles = [] } = request;
    const { lost, inFlight } = this.missing(request);
    const oneWayErrorNanos = this.#errors.synchronised ? this.#errors.maxNanos : undefined;
    return {
      sent,
      lost,
      inFlight,
      lostByDirection: this.#lostByDirection(Math.min(lastSequenceSent + 1, awaitedFrom), lost),
      directionsKnown: this.#directionsKnown,
      sendDuplicates: this.#sendDuplicates,
      reflectDuplicates: this.#reflectDuplicates,
      reordered: { send: this.#replies.reordered(), reflect: this.#reflectReordered },
      firstWallNanos: this.#firstWallNanos,
      lastWallNanos: this.#lastWallNanos,
      // As perfSONAR counts it: each clock was read twice.
      roundTrip: this.#roundTrip.spread(2 * this.#errors.maxNanos, percentiles),
      send: this.#send.spread(oneWayErrorNanos, percentiles),
      reflect: this.#reflect.spread(oneWayErrorNanos, percentiles),
      processing: this.#processing && { ...this.#processing },
      sendHops: this.#ttlsThere.hops(),
      reflectHops: this.#ttlsBack.hops(),
      sendMarkings: this.#markingsThere.all(),
      reflectMarkings: this.#markingsBack.all(),
      clocks: this.#errors.worst,
    };
  }

  /** Of the packets without an answer. */
  missing(request: SummaryRequest): Pick<Summary, 'lost' | 'inFlight'> {
    const { sent, lastSequenceSent = sent - 1, awaitedFrom = Infinity } = request;
    const missing = Math.max(0, sent - this.#answered - this.#unmeasured);
    const inFlight = Math.min(missing, this.#replies.unanswered(awaitedFrom, lastSequenceSent));
    return { lost: missing - inFlight, inFlight };
  }

  #addReply(samples: SampleBatch, index: number): void {
    const reflectorSequence = samples.reflectorSequence(index);
    const sequence = samples.sequence(index);
    this.#directionsKnown ||= reflectorSequence !== sequence;
    const kind = this.#replies.add(sequence, reflectorSequence);
    if (kind === 'reflect-duplicate') {
      this.#reflectDuplicates += 1;
      return;
    }
    this.#lowestReflectorSequence = Math.min(this.#lowestReflectorSequence, reflectorSequence);
    if (reflectorSequence < this.#highestReflectorSequence) this.#reflectReordered += 1;
    else this.#highestReflectorSequence = reflectorSequence;
    if (kind === 'send-duplicate') this.#sendDuplicates += 1;
    else this.#addAnswer(samples, index);
  }

  /** The first reply to a packet: the only one whose delays count. */
  #addAnswer(samples: SampleBatch, index: number): void {
    this.#answered += 1;
    const roundTripNanos = samples.roundTripNanos(index);
    this.#roundTrip.add(roundTripNanos);
    this.#onAnswer?.(roundTripNanos);
    this.#send.add(samples.sendNanos(index));
    this.#reflect.add(samples.reflectNanos(index));
    this.#ttlsThere.add(samples.senderTtl(index));
    this.#ttlsBack.add(samples.replyTtl(index));
    this.#markingsThere.add(samples.senderTrafficClass(index));
    this.#markingsBack.add(samples.replyTrafficClass(index));
    this.#errors.add(samples.senderErrorEstimate(index), samples.reflectorErrorEstimate(index));

    const nanos = samples.processingNanos(index);
    const { minNanos, maxNanos } = (this.#processing ??= { minNanos: nanos, maxNanos: nanos });
    this.#processing.minNanos = Math.min(minNanos, nanos);
    this.#processing.maxNanos = Math.max(maxNanos, nanos);

    const sequence = samples.sequence(index);
    if (sequence < this.#firstSequence) {
      this.#firstSequence = sequence;
      this.#firstWallNanos = samples.sentWallNanos(index);
    }
    if (sequence > this.#lastSequence) {
      this.#lastSequence = sequence;
      this.#lastWallNanos = samples.sentWallNanos(index);
    }
  }

  /**
   * The reflector numbers what it answers: a hole in its numbers is a reply that was lost on the way back. Where it did
   * not begin with 0, nobody can tell what came before the first answer. `decided`: the Sequence Number up to which what
   * was not answered is lost.
   */
  #lostByDirection(decided: number, lost: number): LossByDirection {
    if (!this.#directionsKnown) return { send: 0, reflect: 0, unknown: lost };
    const [firstSequence, firstNumber] =
      this.#replyNumbers === 'from-zero' ? [0, 0] : [this.#firstSequence, this.#lowestReflectorSequence];
    if (decided <= this.#lastSequence) return this.#lostBefore(decided, lost, firstSequence, firstNumber);
    const unknown = Math.min(lost, firstSequence + Math.max(0, decided - 1 - this.#lastSequence));
    const holes = this.#highestReflectorSequence + 1 - firstNumber - this.#answered - this.#sendDuplicates;
    const reflect = Math.min(lost - unknown, Math.max(0, holes));
    return { send: lost - unknown - reflect, reflect, unknown };
  }

  /**
   * As above where later packets are answered, others in flight: a hole between the last answer to what is decided and
   * the first one behind may be of either kind, and only what must be so is told.
   */
  #lostBefore(decided: number, lost: number, firstSequence: number, firstNumber: number): LossByDirection {
    if (firstSequence >= decided) return { send: 0, reflect: 0, unknown: lost };
    const { last, next, replies } = this.#replies.around(decided);
    const between = Math.min(lost, decided - 1 - last.sequence);
    const inFlight = next.sequence - decided;
    const holesBetween = clamp(next.number - last.number - 1, between + inFlight);
    const before = Math.max(0, lost - between - firstSequence);
    const reflectBefore = clamp(last.number + 1 - firstNumber - replies, before);
    const reflect = reflectBefore + clamp(holesBetween - inFlight, between);
    const send = before - reflectBefore + between - Math.min(between, holesBetween);
    return { send, reflect, unknown: lost - send - reflect };
  }
}

/** From 0 to `max`. */
const clamp = (count: number, max: number): number => Math.min(max, Math.max(0, count));

/** The two numbers of a packet that was answered. */
interface AnsweredPacket {
  readonly sequence: number;
  /** The reflector's. */
  readonly number: number;
}

const BEFORE_ALL: AnsweredPacket = { sequence: -1, number: -1 };

type ReplyKind = 'answer' | 'send-duplicate' | 'reflect-duplicate';

const UNANSWERED = -1;

/** Which pairs of (Session-Sender's, Session-Reflector's) Sequence Numbers have come back. */
class Replies {
  /**
   * By the sender's number, the lowest number the reflector answered it with: the copy that was there first.
   */
  readonly #lowest = new GrowingArray(UNANSWERED);
  /** Both numbers of every other reply to a packet. */
  readonly #others = new Set<number>();

  add(sequence: number, reflectorSequence: number): ReplyKind {
    const lowest = this.#lowest.get(sequence);
    if (lowest === UNANSWERED) {
      this.#lowest.set(sequence, reflectorSequence);
      return 'answer';
    }
    if (reflectorSequence === lowest || this.#others.has(pair(sequence, reflectorSequence))) {
      return 'reflect-duplicate';
    }
    this.#lowest.set(sequence, Math.min(lowest, reflectorSequence));
    if (this.#others.size < EXTRA_REPLIES_MAX) {
      this.#others.add(pair(sequence, Math.max(lowest, reflectorSequence)));
    }
    return 'send-duplicate';
  }

  /** How many packets from one Sequence Number to another, both included, have no answer. */
  unanswered(first: number, last: number): number {
    let unanswered = 0;
    for (let sequence = first; sequence <= last; sequence++) {
      if (this.#lowest.get(sequence) === UNANSWERED) unanswered += 1;
    }
    return unanswered;
  }

  /**
   * The last packet below `decided` that has an answer, with the highest number up to there, and how many numbers below
   * that and that one have come back; the first answered packet from `decided` on, which must be there.
   */
  around(decided: number): {
    readonly last: AnsweredPacket;
    readonly next: AnsweredPacket;
    readonly replies: number;
  } {
    let last = BEFORE_ALL;
    for (let sequence = 0; sequence < decided; sequence++) {
      const number = this.#lowest.get(sequence);
      if (number !== UNANSWERED) last = { sequence, number: Math.max(last.number, number) };
    }
    let sequence = decided;
    while (this.#lowest.get(sequence) === UNANSWERED) sequence += 1;
    const next = { sequence, number: this.#lowest.get(sequence) };
    return { last, next, replies: this.#repliesUpTo(last.number) };
  }

  #repliesUpTo(number: number): number {
    let replies = 0;
    for (const both of this.#others) if (both < (number + 1) * MEASURED_PACKETS_MAX) replies += 1;
    for (let sequence = 0; sequence < this.#lowest.length; sequence++) {
      const lowest = this.#lowest.get(sequence);
      if (lowest !== UNANSWERED && lowest <= number) replies += 1;
    }
    return replies;
  }

  /** How many packets reached the reflector after a later one: the order there is that of its own numbers. */
  reordered(): number {
    const inOrderThere = new Float64Array(this.#lowest.length);
    let answered = 0;
    for (let sequence = 0; sequence < this.#lowest.length; sequence++) {
      const lowest = this.#lowest.get(sequence);
      if (lowest !== UNANSWERED) inOrderThere[answered++] = pair(sequence, lowest);
    }
    let highest = -1;
    let reordered = 0;
    for (const both of inOrderThere.subarray(0, answered).sort()) {
      const sequence = both % MEASURED_PACKETS_MAX;
      if (sequence < highest) reordered += 1;
      else highest = sequence;
    }
    return reordered;
  }
}

/** One number for both, which sorts by the reflector's; exact, as 32 and 20 bits fit a double. */
function pair(sequence: number, reflectorSequence: number): number {
  return reflectorSequence * MEASURED_PACKETS_MAX + sequence;
}

/** The worst that the Error Estimates of both clocks have said. */
class ClockErrors {
  /** The largest sum of the sender's and the reflector's error. */
  maxNanos = 0;
  /** Both clocks have followed UTC all the time. */
  synchronised = true;
  worst: Summary['clocks'];
  #lastPair: number | undefined;

  add(sender: number, reflector: number): void {
    const fields = sender * 0x1_0000 + reflector;
    if (fields === this.#lastPair) return;
    this.#lastPair = fields;
    const there = clockSaid(sender);
    const back = clockSaid(reflector);
    this.maxNanos = Math.max(this.maxNanos, there.errorNanos + back.errorNanos);
    this.synchronised &&= there.synchronised && back.synchronised;
    const { sender: senderWorst = there, reflector: reflectorWorst = back } = this.worst ?? {};
    this.worst = { sender: worse(senderWorst, there), reflector: worse(reflectorWorst, back) };
  }
}

function clockSaid(estimate: number): ClockSaid {
  return { ...decodeErrorEstimate(estimate), timestampFormat: formatOfEstimate(estimate) };
}

function worse(one: ClockSaid, other: ClockSaid): ClockSaid {
  return {
    ...other,
    synchronised: one.synchronised && other.synchronised,
    errorNanos: Math.max(one.errorNanos, other.errorNanos),
  };
}

/** The TTLs that packets arrived with in one direction. */
class TtlSet {
  readonly #seen = new Set<number>();

  add(ttl: number | undefined): void {
    if (ttl !== undefined) this.#seen.add(ttl);
  }

  hops(): Hops {
    if (this.#seen.size === 0) return { kind: 'unknown' };
    const ttls = [...this.#seen];
    return {
      kind: 'hops',
      values: ttls.length,
      min: TTL_INITIAL - Math.max(...ttls),
      max: TTL_INITIAL - Math.min(...ttls),
    };
  }
}

/** The DSCPs and ECNs that packets arrived with in one direction. */
class Markings {
  readonly #packets = new Map<number, number>();

  add(trafficClass: number | undefined): void {
    if (trafficClass === undefined) return;
    this.#packets.set(trafficClass, (this.#packets.get(trafficClass) ?? 0) + 1);
  }

  /** The commonest first. */
  all(): readonly Marking[] {
    const markings = [...this.#packets].map(([trafficClass, packets]) => ({
      dscp: trafficClass >>> 2,
      ecn: trafficClass & 3,
      packets,
    }));
    return markings.sort((one, other) => other.packets - one.packets);
  }
}
