/** The forms of TWAMP-Test packets as tables of field offsets, by the mode of their session. RFC 5357 §4. */
import { modeFeatures, modes } from './protocol.ts';
import type { TestKeys } from './test-keys.ts';
import type { TimestampFormat } from './timestamp.ts';

/** What decides how the test packets of a session look, the same at both of its ends. */
export interface PacketMode {
  /** That of the control connection: one of `modes` and any of `modeFeatures`; undefined: unauthenticated. */
  readonly mode?: number | undefined;
  /** Needed in authenticated and encrypted mode. */
  readonly keys?: TestKeys | undefined;
  /** So much of the beginning of the padding comes back, however long that makes a reply; undefined: none. */
  readonly paddingToReflect?: number | undefined;
  /** In which this end stamps; undefined: as the mode says. */
  readonly timestampFormat?: TimestampFormat | undefined;
  /** Instead of all these: the session is one of STAMP. */
  readonly stamp?: StampMode | undefined;
}

/** What both ends of a STAMP session are configured with. RFC 8762, RFC 8972. */
export interface StampMode {
  /** Whose Sequence Numbers replies have: a stateful reflector's own, or those of what they answer. */
  readonly reflector: 'stateful' | 'stateless';
  /** 0 to 65,535: the Session-Sender's, which the reflector copies from each packet; 0: none. */
  readonly ssid: number;
  /** In which this end stamps, whatever the other does (RFC 8762 §4.2.1); undefined: NTP. */
  readonly timestampFormat?: TimestampFormat | undefined;
  /** At most 64 octets; there in authenticated mode. */
  readonly hmacKey?: Uint8Array | undefined;
  /** At most 64 octets: signs TLVs in unauthenticated mode, where nothing else is signed (RFC 8972 §4.8). */
  readonly tlvHmacKey?: Uint8Array | undefined;
  /** Which DSCPs, 0 to 63, a sender may choose for replies (RFC 8972 §4.4). Undefined: none. */
  readonly permittedDscps?: readonly number[] | undefined;
}

/** Where a Session-Sender's packet has its fields, in octets. RFC 5357 §4.1.2 (RFC 4656 §4.1.2). */
export interface SenderForm {
  readonly timestamp: number;
  readonly errorEstimate: number;
  /** Of 16-bit words that are sent as zero; an octet that is no MBZ is written after them. */
  readonly mustBeZero: readonly number[];
  /** Octets from the first on that are encrypted and that the HMAC covers; 0: neither is there. */
  readonly sealedOctets: number;
  readonly hmac: number;
  /** STAMP's SSID, the same in request and reply, or ABSENT. */
  readonly ssid: number;
  /** The octets before the padding: no packet is shorter. */
  readonly padding: number;
}

/** Where a Session-Reflector's packet has its fields, in octets. RFC 5357 §4.2.1. */
export interface ReflectorForm extends SenderForm {
  readonly receiveTimestamp: number;
  readonly senderSequence: number;
  readonly senderTimestamp: number;
  readonly senderErrorEstimate: number;
  readonly senderTtl: number;
  /** DSCP and ECN of the packet that is answered (S-DSCP-ECN, RFC 7750 §2.2), or ABSENT. */
  readonly senderTrafficClass: number;
}

/** What both ends of a session send. */
export interface PacketForm {
  readonly sender: SenderForm;
  readonly reflector: ReflectorForm;
}

/** The Sequence Number opens every packet. */
export const SEQUENCE = 0;

/** In place of the offset of a field that a form does not have. */
export const ABSENT = -1;

const unauthenticated: PacketForm = {
  sender: {
    timestamp: 4,
    errorEstimate: 12,
    mustBeZero: [],
    sealedOctets: 0,
    hmac: 0,
    ssid: ABSENT,
    padding: 14,
  },
  reflector: {
    timestamp: 4,
    errorEstimate: 12,
    receiveTimestamp: 16,
    senderSequence: 24,
    senderTimestamp: 28,
    senderErrorEstimate: 36,
    senderTtl: 40,
    senderTrafficClass: ABSENT,
    mustBeZero: [14, 38],
    sealedOctets: 0,
    hmac: 0,
    ssid: ABSENT,
    padding: 41,
  },
};

