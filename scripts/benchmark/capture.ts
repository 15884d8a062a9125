/** A measurement as the wire saw it: the packets of one session from a capture, and what follows from them. */
import type { Program, Workshop } from './programs.ts';

/** One packet; instants are wall nanoseconds. */
interface Packet {
  /** On the loopback device every packet leaves. */
  readonly out: boolean;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly wallNanos: bigint;
  readonly octets: DataView;
}

/** Between the two ports of a session. */
export interface SessionPorts {
  readonly sender: number;
  readonly reflector: number;
}

const SENDER_SEQUENCE = 24;
const TRANSMIT_STAMP = 4;
const RECEIVE_STAMP = 16;

/** The ports of the data sessions, on which everything else is silent. */
const DATA_PORTS = [10_000, 20_000] as const;

export class Capture {
  readonly #program: Program;

  /** Captures on an interface; `before`: the words that enter its namespace. */
  static async start(workshop: Workshop, device: string, before: readonly string[] = []): Promise<Capture> {
    const program = workshop.startC('capture', [device, ...DATA_PORTS], before);
    await program.line();
    return new Capture(program);
  }

  private constructor(program: Program) {
    this.#program = program;
  }

  /** Ends it. */
  async finish(): Promise<CapturedPackets> {
    return new CapturedPackets(await this.#program.finish());
  }
}

function packetOf(line: string): Packet {
  const [way, source, destination, nanos = '0', hex = ''] = line.split(' ');
  const bytes = Buffer.from(hex, 'hex');
  return {
    out: way === 'out',
    sourcePort: Number(source),
    destinationPort: Number(destination),
    wallNanos: BigInt(nanos),
    octets: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
  };
}

export class CapturedPackets {
  readonly #packets: readonly Packet[];
  /** Packets the capture itself missed. */
  readonly drops: number;

  /** Of the lines that the capture printed. */
  constructor(lines: readonly string[]) {
    this.#packets = lines.slice(0, -1).map(packetOf);
    this.drops = Number(lines.at(-1)?.split(' ')[1]);
  }

  /** As seen on the sender's side: round trips without the time inside the reflector, in nanoseconds. */
  roundTrips({ sender, reflector }: SessionPorts): readonly number[] {
    const sent = this.#requests({ sender, reflector });
    return this.#packets
      .filter((packet) => isBetween(packet, reflector, sender) && !(packet.out && sender === reflector))
      .flatMap(({ octets, wallNanos }) => {
        const left = sent.get(octets.getUint32(SENDER_SEQUENCE));
        if (left === undefined) return [];
        const inside = ntpNanos(octets, TRANSMIT_STAMP) - ntpNanos(octets, RECEIVE_STAMP);
        return [Number(wallNanos - left) - inside];
      });
  }

  /** How late each packet left, by a schedule of one every `intervalNanos` on which none left early. */
  lateness(ports: SessionPorts, intervalNanos: number): readonly number[] {
    const sent = [...this.#requests(ports)];
    const [, first = 0n] = sent[0] ?? [];
    const offsets = sent.map(([sequence, nanos]) => Number(nanos - first) - sequence * intervalNanos);
    const earliest = offsets.reduce((least, offset) => Math.min(least, offset), Infinity);
    return offsets.map((offset) => offset - earliest);
  }

  #requests({ sender, reflector }: SessionPorts): Map<number, bigint> {
    return new Map(
      this.#packets
        .filter((packet) => packet.out && isBetween(packet, sender, reflector))
        .map(({ octets, wallNanos }) => [octets.getUint32(0), wallNanos]),
    );
  }
}

function isBetween(packet: Packet, sourcePort: number, destinationPort: number): boolean {
  return packet.sourcePort === sourcePort && packet.destinationPort === destinationPort;
}

/** Nanoseconds of a stamp in a cycle of 4096 seconds: good for differences of two that are close. */
function ntpNanos(octets: DataView, offset: number): number {
  const seconds = octets.getUint32(offset) % 4096;
  return seconds * 1e9 + (octets.getUint32(offset + 4) * 1e9) / 2 ** 32;
}
