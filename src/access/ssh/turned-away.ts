/** Connections that were closed unheard, counted: who floods us is told of once in a while. Runs in the worker. */
import type { FromWorker } from './link.ts';
import { networkOf } from './network.ts';

type Told = Extract<FromWorker, { type: 'turned-away' }>;

/** How long they are counted before they are told. */
const TURNED_AWAY_MILLIS = 1_000;

/** Networks and reasons that are counted apart meanwhile; beyond that they are told earlier. */
const COUNTED_MAX = 1_000;

export class TurnedAway {
  readonly #post: (message: Told) => void;
  #counted = new Map<string, Told>();
  #timer: NodeJS.Timeout | undefined;

  constructor(post: (message: Told) => void) {
    this.#post = post;
  }

  add(connection: Pick<Told, 'address' | 'port' | 'refusal'>): void {
    const key = `${networkOf(connection.address)} ${connection.refusal}`;
    const before = this.#counted.get(key);
    const first = before ?? { type: 'turned-away', ...connection, count: 0 };
    this.#counted.set(key, { ...first, count: first.count + 1 });
    if (this.#counted.size > COUNTED_MAX) this.#tell();
    else this.#timer ??= setTimeout(() => this.#tell(), TURNED_AWAY_MILLIS);
  }

  #tell(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const counted = this.#counted;
    this.#counted = new Map();
    for (const told of counted.values()) this.#post(told);
  }
}