/** Authenticated and encrypted packets differ only in how much of them is sealed. */
function keyed(senderSealedOctets: number, reflectorSealedOctets: number): PacketForm {
  return {
    sender: {
      timestamp: 16,
      errorEstimate: 24,
      mustBeZero: [4, 6, 8, 10, 12, 14, 26, 28, 30],
      sealedOctets: senderSealedOctets,
      hmac: 32,
      ssid: ABSENT,
      padding: 48,
    },
    reflector: {
      timestamp: 16,
      errorEstimate: 24,
      receiveTimestamp: 32,
      senderSequence: 48,
      senderTimestamp: 64,
      senderErrorEstimate: 72,
      senderTtl: 80,
      senderTrafficClass: ABSENT,
      mustBeZero: [
        ...[4, 6, 8, 10, 12, 14, 26, 28, 30, 40, 42, 44, 46, 52, 54, 56, 58, 60, 62],
        ...[74, 76, 78, 80, 82, 84, 86, 88, 90, 92, 94],
      ],
      sealedOctets: reflectorSealedOctets,
      hmac: 96,
      ssid: ABSENT,
      padding: 112,
    },
  };
}

const authenticated = keyed(16, 16);
const encrypted = keyed(32, 96);

/** RFC 8762 §4.2.1 and §4.3.1, RFC 8972 §3: TLVs are where TWAMP has padding. */
const stampUnauthenticated: PacketForm = {
  sender: {
    ...unauthenticated.sender,
    ssid: 14,
    mustBeZero: evenNumbers(16, 44),
    padding: 44,
  },
  reflector: { ...unauthenticated.reflector, ssid: 14, mustBeZero: [38, 40, 42], padding: 44 },
};

/** RFC 8762 §4.2.2 and §4.3.2, RFC 8972 §3: nothing is encrypted, and both directions have one HMAC's place. */
const stampAuthenticated: PacketForm = {
  sender: {
    ...authenticated.sender,
    ssid: 26,
    mustBeZero: [...evenNumbers(4, 16), ...evenNumbers(28, 96)],
    sealedOctets: 96,
    hmac: 96,
    padding: 112,
  },
  reflector: { ...authenticated.reflector, ssid: 26, sealedOctets: 96 },
};

/** From `first` up to, not including, `end`. */
function evenNumbers(first: number, end: number): number[] {
  return Array.from({ length: (end - first) / 2 }, (_, index) => first + 2 * index);
}

/** In which format this end of a session stamps. RFC 8186 §2.2. */
export function timestampFormatOf({ mode = 0, timestampFormat, stamp }: PacketMode): TimestampFormat {
  if (stamp) return stamp.timestampFormat ?? 'ntp';
  return timestampFormat ?? (mode & modeFeatures.ptpv2Timestamps ? 'ptpv2' : 'ntp');
}

/** Whether the Z bit of the reflector's Error Estimate tells its format: in STAMP always, in TWAMP if that is agreed. */
export function tellsFormat({ mode = 0, stamp }: PacketMode): boolean {
  return stamp !== undefined || (mode & modeFeatures.ptpv2Timestamps) !== 0;
}

/** Mixed mode (RFC 5618) has the test packets of unauthenticated mode. */
export function formOf({ mode = modes.unauthenticated, stamp }: PacketMode): PacketForm {
  if (stamp) return stamp.hmacKey ? stampAuthenticated : stampUnauthenticated;
  let form = unauthenticated;
  if (mode & modes.authenticated) form = authenticated;
  if (mode & modes.encrypted) form = encrypted;
  if (mode & modeFeatures.dscpAndEcnMonitoring) form = monitoring(form);
  if (mode & modeFeatures.symmetricalSize) form = symmetrical(form);
  return form;
}

/** Keyed replies have room among their MBZ octets; others grow by one. */
function monitoring({ sender, reflector }: PacketForm): PacketForm {
  const keyed = reflector.sealedOctets > 0;
  const place = keyed
    ? { senderTrafficClass: 88 }
    : { senderTrafficClass: reflector.padding, padding: reflector.padding + 1 };
  return { sender, reflector: { ...reflector, ...place } };
}

/** MBZ fills the sender's packet up to where a reply has its padding. */
function symmetrical({ sender, reflector }: PacketForm): PacketForm {
  const { padding } = reflector;
  const filled = Array.from({ length: Math.floor((padding - sender.padding) / 2) }, (_, word) => {
    return sender.padding + 2 * word;
  });
  return {
    sender: { ...sender, padding, mustBeZero: [...sender.mustBeZero, ...filled, padding - 2] },
    reflector,
  };
}
