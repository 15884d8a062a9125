/** What the TLVs of a STAMP reflector have told, in names instead of numbers. RFC 8972, IANA "STAMP". */
import { decodeAddress, type IpVersion } from '../twamp/address-field.ts';
import type { TlvReport } from '../twamp/newest-tlvs.ts';
import type { TlvAnswers } from '../twamp/stamp-tlv-types.ts';
import { tlvTypes } from '../twamp/stamp-tlvs.ts';

/** An end of a packet's way; undefined: the reflector did not tell. */
export interface ToldEnd {
  readonly address: string | undefined;
  readonly port: number | undefined;
}

/** What keeps a clock, and how it is read. */
export interface Timekeeping {
  readonly source: string;
  readonly method: string;
}

/** Without what was not asked, or not understood. */
export interface TlvFindings {
  readonly location?: { readonly source: ToldEnd; readonly destination: ToldEnd } | undefined;
  /** Where packets come in and go out at the reflector. */
  readonly timestampInformation?: { readonly in: Timekeeping; readonly out: Timekeeping } | undefined;
  /** With what the newest packet arrived; whether replies have the DSCP that was asked for. */
  readonly classOfService?: TlvAnswers['classOfService'];
  readonly directMeasurement?: TlvAnswers['directMeasurement'];
  readonly followUpTelemetry?:
    | {
        readonly sequence: number;
        /** Undefined: the reflector keeps no state. */
        readonly wallNanos: bigint | undefined;
        readonly method: string;
      }
    | undefined;
  /** The report that was acknowledged. */
  readonly accessReport?: { readonly access: string; readonly state: string } | undefined;
  /** The TLVs that the reflector refused, by name. */
  readonly refused: readonly string[];
  /** Replies whose TLVs could not be believed. */
  readonly integrityFailures: number;
}

/** IANA "STAMP Synchronization Sources". */
const sources = new Map([
  [1, 'NTP'],
  [2, 'PTP'],
  [3, 'SSU/BITS'],
  [4, 'GNSS'],
  [5, 'free-running'],
]);

/** IANA "STAMP Timestamping Methods". */
const methods = new Map([
  [1, 'HW Assist'],
  [2, 'SW Local'],
  [3, 'Control Plane'],
]);

/** IANA "STAMP Access IDs" and "STAMP Access Report Return Codes". */
const accesses = new Map([
  [1, '3gpp'],
  [2, 'non-3gpp'],
]);
const accessStates = new Map([
  [1, 'available'],
  [2, 'unavailable'],
]);

const typeNames = new Map<number, string>(
  Object.entries(tlvTypes).map(([name, type]) => [
    type,
    name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
  ]),
);

const nameIn = (names: ReadonlyMap<number, string>, number: number): string =>
  names.get(number) ?? `unknown (${number})`;

export function findingsOf({ answers, followUpWallNanos, integrityFailures }: TlvReport): TlvFindings {
  const { location, timestampInformation, followUpTelemetry, accessReport, refused = [] } = answers;
  return {
    location: location && {
      source: toldEnd(location.source, location.sourcePort),
      destination: toldEnd(location.destination, location.destinationPort),
    },
    timestampInformation: timestampInformation && {
      in: timekeeping(timestampInformation.syncSourceIn, timestampInformation.methodIn),
      out: timekeeping(timestampInformation.syncSourceOut, timestampInformation.methodOut),
    },
    classOfService: answers.classOfService,
    directMeasurement: answers.directMeasurement,
    followUpTelemetry: followUpTelemetry && {
      sequence: followUpTelemetry.sequence,
      wallNanos: followUpWallNanos,
      method: nameIn(methods, followUpTelemetry.method),
    },
    accessReport: accessReport && {
      access: nameIn(accesses, accessReport.accessId),
      state: nameIn(accessStates, accessReport.returnCode),
    },
    refused: refused.map((type) => nameIn(typeNames, type)),
    integrityFailures,
  };
}

function timekeeping(source: number, method: number): Timekeeping {
  return { source: nameIn(sources, source), method: nameIn(methods, method) };
}

function toldEnd(octets: Uint8Array | undefined, port: number): ToldEnd {
  return { address: octets && addressOf(octets), port: port === 0 ? undefined : port };
}

function addressOf(octets: Uint8Array): string | undefined {
  const field = new Uint8Array(16);
  field.set(octets);
  const version: IpVersion = octets.length === 4 ? 4 : 6;
  return decodeAddress(field, version);
}

/** What the words of an access report stand for; undefined: nothing is reported. */
export function accessReportOf(report: string | undefined): TlvAnswers['accessReport'] {
  if (report === undefined) return undefined;
  for (const [accessId, access] of accesses) {
    for (const [returnCode, state] of accessStates) {
      if (report === `${access}-${state}`) return { accessId, returnCode };
    }
  }
  throw new RangeError(report);
}
