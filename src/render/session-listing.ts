/**
 * `show services sessions` in Junos' columns (references 001 and 003), drawn as octets: a million sessions are 300 MB of
 * text, and a string for each of its fields would cost more than everything else. Every line has its line feed.
 */

/** IPv4: an integer of 32 bits without sign. */
type Address = number | Uint8Array;

interface FlowShape {
  readonly protocol: number;
  readonly source: Address;
  /** Undefined: none is displayed. */
  readonly sourcePort: number | undefined;
  readonly destination: Address;
  readonly destinationPort: number | undefined;
  readonly state: string;
  readonly direction: string;
  readonly role: string;
  readonly frames: number;
  readonly octets: number;
  readonly timeoutSeconds: number | undefined;
}

interface EndShape {
  readonly address: Address;
  readonly port: number | undefined;
}

interface TranslationShape {
  readonly from: EndShape;
  readonly to: EndShape;
}

interface NatShape {
  readonly translationType: string;
  readonly source: TranslationShape | undefined;
  readonly destination: TranslationShape | undefined;
}

interface SessionShape {
  readonly interface: string;
  readonly aggregate: string | undefined;
  readonly serviceSet: string;
  readonly id: number;
  readonly alg: string;
  readonly flags: number;
  readonly ipAction: boolean;
  readonly offload: boolean;
  readonly asymmetric: boolean | undefined;
  readonly nat: NatShape | undefined;
  readonly flows: readonly FlowShape[];
}

export interface ListingForm {
  readonly extensive: boolean;
  /** The heading says that it names an interface, as Junos' does with a filter on the application. */
  readonly isNamed: boolean;
}

/** How others write what stands in columns. */
export interface ListingWords {
  readonly protocol: (protocol: number) => string;
  readonly ipv6: (octets: Uint8Array) => string;
}

/** A session with its heading has no more: names of 255 characters, 16 flows, and their details. */
export const LISTED_OCTETS_MAX = 16_384;

/** What is longer is copied faster by a call. */
const LOOP_OCTETS_MAX = 32;

/** Texts whose octets are kept. */
const ENCODED_MAX = 1024;

const PROTOCOL_WIDTH = 7;
const ADDRESS_WIDTH = 15;
const PORT_WIDTH = 5;
const STATE_WIDTH = 9;
const FRAMES_WIDTH = 16;
const NAT_ADDRESS_WIDTH = 16;

/** The spelling is Junos'. */
const NAT_SOURCE = 'NAT source';
const NAT_DESTINATION = 'NAT Destination';

const [BLANK, COLON, DOT, ZERO, LINE_FEED] = [32, 58, 46, 48, 10];

const latin = (text: string): Uint8Array => new TextEncoder().encode(text);
const yesOrNo = (value: boolean): string => (value ? 'yes' : 'no');

const words = {
  set: latin('Service Set: '),
  session: latin('Session: '),
  comma: latin(', '),
  arrow: latin(' ->'),
  natArrow: latin('   ->'),
  byteCount: latin('  Byte count: '),
  flowRole: latin('\n  Flow role: '),
  timeout: latin(', Timeout: '),
  natHeading: latin('NAT PLugin Data:\n  NAT Action:   Translation Type - '),
};

const roles: Readonly<Record<string, string>> = {
  initiator: 'Initiator',
  responder: 'Responder',
  unknown: 'Unknown',
};

/** Up to three digits of an octet in one number, the first lowest, and above them how many there are. */
const octetDigits = Uint32Array.from({ length: 256 }, (_, octet) => {
  const text = latin(String(octet));
  return text.reduce((sum, digit, at) => sum | (digit << (8 * at)), text.length << 24);
});

/** Numbers above it are divided before operators of 32 bits work on them. */
const SMALL = 2 ** 30;

export class SessionListing {
  /** What is drawn. */
  octets: Uint8Array = new Uint8Array(0);
  length = 0;
  readonly #form: ListingForm;
  readonly #words: ListingWords;
  /** Texts that come again and again, by their text. */
  readonly #encoded = new Map<string, Uint8Array>();
  /** By number. */
  readonly #protocols: (Uint8Array | undefined)[] = Array<undefined>(256).fill(undefined);
  #heading: string | undefined;
  /** Of the flow before, which are those of most. */
  #state = '';
  #direction = '';
  #stateColumn: Uint8Array = new Uint8Array(0);
  /** The end of the line of the session before, which is that of most. */
  #tail: Uint8Array = new Uint8Array(0);
  #tailOf: Pick<SessionShape, 'alg' | 'flags' | 'ipAction' | 'offload' | 'asymmetric'> | undefined;

