/** The kernel sockets of a worker's sessions, opened and closed as the main thread says, with its answers. */
import { DatapathError } from './datapath.ts';
import { HeldDescriptors } from './held-descriptors.ts';
import { KernelSocket, kernelCapabilities } from './kernel-socket.ts';
import type { Libc } from '../native/libc.ts';
import type { OpenMessage, WorkerMessage, WorkerStart } from './link.ts';
import { ReadySet } from './ready-set.ts';

export class KernelSockets {
  readonly ready: ReadySet;
  readonly descriptors: HeldDescriptors;
  readonly #libc: Libc;
  readonly #post: (message: WorkerMessage) => void;
  /** By session. */
  readonly #sockets: (KernelSocket | undefined)[] = [];

  constructor(libc: Libc, start: WorkerStart, post: (message: WorkerMessage) => void) {
    this.#libc = libc;
    this.#post = post;
    this.descriptors = new HeldDescriptors(start.descriptors);
    this.ready = new ReadySet(libc, this.descriptors);
  }

  open({ session, request }: OpenMessage): void {
    try {
      const socket = KernelSocket.open(this.#libc, request);
      this.descriptors.holdSocket(session, socket.fd);
      this.#sockets[session] = socket;
      this.ready.add(socket.fd, session);
      this.#post({
        type: 'opened',
        session,
        localPort: socket.localPort,
        capabilities: kernelCapabilities,
      });
    } catch (error) {
      if (!(error instanceof DatapathError)) throw error;
      this.#post({ type: 'refused', session, code: error.code, message: error.message });
    }
  }

  /** The socket of a session that was opened. */
  of(session: number): KernelSocket {
    return this.#sockets[session]!;
  }

  close(session: number): void {
    const socket = this.of(session);
    this.#sockets[session] = undefined;
    this.ready.remove(socket.fd);
    this.descriptors.forgetSocket(session);
    socket.close();
    this.#post({ type: 'stopped', session });
  }
}
