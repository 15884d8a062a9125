/** What each type of TLV asks, is answered, and tells, as one table. RFC 8972 §4.1 to §4.8. */
import type { IpVersion } from './address-field.ts';
import {
  CUT_SHORT,
  HMAC_VALUE_OCTETS,
  TLV_HEADER_OCTETS,
  TLV_VALUE_OCTETS_MAX,
  tlvFlags,
  tlvOctets,
  tlvType,
  tlvTypes,
} from './stamp-tlvs.ts';
import { TRAFFIC_CLASS_UNKNOWN } from './packets.ts';
import { isSynchronised } from './timestamp.ts';

/** One end of a packet's way, in a form that can be refilled without allocating. */
export interface PacketEnd {
  /** 0: the address is not known, or not to be told; Location TLVs come back with zeros for it then (§4.2.2). */
  version: IpVersion | 0;
  /** 0: likewise. */
  port: number;
  /** The 16 octets of `encodeAddress`: an IPv6 address, or an IPv4 address and twelve zeros … */
  readonly octets: Uint8Array;
  /** … and the words that they are in memory. */
  readonly address: Uint32Array;
}

/** Between which ends a packet came. */
export interface PacketPath {
  readonly source: PacketEnd;
  readonly destination: PacketEnd;
}

export function createEnd(): PacketEnd {
  const address = new Uint32Array(4);
  return { version: 0, port: 0, octets: new Uint8Array(address.buffer), address };
}

/** What a reflector knows when it answers the TLVs of a packet; the same object serves all packets. */
export interface ReplyFacts {
  readonly path: PacketPath;
  /** Of the reflector: the 16-bit field of its packets. */
  errorEstimate: number;
  /** DSCP and ECN that the packet came with, or TRAFFIC_CLASS_UNKNOWN. */
  trafficClass: number;
  /** By DSCP: 1 where a sender may choose it for its replies. */
  permittedDscps: Uint8Array;
  /** The DSCP that the reply is to have by its Class of Service TLV, or NO_DSCP. */
  replyDscp: number;
  /** The reflector counts for this one sender. */
  stateful: boolean;
  /** Packets of the session that were received, this one among them, and replies to them that were made, likewise. */
  received: number;
  transmitted: number;
  /** Sequence Number and T3 of the last reply that left, as it was written; all zero: none has. */
  lastSequence: number;
  lastSeconds: number;
  lastFraction: number;
}

export const NO_DSCP = -1;
export const DSCPS = 64;

export function createFacts(): ReplyFacts {
  return {
    path: { source: createEnd(), destination: createEnd() },
    errorEstimate: 0,
    trafficClass: 0,
    permittedDscps: new Uint8Array(DSCPS),
    replyDscp: NO_DSCP,
    stateful: false,
    received: 0,
    transmitted: 0,
    lastSequence: 0,
    lastSeconds: 0,
    lastFraction: 0,
  };
}

/** What the answers of one reply tell a sender: what it asked for, and was understood. */
export interface TlvAnswers {
  /** Of the sender's packet as the reflector saw it. Undefined addresses: not told. */
  location?: {
    readonly sourcePort: number;
    readonly destinationPort: number;
    /** 4 octets or 16. */
    readonly source: Uint8Array | undefined;
    readonly destination: Uint8Array | undefined;
  };
  /** IANA "STAMP Synchronization Sources" and "STAMP Timestamping Methods", where packets come in and go out. */
  timestampInformation?: {
    readonly syncSourceIn: number;
    readonly methodIn: number;
    readonly syncSourceOut: number;
    readonly methodOut: number;
  };
  /** DSCP and ECN that the packet came with; refused: its reply has not the DSCP that was asked for. */
  classOfService?: { readonly dscp: number; readonly ecn: number; readonly refused: boolean };
  /** In packets. */
  directMeasurement?: {
    readonly senderTransmitted: number;
    readonly reflectorReceived: number;
    readonly reflectorTransmitted: number;
  };
  /** An earlier reply, and its true T3, 64 bits in the format of the reply that tells; both 0: none. */
  followUpTelemetry?: { readonly sequence: number; readonly timestamp: bigint; readonly method: number };
  /** As it was acknowledged. */
  accessReport?: { readonly accessId: number; readonly returnCode: number };
  /** Types of the TLVs that the reflector did not understand, or took for malformed. */
  refused?: readonly number[];
}

