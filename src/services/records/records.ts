/** Sessions as JSON, which can be imported again. Names are Junos' as far as they are known (docs/services-sessions.md). */
import { wallNanosOf } from '../../clock.ts';
import { isName, isServicesInterface, SERVICE_SET_NAME_MAX } from '../../config/names.ts';
import { addressText, areOfOneFamily, parseAddress } from '../address.ts';
import { protocolNumber } from '../ip-protocols.ts';
import { DEFAULT_INTERFACE, DEFAULT_SERVICE_SET } from '../mapping-settings.ts';
import {
  flowDirections,
  flowRoles,
  flowStates,
  isInstant,
  NO_ALG,
  type Address,
  type Flow,
  type NatData,
  type ServiceSession,
  type TranslatedEnd,
  type Translation,
} from '../session.ts';

/** A record that is no session. */
export class RecordError extends Error {
  readonly code: RecordProblemCode;
  /** The property. */
  readonly property: string;

  constructor(code: RecordProblemCode, property: string) {
    super(`record: ${code} ${property}`);
    this.name = 'RecordError';
    this.code = code;
    this.property = property;
  }
}

export type RecordProblemCode = 'missing' | 'invalid';

type Properties = Readonly<Record<string, unknown>>;

export interface TranslationRecord {
  readonly address: string;
  readonly port: number | undefined;
  readonly 'translated-address': string;
  readonly 'translated-port': number | undefined;
}

export interface NatRecord {
  readonly 'translation-type': string;
  readonly source: TranslationRecord | undefined;
  readonly destination: TranslationRecord | undefined;
}

/** What a flow looks like; `state`, `direction` and `role` in the words of session.ts. */
export function flowRecord(flow: Flow): Properties {
  return {
    protocol: flow.protocol,
    'source-address': addressText(flow.source),
    'source-port': flow.sourcePort,
    'destination-address': addressText(flow.destination),
    'destination-port': flow.destinationPort,
    state: flow.state,
    direction: flow.direction,
    role: flow.role,
    'frame-count': flow.frames,
    'byte-count': flow.octets,
    timeout: flow.timeoutSeconds,
  };
}

/** `timeOf` writes an instant as ISO 8601. */
export function sessionRecord(session: ServiceSession, timeOf: (wallNanos: bigint) => string): Properties {
  return {
    'interface-name': session.interface,
    'aggregate-interface-name': session.aggregate,
    'service-set-name': session.serviceSet,
    'session-id': session.id,
    alg: session.alg,
    'application-protocol': session.application,
    flags: session.flags,
    'ip-action': session.ipAction,
    offload: session.offload,
    asymmetric: session.asymmetric,
    nat: session.nat && natRecord(session.nat),
    'start-time': told(session.startedWallNanos, timeOf),
    'end-time': told(session.endedWallNanos, timeOf),
    flow: session.flows.map(flowRecord),
  };
}

/** 1970 is an instant, too. */
function told(instant: bigint | undefined, timeOf: (wallNanos: bigint) => string): string | undefined {
  return instant === undefined ? undefined : timeOf(instant);
}

export function natRecord({ translationType, source, destination }: NatData): NatRecord {
  return {
    'translation-type': translationType,
    source: source && translationRecord(source),
    destination: destination && translationRecord(destination),
  };
}

function translationRecord({ from, to }: Translation): TranslationRecord {
  return {
    address: addressText(from.address),
    port: from.port,
    'translated-address': addressText(to.address),
    'translated-port': to.port,
  };
}

/** Throws RecordError. */
export function natOf(record: NatRecord | Properties): NatData {
  const properties = record as Properties;
  const translation = (name: string): Translation | undefined =>
    properties[name] === undefined ? undefined : translationOf(object(properties[name], name));
  return {
    translationType: text(properties, 'translation-type'),
    source: translation('source'),
    destination: translation('destination'),
  };
}

function translationOf(properties: Properties): Translation {
  const end = (address: string, port: string): TranslatedEnd => ({
    address: addressAt(properties, address),
    port: optional(properties, port, portOf),
  });
  return { from: end('address', 'port'), to: end('translated-address', 'translated-port') };
}

/** Whatever a record leaves out is as it is without any mapping. Throws RecordError. */
export function sessionOfRecord(record: unknown): ServiceSession {
  const properties = object(record, 'session');
  const flows = properties.flow;
  if (!Array.isArray(flows) || flows.length === 0 || flows.length > FLOWS_MAX)
    throw new RecordError(flows === undefined ? 'missing' : 'invalid', 'flow');
  return {
    id: count(properties, 'session-id'),
    interface: optional(properties, 'interface-name', servicesInterface) ?? DEFAULT_INTERFACE,
    aggregate: optional(properties, 'aggregate-interface-name', servicesInterface),
    serviceSet: optional(properties, 'service-set-name', serviceSet) ?? DEFAULT_SERVICE_SET,
    alg: optional(properties, 'alg', name) ?? NO_ALG,
    application: optional(properties, 'application-protocol', name),
    flags: optional(properties, 'flags', flags) ?? 0,
    ipAction: optional(properties, 'ip-action', truth) ?? false,
    offload: optional(properties, 'offload', truth) ?? false,
    asymmetric: optional(properties, 'asymmetric', truth),
    nat: properties.nat === undefined ? undefined : natOf(object(properties.nat, 'nat')),
    flows: flows.map((flow) => flowOfRecord(object(flow, 'flow'))),
    startedWallNanos: optional(properties, 'start-time', instant),
    endedWallNanos: optional(properties, 'end-time', instant),
  };
}

