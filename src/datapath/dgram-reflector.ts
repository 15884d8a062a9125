/** The reflecting worker over node:dgram: sockets on one side, the reflecting core on the other. */
import type { CounterTable } from '../twamp/counters.ts';
import { encodeAddress, ipVersionOf } from '../twamp/address-field.ts';
import { LightReflectorCore, SENDERS_MAX } from '../twamp/light-reflector.ts';
import { TRAFFIC_CLASS_UNKNOWN, TTL_UNKNOWN, createStamp } from '../twamp/packets.ts';
import { NO_REPLY, ReflectorCore } from '../twamp/reflector.ts';
import type { PacketEnd } from '../twamp/stamp-tlv-types.ts';
import type { RemoteInfo } from 'node:dgram';
import type { DgramSocket, PacketHandler } from './dgram-socket.ts';
import { Departures } from './departures.ts';
import { SESSIONS_MAX, workerCounters } from './link.ts';
import type { ReflectorMessage, WorkerMessage, WorkerStart } from './link.ts';
import { randomWord } from './random-word.ts';
import { SocketTable } from './socket-table.ts';
import { USER_SPACE_ERROR_ESTIMATE, ThreadClock } from './thread-clock.ts';

export class DgramReflector {
  readonly #clock: ThreadClock;
  readonly #counters: CounterTable;
  readonly #core: ReflectorCore;
  readonly #light: LightReflectorCore;
  readonly #sockets: SocketTable;
  readonly #stamp = createStamp();

  constructor(start: WorkerStart, post: (message: WorkerMessage) => void) {
    this.#clock = new ThreadClock(start.monoOriginNanos);
    this.#counters = workerCounters(start.counters);
    this.#core = new ReflectorCore(SESSIONS_MAX, this.#counters, USER_SPACE_ERROR_ESTIMATE, SENDERS_MAX);
    this.#light = new LightReflectorCore(this.#core, this.#counters, randomWord());
    this.#sockets = new SocketTable(post);
  }

  async handle(message: ReflectorMessage): Promise<void> {
    const { session } = message;
    switch (message.type) {
      case 'open':
        if (message.request.light) this.#light.open(session, message.request.stamp!, message.request.light);
        else this.#core.open(session, message.request);
        await this.#sockets.open(message, this.#handler(session));
        break;
      case 'light':
        this.#light.use(session, message.stamp, message.light);
        break;
      case 'start':
        this.#core.start(session);
        break;
      case 'stop':
        await this.#sockets.close(session);
        break;
    }
  }

  #handler(session: number): PacketHandler {
    const counters = this.#counters;
    const departures = new Departures(counters, session);
    return {
      arrived: () => this.#clock.read(this.#stamp),
      received: (socket, offset, octets, sender) => this.#reflect(session, socket, offset, octets, sender),
      receivedFromStranger: () => counters.noteDropped(session, 'wrong-source'),
      receiveFailed: () => counters.noteDropped(session, 'receive-failed'),
      sending: (sequence) => departures.leaving(sequence),
      sent: (sequence) => departures.left(sequence),
      sendFailed: (sequence) => departures.failed(sequence),
    };
  }

  /** Turns the packet into its reply where it lies. */
  #reflect(session: number, socket: DgramSocket, offset: number, octets: number, sender: RemoteInfo): void {
    const { slots } = this.#sockets;
    const stamp = this.#stamp;
    const replyOctets = socket.light
      ? this.#light.reflectInto(
          slots.arena,
          session,
          this.#notePath(socket, sender),
          offset,
          octets,
          stamp,
          TTL_UNKNOWN,
          TRAFFIC_CLASS_UNKNOWN,
          offset,
        )
      : this.#core.reflectInto(
          slots.arena,
          session,
          offset,
          octets,
          stamp,
          TTL_UNKNOWN,
          TRAFFIC_CLASS_UNKNOWN,
          offset,
        );
    if (replyOctets === NO_REPLY) {
      slots.release(offset);
      return;
    }
    this.#clock.read(stamp);
    const core = socket.light ? this.#light : this.#core;
    const sequence = core.complete(slots.arena, session, offset, stamp);
    socket.send(offset, replyOctets, sequence, sender);
  }

  /** node:dgram tells the source of a datagram, and not the address that it came to. Returns the source. */
  #notePath({ localPort }: DgramSocket, { address, port }: RemoteInfo): PacketEnd {
    const { source, destination } = this.#core.path;
    source.version = ipVersionOf(address);
    source.port = port;
    source.octets.set(encodeAddress(address));
    destination.port = localPort;
    return source;
  }
}
