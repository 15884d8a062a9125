/** The way in to a router that may be over before anybody wants in: a batch that owns the state directory. */
import { NANOS_PER_MILLI, type Clock, type Timer, type Timers } from '../../clock.ts';
import type { AttachServer } from './server.ts';

/** A router that cannot be reached yet is asked again as often (`ownOrReach`), or has gone by then, and left the directory free. */
const LATE_NANOS = 50 * NANOS_PER_MILLI;

/** Opens what others attach to when the router has run for a while; a short batch does without, and without what that loads. */
export class LateAttach {
  readonly #timer: Timer;
  #opening: Promise<AttachServer | undefined> | undefined;

  constructor(clock: Clock & Timers, open: () => Promise<AttachServer | undefined>) {
    this.#timer = clock.at(clock.monoNanos() + LATE_NANOS, () => void (this.#opening = open()));
  }

  /** As `AttachServer.close`; also amid the opening, or before it, which then is none. */
  async close(signal: AbortSignal): Promise<void> {
    this.#timer.cancel();
    const attach = await this.#opening;
    await attach?.close(signal);
  }
}
