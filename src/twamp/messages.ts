/** Every TWAMP-Control message as a table. RFC 4656 §3, RFC 5357 §3. */
import {
  bytes,
  commandNumber,
  hmac,
  Layout,
  lowNibble,
  mbz,
  u16,
  u32,
  u64,
  u8,
  type MessageOf,
} from './layout.ts';
import { commands } from './protocol.ts';
import { SidListLayout } from './sid-list.ts';

/** Server to Control-Client on connecting. RFC 4656 §3.1. */
export const ServerGreeting = new Layout('Server-Greeting', {
  unused: mbz(12),
  modes: u32,
  challenge: bytes(16),
  salt: bytes(16),
  count: u32,
  mbz: mbz(12),
});
export type ServerGreeting = MessageOf<typeof ServerGreeting>;

/** Control-Client to Server: the mode chosen, 0 to decline. RFC 4656 §3.1. */
export const SetUpResponse = new Layout('Set-Up-Response', {
  mode: u32,
  keyId: bytes(80),
  token: bytes(64),
  clientIv: bytes(16),
});
export type SetUpResponse = MessageOf<typeof SetUpResponse>;

/** Server to Control-Client; `startTime` (NTP) is when this Server came to life. RFC 4656 §3.1. */
export const ServerStart = new Layout('Server-Start', {
  mbz1: mbz(15),
  accept: u8,
  serverIv: bytes(16),
  startTime: u64,
  mbz2: mbz(8),
});
export type ServerStart = MessageOf<typeof ServerStart>;

/** Control-Client to Server: one test session, please. RFC 5357 §3.5, RFC 4656 §3.5. */
export const RequestTwSession = new Layout('Request-TW-Session', {
  command: commandNumber(commands['Request-TW-Session']),
  ipVersion: lowNibble,
  confSender: u8,
  confReceiver: u8,
  scheduleSlots: u32,
  packets: u32,
  senderPort: u16,
  receiverPort: u16,
  senderAddress: bytes(16),
  receiverAddress: bytes(16),
  // Zero when sent; peers leave garbage in it, and the Server makes the SID anyway.
  sid: mbz(16),
  paddingOctets: u32,
  startTime: u64,
  timeout: u64,
  typeP: u32,
  // The next two are MBZ where reflecting octets is not agreed. RFC 6038 §3.3.
  octetsToBeReflected: u16,
  paddingToReflect: u16,
  mbz: mbz(4),
  hmac,
});
export type RequestTwSession = MessageOf<typeof RequestTwSession>;

/** Server to Control-Client: the session's reflecting port and SID, or why not. RFC 4656 §3.5. */
export const AcceptSession = new Layout('Accept-Session', {
  accept: u8,
  mbz1: mbz(1),
  port: u16,
  sid: bytes(16),
  // The next two are MBZ where reflecting octets is not agreed. RFC 6038 §3.4.
  reflectedOctets: u16,
  serverOctets: u16,
  mbz2: mbz(8),
  hmac,
});
export type AcceptSession = MessageOf<typeof AcceptSession>;

/** Control-Client to Server: start every session accepted so far. RFC 4656 §3.7. */
export const StartSessions = new Layout('Start-Sessions', {
  command: commandNumber(commands['Start-Sessions']),
  mbz: mbz(15),
  hmac,
});

/** Server to Control-Client: sessions run, or do not. RFC 4656 §3.7. */
export const StartAck = new Layout('Start-Ack', { accept: u8, mbz: mbz(15), hmac });
export type StartAck = MessageOf<typeof StartAck>;

/** Control-Client to Server: stop every session; there is no answer. RFC 5357 §3.8. */
export const StopSessions = new Layout('Stop-Sessions', {
  command: commandNumber(commands['Stop-Sessions']),
  accept: u8,
  mbz1: mbz(2),
  sessions: u32,
  mbz2: mbz(8),
  hmac,
});
export type StopSessions = MessageOf<typeof StopSessions>;

/** Control-Client to Server: start these sessions. RFC 5938 §3.2. */
export const StartNSessions = new SidListLayout('Start-N-Sessions', {
  command: commandNumber(commands['Start-N-Sessions']),
  mbz: mbz(11),
});
export type StartNSessions = MessageOf<typeof StartNSessions>;

/** Server to Control-Client: these sessions run, or do not. RFC 5938 §3.3. */
export const StartNAck = new SidListLayout('Start-N-Ack', {
  command: commandNumber(commands['Start-N-Ack']),
  accept: u8,
  mbz: mbz(10),
});

/** Control-Client to Server: stop these sessions. RFC 5938 §3.4. */
export const StopNSessions = new SidListLayout('Stop-N-Sessions', {
  command: commandNumber(commands['Stop-N-Sessions']),
  mbz: mbz(11),
});
export type StopNSessions = MessageOf<typeof StopNSessions>;

/** Server to Control-Client: these sessions are stopped, or are none. RFC 5938 §3.5. */
export const StopNAck = new SidListLayout('Stop-N-Ack', {
  command: commandNumber(commands['Stop-N-Ack']),
  accept: u8,
  mbz: mbz(10),
});

/** Every layout by the RFC's name of its message. */
export const layouts = {
  'Server-Greeting': ServerGreeting,
  'Set-Up-Response': SetUpResponse,
  'Server-Start': ServerStart,
  'Request-TW-Session': RequestTwSession,
  'Accept-Session': AcceptSession,
  'Start-Sessions': StartSessions,
  'Start-Ack': StartAck,
  'Stop-Sessions': StopSessions,
  'Start-N-Sessions': StartNSessions,
  'Start-N-Ack': StartNAck,
  'Stop-N-Sessions': StopNSessions,
  'Stop-N-Ack': StopNAck,
} as const;

export type MessageName = keyof typeof layouts;

/**
 * Octets at the start of a message that are clear in every mode. What has any bears no HMAC of its own: Server-Start's
 * last block is covered by the HMAC of the message that follows. RFC 4656 §3.1.
 */
const clearOctets: Readonly<Partial<Record<MessageName, number>>> = {
  'Server-Greeting': ServerGreeting.octets,
  'Set-Up-Response': SetUpResponse.octets,
  'Server-Start': ServerStart.offset('startTime'),
};

export function clearOctetsOf(name: MessageName): number {
  return clearOctets[name] ?? 0;
}
