/** What is said on a control channel, in lines or messages, in order. */
import { ipProtocol } from '../ip-protocols.ts';
import type { Address } from '../session.ts';
import type { Expect } from './expectations.ts';

/** Both ends of a control channel, as they are seen where it was captured. */
export interface Ends {
  readonly initiator: Address;
  readonly responder: Address;
}

/** Understands one control channel; what it announces, it hands to `expect`. */
export interface ControlFollower {
  /** A line, without its end. */
  line?(text: string, isReply: boolean, expect: Expect): void;
  /** A datagram, or what a segment carries. */
  message?(octets: Uint8Array, isReply: boolean, expect: Expect): void;
}

/** A longer line is left out. */
export const CONTROL_LINE_OCTETS_MAX = 4096;

/** Of beginnings of lines, in all channels together; what would be more is left out. */
export const CONTROL_OCTETS_MAX = 4 * 2 ** 20;

/** What all channels of a capture keep together. */
export class ControlBudget {
  #octets = 0;
  /** Lines that were left out. */
  lost = 0;

  /** Whether `octets` in place of `before` may be kept; counts them, if so. */
  change(before: number, octets: number): boolean {
    const after = this.#octets - before + octets;
    const isWithin = octets <= CONTROL_LINE_OCTETS_MAX && after <= CONTROL_OCTETS_MAX;
    this.#octets = isWithin ? after : this.#octets - before;
    if (!isWithin) this.lost += 1;
    return isWithin;
  }
}

/** One direction of a TCP channel. */
interface Stream {
  /** The sequence number that is next; undefined until something was said. */
  next: number | undefined;
  /** The beginning of a line. */
  rest: string;
  /** The line is not kept until it ends. */
  isSkipping: boolean;
}

const latin1 = new TextDecoder('latin1');

export class ControlChannel {
  readonly #follower: ControlFollower;
  readonly #budget: ControlBudget;
  readonly #isTcp: boolean;
  readonly #streams: readonly [Stream, Stream] = [newStream(), newStream()];

  constructor(protocol: number, follower: ControlFollower, budget: ControlBudget) {
    this.#isTcp = protocol === ipProtocol.tcp;
    this.#follower = follower;
    this.#budget = budget;
  }

  /**
   * Takes what a segment or a datagram carries, `whole` octets of which some may not have been captured. `sequence`: of
   * TCP.
   */
  take(octets: Uint8Array, whole: number, sequence: number, isReply: boolean, expect: Expect): void {
    if (whole === 0) return;
    if (!this.#isTcp) {
      this.#follower.message?.(octets, isReply, expect);
      if (this.#follower.line !== undefined)
        for (const line of latin1.decode(octets).split('\n')) this.#line(line, isReply, expect);
      return;
    }
    const stream = this.#streams[isReply ? 1 : 0];
    const behind = stream.next === undefined ? 0 : (sequence - stream.next) | 0;
    // Sent again, or out of order: what was said before is there, what is to come will be seen again or is lost.
    if (behind < 0) return;
    if (behind > 0) this.#forget(stream, true);
    stream.next = (sequence + whole) >>> 0;
    this.#follower.message?.(octets, isReply, expect);
    if (this.#follower.line !== undefined) this.#lines(stream, latin1.decode(octets), isReply, expect);
    if (octets.length < whole) this.#forget(stream, true);
  }

  /** Nothing is kept any more. */
  close(): void {
    for (const stream of this.#streams) this.#forget(stream, false);
  }

  #lines(stream: Stream, text: string, isReply: boolean, expect: Expect): void {
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      const line = stream.rest + text.slice(start, end);
      if (!stream.isSkipping && line.length <= CONTROL_LINE_OCTETS_MAX) this.#line(line, isReply, expect);
      this.#forget(stream, false);
      start = end + 1;
    }
    if (start === text.length || stream.isSkipping) return;
    const rest = stream.rest + text.slice(start);
    if (this.#budget.change(stream.rest.length, rest.length)) stream.rest = rest;
    else {
      stream.rest = '';
      stream.isSkipping = true;
    }
  }

  #line(text: string, isReply: boolean, expect: Expect): void {
    this.#follower.line!(text.endsWith('\r') ? text.slice(0, -1) : text, isReply, expect);
  }

  #forget(stream: Stream, isSkipping: boolean): void {
    if (stream.rest !== '') this.#budget.change(stream.rest.length, 0);
    stream.rest = '';
    stream.isSkipping = isSkipping;
  }
}

const newStream = (): Stream => ({ next: undefined, rest: '', isSkipping: false });
