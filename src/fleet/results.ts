/** Results of test sessions, gathered into sketches of five minutes, which become those of hours, and those of days. */
import { WALL_NANOS_PER_SECOND } from '../clock.ts';
import type { OutboxRow } from '../store/fleet-outbox.ts';
import { resultOf, resultRow } from './rows.ts';
import { RESULT_SPANS } from './schema.ts';
import { DelaySketch } from './sketch.ts';

/** A probe that is decided. Nanoseconds; undefined: it was lost. */
export interface ResultSample {
  readonly connection: string;
  readonly session: string;
  readonly target: string | undefined;
  readonly roundTripNanos: number | undefined;
  readonly egressNanos: number | undefined;
  readonly ingressNanos: number | undefined;
}

const [finest] = RESULT_SPANS;

const spans = RESULT_SPANS.map(({ seconds }) => seconds) as readonly number[];

/** One slot of a test session. */
class Slot {
  readonly connection: string;
  readonly session: string;
  readonly span: number;
  readonly slotWallNanos: bigint;
  target: string | undefined;
  sent = 0;
  lost = 0;
  readonly roundTrip: DelaySketch;
  readonly egress: DelaySketch;
  readonly ingress: DelaySketch;

  constructor(
    of: Pick<Slot, 'connection' | 'session' | 'span' | 'slotWallNanos'>,
    sketches: Readonly<Record<'roundTrip' | 'egress' | 'ingress', DelaySketch>> = {
      roundTrip: new DelaySketch(),
      egress: new DelaySketch(),
      ingress: new DelaySketch(),
    },
  ) {
    this.connection = of.connection;
    this.session = of.session;
    this.span = of.span;
    this.slotWallNanos = of.slotWallNanos;
    this.roundTrip = sketches.roundTrip;
    this.egress = sketches.egress;
    this.ingress = sketches.ingress;
  }

  get endWallNanos(): bigint {
    return this.slotWallNanos + BigInt(this.span) * WALL_NANOS_PER_SECOND;
  }

  add({ target, roundTripNanos, egressNanos, ingressNanos }: ResultSample): void {
    this.target = target ?? this.target;
    this.sent += 1;
    if (roundTripNanos === undefined) this.lost += 1;
    else this.roundTrip.add(roundTripNanos);
    if (egressNanos !== undefined) this.egress.add(egressNanos);
    if (ingressNanos !== undefined) this.ingress.add(ingressNanos);
  }

  merge(other: Slot): void {
    this.target = other.target ?? this.target;
    this.sent += other.sent;
    this.lost += other.lost;
    for (const name of ['roundTrip', 'egress', 'ingress'] as const) this[name].merge(other[name]);
  }

  get row(): OutboxRow {
    const { roundTrip, egress, ingress } = this;
    const sketches = { roundTrip: roundTrip.write(), egress: egress.write(), ingress: ingress.write() };
    const { connection, session, span, slotWallNanos, target, sent, lost } = this;
    const columns = { connection, session, span, slotWallNanos, target, sent, lost, ...sketches };
    return resultRow(columns, this.endWallNanos);
  }

  /** Of what `row` has. */
  static read(content: string): Slot {
    const { roundTrip, egress, ingress, ...columns } = resultOf(content);
    const slot = new Slot(columns, {
      roundTrip: DelaySketch.read(roundTrip),
      egress: DelaySketch.read(egress),
      ingress: DelaySketch.read(ingress),
    });
    slot.target = columns.target;
    slot.sent = columns.sent;
    slot.lost = columns.lost;
    return slot;
  }
}

type SlotKey = Pick<Slot, 'span' | 'connection' | 'session'>;

const keyOf = ({ span, connection, session }: SlotKey): string => `${span}\0${connection}\0${session}`;

export class Results {
  readonly #open = new Map<string, Slot>();

  /** `contents`: rows that were open when the last ones were written. */
  constructor(contents: readonly string[]) {
    for (const content of contents) {
      const slot = Slot.read(content);
      this.#open.set(keyOf(slot), slot);
    }
  }

  /**
   * Samples count for the time at which they come, not for that at which they were sent: a slot that has ended never changes. Gives
   * rows that have changed.
   */
  add(samples: readonly ResultSample[], nowWallNanos: bigint): readonly OutboxRow[] {
    const rows = this.roll(nowWallNanos);
    const changed = new Set<Slot>();
    for (const sample of samples) {
      const slot = this.#slotOf({ ...sample, span: finest.seconds }, nowWallNanos);
      slot.add(sample);
      changed.add(slot);
    }
    return [...rows, ...[...changed].map(({ row }) => row)];
  }

  /** Slots that have ended become part of the longer ones. Gives rows that have changed. */
  roll(nowWallNanos: bigint): readonly OutboxRow[] {
    const changed = new Set<Slot>();
    for (const [index, span] of spans.entries()) {
      const longer = spans[index + 1];
      const over = [...this.#open].filter(
        ([, slot]) => slot.span === span && slot.endWallNanos <= nowWallNanos,
      );
      for (const [key, slot] of over) {
        this.#open.delete(key);
        if (longer === undefined) continue;
        // An instant within the shorter one: the last of both may be the same.
        const { connection, session } = slot;
        const into = this.#slotOf({ connection, session, span: longer }, slot.slotWallNanos);
        into.merge(slot);
        changed.add(into);
      }
    }
    return [...changed].map(({ row }) => row);
  }

  #slotOf({ span, connection, session }: SlotKey, wallNanos: bigint): Slot {
    const key = keyOf({ span, connection, session });
    const open = this.#open.get(key);
    // A clock that is set back does not open anew what has ended.
    if (open !== undefined && wallNanos < open.endWallNanos) return open;
    const length = BigInt(span) * WALL_NANOS_PER_SECOND;
    const slot = new Slot({ connection, session, span, slotWallNanos: (wallNanos / length) * length });
    this.#open.set(key, slot);
    return slot;
  }
}
