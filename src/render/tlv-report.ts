/** What a STAMP reflector has told by TLVs, and the marks of packets: lines below the report of a measurement. */
import { endpoint } from './endpoint.ts';
import { isoTime } from './time.ts';

interface ToldEnd {
  readonly address: string | undefined;
  readonly port: number | undefined;
}

interface Timekeeping {
  readonly source: string;
  readonly method: string;
}

interface Marking {
  readonly dscp: number;
  readonly ecn: number;
  readonly packets: number;
}

export interface TlvLines {
  readonly location?: { readonly source: ToldEnd; readonly destination: ToldEnd } | undefined;
  readonly timestampInformation?: { readonly in: Timekeeping; readonly out: Timekeeping } | undefined;
  readonly classOfService?: { readonly refused: boolean } | undefined;
  readonly directMeasurement?:
    | {
        readonly senderTransmitted: number;
        readonly reflectorReceived: number;
        readonly reflectorTransmitted: number;
      }
    | undefined;
  readonly followUpTelemetry?:
    | { readonly sequence: number; readonly wallNanos: bigint | undefined; readonly method: string }
    | undefined;
  readonly accessReport?: { readonly access: string; readonly state: string } | undefined;
  readonly refused: readonly string[];
  readonly integrityFailures: number;
}

/** Each line with its line feed; nothing when nothing was told. */
export function tlvReport(told: TlvLines): string {
  const { location, timestampInformation, classOfService, directMeasurement } = told;
  const { followUpTelemetry, accessReport, refused, integrityFailures } = told;
  const lines = [
    location && `location: from ${end(location.source)} to ${end(location.destination)}`,
    timestampInformation &&
      `timestamp information: in ${kept(timestampInformation.in)}, out ${kept(timestampInformation.out)}`,
    classOfService &&
      `class of service: ${classOfService.refused ? 'the DSCP asked for is refused in replies' : 'replies have the DSCP asked for'}`,
    directMeasurement &&
      `direct measurement: ${directMeasurement.senderTransmitted} transmitted, reflector ${directMeasurement.reflectorReceived} received, ${directMeasurement.reflectorTransmitted} transmitted`,
    followUpTelemetry && `follow-up telemetry: ${followUp(followUpTelemetry)}`,
    accessReport && `access report: ${accessReport.access} ${accessReport.state}, acknowledged`,
    refused.length > 0 && `not understood by the reflector: ${refused.join(', ')}`,
    integrityFailures > 0 && `TLVs of ${integrityFailures} replies could not be believed: the HMAC is wrong`,
  ];
  return joined(lines);
}

/** What packets arrived with there, and replies here; nothing unless somebody saw it there. `dscp`: that they left with. */
export function markingReport(send: readonly Marking[], reflect: readonly Marking[], dscp: number): string {
  if (send.length === 0) return '';
  const remarked = send.some((marking) => marking.dscp !== dscp);
  return joined([
    `arrived with DSCP/ECN there ${markings(send)}${remarked ? `, remarked from DSCP ${dscp}` : ''}`,
    reflect.length > 0 && `arrived with DSCP/ECN here ${markings(reflect)}`,
  ]);
}

function markings(all: readonly Marking[]): string {
  if (all.length === 1) return `${all[0]!.dscp}/${all[0]!.ecn} (consistently)`;
  return all.map(({ dscp, ecn, packets }) => `${dscp}/${ecn} (${packets})`).join(', ');
}

function end({ address, port }: ToldEnd): string {
  if (address !== undefined && port !== undefined) return endpoint({ address, port });
  return `${address ?? 'unknown'}:${port ?? 'unknown'}`;
}

function kept({ source, method }: Timekeeping): string {
  return `${source} (${method})`;
}

function followUp({ sequence, wallNanos, method }: NonNullable<TlvLines['followUpTelemetry']>): string {
  return wallNanos === undefined ? 'none' : `reply ${sequence} left ${isoTime(wallNanos)} (${method})`;
}

function joined(lines: readonly (string | false | undefined)[]): string {
  return lines.map((line) => (line ? `${line}\n` : '')).join('');
}
