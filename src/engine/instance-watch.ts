/** Sees when a namespace or device was removed and made again: sockets that were in it do not come along. */
import { NANOS_PER_SECOND, type Clock, type Timer, type Timers } from '../clock.ts';
import type { RoutingInstances } from './routing-instances.ts';
import type { Transport } from './transport.ts';

/** How often is looked: for so long nobody is served who comes after that. */
const LOOK_SECONDS = 2;

export interface WatchParts {
  readonly clock: Clock & Timers;
  readonly transport: Pick<Transport, 'incarnationOf'>;
  readonly report: (error: unknown) => void;
  /** Puts what is in force in force again, for what is there now; `follow` is called when it could. */
  readonly again: () => Promise<unknown>;
}

export class InstanceWatch {
  readonly #parts: WatchParts;
  #instances: RoutingInstances = new Map();
  #timer: Timer | undefined;
  /** What was reported last: what fails, fails each time. */
  #reported: string | undefined;
  #closed = false;

  constructor(parts: WatchParts) {
    this.#parts = parts;
  }

  /** `instances`: those in force, with the incarnations that sockets are in. */
  follow(instances: RoutingInstances): void {
    this.#instances = instances;
    this.#reported = undefined;
    this.#arm();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  /** What is gone is waited for; what runs in it runs on. */
  get #isOther(): boolean {
    return [...this.#instances.values()].some(({ vrf, incarnation }) => {
      if (vrf.kind === 'default') return false;
      const now = this.#parts.transport.incarnationOf(vrf);
      return now !== undefined && now !== incarnation;
    });
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const isFixed = [...this.#instances.values()].every(({ vrf }) => vrf.kind === 'default');
    if (isFixed || this.#closed) return;
    const { clock } = this.#parts;
    this.#timer = clock.at(clock.monoNanos() + LOOK_SECONDS * NANOS_PER_SECOND, () => void this.#look());
  }

  async #look(): Promise<void> {
    try {
      if (this.#isOther) await this.#parts.again();
    } catch (error) {
      if (String(error) !== this.#reported) this.#parts.report(error);
      this.#reported = String(error);
    }
    this.#arm();
  }
}
