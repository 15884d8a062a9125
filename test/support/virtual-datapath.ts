/** A Datapath over the virtual network: test packets as objects, counted as the real one counts them. */
import type {
  Capabilities,
  Datapath,
  LightReflector,
  LightRequest,
  PortRange,
  Reflector,
  ReflectorRequest,
  SampleBatch,
  Sender,
  SenderRequest,
  SenderRun,
  TestCounters,
} from '../../src/datapath/datapath.ts';
import { NewestTlvs } from '../../src/twamp/newest-tlvs.ts';
import { DatapathError } from '../../src/datapath/datapath.ts';
import type { Endpoint } from '../../src/engine/transport.ts';
import { Schedule } from '../../src/twamp/schedule.ts';
import type { VirtualNetwork } from './virtual-network.ts';

/** How long a socket takes to be bound, since the real one is bound in another thread. */
const BIND_NANOS_MAX = 50_000;

const capabilities: Capabilities = { stamps: 'kernel', dscp: true, ttl: false };

interface Packet {
  readonly sequence: number;
  /** Only in replies. */
  readonly reflectorSequence: number;
  readonly sentNanos: number;
}

class Counters {
  received = 0;
  sent = 0;
  wrongSource = 0;
  notActive = 0;
  lastSequenceReceived: number | undefined;
  lastSequenceSent: number | undefined;

  read(): TestCounters {
    const { received, sent, lastSequenceReceived, lastSequenceSent } = this;
    const dropped = {
      'wrong-source': this.wrongSource,
      malformed: 0,
      'bad-hmac': 0,
      'not-active': this.notActive,
      'receive-failed': 0,
      'send-failed': 0,
      loop: 0,
      'over-limit': 0,
    };
    const rest = { kernelDrops: 0, duplicates: 0, reordered: 0, lastSequenceReceived, lastSequenceSent };
    return { received, sent, dropped, ...rest };
  }
}

export class VirtualDatapath implements Datapath {
  readonly #network: VirtualNetwork;
  /** What is bound now: nothing may be left when everything has ended. */
  readonly bound = new Set<string>();
  /** Of every session opened so far. */
  readonly requests: (ReflectorRequest | SenderRequest)[] = [];

  readonly lightRequests: LightRequest[] = [];

  constructor(network: VirtualNetwork) {
    this.#network = network;
  }

