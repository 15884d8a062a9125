/** The numbers of TWAMP-Control as tables: modes, Accept codes, commands, and the limits we hold peers to. */

/** The TCP port registered for TWAMP-Control. RFC 5357 §3.1. */
export const CONTROL_PORT = 862;

/**
 * How a connection is protected: bits of the greeting's Modes, of which the Set-Up-Response's Mode has exactly one,
 * beside its `modeFeatures`. Mixed is encrypted control and unauthenticated test. RFC 4656 §3.1, RFC 5618 §3.1.
 */
export const modes = {
  unauthenticated: 1,
  authenticated: 2,
  encrypted: 4,
  mixed: 8,
} as const;

export type Mode = keyof typeof modes;

/** Those whose control connection is keyed. */
export type KeyedMode = Exclude<Mode, 'unauthenticated'>;

/** What a connection may agree on beside its protection, each a bit of Modes and Mode. IANA "TWAMP-Modes". */
export const modeFeatures = {
  /** RFC 5938: sessions are started and stopped one by one. */
  individualSessionControl: 16,
  /** RFC 6038 §3: octets of the request and of its test packets' padding come back. */
  reflectOctets: 32,
  /** RFC 6038 §4.1.2: requests are as long as their replies. */
  symmetricalSize: 64,
  /** RFC 7750: replies tell with which DSCP and ECN requests have arrived. */
  dscpAndEcnMonitoring: 256,
  /** RFC 8186: the Session-Reflector stamps with PTPv2 timestamps, and the Z bit says who does. */
  ptpv2Timestamps: 512,
} as const;

const PROTECTION_BITS = sum(Object.values(modes));
const FEATURE_BITS = sum(Object.values(modeFeatures));

/** How a Mode field protects the connection; undefined: in no way that we know, or in several. */
export function modeOf(field: number): Mode | undefined {
  const names = Object.keys(modes) as Mode[];
  return names.find((name) => modes[name] === (field & PROTECTION_BITS));
}

/** The sum of the `modeFeatures` in a Mode or Modes field. */
export function featuresOf(field: number): number {
  return field & FEATURE_BITS;
}

function sum(bits: readonly number[]): number {
  return bits.reduce((total, bit) => total + bit, 0);
}

/** Values of the Accept field. RFC 4656 §3.3. */
export const accepts = {
  ok: 0,
  failure: 1,
  'internal-error': 2,
  'not-supported': 3,
  'permanent-resource-limit': 4,
  'temporary-resource-limit': 5,
} as const;

export type Accept = keyof typeof accepts;

/** The name of an Accept value; all unknown ones mean a failure. RFC 4656 §3.3. */
export function acceptName(value: number): Accept {
  const names = Object.keys(accepts) as Accept[];
  return names.find((name) => accepts[name] === value) ?? 'failure';
}

/**
 * Command numbers, the first octet of what a Control-Client sends once the connection is set up, and of the answers to
 * the commands of RFC 5938. RFC 5357 §8.4.
 */
export const commands = {
  'Start-Sessions': 2,
  'Stop-Sessions': 3,
  'Request-TW-Session': 5,
  'Start-N-Sessions': 7,
  'Start-N-Ack': 8,
  'Stop-N-Sessions': 9,
  'Stop-N-Ack': 10,
} as const;

/**
 * Octets of a connection held until they can be handled: enough for 1024 pipelined Requests and their Start.
 */
export const CONTROL_BUFFER_OCTETS_MAX = 128 * 1024;

/** PBKDF2 iterations in the greeting: a power of 2, at least 1024 (RFC 4656 §3.1); perfSONAR's default. */
export const GREETING_COUNT = 2048;

/** The least Count a Server may ask for. RFC 4656 §3.1. */
export const COUNT_MIN = 1024;

/** The most iterations that we do for a Server: it must not keep us busy at will. RFC 5357 §6. */
export const COUNT_MAX = 32_768;