/** A type of TLV. Offsets are those of a Value. */
interface TlvType {
  /** A Length outside of these is malformed. */
  readonly octetsMin: number;
  readonly octetsMax: number;
  /** Octets at the start that become zero in a malformed one. */
  readonly blankedOctets?: number;
  /** Fills in a reflector's part of a Value, and returns the TLV's flags. Without it the Value stays as it is. */
  reflect?(view: DataView, at: number, end: number, facts: ReplyFacts): number;
  /** What an answered Value tells. */
  read?(view: DataView, at: number, end: number): TlvAnswers;
}

const UNDERSTOOD = 0;

/** IANA "STAMP Synchronization Sources": the kernel tells whether its clock is kept, not by what. */
const SYNCHRONISED_BY_NTP = 1;
const FREE_RUNNING = 5;
/** IANA "STAMP Timestamping Methods". */
const SW_LOCAL = 2;

/** A fixed Length. */
function exactly(octets: number): Pick<TlvType, 'octetsMin' | 'octetsMax'> {
  return { octetsMin: octets, octetsMax: octets };
}

const extraPadding: TlvType = { octetsMin: 0, octetsMax: TLV_VALUE_OCTETS_MAX };

/** IANA "STAMP Sub-TLV Types": what is asked for, and as what it is answered. */
export const locationTypes = {
  sourceMac: 1,
  sourceEui64: 3,
  destination: 4,
  destinationOfIPv4: 5,
  destinationOfIPv6: 6,
  source: 7,
  sourceOfIPv4: 8,
  sourceOfIPv6: 9,
} as const;

export const LOCATION_ADDRESS_OCTETS = 16;

/** The sub-TLVs that ask; those that answer are no question. */
const locationQuestions: (TlvType | undefined)[] = [];
locationQuestions[locationTypes.sourceMac] = {
  ...exactly(8),
  /** No UDP socket tells it, so that its EUI-64 is zero (§4.2.2). */
  reflect(view, at, end) {
    view.setUint8(at - TLV_HEADER_OCTETS + 1, locationTypes.sourceEui64);
    zero(view, at, end);
    return UNDERSTOOD;
  },
};
locationQuestions[locationTypes.destination] = {
  ...exactly(LOCATION_ADDRESS_OCTETS),
  reflect: (view, at, end, { path }) =>
    tellAddress(view, at, end, path.destination, locationTypes.destinationOfIPv4),
};
locationQuestions[locationTypes.source] = {
  ...exactly(LOCATION_ADDRESS_OCTETS),
  reflect: (view, at, end, { path }) => tellAddress(view, at, end, path.source, locationTypes.sourceOfIPv4),
};

/** `ofIPv4` is the type of the answer there; that of IPv6 is the next. */
function tellAddress(
  view: DataView,
  at: number,
  end: number,
  { version, octets }: PacketEnd,
  ofIPv4: number,
): number {
  if (version === 0) {
    zero(view, at, end);
    return UNDERSTOOD;
  }
  view.setUint8(at - TLV_HEADER_OCTETS + 1, version === 4 ? ofIPv4 : ofIPv4 + 1);
  for (let octet = 0; octet < LOCATION_ADDRESS_OCTETS; octet++) view.setUint8(at + octet, octets[octet]!);
  return UNDERSTOOD;
}

const LOCATION_PORTS_OCTETS = 4;

const location: TlvType = {
  octetsMin: LOCATION_PORTS_OCTETS,
  octetsMax: TLV_VALUE_OCTETS_MAX,
  reflect(view, at, end, facts) {
    const { source, destination } = facts.path;
    view.setUint16(at, destination.port);
    view.setUint16(at + 2, source.port);
    reflectAll(locationQuestions, view, at + LOCATION_PORTS_OCTETS, end, facts);
    return UNDERSTOOD;
  },
  read(view, at, end) {
    let source: Uint8Array | undefined;
    let destination: Uint8Array | undefined;
    forEachUnderstood(view, at + LOCATION_PORTS_OCTETS, end, (type, value, valueEnd) => {
      if (valueEnd - value !== LOCATION_ADDRESS_OCTETS) return;
      const address = (octets: number): Uint8Array => octetsAt(view, value, octets);
      if (type === locationTypes.sourceOfIPv4) source = address(4);
      else if (type === locationTypes.sourceOfIPv6) source = address(16);
      else if (type === locationTypes.destinationOfIPv4) destination = address(4);
      else if (type === locationTypes.destinationOfIPv6) destination = address(16);
    });
    const [destinationPort, sourcePort] = [view.getUint16(at), view.getUint16(at + 2)];
    return { location: { sourcePort, destinationPort, source, destination } };
  },
};

