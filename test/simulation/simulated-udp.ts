/** UDP between two routers that loses, doubles, delays and reorders, and a journal of what truly happened to each packet. */
import type { Endpoint } from '../../src/engine/transport.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import type { VirtualTime } from '../support/virtual-time.ts';

/** How packets fare on their way, each way alike. */
export interface Path {
  /** Chances of a copy to be lost, and of a packet to become two. */
  readonly loss: number;
  readonly duplication: number;
  readonly delayMinNanos: number;
  /** More than the packets' interval reorders them. */
  readonly delayRangeNanos: number;
  /** Routers passed: any of these, copy by copy. */
  readonly hops: readonly number[];
}

/** A copy of a packet that has arrived, and what was written down of it. */
export interface Datagram {
  readonly octets: Uint8Array;
  readonly ttl: number;
  readonly trace: unknown;
}

export type DatagramListener = (from: Endpoint, datagram: Datagram) => void;

const TTL_SENT = 255;

export class SimulatedUdp {
  readonly #time: VirtualTime;
  readonly #random: SeededRandom;
  readonly #path: Path;
  readonly #listeners = new Map<string, DatagramListener>();

  constructor(time: VirtualTime, random: SeededRandom, path: Path) {
    this.#time = time;
    this.#random = random;
    this.#path = path;
  }

  /** Ports that are bound now. */
  get bound(): readonly string[] {
    return [...this.#listeners.keys()];
  }

  /** Undefined when the port is taken. */
  bind(at: Endpoint, listener: DatagramListener): (() => void) | undefined {
    const name = nameOf(at);
    if (this.#listeners.has(name)) return undefined;
    this.#listeners.set(name, listener);
    return () => this.#listeners.delete(name);
  }

  /** A host is gone, and all that it had bound. */
  vanish(address: string): void {
    for (const name of this.bound) if (name.startsWith(`${address} `)) this.#listeners.delete(name);
  }

  /** `arrive` writes down that a copy has reached the host, also where nobody listens any more, and gives its trace. */
  send(from: Endpoint, to: Endpoint, octets: Uint8Array, arrive: (ttl: number) => unknown): void {
    const { loss, duplication, delayMinNanos, delayRangeNanos, hops } = this.#path;
    const copies = this.#random.fraction() < duplication ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      if (this.#random.fraction() < loss) continue;
      const ttl = TTL_SENT - hops[this.#random.below(hops.length)]!;
      const delayNanos = delayMinNanos + this.#random.below(delayRangeNanos);
      this.#time.at(this.#time.monoNanos() + delayNanos, () => {
        const trace = arrive(ttl);
        this.#listeners.get(nameOf(to))?.(from, { octets, ttl, trace });
      });
    }
  }
}

function nameOf({ address, port }: Endpoint): string {
  return `${address} ${port}`;
}
