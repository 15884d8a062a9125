/** A network in memory: TCP that cuts octets and may break, UDP that loses packets; one seed for all. */
import { isIP } from 'node:net';
import type { Clock, Timers } from '../../src/clock.ts';
import { TransportError } from '../../src/engine/transport.ts';
import type {
  ControlOptions,
  Endpoint,
  Listener,
  Stream,
  StreamHandlers,
  Transport,
} from '../../src/engine/transport.ts';
import type { Vrf } from '../../src/native/routing-instance.ts';
import { randomChunks } from './chunks.ts';
import type { SeededRandom } from './seeded-random.ts';

export interface Weather {
  /** One way. */
  readonly delayNanos: number;
  /** Share of packets lost each way, 0 .. 1. */
  readonly loss: number;
  readonly cut?: Cut | undefined;
}

/** What happens to a TCP connection amid one of its messages. */
export interface Cut {
  /** Counted from 0 over all that are written to any connection. */
  readonly message: number;
  /** How much of it still arrives, 0 .. 1. */
  readonly share: number;
  /** Both ends hear of it; or neither does, and each talks to nobody. */
  readonly heard: boolean;
}

/** What reaches a UDP port. */
export type PacketListener = (from: Endpoint, packet: unknown) => void;

export class VirtualNetwork {
  readonly clock: Clock & Timers;
  readonly random: SeededRandom;
  /** Hears of every attempt to connect. */
  onConnect: () => void = () => undefined;
  /** May change while packets are under way. */
  weather: Weather;
  readonly #listeners = new Map<string, (stream: Stream) => void>();
  readonly #packetListeners = new Map<string, PacketListener>();
  readonly #options = new Map<string, ControlOptions>();
  readonly #streams = new Set<VirtualStream>();
  #nextPort = 40_000;
  #messages = 0;

  constructor(clock: Clock & Timers, random: SeededRandom, weather: Weather = { delayNanos: 1e6, loss: 0 }) {
    this.clock = clock;
    this.random = random;
    this.weather = weather;
  }

  /** The TCP of a host with this address. Its VRFs other than the default one are named after their addresses. */
  host(address: string): Transport {
    const addressIn = (vrf: Vrf): string => (vrf.kind === 'default' ? address : vrf.name);
    return {
      unsettable: [],
      // Every VRF has one interface.
      interfaceAddresses: (vrf, name) => (name === 'eth0' ? [addressIn(vrf)] : []),
      incarnationOf: (vrf) => (vrf.kind === 'default' ? vrf.kind : vrf.name),
      obstacleIn: (vrf) =>
        vrf.kind === 'default' || isIP(vrf.name) !== 0 ? undefined : `no-such-${vrf.kind}`,
      listen: ({ vrf, port }, options, onStream) => this.#listen(addressIn(vrf), port, options, onStream),
      connect: ({ vrf, host, port, sourceAddress = addressIn(vrf) }) =>
        this.#connect(sourceAddress, { address: host, port }),
      route: ({ vrf, host, sourceAddress = addressIn(vrf) }) =>
        Promise.resolve({ local: sourceAddress, remote: host }),
    };
  }

  /** Of the listener at an endpoint; undefined when there is none. */
  controlOptions(at: Endpoint): ControlOptions | undefined {
    return this.#options.get(nameOf(at));
  }