const timestampInformation: TlvType = {
  ...exactly(4),
  reflect(view, at, _end, { errorEstimate }) {
    const source = isSynchronised(errorEstimate) ? SYNCHRONISED_BY_NTP : FREE_RUNNING;
    view.setUint8(at, source);
    view.setUint8(at + 1, SW_LOCAL);
    view.setUint8(at + 2, source);
    view.setUint8(at + 3, SW_LOCAL);
    return UNDERSTOOD;
  },
  read: (view, at) => ({
    timestampInformation: {
      syncSourceIn: view.getUint8(at),
      methodIn: view.getUint8(at + 1),
      syncSourceOut: view.getUint8(at + 2),
      methodOut: view.getUint8(at + 3),
    },
  }),
};

/**
 * DSCP1 (6 bits), DSCP2 (6), ECN (2), RP (2), Reserved (16): RFC 8972 §4.4 and its erratum 8199. Where DSCPs are neither
 * seen nor set, no word of the answer could be true.
 */
const classOfService: TlvType = {
  ...exactly(4),
  reflect(view, at, _end, facts) {
    const { trafficClass, permittedDscps } = facts;
    if (trafficClass === TRAFFIC_CLASS_UNKNOWN) return tlvFlags.unrecognized;
    const wanted = view.getUint8(at) >>> 2;
    const refused = permittedDscps[wanted] === 1 ? 0 : 1;
    facts.replyDscp = refused ? trafficClass >>> 2 : wanted;
    view.setUint16(at, (wanted << 10) | (trafficClass << 2) | refused);
    view.setUint16(at + 2, 0);
    return UNDERSTOOD;
  },
  read(view, at) {
    const fields = view.getUint16(at);
    const [dscp, ecn] = [(fields >>> 4) & 0x3f, (fields >>> 2) & 3];
    return { classOfService: { dscp, ecn, refused: (fields & 3) !== 0 } };
  },
};

/** S_TxC, R_RxC, R_TxC: the packets of the session itself. Who keeps no state cannot count them. */
const directMeasurement: TlvType = {
  ...exactly(12),
  reflect(view, at, _end, { stateful, received, transmitted }) {
    view.setUint32(at + 4, stateful ? received : 0);
    view.setUint32(at + 8, stateful ? transmitted : 0);
    return stateful ? UNDERSTOOD : tlvFlags.unrecognized;
  },
  read: (view, at) => ({
    directMeasurement: {
      senderTransmitted: view.getUint32(at),
      reflectorReceived: view.getUint32(at + 4),
      reflectorTransmitted: view.getUint32(at + 8),
    },
  }),
};

/** Access ID (4 bits), Resv (4), Return Code (8), Reserved (16). A report of no access we know is not taken (§4.6). */
const accessReport: TlvType = {
  ...exactly(4),
  reflect(view, at) {
    const id = view.getUint8(at) >>> 4;
    view.setUint8(at, id << 4);
    view.setUint16(at + 2, 0);
    return id === 1 || id === 2 ? UNDERSTOOD : tlvFlags.unrecognized;
  },
  read: (view, at) => ({
    accessReport: { accessId: view.getUint8(at) >>> 4, returnCode: view.getUint8(at + 1) },
  }),
};

/** Sequence Number, Follow-Up Timestamp (64 bits), Timestamp M (8), Reserved (24). Without state they are zero (§4.7). */
const followUpTelemetry: TlvType = {
  ...exactly(16),
  blankedOctets: 12,
  reflect(view, at, end, { stateful, lastSequence, lastSeconds, lastFraction }) {
    zero(view, at, end);
    if (!stateful || lastSeconds === 0) return UNDERSTOOD;
    view.setUint32(at, lastSequence);
    view.setUint32(at + 4, lastSeconds);
    view.setUint32(at + 8, lastFraction);
    view.setUint8(at + 12, SW_LOCAL);
    return UNDERSTOOD;
  },
  read: (view, at) => ({
    followUpTelemetry: {
      sequence: view.getUint32(at),
      timestamp: view.getBigUint64(at + 4),
      method: view.getUint8(at + 12),
    },
  }),
};

const hmac: TlvType = exactly(HMAC_VALUE_OCTETS);

/** By type. */
const rows: (TlvType | undefined)[] = [];
rows[tlvTypes.extraPadding] = extraPadding;
rows[tlvTypes.location] = location;
rows[tlvTypes.timestampInformation] = timestampInformation;
rows[tlvTypes.classOfService] = classOfService;
rows[tlvTypes.directMeasurement] = directMeasurement;
rows[tlvTypes.accessReport] = accessReport;
rows[tlvTypes.followUpTelemetry] = followUpTelemetry;
rows[tlvTypes.hmac] = hmac;

