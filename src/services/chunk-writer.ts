/** Rows on their way from the worker to the main thread. */
import { CHUNKS_MAX, type ReadingMessage } from './conntrack-link.ts';
import { RECEIVE_OCTETS } from './netlink-socket.ts';

/** A chunk is posted when it has as much as one call may receive, so that another call's rows always have room. */
const POSTED_OCTETS = RECEIVE_OCTETS / 2;
const CHUNK_OCTETS = POSTED_OCTETS + RECEIVE_OCTETS;

export type Post = (message: ReadingMessage, transfer: readonly ArrayBuffer[]) => void;

/** How far it has been written. */
export interface ChunkPlace {
  readonly posted: number;
  readonly length: number;
  readonly rows: number;
}

/** The chunks of a reading: one that is being filled, the rest with the reader or waiting to be filled. */
export class ChunkWriter {
  readonly #reading: number;
  readonly #post: Post;
  #octets = new Uint8Array(CHUNK_OCTETS);
  #length = 0;
  #rows = 0;
  #lost = 0;
  #posted = 0;
  #masterHelpers = new Map<number, string>();
  readonly #free: ArrayBuffer[] = [];
  /** Buffers that are made when they are first needed. */
  #unmade = CHUNKS_MAX - 1;
  #resume: (() => void) | undefined;
  #stopped = false;

  constructor(reading: number, post: Post) {
    this.#reading = reading;
    this.#post = post;
  }

  add(message: Uint8Array, masterHelper: string | undefined): void {
    if (masterHelper !== undefined) this.#masterHelpers.set(this.#rows, masterHelper);
    this.#octets.set(message, this.#length);
    this.#length += (message.length + 3) & ~3;
    this.#rows += 1;
  }

  place(): ChunkPlace {
    return { posted: this.#posted, length: this.#length, rows: this.#rows };
  }

  /** Forgets what was added since; false where some of it has been posted. */
  takeBack({ posted, length, rows }: ChunkPlace): boolean {
    if (posted !== this.#posted) return false;
    for (const row of this.#masterHelpers.keys()) if (row >= rows) this.#masterHelpers.delete(row);
    this.#length = length;
    this.#rows = rows;
    return true;
  }

  /** The kernel has dropped messages; how many, it does not say. */
  lose(): void {
    this.#lost += 1;
  }

  /** Resolves when there is room for all that one call may receive. */
  async room(): Promise<void> {
    if (this.#length >= POSTED_OCTETS) await this.hand();
  }

  /** Posts what there is, and resolves when there is room again. */
  async hand(): Promise<void> {
    if (this.#length === 0 && this.#lost === 0) return;
    this.flush();
    const free = this.#free.pop() ?? this.#made() ?? (await this.#given());
    if (free !== undefined) this.#octets = new Uint8Array(free);
  }

  /** Posts what there is; nothing can be added afterwards. */
  flush(): void {
    if (this.#length === 0 && this.#lost === 0) return;
    const { buffer } = this.#octets;
    const [octets, masterHelpers, lost] = [this.#length, this.#masterHelpers, this.#lost];
    this.#length = 0;
    this.#lost = 0;
    this.#rows = 0;
    this.#posted += 1;
    this.#masterHelpers = new Map<number, string>();
    this.#post({ type: 'rows', reading: this.#reading, buffer, octets, masterHelpers, lost }, [buffer]);
  }

  more(buffer: ArrayBuffer): void {
    this.#free.push(buffer);
    this.#resume?.();
  }

  stop(): void {
    this.#stopped = true;
    this.#resume?.();
  }

  #made(): ArrayBuffer | undefined {
    if (this.#unmade === 0) return undefined;
    this.#unmade -= 1;
    return new ArrayBuffer(CHUNK_OCTETS);
  }

  async #given(): Promise<ArrayBuffer | undefined> {
    while (this.#free.length === 0 && !this.#stopped)
      await new Promise<void>((resolve) => (this.#resume = resolve));
    this.#resume = undefined;
    return this.#free.pop();
  }
}
