/** The TLVs of a STAMP session at either end: a reflector answers them, a sender asks with them. RFC 8972 §4. */
import { NewestTlvs } from './newest-tlvs.ts';
import type { StampMode } from './packet-forms.ts';
import { TRAFFIC_CLASS_UNKNOWN, type Arena } from './packets.ts';
import {
  DSCPS,
  LOCATION_ADDRESS_OCTETS,
  locationTypes,
  reflectTlvs,
  refuseTlvs,
  trafficClassIn,
} from './stamp-tlv-types.ts';
import type { ReplyFacts } from './stamp-tlv-types.ts';
import type { TimestampFormat } from './timestamp.ts';
import {
  CUT_SHORT,
  HMAC_VALUE_OCTETS,
  TLV_HEADER_OCTETS,
  TLV_VALUE_OCTETS_MAX,
  TlvSeal,
  tlvFlags,
  tlvOctets,
  tlvType,
  tlvTypes,
  writeTlvHeader,
} from './stamp-tlvs.ts';

/** Authenticated mode has one key for the packet and its TLVs; otherwise TLVs may have one of their own (§4.8). */
function keyOf({ hmacKey, tlvHmacKey }: StampMode): Uint8Array | undefined {
  return hmacKey ?? tlvHmacKey;
}

export class ReflectorTlvs {
  readonly #seal: TlvSeal;
  readonly #stateful: boolean;
  readonly #permittedDscps = new Uint8Array(DSCPS);

  constructor(stamp: StampMode) {
    this.#seal = new TlvSeal(keyOf(stamp));
    this.#stateful = stamp.reflector === 'stateful';
    for (const dscp of stamp.permittedDscps ?? []) this.#permittedDscps[dscp] = 1;
  }

  /**
   * Turns the TLVs from `first` to `end` of the request with this Sequence Number into those of its reply. What is refused
   * is not signed: nobody knows whose it is.
   */
  answer(
    view: DataView,
    first: number,
    end: number,
    senderSequence: number,
    sequence: number,
    facts: ReplyFacts,
  ): void {
    if (!this.#seal.open(view, first, end, senderSequence)) {
      refuseTlvs(view, first, end);
      return;
    }
    facts.permittedDscps = this.#permittedDscps;
    facts.stateful = this.#stateful;
    reflectTlvs(view, first, end, facts);
    this.#seal.close(view, first, end, sequence);
  }
}

/** What a Session-Sender asks. */
export interface TlvWish {
  /** Between which ends its packets arrive. */
  readonly location?: boolean | undefined;
  readonly timestampInformation?: boolean | undefined;
  /** With which DSCP its packets arrive, and that replies have `dscp`, 0 to 63. */
  readonly classOfService?: { readonly dscp: number } | undefined;
  readonly directMeasurement?: boolean | undefined;
  readonly followUpTelemetry?: boolean | undefined;
  /** What is reported of an access of ours, again and again until the run ends (§4.6). */
  readonly accessReport?: { readonly accessId: number; readonly returnCode: number } | undefined;
  /** What makes packets longer, at most 65,535 octets: `createPadding`. */
  readonly extraPadding?: Uint8Array | undefined;
}

/**
 * The TLVs of every packet of a session: a SenderPlan's padding. What differs from packet to packet, `SenderTlvs` fills in.
 */
export function createTlvs(wish: TlvWish, stamp: StampMode): Uint8Array {
  const tlvs: Uint8Array[] = [];
  const ask = (wanted: boolean | undefined, type: number, value: Uint8Array): void => {
    if (wanted) tlvs.push(tlvOf(type, value));
  };
  ask(wish.location, tlvTypes.location, locationQuestion());
  ask(wish.timestampInformation, tlvTypes.timestampInformation, new Uint8Array(4));
  const dscp = wish.classOfService?.dscp ?? 0;
  if (dscp < 0 || dscp >= DSCPS) throw new RangeError(`DSCP 0..${DSCPS - 1}`);
  ask(wish.classOfService !== undefined, tlvTypes.classOfService, Uint8Array.of(dscp << 2, 0, 0, 0));
  ask(wish.directMeasurement, tlvTypes.directMeasurement, new Uint8Array(12));
  ask(wish.followUpTelemetry, tlvTypes.followUpTelemetry, new Uint8Array(16));
  const { accessId = 0, returnCode = 0 } = wish.accessReport ?? {};
  ask(wish.accessReport !== undefined, tlvTypes.accessReport, Uint8Array.of(accessId << 4, returnCode, 0, 0));
  ask(tlvs.length > 0 && keyOf(stamp) !== undefined, tlvTypes.hmac, new Uint8Array(HMAC_VALUE_OCTETS));
  ask(wish.extraPadding !== undefined, tlvTypes.extraPadding, wish.extraPadding ?? new Uint8Array());
  return concatenated(tlvs);
}