/** A reflector's part of the TLVs from `first` to `end`, where they lie; the HMAC TLV is left to be signed. */
export function reflectTlvs(view: DataView, first: number, end: number, facts: ReplyFacts): void {
  reflectAll(rows, view, first, end, facts);
}

/** The TLVs of a packet that cannot be believed: every one says so, and is else as it came. */
export function refuseTlvs(view: DataView, first: number, end: number): void {
  let octets: number;
  for (let at = first; at < end; at += octets) {
    octets = tlvOctets(view, at, end);
    if (octets !== CUT_SHORT) view.setUint8(at, tlvFlags.integrityFailed);
    else {
      view.setUint8(at, tlvFlags.integrityFailed | tlvFlags.malformed);
      return;
    }
  }
}

/** What TLVs that can be believed tell; addresses are views of them. */
export function readTlvs(view: DataView, first: number, end: number): TlvAnswers {
  const answers: TlvAnswers = {};
  forEachUnderstood(view, first, end, (type, at, valueEnd) => {
    const row = rows[type];
    if (row?.read && hasLength(row, valueEnd - at)) Object.assign(answers, row.read(view, at, valueEnd));
  });
  const refused = refusedTypes(view, first, end);
  return refused.length === 0 ? answers : { ...answers, refused };
}

/** U skips a TLV, M ends them all: what follows it was not looked at. */
function refusedTypes(view: DataView, first: number, end: number): number[] {
  const types: number[] = [];
  let ended = false;
  let octets: number;
  for (let at = first; at < end; at += octets) {
    octets = tlvOctets(view, at, end);
    if (octets === CUT_SHORT) break;
    const flags = view.getUint8(at);
    ended ||= (flags & tlvFlags.malformed) !== 0;
    if (ended || flags & tlvFlags.unrecognized) types.push(tlvType(view, at));
  }
  return types;
}

/** The DSCP and ECN that the Class of Service TLV among these tells, or TRAFFIC_CLASS_UNKNOWN. */
export function trafficClassIn(view: DataView, first: number, end: number): number {
  let octets: number;
  for (let at = first; at < end; at += octets) {
    octets = tlvOctets(view, at, end);
    const flags = view.getUint8(at);
    if (octets === CUT_SHORT || flags & tlvFlags.malformed) break;
    if (tlvType(view, at) !== tlvTypes.classOfService || flags & tlvFlags.unrecognized) continue;
    if (!hasLength(classOfService, octets - TLV_HEADER_OCTETS)) continue;
    return (view.getUint16(at + TLV_HEADER_OCTETS) >>> 2) & 0xff;
  }
  return TRAFFIC_CLASS_UNKNOWN;
}

/** What is malformed ends it; the rest is as it came (§4). */
function reflectAll(
  types: readonly (TlvType | undefined)[],
  view: DataView,
  first: number,
  end: number,
  facts: ReplyFacts,
): void {
  let octets: number;
  for (let at = first; at < end; at += octets) {
    octets = tlvOctets(view, at, end);
    const row = end - at < TLV_HEADER_OCTETS ? undefined : types[tlvType(view, at)];
    const value = at + TLV_HEADER_OCTETS;
    if (octets === CUT_SHORT || (row && !hasLength(row, octets - TLV_HEADER_OCTETS))) {
      view.setUint8(at, tlvFlags.malformed);
      const valueEnd = octets === CUT_SHORT ? end : at + octets;
      zero(view, value, Math.min(value + (row?.blankedOctets ?? 0), valueEnd));
      return;
    }
    let flags: number = UNDERSTOOD;
    if (row === undefined) flags = tlvFlags.unrecognized;
    else if (row.reflect) flags = row.reflect(view, value, at + octets, facts);
    view.setUint8(at, flags);
  }
}

function hasLength({ octetsMin, octetsMax }: TlvType, octets: number): boolean {
  return octets >= octetsMin && octets <= octetsMax;
}

/** U skips a TLV, M ends it (§4). */
function forEachUnderstood(
  view: DataView,
  first: number,
  end: number,
  take: (type: number, at: number, end: number) => void,
): void {
  let octets: number;
  for (let at = first; at < end; at += octets) {
    octets = tlvOctets(view, at, end);
    const flags = view.getUint8(at);
    if (octets === CUT_SHORT || flags & tlvFlags.malformed) return;
    if ((flags & tlvFlags.unrecognized) === 0) {
      take(tlvType(view, at), at + TLV_HEADER_OCTETS, at + octets);
    }
  }
}

function zero(view: DataView, at: number, end: number): void {
  for (let octet = at; octet < end; octet++) view.setUint8(octet, 0);
}

function octetsAt(view: DataView, at: number, octets: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, octets);
}
