/** One packet as twping -v prints it (owamp stats.c). */
import { millis } from './number-format.ts';

export interface PacketLine {
  readonly sequence: number;
  readonly status: 'answered' | 'send-duplicate' | 'reflect-duplicate' | 'lost' | 'in-flight';
  /** In nanoseconds; undefined where there is no reply. */
  readonly sendNanos?: number;
  readonly reflectNanos?: number;
  readonly roundTripNanos?: number;
  readonly processingNanos?: number;
  readonly errorNanos?: number;
}

const SEQUENCE_COLUMNS = 10;

/** What stands behind the line of a copy: twping does not tell it from the first. */
const remarks: Readonly<Record<PacketLine['status'], string>> = {
  answered: '',
  'send-duplicate': ' send duplicate',
  'reflect-duplicate': ' reflect duplicate',
  lost: '*LOST*',
  'in-flight': '*IN FLIGHT*',
};

/** With its line feed. */
export function twpingPacket(packet: PacketLine): string {
  const number = `seq_no=${String(packet.sequence).padEnd(SEQUENCE_COLUMNS)}`;
  const remark = remarks[packet.status];
  if (packet.roundTripNanos === undefined) return `${number} ${remark}\n`;
  const delays = [
    `fwd_delay=${millis(packet.sendNanos)} ms`,
    `bck_delay=${millis(packet.reflectNanos)} ms`,
    `delay=${millis(packet.roundTripNanos)} ms`,
    `proc_delay=${millis(packet.processingNanos)} ms`,
  ];
  return `${number} ${delays.join(' ')}\t(err=${millis(packet.errorNanos)} ms)${remark}\n`;
}
