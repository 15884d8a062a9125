/** A stateful service session as it is kept: what it consists of, and its flows as octets. */

/** An INTEGER (IPv4) or 16 octets (IPv6). */
export type StoredAddress = number | Uint8Array;

/** Words of flows. Files hold their places: what is added goes to the end. */
export const flowStates = ['Forward', 'Drop', 'Reject', 'Watch', 'Bypass', 'Unknown'] as const;
export const flowDirections = ['I', 'O', 'U'] as const;
export const flowRoles = ['initiator', 'responder', 'unknown'] as const;

export interface StoredFlow {
  /** IP protocol number. */
  readonly protocol: number;
  readonly source: StoredAddress;
  readonly sourcePort: number | undefined;
  readonly destination: StoredAddress;
  readonly destinationPort: number | undefined;
  readonly state: (typeof flowStates)[number];
  readonly direction: (typeof flowDirections)[number];
  readonly role: (typeof flowRoles)[number];
  /** Integers below 2^53. */
  readonly frames: number;
  readonly octets: number;
  readonly timeoutSeconds: number | undefined;
}

export interface StoredGroup {
  readonly aggregate: string;
  readonly interface: string;
  readonly serviceSet: string;
}

export interface StoredSession extends StoredGroup {
  /** Integers below 2^53. */
  readonly id: number;
  readonly flags: number;
  readonly alg: string;
  readonly application: string | undefined;
  readonly ipAction: boolean;
  readonly offload: boolean;
  readonly asymmetric: boolean | undefined;
  /** JSON. */
  readonly nat: string | undefined;
  readonly startedWallNanos: bigint | undefined;
  readonly endedWallNanos: bigint | undefined;
  readonly flows: readonly StoredFlow[];
}

const IPV4_OCTETS = 4;
const IPV6_OCTETS = 16;

/** Offsets within a flow; the addresses follow, source first. */
const at = {
  protocol: 0,
  state: 1,
  direction: 2,
  role: 3,
  marks: 4,
  sourcePort: 5,
  destinationPort: 7,
  frames: 9,
  octets: 17,
  timeout: 25,
  source: 33,
} as const;

const FLOW_OCTETS_MAX = at.source + 2 * IPV6_OCTETS;

/** What a flow has. */
const mark = { ipv6Source: 1, ipv6Destination: 2, sourcePort: 4, destinationPort: 8, timeout: 16 } as const;

const FLOWS_AT_FIRST = 16;

/** Writes flows one behind the other into a buffer of its own. */
export class FlowWriter {
  #octets = new Uint8Array(FLOWS_AT_FIRST * FLOW_OCTETS_MAX);
  #view = new DataView(this.#octets.buffer);

  /** Valid until the next call. */
  write(flows: readonly StoredFlow[]): Uint8Array {
    if (flows.length * FLOW_OCTETS_MAX > this.#octets.length) {
      this.#octets = new Uint8Array(flows.length * FLOW_OCTETS_MAX);
      this.#view = new DataView(this.#octets.buffer);
    }
    let end = 0;
    for (const flow of flows) end = this.#flow(flow, end);
    return this.#octets.subarray(0, end);
  }

  #flow(flow: StoredFlow, start: number): number {
    const view = this.#view;
    const { source, destination, sourcePort, destinationPort, timeoutSeconds } = flow;
    view.setUint8(start + at.protocol, flow.protocol);
    view.setUint8(start + at.state, flowStates.indexOf(flow.state));
    view.setUint8(start + at.direction, flowDirections.indexOf(flow.direction));
    view.setUint8(start + at.role, flowRoles.indexOf(flow.role));
    const marks =
      (typeof source === 'number' ? 0 : mark.ipv6Source) |
      (typeof destination === 'number' ? 0 : mark.ipv6Destination) |
      (sourcePort === undefined ? 0 : mark.sourcePort) |
      (destinationPort === undefined ? 0 : mark.destinationPort) |
      (timeoutSeconds === undefined ? 0 : mark.timeout);
    view.setUint8(start + at.marks, marks);
    view.setUint16(start + at.sourcePort, sourcePort ?? 0, true);
    view.setUint16(start + at.destinationPort, destinationPort ?? 0, true);
    view.setFloat64(start + at.frames, flow.frames, true);
    view.setFloat64(start + at.octets, flow.octets, true);
    view.setFloat64(start + at.timeout, timeoutSeconds ?? 0, true);
    return this.#address(destination, this.#address(source, start + at.source));
  }

  #address(address: StoredAddress, start: number): number {
    if (typeof address === 'number') {
      this.#view.setUint32(start, address, true);
      return start + IPV4_OCTETS;
    }
    this.#octets.set(address, start);
    return start + IPV6_OCTETS;
  }
}

/** Of what a FlowWriter wrote. Throws RangeError where that is cut. */
export function flowsIn(octets: Uint8Array): readonly StoredFlow[] {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const address = (start: number, isIpv6: number): StoredAddress =>
    isIpv6 ? octets.subarray(start, start + IPV6_OCTETS) : view.getUint32(start, true);
  const flows: StoredFlow[] = [];
  for (let start = 0; start < octets.length;) {
    const marks = view.getUint8(start + at.marks);
    const destination = start + at.source + (marks & mark.ipv6Source ? IPV6_OCTETS : IPV4_OCTETS);
    const port = (offset: number, known: number): number | undefined =>
      marks & known ? view.getUint16(start + offset, true) : undefined;
    flows.push({
      protocol: view.getUint8(start + at.protocol),
      source: address(start + at.source, marks & mark.ipv6Source),
      sourcePort: port(at.sourcePort, mark.sourcePort),
      destination: address(destination, marks & mark.ipv6Destination),
      destinationPort: port(at.destinationPort, mark.destinationPort),
      state: flowStates[view.getUint8(start + at.state)]!,
      direction: flowDirections[view.getUint8(start + at.direction)]!,
      role: flowRoles[view.getUint8(start + at.role)]!,
      frames: view.getFloat64(start + at.frames, true),
      octets: view.getFloat64(start + at.octets, true),
      timeoutSeconds: marks & mark.timeout ? view.getFloat64(start + at.timeout, true) : undefined,
    });
    start = destination + (marks & mark.ipv6Destination ? IPV6_OCTETS : IPV4_OCTETS);
    if (start > octets.length) throw new RangeError('a flow is cut');
  }
  return flows;
}