  async openReflector(request: ReflectorRequest): Promise<Reflector> {
    const { clock } = this.#network;
    this.requests.push(request);
    await this.#bindTime();
    const counters = new Counters();
    const remote = { address: request.remoteAddress, port: request.remotePort };
    let active = false;
    let lastPacketNanos = 0;
    const socket = this.#bind(request.localAddress, request.ports, request.wantedPort, (from, packet) => {
      if (from.address !== remote.address || from.port !== remote.port) counters.wrongSource += 1;
      else if (!active) counters.notActive += 1;
      else {
        lastPacketNanos = clock.monoNanos();
        counters.received += 1;
        counters.lastSequenceReceived = packet.sequence;
        counters.lastSequenceSent = counters.sent;
        this.#network.sendPacket(socket.local, from, { ...packet, reflectorSequence: counters.sent });
        counters.sent += 1;
      }
    });
    return {
      localPort: socket.local.port,
      capabilities,
      start: () => void (active = true),
      counters: () => counters.read(),
      lastPacketMonoNanos: () => lastPacketNanos,
      stop: socket.close,
    };
  }

  /** Answers all but who sends from the port of a reflector; prefixes are the worker's to match. */
  async openLight(request: LightRequest): Promise<LightReflector> {
    this.lightRequests.push(request);
    await this.#bindTime();
    const counters = new Counters();
    const { vrf, port } = request;
    // Every VRF has all ports to itself.
    const localAddress =
      vrf.kind === 'default' ? request.localAddress : `${request.localAddress}%${vrf.name}`;
    let { rules } = request;
    const socket = this.#bind(localAddress, { first: port, last: port }, port, (from, packet) => {
      if (rules.reflectorPorts.includes(from.port)) return;
      counters.received += 1;
      this.#network.sendPacket(socket.local, from, { ...packet, reflectorSequence: packet.sequence });
      counters.sent += 1;
    });
    return {
      localPort: port,
      use: (next) => void (rules = next.rules),
      counters: () => counters.read(),
      stop: socket.close,
    };
  }

  async openSender(request: SenderRequest): Promise<Sender> {
    const { clock } = this.#network;
    this.requests.push(request);
    await this.#bindTime();
    const counters = new Counters();
    let running: SenderRun | undefined;
    const made: number[] = [];
    let schedule: Schedule | undefined;
    let awaitedFrom: number | undefined;
    const finish = (): void => {
      const run = running;
      running = undefined;
      run?.onDone({ sent: counters.sent, samplesLost: 0 });
    };
    const socket = this.#bind(request.localAddress, request.ports, 0, (_, packet) => {
      if (running === undefined) return;
      counters.received += 1;
      counters.lastSequenceReceived = packet.sequence;
      running.onSamples(sampleOf(packet, clock.monoNanos() - packet.sentNanos, clock.wallNanos()));
      if (counters.received === running.count) finish();
    });
    const sendNext = (run: SenderRun): void => {
      if (running !== run) return;
      const packet: Packet = { sequence: counters.sent, reflectorSequence: 0, sentNanos: clock.monoNanos() };
      const to = { address: request.remoteAddress, port: run.remotePort };
      this.#network.sendPacket(socket.local, to, packet);
      counters.lastSequenceSent = counters.sent;
      counters.sent += 1;
      made.push(clock.monoNanos());
      schedule!.advance();
      if (counters.sent < run.count) clock.at(schedule!.dueMonoNanos, () => sendNext(run));
      else clock.at(clock.monoNanos() + run.timeoutNanos, () => running === run && finish());
    };
    return {
      localPort: socket.local.port,
      capabilities,
      tlvs: () => new NewestTlvs().read(),
      pacing: () => undefined,
      awaitedFrom: () => awaitedFrom,
      start: (run) => {
        running = run;
        const exponential = run.exponential ? this.#network.random : undefined;
        schedule = new Schedule({ ...run, exponential }, run.startMonoNanos);
        clock.at(run.startMonoNanos, () => sendNext(run));
      },
      counters: () => counters.read(),
      stop: () => {
        const { timeoutNanos = 0 } = running ?? {};
        const inTime = made.findIndex((nanos) => clock.monoNanos() - nanos <= timeoutNanos);
        if (running !== undefined) awaitedFrom = inTime < 0 ? made.length : inTime;
        running = undefined;
        return socket.close();
      },
    };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Tells everybody who has opened a reflector so far that its worker failed. */
  failReflectors(): void {
    for (const request of this.requests) if ('onFailed' in request) request.onFailed();
  }

  #bindTime(): Promise<void> {
    const { clock, random } = this.#network;
    return new Promise((resolve) => clock.at(clock.monoNanos() + random.below(BIND_NANOS_MAX), resolve));
  }

  #bind(
    address: string,
    ports: PortRange,
    wanted: number,
    receive: (from: Endpoint, packet: Packet) => void,
  ) {
    const all = Array.from({ length: ports.last - ports.first + 1 }, (_, index) => ports.first + index);
    const inRange = wanted >= ports.first && wanted <= ports.last;
    for (const port of inRange ? [wanted, ...all] : all) {
      const local = { address, port };
      const unbind = this.#network.bindPackets(local, (from, packet) => receive(from, packet as Packet));
      if (unbind === undefined) continue;
      const name = `${address} ${port}`;
      this.bound.add(name);
      const close = (): Promise<void> => {
        if (this.bound.delete(name)) unbind();
        return Promise.resolve();
      };
      return { local, close };
    }
    throw new DatapathError('ports-exhausted', `${ports.first}-${ports.last}`);
  }
}

function sampleOf(
  { sequence, reflectorSequence }: Packet,
  roundTripNanos: number,
  arrivedWallNanos: bigint,
): SampleBatch {
  return {
    length: 1,
    sequence: () => sequence,
    reflectorSequence: () => reflectorSequence,
    sentWallNanos: () => arrivedWallNanos - BigInt(Math.round(roundTripNanos)),
    sendNanos: () => roundTripNanos / 2,
    reflectNanos: () => roundTripNanos / 2,
    processingNanos: () => 0,
    roundTripNanos: () => roundTripNanos,
    senderTtl: () => 255,
    replyTtl: () => undefined,
    senderTrafficClass: () => undefined,
    replyTrafficClass: () => undefined,
    senderErrorEstimate: () => 1,
    reflectorErrorEstimate: () => 1,
  };
}
