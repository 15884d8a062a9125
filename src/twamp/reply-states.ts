/** What a Session-Reflector keeps of each Session-Sender: its counts of packets, and the reply that left last. */

/** Rows of arrays: a packet touches no object of its own. */
export class ReplyStates {
  /** Packets received, modulo 2^32. */
  readonly received: Uint32Array;
  /** Replies made: a reply's own Sequence Number, from 0, independent of the packets that arrive (RFC 5357 §4.2.1). */
  readonly made: Uint32Array;
  /** Sequence Number, and the two words of T3, of the reply that left last; all zero: none has. */
  readonly lastSequence: Uint32Array;
  readonly lastSeconds: Uint32Array;
  readonly lastFraction: Uint32Array;

  constructor(rows: number) {
    this.received = new Uint32Array(rows);
    this.made = new Uint32Array(rows);
    this.lastSequence = new Uint32Array(rows);
    this.lastSeconds = new Uint32Array(rows);
    this.lastFraction = new Uint32Array(rows);
  }

  reset(row: number): void {
    this.received[row] = 0;
    this.made[row] = 0;
    this.lastSequence[row] = 0;
    this.lastSeconds[row] = 0;
    this.lastFraction[row] = 0;
  }

  /** A reply leaves whose T3 stands at `timestamp`. */
  noteReply(row: number, view: DataView, sequence: number, timestamp: number): void {
    this.lastSequence[row] = sequence;
    this.lastSeconds[row] = view.getUint32(timestamp);
    this.lastFraction[row] = view.getUint32(timestamp + 4);
  }
}
