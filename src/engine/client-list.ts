/** Who may connect: prefixes that allow or deny, of which the longest match decides. */
import { Address4, Address6 } from 'ip-address';
import type { Finding, Findings } from '../config/commit.ts';
import type { Path } from '../config/tree.ts';
import { atOnce, type InTurns } from '../config/turns.ts';
import { encodeAddress, ipVersionOf, type IpVersion } from '../twamp/address-field.ts';
import type { SourcePrefix } from '../twamp/light-rules.ts';
import { verifyInstances, type RoutingInstances } from './routing-instances.ts';

/** The statement `client-list`: named lists of prefixes of one type each. */
export type ClientLists = ReadonlyMap<
  string,
  { readonly type: 'allow' | 'deny'; readonly address: ClientNetworks }
>;

/** By prefix; the routing instances that it is in, none for all. */
type ClientNetworks = ReadonlyMap<string, { readonly 'routing-instance': readonly string[] }>;

interface Prefix {
  readonly version: IpVersion;
  readonly address: string;
  readonly bits: bigint;
  /** How many of an address' low bits are not compared. */
  readonly hostBits: bigint;
  readonly length: number;
  readonly allow: boolean;
}

/** Without any list: this machine alone. */
const loopbackOnly: ClientLists = new Map([
  [
    'loopback',
    {
      type: 'allow',
      address: new Map([
        ['127.0.0.0/8', { 'routing-instance': [] }],
        ['::1/128', { 'routing-instance': [] }],
      ]),
    },
  ],
]);

/** The lists that decide: those given, or, without any, the one that stands in for them. */
export function decidingLists(lists: ClientLists): ClientLists {
  return lists.size === 0 ? loopbackOnly : lists;
}

/** Those of `networks` that are in the routing instance, in their order. */
export function networksIn(networks: ClientNetworks, routingInstance: string): readonly string[] {
  return [...networks].flatMap(([prefix, { 'routing-instance': names }]) =>
    names.length === 0 || names.includes(routingInstance) ? [prefix] : [],
  );
}

/** What the lists say in one routing instance. */
export class ClientList {
  /** Longest first; where a prefix is both allowed and denied, the denial first. */
  readonly #prefixes: readonly Prefix[];
  /** Longest first. */
  readonly #lengths: readonly OneLength[];
  #sources: readonly SourcePrefix[] | undefined;

  private constructor(prefixes: readonly Prefix[], lengths: readonly OneLength[]) {
    this.#prefixes = prefixes;
    this.#lengths = lengths;
  }

  static of(lists: ClientLists, routingInstance: string): ClientList {
    return atOnce(ClientList.inTurns(lists, routingInstance));
  }

  /** The same; lists that have not changed need not be read again. */
  static *inTurns(lists: ClientLists, routingInstance: string): InTurns<ClientList> {
    const known = read.get(lists) ?? new Map<string, ClientList>();
    read.set(lists, known);
    const list = known.get(routingInstance) ?? (yield* ClientList.#made(lists, routingInstance));
    known.set(routingInstance, list);
    return list;
  }

  static *#made(lists: ClientLists, routingInstance: string): InTurns<ClientList> {
    const prefixes = yield* prefixesOf(lists, routingInstance);
    return new ClientList(prefixes, yield* lengthsOf(prefixes));
  }

