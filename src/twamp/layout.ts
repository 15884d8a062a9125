/** The notation of a message: one table of fields gives its size, offsets, encoding, decoding and type. */

/** A part of a message that holds a value; numbers are big-endian on the wire. */
export interface Field<Value> {
  readonly octets: number;
  read(view: DataView, offset: number): Value;
  /** Throws RangeError when the value does not fit the field. */
  write(view: DataView, offset: number, value: Value): void;
}

/** A part of a message that never reaches the value: it is written as `fill` and not looked at when read. */
export interface Constant {
  readonly octets: number;
  /** The first octet; all others are zero. */
  readonly fill: number;
}

export type Fields = Readonly<Record<string, Field<unknown> | Constant>>;

type ValueNames<F extends Fields> = { [Name in keyof F]: F[Name] extends Constant ? never : Name }[keyof F];

export type Values<F extends Fields> = {
  readonly [Name in ValueNames<F>]: F[Name] extends Field<infer Value> ? Value : never;
};

/** The value a Layout encodes and decodes. */
export type MessageOf<L> = L extends { decode(octets: Uint8Array): infer Message } ? Message : never;

/** A field and where it begins, in octets from the start of the message. */
interface Placed<Of extends Field<unknown> | Constant> {
  readonly name: string;
  readonly field: Of;
  readonly offset: number;
}

/** A message of fixed size. */
export class Layout<F extends Fields> {
  readonly name: string;
  readonly octets: number;
  readonly #offsets = new Map<keyof F, number>();
  readonly #constants: readonly Placed<Constant>[];
  readonly #values: readonly Placed<Field<unknown>>[];

  /** Fields in the order of the wire; `name` is the RFC's. */
  constructor(name: string, fields: F) {
    this.name = name;
    const constants: Placed<Constant>[] = [];
    const values: Placed<Field<unknown>>[] = [];
    let offset = 0;
    for (const [fieldName, field] of Object.entries(fields)) {
      this.#offsets.set(fieldName, offset);
      if ('fill' in field) constants.push({ name: fieldName, field, offset });
      else values.push({ name: fieldName, field, offset });
      offset += field.octets;
    }
    this.#constants = constants;
    this.#values = values;
    this.octets = offset;
  }

  /** How long a message is, whatever it says. */
  octetsIn(): number {
    return this.octets;
  }

  /** Where a field begins, in octets from the start of the message. */
  offset(field: keyof F): number {
    return this.#offsets.get(field)!;
  }

  /** Throws RangeError when a value does not fit its field: the fault is ours, never the peer's. */
  encode(message: Values<F>): Uint8Array {
    const octets = new Uint8Array(this.octets);
    const view = new DataView(octets.buffer);
    for (const { field, offset } of this.#constants) octets[offset] = field.fill;
    for (const { name, field, offset } of this.#values) {
      field.write(view, offset, message[name as ValueNames<F>]);
    }
    return octets;
  }

  /**
   * Reads one message from the start of `octets`; the result shares no memory with it. Throws RangeError if
   * short.
   */
  decode(octets: Uint8Array): Values<F> {
    if (octets.length < this.octets) throw new RangeError(`${this.name} is cut short`);
    const view = new DataView(octets.buffer, octets.byteOffset, this.octets);
    const values: Record<string, unknown> = {};
    for (const { name, field, offset } of this.#values) values[name] = field.read(view, offset);
    return values as Values<F>;
  }
}

function unsigned(octets: 1 | 2 | 4, valueMax = 2 ** (8 * octets) - 1): Field<number> {
  const bits = (8 * octets) as 8 | 16 | 32;
  const get = `getUint${bits}` as const;
  const set = `setUint${bits}` as const;
  return {
    octets,
    read: (view, offset) => (view[get](offset) & valueMax) >>> 0,
    write: (view, offset, value) => {
      if (!Number.isInteger(value) || value < 0 || value > valueMax) throw new RangeError(`0..${valueMax}`);
      view[set](offset, value);
    },
  };
}

export const u8 = unsigned(1);
export const u16 = unsigned(2);
export const u32 = unsigned(4);

/** The low half of an octet whose high half must be zero. */
export const lowNibble = unsigned(1, 0xf);

export const u64: Field<bigint> = {
  octets: 8,
  read: (view, offset) => view.getBigUint64(offset),
  write: (view, offset, value) => {
    if (BigInt.asUintN(64, value) !== value) throw new RangeError('0..2^64-1');
    view.setBigUint64(offset, value);
  },
};

/** Exactly `octets` octets. */
export function bytes(octets: number): Field<Uint8Array> {
  return {
    octets,
    read: (view, offset) => new Uint8Array(view.buffer, view.byteOffset + offset, octets).slice(),
    write: (view, offset, value) => {
      if (value.length !== octets) throw new RangeError(`${octets} octets`);
      new Uint8Array(view.buffer, view.byteOffset + offset, octets).set(value);
    },
  };
}

/** Must be zero: sent as zero, ignored when received. */
export const mbz = (octets: number): Constant => ({ octets, fill: 0 });

/** The command number that opens a command. */
export const commandNumber = (number: number): Constant => ({ octets: 1, fill: number });

/** 16 octets that the chains of keyed modes fill and check; zero and ignored in unauthenticated mode. */
export const hmac = mbz(16);