  constructor(form: ListingForm, listingWords: ListingWords) {
    this.#form = form;
    this.#words = listingWords;
  }

  /** Draws into `octets` from its beginning. */
  over(octets: Uint8Array): this {
    this.octets = octets;
    this.length = 0;
    return this;
  }

  /** With its heading where it is the first of its interface. There must be room for LISTED_OCTETS_MAX. */
  add(session: SessionShape): void {
    const { interface: name, aggregate, nat, flows } = session;
    const { extensive } = this.#form;
    if (name !== this.#heading) this.#interface(name, aggregate);
    this.#session(session);
    if (extensive && nat !== undefined) this.#nat(nat);
    for (const flow of flows) {
      this.#flow(flow);
      if (extensive) this.#details(flow);
    }
  }

  /** Gives what forgets all that is drawn into these octets from now on. */
  remembered(): () => void {
    const [length, heading] = [this.length, this.#heading];
    return () => {
      this.length = length;
      this.#heading = heading;
    };
  }

  #interface(name: string, aggregate: string | undefined): void {
    this.#heading = name;
    const member = aggregate === undefined ? name : `${name} (${aggregate})`;
    this.#text(this.#form.isNamed ? `Interface name: ${member}` : member);
    this.#octet(LINE_FEED);
  }

  /** A member of an aggregate says which service set a session is of (reference 003). */
  #session(session: SessionShape): void {
    if (session.aggregate !== undefined) {
      this.#copy(words.set);
      this.#text(session.serviceSet);
      this.#copy(words.comma);
    }
    this.#copy(words.session);
    this.#number(session.id);
    const known = this.#tailOf;
    if (
      known?.alg !== session.alg ||
      known.flags !== session.flags ||
      known.ipAction !== session.ipAction ||
      known.offload !== session.offload ||
      known.asymmetric !== session.asymmetric
    )
      this.#newTail(session);
    this.#copy(this.#tail);
  }

