/** Whom a reflector without control connections answers: prefixes of sources, and ports that only reflectors have. */
import type { IpVersion } from './address-field.ts';
import type { PacketEnd } from './stamp-tlv-types.ts';

/** A prefix that is answered, or is not. */
export interface SourcePrefix {
  readonly version: IpVersion;
  /** 16 octets, as `encodeAddress` gives them. */
  readonly octets: Uint8Array;
  /** Of its bits, those that are compared. */
  readonly length: number;
  readonly allow: boolean;
}

/** What a reflector can be told anew while it runs. */
export interface LightRules {
  /** The first that matches decides: the longest stand first. Who matches none gets no answer. */
  readonly prefixes: readonly SourcePrefix[];
  /** Reflectors send from these: packets from there are answers, and to answer them would go on for ever. */
  readonly reflectorPorts: readonly number[];
}

/** The first `length` bits of 16 octets, as words in memory. */
function maskOf(length: number): Uint32Array {
  const octets = Uint8Array.from({ length: 16 }, (_, octet) => {
    const bits = Math.min(Math.max(length - 8 * octet, 0), 8);
    return 0xff00 >>> bits;
  });
  return new Uint32Array(octets.buffer);
}

function wordsOf(octets: Uint8Array): Uint32Array {
  return new Uint32Array(Uint8Array.from(octets).buffer);
}

/** Rules in the form in which they are asked about every packet. */
export class LightAdmission {
  readonly #prefixes: readonly (Pick<SourcePrefix, 'version' | 'allow'> & {
    readonly words: Uint32Array;
    readonly mask: Uint32Array;
  })[];
  readonly #reflectorPorts: ReadonlySet<number>;

  constructor({ prefixes, reflectorPorts }: LightRules) {
    this.#prefixes = prefixes.map(({ version, allow, octets, length }) => ({
      version,
      allow,
      words: wordsOf(octets),
      mask: maskOf(length),
    }));
    this.#reflectorPorts = new Set(reflectorPorts);
  }

  isReflector({ port }: PacketEnd): boolean {
    return this.#reflectorPorts.has(port);
  }

  allows({ version, address }: PacketEnd): boolean {
    for (let index = 0; index < this.#prefixes.length; index++) {
      const prefix = this.#prefixes[index]!;
      if (prefix.version === version && matches(address, prefix.words, prefix.mask)) return prefix.allow;
    }
    return false;
  }
}

function matches(address: Uint32Array, words: Uint32Array, mask: Uint32Array): boolean {
  for (let word = 0; word < address.length; word++) {
    if (((address[word]! ^ words[word]!) & mask[word]!) !== 0) return false;
  }
  return true;
}
