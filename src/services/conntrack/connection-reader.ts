/** Connections that a call has received, one after the other, in the worker; what cannot be decoded is counted. */
import { SystemCallError } from '../../native/libc.ts';
import type { Post } from './chunk-writer.ts';
import type { EndMessage } from './conntrack-link.ts';
import { ConnectionDecoder, ConnectionRow } from './ctnetlink.ts';
import { Messages, NetlinkError, type NetlinkProblemCode } from './netlink.ts';
import type { Part } from './netlink-dump.ts';

export class ConnectionReader {
  /** Of the message decoded last. */
  readonly row = new ConnectionRow();
  readonly decoder = new ConnectionDecoder();
  undecodable = new Map<NetlinkProblemCode, number>();
  #messages = new Messages(new DataView(new ArrayBuffer(0)));

  over(view: DataView): this {
    this.#messages = new Messages(view);
    this.decoder.over(view);
    return this;
  }

  /** Tells of each message until `hear` has heard enough, and gives whether it has. */
  each({ start, end }: Part, hear: (message: Messages) => boolean): boolean {
    const messages = this.#messages.over(end, start);
    try {
      while (messages.next()) if (hear(messages)) return true;
    } catch (error) {
      this.#note(error);
    }
    return false;
  }

  /** Into `row`; false where it cannot be. */
  decode({ start, end }: Messages): boolean {
    try {
      this.decoder.decode(start, end, this.row);
      return true;
    } catch (error) {
      this.#note(error);
      return false;
    }
  }

  #note(error: unknown): void {
    if (!(error instanceof NetlinkError)) throw error;
    this.undecodable.set(error.code, (this.undecodable.get(error.code) ?? 0) + 1);
  }
}

/** Posts what the reading ends with, or why it cannot go on. */
export async function runToEnd(call: number, post: Post, run: () => Promise<EndMessage>): Promise<void> {
  try {
    post(await run(), []);
  } catch (error) {
    const systemCall = error instanceof SystemCallError ? error.call : 'recv';
    if (!(error instanceof SystemCallError || error instanceof NetlinkError)) throw error;
    post({ type: 'failed', call, systemCall, code: error.code }, []);
  }
}
