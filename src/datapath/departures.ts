/** A session's packets on their way into the kernel: counted before they leave, taken back if they do not. */
import { NO_SEQUENCE, type CounterTable } from '../twamp/counters.ts';

export class Departures {
  readonly #counters: CounterTable;
  readonly #session: number;
  #lastLeft = NO_SEQUENCE;

  /** Of a session whose counters are "nothing yet". */
  constructor(counters: CounterTable, session: number) {
    this.#counters = counters;
    this.#session = session;
  }

  /** The packet with this Sequence Number is about to leave; it is told of in turn whether it has. */
  leaving(sequence: number): void {
    this.#counters.noteSent(this.#session, sequence);
  }

  left(sequence: number): void {
    this.#lastLeft = sequence;
  }

  failed(sequence: number): void {
    this.#counters.takeBackSent(this.#session, 1, sequence, this.#lastLeft);
    this.#counters.noteDropped(this.#session, 'send-failed');
  }
}