  /** In the same order, for a reflector to match packets with. */
  *sources(): InTurns<readonly SourcePrefix[]> {
    if (this.#sources) return this.#sources;
    const sources: SourcePrefix[] = [];
    for (const { version, address, length, allow } of this.#prefixes) {
      sources.push({ version, octets: encodeAddress(address), length, allow });
      yield;
    }
    return (this.#sources = sources);
  }

  /** `address` in the text form of Endpoint. Who is in no list may not. A look for each length, however many prefixes there are. */
  allows(address: string): boolean {
    const version = ipVersionOf(address);
    const bits = bitsOf(address);
    for (const one of this.#lengths) {
      if (one.version !== version) continue;
      const allow = one.allow.get(bits >> one.hostBits);
      if (allow !== undefined) return allow;
    }
    return false;
  }
}

/** Prefixes of one length and version. */
interface OneLength extends Pick<Prefix, 'version' | 'hostBits'> {
  /** By the bits that are compared; what is denied, too, is false. */
  readonly allow: Map<bigint, boolean>;
}

/** `prefixes`: in the order of a ClientList. */
function* lengthsOf(prefixes: readonly Prefix[]): InTurns<readonly OneLength[]> {
  const lengths: OneLength[] = [];
  const last = new Map<IpVersion, OneLength>();
  for (const { version, hostBits, bits, allow } of prefixes) {
    let one = last.get(version);
    if (one?.hostBits !== hostBits) {
      one = { version, hostBits, allow: new Map<bigint, boolean>() };
      last.set(version, one);
      lengths.push(one);
    }
    const compared = bits >> hostBits;
    if (!one.allow.has(compared)) one.allow.set(compared, allow);
    yield;
  }
  return lengths;
}

/** By lists and routing instance. */
const read = new WeakMap<ClientLists, Map<string, ClientList>>();

const LENGTH_MAX = 128;

/** Longest first, denials first: what is sorted by length is put in its place at once. */
function* prefixesOf(lists: ClientLists, routingInstance: string): InTurns<readonly Prefix[]> {
  const denied = Array.from({ length: LENGTH_MAX + 1 }, (): Prefix[] => []);
  const allowed = Array.from({ length: LENGTH_MAX + 1 }, (): Prefix[] => []);
  for (const { type, address } of decidingLists(lists).values()) {
    const places = type === 'allow' ? allowed : denied;
    for (const text of networksIn(address, routingInstance)) {
      const prefix = toPrefix(text, type === 'allow');
      places[prefix.length]!.push(prefix);
      yield;
    }
  }
  return denied
    .map((prefixes, length) => [...prefixes, ...allowed[length]!])
    .toReversed()
    .flat();
}

/** What is to be said of the client lists of the statement at `path`. */
export function* verifyClientLists(
  lists: ClientLists,
  path: Path,
  instances: Pick<RoutingInstances, 'has'>,
): Findings {
  const at = [...path, 'client-list'];
  const warning = (code: string): Finding => ({ severity: 'warning', code, path: at, details: {} });
  if (lists.size === 0) yield warning('no-client-list');
  else if (![...lists.values()].some(({ type, address }) => type === 'allow' && address.size > 0))
    yield warning('no-client-allowed');
  for (const [list, { address }] of lists) {
    for (const [prefix, { 'routing-instance': names }] of address) {
      const prefixPath = [...at, list, 'address', prefix];
      if (isNoClient(prefix))
        yield { severity: 'error', code: 'no-client-prefix', path: prefixPath, details: { prefix } };
      yield* verifyInstances(names, [...prefixPath, 'routing-instance'], instances);
      yield undefined;
    }
  }
}

/**
 * Whether no client can have an address of this prefix: the hosts 0.0.0.0 and 255.255.255.255, and multicast.
 */
function isNoClient(prefix: string): boolean {
  if (prefix.includes(':')) return new Address6(prefix).isMulticast();
  return ['0.0.0.0/32', '255.255.255.255/32'].includes(prefix) || new Address4(prefix).isMulticast();
}

function toPrefix(text: string, allow: boolean): Prefix {
  const [address, length] = text.split('/') as [string, string];
  const version = ipVersionOf(text);
  const hostBits = BigInt((version === 4 ? 32 : 128) - Number(length));
  return { version, address, bits: bitsOf(address), hostBits, length: Number(length), allow };
}

function bitsOf(address: string): bigint {
  return ipVersionOf(address) === 4 ? new Address4(address).bigInt() : new Address6(address).bigInt();
}
