/** Connections that control channels have announced, until they come. */
import { addressText } from '../address.ts';
import type { Address } from '../session.ts';

/** A connection that is announced. */
export interface Expectation {
  readonly protocol: number;
  /** Undefined: from anywhere. */
  readonly source: Address | undefined;
  /** The call id of a GRE tunnel; undefined for other protocols, and then any port. */
  readonly sourcePort: number | undefined;
  readonly destination: Address;
  readonly destinationPort: number;
}

export type Expect = (expectation: Expectation) => void;

/** Expectations at once; the oldest gives way. */
export const EXPECTATIONS_MAX = 65_536;

/** After which an expectation is forgotten, as in Linux' helpers at the most. */
const EXPECTATION_SECONDS = 300;

interface Pending<Master> {
  readonly master: Master;
  readonly source: Address | undefined;
  readonly untilSeconds: number;
}

export class Expectations<Master> {
  readonly #pending = new Map<string, Pending<Master>>();
  /** How many gave way. */
  lost = 0;

  get isEmpty(): boolean {
    return this.#pending.size === 0;
  }

  add(expectation: Expectation, master: Master, nowSeconds: number): void {
    const { protocol, source, destination, destinationPort } = expectation;
    const key = keyOf(protocol, destination, destinationPort);
    this.#pending.delete(key);
    if (this.#pending.size >= EXPECTATIONS_MAX) {
      const [oldest] = this.#pending.keys();
      this.#pending.delete(oldest!);
      this.lost += 1;
    }
    this.#pending.set(key, { master, source, untilSeconds: nowSeconds + EXPECTATION_SECONDS });
  }

  /** The master of a new connection, which is not expected again; undefined where none has announced it. */
  meet(
    protocol: number,
    source: Address,
    destination: Address,
    destinationPort: number,
    nowSeconds: number,
  ): Master | undefined {
    const key = keyOf(protocol, destination, destinationPort);
    const pending = this.#pending.get(key);
    if (pending === undefined) return undefined;
    if (pending.source !== undefined && addressText(pending.source) !== addressText(source)) return undefined;
    this.#pending.delete(key);
    return nowSeconds > pending.untilSeconds ? undefined : pending.master;
  }
}

const keyOf = (protocol: number, destination: Address, port: number): string =>
  `${protocol} ${port} ${addressText(destination)}`;
