/** Messages of the syslog protocol (RFC 5424), one UDP datagram each (RFC 5426). Pure. */

/** RFC 5424 §6.2.1, table 1. */
const FACILITIES = {
  kernel: 0,
  user: 1,
  daemon: 3,
  authorization: 4,
  security: 10,
  ftp: 11,
  'audit-log': 13,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
} as const;

/** RFC 5424 §6.2.1, table 2; those that are used. */
const SEVERITIES = { critical: 2, error: 3, warning: 4, notice: 5, informational: 6 } as const;

export interface SyslogMessage {
  readonly facility: keyof typeof FACILITIES;
  readonly severity: keyof typeof SEVERITIES;
  readonly wallNanos: bigint;
  readonly hostName: string;
  readonly application: string;
  readonly processId: string;
  /** What kind of message it is, for filters. */
  readonly messageId: string;
  /** Structured data by element. */
  readonly data: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly text: string;
}

/** RFC 5424 §6: the longest that each field of the header may be. */
const HOST_NAME_MAX = 255;
const APPLICATION_MAX = 48;
const PROCESS_ID_MAX = 128;
const MESSAGE_ID_MAX = 32;

/** RFC 5426 §3.2: what every receiver over IPv6 takes, and any of today. */
export const SYSLOG_OCTETS_MAX = 1180;

const NANOS_PER_MICRO = 1_000n;
const MICROS_PER_SECOND = 1_000_000n;

/** §6.4: says that the text is UTF-8. */
const MARK = Buffer.from(' \ufeff');

/** Of SYSLOG_OCTETS_MAX at most: what is too long of values and the text is cut, and the message stays one. */
export function syslogMessage(message: SyslogMessage): Uint8Array {
  const { facility, severity } = message;
  const priority = FACILITIES[facility] * 8 + SEVERITIES[severity];
  const header = [
    `<${priority}>1`,
    timestamp(message.wallNanos),
    field(message.hostName, HOST_NAME_MAX),
    field(message.application, APPLICATION_MAX),
    field(message.processId, PROCESS_ID_MAX),
    field(message.messageId, MESSAGE_ID_MAX),
    '',
  ].join(' ');
  const data = structured(message.data, SYSLOG_OCTETS_MAX - header.length);
  const before = Buffer.from(header + data);
  const text = cut(Buffer.from(message.text), SYSLOG_OCTETS_MAX - before.length - MARK.length);
  return text.length === 0 ? before : Buffer.concat([before, MARK, text]);
}

/** §6.2.3: microseconds at most. */
function timestamp(wallNanos: bigint): string {
  const micros = wallNanos / NANOS_PER_MICRO;
  const seconds = new Date(Number((micros / MICROS_PER_SECOND) * 1_000n)).toISOString().slice(0, 19);
  return `${seconds}.${(micros % MICROS_PER_SECOND).toString().padStart(6, '0')}Z`;
}

/** Printable ASCII without blanks, `-` for nothing. */
function field(text: string, lengthMax: number): string {
  return text.replace(/[^\x21-\x7e]/g, '').slice(0, lengthMax) || '-';
}

/** §6.3. Of `octetsMax` at most, of which no value has more than its share. */
function structured(data: SyslogMessage['data'], octetsMax: number): string {
  const count = Object.values(data).reduce((sum, parameters) => sum + Object.keys(parameters).length, 0);
  const frameOctets = Buffer.byteLength(elements(data, () => ''));
  const share = Math.floor((octetsMax - frameOctets) / count);
  return elements(data, (value) => escaped(value, share)) || '-';
}

function elements(data: SyslogMessage['data'], write: (value: string) => string): string {
  const written = Object.entries(data).map(([id, parameters]) => {
    const pairs = Object.entries(parameters).map(([name, value]) => ` ${name}="${write(value)}"`);
    return `[${id}${pairs.join('')}]`;
  });
  return written.join('');
}

/** §6.3.3: `"`, `\` and `]`. What does not fit is left off, never a part of a character. */
function escaped(value: string, octetsMax: number): string {
  let octets = 0;
  let written = '';
  for (const character of value) {
    const piece = character.replace(/["\\\]]/, '\\$&');
    octets += Buffer.byteLength(piece);
    if (octets > octetsMax) break;
    written += piece;
  }
  return written;
}

/** Never amid a character. */
function cut(octets: Buffer, octetsMax: number): Uint8Array {
  if (octets.length <= octetsMax) return octets;
  let end = Math.max(0, octetsMax);
  while (end > 0 && (octets[end]! & 0xc0) === 0x80) end -= 1;
  return octets.subarray(0, end);
}
