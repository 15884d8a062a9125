/** What every measurement of a run is told: whom to compare with, and how long to take. */

export interface Peers {
  readonly twampd?: { readonly path: string; readonly configuration: string };
  readonly twping?: string;
}

export interface Pace {
  readonly quick: boolean;
  /** Interleaved runs of each contestant, of which the median counts. */
  readonly rounds: number;
  /** Length of a run. */
  readonly seconds: number;
}

export const paces: Readonly<Record<'quick' | 'full', Pace>> = {
  quick: { quick: true, rounds: 3, seconds: 1 },
  full: { quick: false, rounds: 7, seconds: 2 },
};
