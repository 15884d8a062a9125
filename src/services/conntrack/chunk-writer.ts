/** What a reading has found, on its way from the worker to the main thread, in buffers that come back. */
import type { SessionListing } from '../../render/session-listing.ts';
import { CHUNKS_MAX, type ReadingMessage } from './conntrack-link.ts';
import { RECEIVE_OCTETS } from './netlink-socket.ts';
import type { ServiceSession } from '../session.ts';
import { listingOf, TEXT_OCTETS, type ListingForm } from '../session-text.ts';

export type Post = (message: ReadingMessage, transfer: readonly ArrayBuffer[]) => void;

/** The chunks of a reading: one that is being filled, the rest with the reader or waiting to be filled. */
export class ChunkWriter {
  /** Of the chunk that is being filled. */
  octets: Uint8Array<ArrayBuffer>;
  length = 0;
  /** Chunks that the reader has, or had. */
  posted = 0;
  readonly #chunkOctets: number;
  readonly #post: (buffer: ArrayBuffer, octets: number) => void;
  readonly #free: ArrayBuffer[] = [];
  /** Buffers that are made when they are first needed. */
  #unmade = CHUNKS_MAX - 1;
  #resume: (() => void) | undefined;
  /** Nobody reads any more. */
  isStopped = false;

  constructor(chunkOctets: number, post: (buffer: ArrayBuffer, octets: number) => void) {
    this.#chunkOctets = chunkOctets;
    this.#post = post;
    this.octets = new Uint8Array(chunkOctets);
  }

  /** Posts what there is, and resolves when there is room again. */
  async hand(): Promise<void> {
    this.flush();
    const free = this.#free.pop() ?? this.#made() ?? (await this.#given());
    if (free !== undefined) this.octets = new Uint8Array(free);
  }

  /** Posts what there is; nothing can be added afterwards. */
  flush(): void {
    const { length } = this;
    this.length = 0;
    this.posted += 1;
    this.#post(this.octets.buffer, length);
  }

  /** Gives back a chunk's buffer. */
  more(buffer: ArrayBuffer): void {
    this.#free.push(buffer);
    this.#resume?.();
  }

  stop(): void {
    this.isStopped = true;
    this.#resume?.();
  }

  #made(): ArrayBuffer | undefined {
    if (this.#unmade === 0) return undefined;
    this.#unmade -= 1;
    return new ArrayBuffer(this.#chunkOctets);
  }

  async #given(): Promise<ArrayBuffer | undefined> {
    while (this.#free.length === 0 && !this.isStopped)
      await new Promise<void>((resolve) => (this.#resume = resolve));
    this.#resume = undefined;
    return this.#free.pop();
  }
}

/** A chunk is posted when it has as much as one call may receive, so that another call's rows always have room. */
const POSTED_OCTETS = RECEIVE_OCTETS / 2;

/** Chunks of messages as the kernel sent them. */
export class RowWriter {
  readonly chunks: ChunkWriter;
  #rows = 0;
  #lost = 0;
  #isPartial = false;
  /** Whether the rows that are added from now on have ended unheard: no chunk has both kinds. */
  areUnheard = false;
  #masterHelpers = new Map<number, string>();

  constructor(call: number, post: Post) {
    this.chunks = new ChunkWriter(POSTED_OCTETS + RECEIVE_OCTETS, (buffer, octets) => {
      const [masterHelpers, lost, isPartial] = [this.#masterHelpers, this.#lost, this.#isPartial];
      const areUnheard = this.areUnheard;
      this.#rows = 0;
      this.#lost = 0;
      this.#masterHelpers = new Map<number, string>();
      post({ type: 'rows', call, buffer, octets, masterHelpers, lost, isPartial, areUnheard }, [buffer]);
    });
  }

  add(message: Uint8Array, masterHelper: string | undefined): void {
    const { chunks } = this;
    if (masterHelper !== undefined) this.#masterHelpers.set(this.#rows, masterHelper);
    chunks.octets.set(message, chunks.length);
    chunks.length += (message.length + 3) & ~3;
    this.#rows += 1;
  }

  /** Gives what forgets all that is added from now on; that gives false where some of it has been posted. */
  remembered(): () => boolean {
    const { chunks } = this;
    const [posted, length, rows] = [chunks.posted, chunks.length, this.#rows];
    return () => {
      if (posted !== chunks.posted) return false;
      for (const row of this.#masterHelpers.keys()) if (row >= rows) this.#masterHelpers.delete(row);
      chunks.length = length;
      this.#rows = rows;
      return true;
    };
  }

  /** The kernel has dropped messages; how many, it does not say. `isPartial`: not all that they may be about is known. */
  lose(isPartial: boolean): void {
    this.#lost += 1;
    this.#isPartial ||= isPartial;
  }

  /** Resolves when there is room for all that one call may receive. */
  async room(): Promise<void> {
    if (this.chunks.length >= POSTED_OCTETS) await this.chunks.hand();
  }

  async hand(): Promise<void> {
    if (!this.#isEmpty) await this.chunks.hand();
  }

  flush(): void {
    if (!this.#isEmpty) this.chunks.flush();
  }

  get #isEmpty(): boolean {
    return this.chunks.length === 0 && this.#lost === 0;
  }
}

/** What is told of a connection with two tuples, at the least; and what is drawn of it, at the most. */
const MESSAGE_OCTETS_MIN = 128;
const DRAWN_OCTETS_MAX = 1024;

/** Chunks of text. */
export class TextWriter {
  readonly chunks: ChunkWriter;
  readonly #listing: SessionListing;

  constructor(call: number, form: ListingForm, post: Post) {
    const octetsMax = TEXT_OCTETS + (RECEIVE_OCTETS / MESSAGE_OCTETS_MIN) * DRAWN_OCTETS_MAX;
    this.chunks = new ChunkWriter(octetsMax, (buffer, octets) =>
      post({ type: 'text', call, buffer, octets }, [buffer]),
    );
    this.#listing = listingOf(form).over(this.chunks.octets);
  }

  add(session: ServiceSession): void {
    this.#listing.add(session);
    this.chunks.length = this.#listing.length;
  }

  /** As that of rows. */
  remembered(): () => boolean {
    const { chunks } = this;
    const { posted } = chunks;
    const goBack = this.#listing.remembered();
    return () => {
      if (posted !== chunks.posted) return false;
      goBack();
      chunks.length = this.#listing.length;
      return true;
    };
  }

  /** Resolves when there is room for what is drawn of all that one call may receive. */
  async room(): Promise<void> {
    if (this.chunks.length < TEXT_OCTETS) return;
    await this.chunks.hand();
    this.#listing.over(this.chunks.octets);
  }

  flush(): void {
    if (this.chunks.length > 0) this.chunks.flush();
  }
}