/** More than any source gives. */
const FLOWS_MAX = 16;

function flowOfRecord(properties: Properties): Flow {
  const protocol = optional(properties, 'protocol', protocolOf);
  if (protocol === undefined) throw new RecordError('missing', 'protocol');
  const source = addressAt(properties, 'source-address');
  const destination = addressAt(properties, 'destination-address');
  // Both families are in a session (NAT64), never in a flow.
  if (!areOfOneFamily(source, destination)) throw new RecordError('invalid', 'destination-address');
  return {
    protocol,
    source,
    sourcePort: optional(properties, 'source-port', portOf),
    destination,
    destinationPort: optional(properties, 'destination-port', portOf),
    state: optional(properties, 'state', oneOf(flowStates)) ?? 'Forward',
    direction: optional(properties, 'direction', oneOf(flowDirections)) ?? 'U',
    role: optional(properties, 'role', oneOf(flowRoles)) ?? 'unknown',
    frames: optional(properties, 'frame-count', natural) ?? 0,
    octets: optional(properties, 'byte-count', natural) ?? 0,
    timeoutSeconds: optional(properties, 'timeout', natural),
  };
}

function object(value: unknown, property: string): Properties {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new RecordError('invalid', property);
  return value as Properties;
}

/** `read` gives undefined for what is no such value. */
function optional<T>(properties: Properties, property: string, read: (value: unknown) => T | undefined) {
  const value = properties[property];
  if (value === undefined || value === null) return undefined;
  const found = read(value);
  if (found === undefined) throw new RecordError('invalid', property);
  return found;
}

function required<T>(properties: Properties, property: string, read: (value: unknown) => T | undefined): T {
  const found = optional(properties, property, read);
  if (found === undefined) throw new RecordError('missing', property);
  return found;
}

const text = (properties: Properties, property: string): string => required(properties, property, name);
const count = (properties: Properties, property: string): number => required(properties, property, natural);
const addressAt = (properties: Properties, property: string): Address =>
  required(properties, property, addressOf);

/** What is printed in a line, and may not break it. */
// eslint-disable-next-line no-control-regex
const NAME = /^[^\u0000-\u001f\u007f-\u009f]{1,255}$/;

function name(value: unknown): string | undefined {
  return typeof value === 'string' && NAME.test(value) ? value : undefined;
}

/** As the configuration has it: no filter finds another. */
function servicesInterface(value: unknown): string | undefined {
  return typeof value === 'string' && isServicesInterface(value) ? value : undefined;
}

function serviceSet(value: unknown): string | undefined {
  return typeof value === 'string' && isName(value, SERVICE_SET_NAME_MAX) ? value : undefined;
}

/** JSON has a −0, which is zero. */
function natural(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? Math.abs(value as number) : undefined;
}

function flags(value: unknown): number | undefined {
  const number = natural(value);
  return number !== undefined && number <= 0xffffffff ? number : undefined;
}

function portOf(value: unknown): number | undefined {
  const number = natural(value);
  return number !== undefined && number <= 0xffff ? number : undefined;
}

function protocolOf(value: unknown): number | undefined {
  if (typeof value === 'string') return protocolNumber(value);
  const number = natural(value);
  return number !== undefined && number <= 0xff ? number : undefined;
}

function truth(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

function oneOf<Word extends string>(words: readonly Word[]): (value: unknown) => Word | undefined {
  return (value) => words.find((word) => word === value);
}

function addressOf(value: unknown): Address | undefined {
  try {
    return typeof value === 'string' ? parseAddress(value) : undefined;
  } catch {
    return undefined;
  }
}

const INSTANT = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?Z$/;

/** ISO 8601, UTC, with up to nine decimals. */
function instant(value: unknown): bigint | undefined {
  const [, seconds, fraction = ''] = (typeof value === 'string' && INSTANT.exec(value)) || [];
  const millis = seconds === undefined ? NaN : Date.parse(`${seconds}Z`);
  if (Number.isNaN(millis)) return undefined;
  const wallNanos = wallNanosOf(millis) + BigInt(fraction.padEnd(9, '0'));
  return isInstant(wallNanos) ? wallNanos : undefined;
}
