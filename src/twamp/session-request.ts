/** What a Request-TW-Session asks for, in our units, and the laws it must keep. RFC 5357 §3.5. */
import { decodeAddress, encodeAddress, type IpVersion } from './address-field.ts';
import type { RequestTwSession } from './messages.ts';
import { PADDING_OCTETS_MAX } from './packets.ts';
import { modeFeatures, type Accept } from './protocol.ts';
import { nanosFromNtp, ntpFromNanos } from './timestamp.ts';

export interface SessionRequest {
  readonly ipVersion: IpVersion;
  /** Where test packets come from; undefined: the Control-Client's end of the control connection. */
  readonly senderAddress: string | undefined;
  readonly senderPort: number;
  /** Where test packets go; undefined: the Server's end of the control connection. */
  readonly receiverAddress: string | undefined;
  /** The wish; the Server may grant another. */
  readonly receiverPort: number;
  readonly paddingOctets: number;
  /** NTP; not before this instant, 0 for at once. */
  readonly startTime: bigint;
  /** How long after Stop-Sessions packets are still reflected. */
  readonly timeoutNanos: number;
  /** Of test packets and of their reflections. */
  readonly dscp: number;
  /** Undefined where reflecting octets is not agreed. */
  readonly reflect?: ReflectOctets | undefined;
}

/** RFC 6038 §3.3. */
export interface ReflectOctets {
  /** 16 bits that Accept-Session repeats. */
  readonly octetsToBeReflected: number;
  /** How many octets of the padding, from its beginning, come back in each reply. */
  readonly paddingToReflect: number;
}

/** The Type-P Descriptor holds a DSCP when its first two bits are 00. RFC 4656 §3.5. */
const DSCP_SHIFT = 24;
const DSCP_MAX = 0x3f;

export function encodeRequest(request: SessionRequest): RequestTwSession {
  return {
    ipVersion: request.ipVersion,
    confSender: 0,
    confReceiver: 0,
    scheduleSlots: 0,
    packets: 0,
    senderPort: request.senderPort,
    receiverPort: request.receiverPort,
    senderAddress: encodeAddress(request.senderAddress),
    receiverAddress: encodeAddress(request.receiverAddress),
    paddingOctets: request.paddingOctets,
    startTime: request.startTime,
    timeout: ntpFromNanos(BigInt(Math.round(request.timeoutNanos))),
    typeP: request.dscp << DSCP_SHIFT,
    octetsToBeReflected: request.reflect?.octetsToBeReflected ?? 0,
    paddingToReflect: request.reflect?.paddingToReflect ?? 0,
  };
}

/** Each law a request must keep, with the answer to one that does not. */
const laws: readonly {
  readonly keeps: (request: RequestTwSession) => boolean;
  readonly otherwise: Accept;
}[] = [
  { keeps: ({ ipVersion }) => ipVersion === 4 || ipVersion === 6, otherwise: 'not-supported' },
  // "The Server MUST interpret any non-zero value as an improperly formatted command, and MUST respond with
  // the Accept field set to 3": RFC 5357 §3.5.
  {
    keeps: ({ confSender, confReceiver }) => confSender === 0 && confReceiver === 0,
    otherwise: 'not-supported',
  },
  { keeps: ({ senderPort }) => senderPort !== 0, otherwise: 'not-supported' },
  { keeps: ({ typeP }) => typeP >>> DSCP_SHIFT <= DSCP_MAX, otherwise: 'not-supported' },
  {
    keeps: ({ paddingOctets }) => paddingOctets <= PADDING_OCTETS_MAX,
    otherwise: 'permanent-resource-limit',
  },
];

/**
 * The request on a connection that has agreed on `features`, or the Accept value that refuses it. Schedule slots and
 * packet counts say nothing to a reflector.
 */
export function decodeRequest(message: RequestTwSession, features: number): SessionRequest | Accept {
  const broken = laws.find(({ keeps }) => !keeps(message));
  if (broken !== undefined) return broken.otherwise;
  const ipVersion = message.ipVersion as IpVersion;
  const { octetsToBeReflected, paddingToReflect } = message;
  return {
    ipVersion,
    senderAddress: decodeAddress(message.senderAddress, ipVersion),
    senderPort: message.senderPort,
    receiverAddress: decodeAddress(message.receiverAddress, ipVersion),
    receiverPort: message.receiverPort,
    paddingOctets: message.paddingOctets,
    startTime: message.startTime,
    timeoutNanos: Number(nanosFromNtp(message.timeout)),
    dscp: message.typeP >>> DSCP_SHIFT,
    reflect: features & modeFeatures.reflectOctets ? { octetsToBeReflected, paddingToReflect } : undefined,
  };
}
