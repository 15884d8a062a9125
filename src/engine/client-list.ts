/** Who may connect: prefixes that allow or deny, of which the longest match decides. */
import { Address4, Address6 } from 'ip-address';
import type { Finding } from '../config/commit.ts';
import type { Path } from '../config/tree.ts';
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

  constructor(lists: ClientLists, routingInstance: string) {
    this.#prefixes = [...decidingLists(lists).values()]
      .flatMap(({ type, address }) =>
        networksIn(address, routingInstance).map((text) => toPrefix(text, type === 'allow')),
      )
      .sort((one, other) => other.length - one.length || Number(one.allow) - Number(other.allow));
  }

  /** In the same order, for a reflector to match packets with. */
  get sources(): readonly SourcePrefix[] {
    return this.#prefixes.map(({ version, address, length, allow }) => {
      return { version, octets: encodeAddress(address), length, allow };
    });
  }

  /** `address` in the text form of Endpoint. Who is in no list may not. */
  allows(address: string): boolean {
    const version = ipVersionOf(address);
    const bits = bitsOf(address);
    const match = this.#prefixes.find(
      (prefix) => prefix.version === version && bits >> prefix.hostBits === prefix.bits >> prefix.hostBits,
    );
    return match?.allow ?? false;
  }
}

/** What is to be said of the client lists of the statement at `path`. */
export function verifyClientLists(
  lists: ClientLists,
  path: Path,
  instances: Pick<RoutingInstances, 'has'>,
): readonly Finding[] {
  const at = [...path, 'client-list'];
  if (lists.size === 0) return [{ severity: 'warning', code: 'no-client-list', path: at, details: {} }];
  const allowed = [...lists.values()].some(({ type, address }) => type === 'allow' && address.size > 0);
  const nobody: readonly Finding[] = allowed
    ? []
    : [{ severity: 'warning', code: 'no-client-allowed', path: at, details: {} }];
  const wrong = [...lists].flatMap(([list, { address }]) =>
    [...address].flatMap(([prefix, { 'routing-instance': names }]) => {
      const prefixPath = [...at, list, 'address', prefix];
      const noClient: readonly Finding[] = isNoClient(prefix)
        ? [{ severity: 'error', code: 'no-client-prefix', path: prefixPath, details: { prefix } }]
        : [];
      return [...noClient, ...verifyInstances(names, [...prefixPath, 'routing-instance'], instances)];
    }),
  );
  return [...nobody, ...wrong];
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