  /** A host whose TCP says `octets` to whoever connects, and nothing else. */
  speakOnly(address: string, port: number, octets: Uint8Array): void {
    this.#listeners.set(nameOf({ address, port }), (stream) => {
      stream.open({ onData: () => undefined, onClose: () => undefined });
      if (octets.length > 0) stream.write(octets);
    });
  }

  /** TCP connections whose ends are not both closed, counted by ends. */
  get openEnds(): number {
    return this.#streams.size;
  }

  /** What is to happen to the connection that the next message is written to. */
  nextMessage(): Cut | undefined {
    const { cut } = this.weather;
    return cut?.message === this.#messages++ ? cut : undefined;
  }

  /** Breaks every TCP connection there is. */
  cutStreams(): void {
    for (const stream of [...this.#streams]) stream.destroy();
  }

  /** A host is gone: nobody listens there any more. The other ends of its connections hear of it, or talk to nobody. */
  vanish(address: string, heard: boolean): void {
    for (const name of [...this.#listeners.keys()]) {
      if (!name.startsWith(`${address} `)) continue;
      this.#listeners.delete(name);
      this.#options.delete(name);
    }
    for (const stream of [...this.#streams]) if (stream.local.address === address) stream.abandon(heard);
  }

  /** Where somebody listens. */
  get listening(): readonly string[] {
    return [...this.#listeners.keys()];
  }

  /** Breaks the connections of a host; their ends hear of it, or each talks to nobody. */
  cutStreamsOf(address: string, heard: boolean): void {
    for (const stream of [...this.#streams]) {
      if (stream.local.address !== address) continue;
      if (heard) stream.destroy();
      else stream.sever();
    }
  }

  /** Undefined when the port is taken. */
  bindPackets(at: Endpoint, listener: PacketListener): (() => void) | undefined {
    const name = nameOf(at);
    if (this.#packetListeners.has(name)) return undefined;
    this.#packetListeners.set(name, listener);
    return () => this.#packetListeners.delete(name);
  }

  sendPacket(from: Endpoint, to: Endpoint, packet: unknown): void {
    if (this.random.fraction() < this.weather.loss) return;
    this.clock.at(this.clock.monoNanos() + this.weather.delayNanos, () =>
      this.#packetListeners.get(nameOf(to))?.(from, packet),
    );
  }

  #listen(
    address: string,
    port: number,
    options: ControlOptions,
    onStream: (stream: Stream) => void,
  ): Promise<Listener> {
    const name = nameOf({ address, port });
    if (this.#listeners.has(name)) return Promise.reject(new TransportError('port-in-use', name));
    const use = (changed: ControlOptions): void => void this.#options.set(name, changed);
    this.#listeners.set(name, onStream);
    use(options);
    const close = (): Promise<void> => {
      this.#listeners.delete(name);
      this.#options.delete(name);
      return Promise.resolve();
    };
    return Promise.resolve({ port, use, close });
  }

  async #connect(fromAddress: string, to: Endpoint): Promise<Stream> {
    this.onConnect();
    await new Promise<void>((resolve) =>
      this.clock.at(this.clock.monoNanos() + this.weather.delayNanos, resolve),
    );
    const onStream = this.#listeners.get(nameOf(to));
    if (onStream === undefined) throw new TransportError('connection-refused', nameOf(to));
    const from = { address: fromAddress, port: this.#nextPort++ };
    const near = new VirtualStream(this, from, to, this.#streams);
    const far = new VirtualStream(this, to, from, this.#streams);
    near.peer = far;
    far.peer = near;
    onStream(far);
    return near;
  }
}

class VirtualStream implements Stream {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  peer: VirtualStream | undefined;
  readonly #network: VirtualNetwork;
  readonly #all: Set<VirtualStream>;
  #handlers: StreamHandlers | undefined;
  #early: (() => void)[] = [];
  #ended = false;
  #closed = false;
  /** Nothing comes through any more, and nobody was told. */
  #severed = false;
  #busyUntilNanos = 0;

  constructor(network: VirtualNetwork, local: Endpoint, remote: Endpoint, all: Set<VirtualStream>) {
    this.#network = network;
    this.local = local;
    this.remote = remote;
    this.#all = all;
    all.add(this);
  }

  open(handlers: StreamHandlers): void {
    this.#handlers = handlers;
    for (const deliver of this.#early.splice(0)) this.#later(deliver);
  }

  write(octets: Uint8Array): void {
    if (this.#ended || this.#closed) return;
    const cut = this.#network.nextMessage();
    if (this.#severed) return;
    const arriving = cut ? octets.subarray(0, Math.floor(octets.length * cut.share)) : octets;
    for (const chunk of randomChunks(arriving, this.#network.random)) {
      this.#later(() => this.peer!.#deliver(() => this.peer!.#handlers!.onData(chunk)));
    }
    if (cut?.heard === true) this.#later(() => this.destroy());
    else if (cut) this.#severed = this.peer!.#severed = true;
  }

  end(): void {
    if (this.#ended || this.#closed) return;
    this.#ended = true;
    this.#later(() => {
      if (!this.#severed) this.peer!.#close();
      this.#close();
    });
  }

  destroy(): void {
    if (this.peer !== undefined && !this.#severed) this.peer.#close();
    this.#close();
  }

  /** Nothing comes through any more, and nobody is told. */
  sever(): void {
    this.#severed = true;
    if (this.peer !== undefined) this.peer.#severed = true;
  }

  /** Whoever had this end is gone, and hears of nothing. */
  abandon(heard: boolean): void {
    this.#handlers = { onData: () => undefined, onClose: () => undefined };
    if (heard) this.destroy();
    else {
      this.sever();
      this.#close();
    }
  }

  #close(): void {
    if (this.#closed) return;
    this.#deliver(() => {
      this.#closed = true;
      this.#all.delete(this);
      this.#handlers!.onClose();
    });
  }

  /** Waits until somebody listens. */
  #deliver(act: () => void): void {
    if (this.#closed) return;
    if (this.#handlers === undefined) this.#early.push(act);
    else act();
  }

  /** After the network's delay, and never before what was sent earlier. */
  #later(act: () => void): void {
    const { clock, weather } = this.#network;
    this.#busyUntilNanos = Math.max(this.#busyUntilNanos, clock.monoNanos() + weather.delayNanos);
    clock.at(this.#busyUntilNanos, act);
  }
}

function nameOf({ address, port }: Endpoint): string {
  return `${address} ${port}`;
}
