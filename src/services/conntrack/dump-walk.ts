/** One dump of a plan on its way through the kernel's table. */
import { dumpRequest, type DumpFilter } from './ctnetlink.ts';
import type { Dump } from './netlink-dump.ts';

export class DumpWalk {
  readonly dump: Dump;
  readonly filter: DumpFilter;
  readonly #fd: number;
  #begun: Promise<void> | undefined;

  constructor(dump: Dump, fd: number, filter: DumpFilter) {
    this.dump = dump;
    this.filter = filter;
    this.#fd = fd;
  }

  /** Unless it has begun; resolves when the first messages are there, or have failed to come. */
  begin(): Promise<void> {
    this.#begun ??= this.#ask();
    return this.#begun;
  }

  /** Resolves when the kernel has no part in it any more; it may begin again then, if it was read to its end. */
  async end(): Promise<void> {
    if (this.#begun === undefined) return;
    await this.dump.end();
    this.#begun = undefined;
  }

  #ask(): Promise<void> {
    dumpRequest(this.dump.requests, 1, this.filter);
    return this.dump.begin(this.#fd);
  }
}
