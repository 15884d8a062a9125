/** The sockets of a worker's sessions, opened and closed as the main thread says, with its answers. */
import { DatapathError } from './datapath.ts';
import { DgramSocket, dgramCapabilities } from './dgram-socket.ts';
import type { PacketHandler } from './dgram-socket.ts';
import type { OpenMessage, WorkerMessage } from './link.ts';
import { PacketSlots } from './packet-slots.ts';

export class SocketTable {
  readonly slots = new PacketSlots();
  readonly #post: (message: WorkerMessage) => void;
  readonly #sockets = new Map<number, DgramSocket>();

  constructor(post: (message: WorkerMessage) => void) {
    this.#post = post;
  }

  async open({ session, request }: OpenMessage, handler: PacketHandler): Promise<void> {
    try {
      const socket = await DgramSocket.bind(request, this.slots, handler);
      this.#sockets.set(session, socket);
      this.#post({ type: 'opened', session, localPort: socket.localPort, capabilities: dgramCapabilities });
    } catch (error) {
      if (!(error instanceof DatapathError)) throw error;
      this.#post({ type: 'refused', session, code: error.code, message: error.message });
    }
  }

  /** The socket of a session that was opened. */
  of(session: number): DgramSocket {
    return this.#sockets.get(session)!;
  }

  async close(session: number): Promise<void> {
    const socket = this.of(session);
    this.#sockets.delete(session);
    await socket.close();
    this.#post({ type: 'stopped', session });
  }
}