/** In place of the offset of a Direct Measurement TLV. */
const NOT_ASKED = -1;

export class SenderTlvs {
  readonly #seal: TlvSeal;
  readonly #octets: number;
  /** Of those before Extra Padding. */
  readonly #asking: number;
  /** Behind the first TLV. */
  readonly #directMeasurement: number;
  readonly newest: NewestTlvs;

  /** `tlvs` are those of `createTlvs`; `newest` is where to leave what was learnt. */
  constructor(stamp: StampMode, tlvs: Uint8Array, newest?: SharedArrayBuffer) {
    this.#seal = new TlvSeal(keyOf(stamp));
    this.#octets = tlvs.length;
    this.#directMeasurement = find(viewOf(tlvs), tlvTypes.directMeasurement);
    const padding = find(viewOf(tlvs), tlvTypes.extraPadding);
    this.#asking = padding === NOT_ASKED ? tlvs.length : padding;
    this.newest = new NewestTlvs(newest);
  }

  /**
   * Fills in what differs from packet to packet in the TLVs at `first`: how many packets were `transmitted`, this one
   * among them, and the HMAC.
   */
  fill(view: DataView, first: number, sequence: number, transmitted: number): void {
    if (this.#directMeasurement !== NOT_ASKED) {
      view.setUint32(first + this.#directMeasurement + TLV_HEADER_OCTETS, transmitted);
    }
    this.#seal.close(view, first, first + this.#octets, sequence);
  }

  /**
   * Takes the TLVs from `first` to `end` of the reply with this Sequence Number, whose timestamps have this format. A reply
   * may lack them. Returns the DSCP and ECN that its packet had arrived with, or TRAFFIC_CLASS_UNKNOWN.
   */
  take(
    { view, bytes }: Arena,
    first: number,
    end: number,
    sequence: number,
    format: TimestampFormat,
    taiSeconds: number,
  ): number {
    const ours = Math.min(end, first + this.#octets);
    if (ours <= first) return TRAFFIC_CLASS_UNKNOWN;
    if (!this.#seal.open(view, first, ours, sequence) || hasFailed(view, first, ours)) {
      this.newest.noteFailure();
      return TRAFFIC_CLASS_UNKNOWN;
    }
    const asked = Math.min(ours, first + this.#asking);
    this.newest.keep(bytes, first, asked - first, format, taiSeconds);
    return trafficClassIn(view, first, asked);
  }
}

/** A reflector's I flag is about all TLVs. */
function hasFailed(view: DataView, first: number, end: number): boolean {
  let octets: number;
  for (let at = first; at < end; at += octets) {
    if (view.getUint8(at) & tlvFlags.integrityFailed) return true;
    octets = tlvOctets(view, at, end);
    if (octets === CUT_SHORT) return false;
  }
  return false;
}

function find(view: DataView, type: number): number {
  let octets: number;
  for (let at = 0; at < view.byteLength; at += octets) {
    octets = tlvOctets(view, at, view.byteLength);
    if (octets === CUT_SHORT) return NOT_ASKED;
    if (tlvType(view, at) === type) return at;
  }
  return NOT_ASKED;
}

/** Both ports, which are the reflector's to fill in, and sub-TLVs for both addresses. */
function locationQuestion(): Uint8Array {
  const { destination, source } = locationTypes;
  const address = new Uint8Array(LOCATION_ADDRESS_OCTETS);
  return concatenated([new Uint8Array(4), tlvOf(destination, address), tlvOf(source, address)]);
}

function tlvOf(type: number, value: Uint8Array): Uint8Array {
  if (value.length > TLV_VALUE_OCTETS_MAX) throw new RangeError(`${TLV_VALUE_OCTETS_MAX} octets`);
  const tlv = new Uint8Array(TLV_HEADER_OCTETS + value.length);
  writeTlvHeader(viewOf(tlv), 0, type, value.length);
  tlv.set(value, TLV_HEADER_OCTETS);
  return tlv;
}

function viewOf(octets: Uint8Array): DataView {
  return new DataView(octets.buffer, octets.byteOffset, octets.length);
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