  #newTail({ alg, flags, ipAction, offload, asymmetric }: SessionShape): void {
    this.#tailOf = { alg, flags, ipAction, offload, asymmetric };
    const hexadecimal = flags.toString(16).padStart(4, '0');
    const end = asymmetric === undefined ? '' : `, Asymmetric: ${yesOrNo(asymmetric)}`;
    const text = `, ALG: ${alg}, Flags: 0x${hexadecimal}, IP Action: ${yesOrNo(ipAction)}, Offload: ${yesOrNo(offload)}${end}\n`;
    this.#tail = latin(text);
  }

  /** 79 columns; what is longer than its column widens the line. */
  #flow(flow: FlowShape): void {
    this.#copy((this.#protocols[flow.protocol] ??= this.#protocolColumn(flow.protocol)));
    this.#address(flow.source, ADDRESS_WIDTH);
    this.#port(flow.sourcePort);
    this.#copy(words.arrow);
    this.#address(flow.destination, ADDRESS_WIDTH);
    this.#port(flow.destinationPort);
    if (flow.state !== this.#state || flow.direction !== this.#direction) this.#newState(flow);
    this.#copy(this.#stateColumn);
    this.#blanks(FRAMES_WIDTH - digitsOf(flow.frames));
    this.#number(flow.frames);
    this.#octet(LINE_FEED);
  }

  #details({ octets, role, timeoutSeconds }: FlowShape): void {
    this.#copy(words.byteCount);
    this.#number(octets);
    this.#copy(words.flowRole);
    this.#text(roles[role]!);
    this.#copy(words.timeout);
    this.#number(timeoutSeconds ?? 0);
    this.#octet(LINE_FEED);
  }

  /** With both lines, their columns are one below the other. */
  #nat({ translationType, source, destination }: NatShape): void {
    const labelWidth = (destination === undefined ? NAT_SOURCE : NAT_DESTINATION).length;
    this.#copy(words.natHeading);
    this.#text(translationType);
    this.#octet(LINE_FEED);
    if (source !== undefined) this.#translation(NAT_SOURCE.padEnd(labelWidth), source);
    if (destination !== undefined) this.#translation(NAT_DESTINATION, destination);
  }

  #translation(label: string, { from, to }: TranslationShape): void {
    this.#blanks(4);
    this.#text(label);
    this.#address(from.address, NAT_ADDRESS_WIDTH);
    this.#port(from.port);
    this.#copy(words.natArrow);
    this.#address(to.address, NAT_ADDRESS_WIDTH);
    if (to.port !== undefined) {
      this.#octet(COLON);
      this.#number(to.port);
    }
    this.#octet(LINE_FEED);
  }

  /** At the right of its column. */
  #address(address: Address, width: number): void {
    if (typeof address !== 'number') {
      const text = this.#words.ipv6(address);
      this.#blanks(width - text.length);
      this.#plain(text);
      return;
    }
    const a = octetDigits[address >>> 24]!;
    const b = octetDigits[(address >>> 16) & 0xff]!;
    const c = octetDigits[(address >>> 8) & 0xff]!;
    const d = octetDigits[address & 0xff]!;
    this.#blanks(width - 3 - (a >>> 24) - (b >>> 24) - (c >>> 24) - (d >>> 24));
    const { octets } = this;
    let at = digitsAt(octets, this.length, a);
    octets[at] = DOT;
    at = digitsAt(octets, at + 1, b);
    octets[at] = DOT;
    at = digitsAt(octets, at + 1, c);
    octets[at] = DOT;
    this.length = digitsAt(octets, at + 1, d);
  }

  /** In place of none, and of the colon before it, there are blanks. */
  #port(port: number | undefined): void {
    if (port === undefined) {
      this.#blanks(PORT_WIDTH + 1);
      return;
    }
    this.#octet(COLON);
    const digits = digitsOf(port);
    this.#number(port);
    this.#blanks(PORT_WIDTH - digits);
  }

  #number(value: number): void {
    let left = value;
    let at = this.length + digitsOf(value);
    this.length = at;
    const { octets } = this;
    while (left >= SMALL) {
      const rest = Math.floor(left / 10);
      octets[--at] = ZERO + (left - rest * 10);
      left = rest;
    }
    do {
      const rest = (left / 10) | 0;
      octets[--at] = ZERO + (left - rest * 10);
      left = rest;
    } while (left > 0);
  }

  #protocolColumn(protocol: number): Uint8Array {
    return latin(this.#words.protocol(protocol).padEnd(PROTOCOL_WIDTH));
  }

  #newState({ state, direction }: FlowShape): void {
    this.#state = state;
    this.#direction = direction;
    this.#stateColumn = latin(` ${state.padEnd(STATE_WIDTH)}${direction}`);
  }

  #text(text: string): void {
    let encoded = this.#encoded.get(text);
    if (encoded === undefined) {
      if (this.#encoded.size >= ENCODED_MAX) this.#encoded.clear();
      this.#encoded.set(text, (encoded = latin(text)));
    }
    this.#copy(encoded);
  }

  /** One that does not come again, in ASCII. */
  #plain(text: string): void {
    const { octets, length } = this;
    for (let at = 0; at < text.length; at += 1) octets[length + at] = text.charCodeAt(at);
    this.length = length + text.length;
  }

  #copy(source: Uint8Array): void {
    const { octets, length } = this;
    if (source.length > LOOP_OCTETS_MAX) octets.set(source, length);
    else for (let at = 0; at < source.length; at += 1) octets[length + at] = source[at]!;
    this.length = length + source.length;
  }

  #blanks(count: number): void {
    const { octets } = this;
    let at = this.length;
    for (const end = at + count; at < end; at += 1) octets[at] = BLANK;
    this.length = at;
  }

  #octet(octet: number): void {
    this.octets[this.length] = octet;
    this.length += 1;
  }
}

/** Gives where they end. */
function digitsAt(octets: Uint8Array, at: number, digits: number): number {
  octets[at] = digits;
  const count = digits >>> 24;
  if (count > 1) octets[at + 1] = digits >>> 8;
  if (count > 2) octets[at + 2] = digits >>> 16;
  return at + count;
}

function digitsOf(value: number): number {
  let digits = 1;
  for (let bound = 10; value >= bound; bound *= 10) digits += 1;
  return digits;
}
