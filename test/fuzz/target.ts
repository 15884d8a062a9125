/** What is fuzzed, and what holds for every input of every target. */
import assert from 'node:assert/strict';

export interface FuzzTarget {
  /** Throws, or rejects, where what it promises does not hold. */
  readonly run: (octets: Uint8Array) => void | Promise<void>;
  /** Inputs to begin with, made from what the tree has of vectors and samples. */
  readonly seeds: () => readonly Uint8Array[];
  /** Of the longest input. */
  readonly octetsMax: number;
  /** What inputs are made of, beside octets of chance. */
  readonly words?: readonly string[];
  /** It gives promises. */
  readonly isAsync?: true;
}

/** Of one processor, for one input. */
const CPU_MICROS_MAX = 1_000_000;
/** By which the process may grow with one input. */
const GROWTH_OCTETS_MAX = 256 * 2 ** 20;

/** What everybody's objects inherit from. */
const prototypes: readonly object[] = [
  Object.prototype,
  Array.prototype,
  Function.prototype,
  String.prototype,
  Map.prototype,
];
const namesOf = (): string => prototypes.map((each) => Reflect.ownKeys(each).map(String).join()).join(';');
const namesBefore = namesOf();

/** Runs a target, with bounds on time and memory, and an eye on the prototypes. */
export function guarded({ run }: FuzzTarget): (octets: Uint8Array) => void | Promise<void> {
  return (octets) => {
    const cpu = process.cpuUsage();
    const rss = process.memoryUsage.rss();
    const check = (): void => {
      const { user, system } = process.cpuUsage(cpu);
      assert(user + system <= CPU_MICROS_MAX, `took ${(user + system) / 1e6} s`);
      const growth = process.memoryUsage.rss() - rss;
      assert(growth <= GROWTH_OCTETS_MAX, `took ${growth} octets`);
      assert.equal(namesOf(), namesBefore, 'a prototype has changed');
    };
    // A copy: the fuzzer's own memory is used again.
    const outcome = run(new Uint8Array(octets));
    if (outcome !== undefined) return outcome.then(check);
    check();
    return undefined;
  };
}

/** Anything may be refused with an error of these classes; all others are faults. */
export function refusable<Result>(
  work: () => Result,
  ...refusals: readonly (abstract new (...parts: never[]) => Error)[]
): Result | undefined {
  try {
    return work();
  } catch (error) {
    if (refusals.some((refusal) => error instanceof refusal)) return undefined;
    throw error;
  }
}

/** What the first octets of an input decide, and the rest. */
export class Choices {
  readonly #octets: Uint8Array;
  #at = 0;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  /** 0 .. 255; 0 where nothing is left. */
  octet(): number {
    return this.#octets[this.#at++] ?? 0;
  }

  of<Choice>(choices: readonly Choice[]): Choice {
    return choices[this.octet() % choices.length]!;
  }

  get isEmpty(): boolean {
    return this.#at >= this.#octets.length;
  }

  get rest(): Uint8Array {
    return this.#octets.subarray(this.#at);
  }
}

export const textOf = (octets: Uint8Array): string => new TextDecoder().decode(octets);
export const octetsOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** An input that chooses, and then says something. */
export const chosen = (choices: readonly number[], octets: Uint8Array | string): Uint8Array =>
  Buffer.concat([Uint8Array.from(choices), typeof octets === 'string' ? octetsOf(octets) : octets]);
