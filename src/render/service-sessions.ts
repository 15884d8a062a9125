/** `show services sessions` in Junos' columns (references 001 and 003). Every line has its line feed. */

export interface EndText {
  readonly address: string;
  /** Undefined: none is displayed. */
  readonly port: number | undefined;
}

export interface FlowText {
  readonly protocol: string;
  readonly source: EndText;
  readonly destination: EndText;
  readonly state: string;
  readonly direction: string;
  readonly frames: number;
}

export interface FlowDetailsText {
  readonly octets: number;
  readonly role: string;
  readonly timeoutSeconds: number | undefined;
}

export interface SessionText {
  /** Undefined: not named, as in releases without aggregates. */
  readonly serviceSet: string | undefined;
  readonly id: number;
  readonly alg: string;
  readonly flags: number;
  readonly ipAction: boolean;
  readonly offload: boolean;
  readonly asymmetric: boolean | undefined;
}

export interface TranslationText {
  readonly from: EndText;
  readonly to: EndText;
}

export interface NatText {
  readonly translationType: string;
  readonly source: TranslationText | undefined;
  readonly destination: TranslationText | undefined;
}

const PROTOCOL_WIDTH = 7;
const ADDRESS_WIDTH = 15;
const PORT_WIDTH = 5;
const STATE_WIDTH = 9;
const FRAMES_WIDTH = 16;

/** In place of a port, and of the colon before it. */
const NO_PORT = ' '.repeat(PORT_WIDTH + 1);

const blanks = Array.from({ length: FRAMES_WIDTH + 1 }, (_, count) => ' '.repeat(count));

/** What fills the column of the text, on either side of it: a million flows spend most of their time in padding. */
function blanksBeside(text: string, width: number): string {
  return blanks[width - text.length] ?? '';
}

/** 79 columns; what is longer than its column widens the line. */
export function flowLine({ protocol, source, destination, state, direction, frames }: FlowText): string {
  const from = blanksBeside(source.address, ADDRESS_WIDTH) + source.address + portText(source.port);
  const to =
    blanksBeside(destination.address, ADDRESS_WIDTH) + destination.address + portText(destination.port);
  const count = String(frames);
  const flow = `${protocol}${blanksBeside(protocol, PROTOCOL_WIDTH)}${from} ->${to} `;
  const end = `${state}${blanksBeside(state, STATE_WIDTH)}${direction}${blanksBeside(count, FRAMES_WIDTH)}${count}`;
  return `${flow}${end}\n`;
}

function portText(port: number | undefined): string {
  if (port === undefined) return NO_PORT;
  const digits = String(port);
  return `:${digits}${blanksBeside(digits, PORT_WIDTH)}`;
}

export function flowDetailLines({ octets, role, timeoutSeconds }: FlowDetailsText): string {
  return `  Byte count: ${octets}\n  Flow role: ${role}, Timeout: ${timeoutSeconds ?? 0}\n`;
}

const yesOrNo = (value: boolean): string => (value ? 'yes' : 'no');

export function sessionLine(session: SessionText): string {
  const { serviceSet, id, alg, flags, ipAction, offload, asymmetric } = session;
  const set = serviceSet === undefined ? '' : `Service Set: ${serviceSet}, `;
  const hexadecimal = flags.toString(16).padStart(4, '0');
  const tail = asymmetric === undefined ? '' : `, Asymmetric: ${yesOrNo(asymmetric)}`;
  return `${set}Session: ${id}, ALG: ${alg}, Flags: 0x${hexadecimal}, IP Action: ${yesOrNo(ipAction)}, Offload: ${yesOrNo(offload)}${tail}\n`;
}

const NAT_SOURCE = 'NAT source';
const NAT_DESTINATION = 'NAT Destination';
const NAT_ADDRESS_WIDTH = 16;

/** The spelling is Junos'. With both lines, their columns are one below the other. */
export function natLines({ translationType, source, destination }: NatText): string {
  const labelWidth = (destination === undefined ? NAT_SOURCE : NAT_DESTINATION).length;
  const line = (label: string, translation: TranslationText | undefined): string =>
    translation === undefined ? '' : translationLine(label.padEnd(labelWidth), translation);
  return (
    `NAT PLugin Data:\n  NAT Action:   Translation Type - ${translationType}\n` +
    line(NAT_SOURCE, source) +
    line(NAT_DESTINATION, destination)
  );
}

function translationLine(label: string, { from, to }: TranslationText): string {
  const inside = from.address.padStart(NAT_ADDRESS_WIDTH) + portText(from.port);
  const outside = to.address.padStart(NAT_ADDRESS_WIDTH) + (to.port === undefined ? '' : `:${to.port}`);
  return `    ${label}${inside}   ->${outside}\n`;
}

/** The heading of an interface; `aggregate` is the one it is a member of. */
export function interfaceLine(name: string, aggregate: string | undefined, isNamed: boolean): string {
  const member = aggregate === undefined ? name : `${name} (${aggregate})`;
  return isNamed ? `Interface name: ${member}\n` : `${member}\n`;
}

const countWidths = { interface: 12, serviceSet: 53, sessions: 14 } as const;

/** `title` is that of the last column, and may be wider than it. */
export function countHeading(title: string): string {
  const names = `${'Interface'.padEnd(countWidths.interface)}Service set`;
  const width = countWidths.interface + countWidths.serviceSet + countWidths.sessions;
  return `${names}${title.padStart(width - names.length)}\n`;
}

/** A name as long as its column keeps a blank behind it. */
export function countLine(name: string, serviceSet: string, sessions: string | number): string {
  const cell = (text: string, width: number): string => `${text.padEnd(width - 1)} `;
  const count = String(sessions).padStart(countWidths.sessions);
  return `${cell(name, countWidths.interface)}${cell(serviceSet, countWidths.serviceSet)}${count}\n`;
}
