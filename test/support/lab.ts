/**
 * A NAT router between network namespaces: inside -- lan0 [router] wan0 -- outside. Real FTP, SIP with RTP, TFTP, PPTP
 * with GRE, DNS, ICMP, IPv6 and plain TCP and UDP cross it, and their sessions stay open until it is closed.
 */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { available } from '../../src/native/libc.ts';
import { within } from '../../src/native/routing-instance.ts';
import { freshName, ip, namespacesUnavailable } from './namespaces.ts';

const PYTHON = '/usr/bin/python3';
const programs = join(import.meta.dirname, '../services/lab');

/** The kernel's helpers, by the protocol of what they look into. */
const helperProtocols = { ftp: 'tcp', tftp: 'udp', sip: 'udp', pptp: 'tcp' } as const;
export type Helper = keyof typeof helperProtocols;
const helperPorts: Readonly<Record<Helper, number>> = { ftp: 21, tftp: 69, sip: 5060, pptp: 1723 };

/** As the initiator knows it. Of ICMP, the source's port is the identifier; of GRE, ports are call ids. */
export interface LabSession {
  readonly protocol: number;
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number | null;
}

/** One direction as the program conntrack prints it. */
export interface ListedFlow {
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number | undefined;
  readonly destinationPort: number | undefined;
  readonly icmpId: number | undefined;
  readonly packets: number;
  readonly octets: number;
}

/** A line that the program conntrack prints. */
export interface Listed {
  readonly protocol: number;
  /** Undefined where it prints none. */
  readonly timeoutSeconds: number | undefined;
  readonly original: ListedFlow;
  readonly reply: ListedFlow;
  readonly isUnreplied: boolean;
  readonly helper: string | undefined;
  readonly zone: number;
  readonly mark: number;
  readonly id: number;
}

export interface Lab {
  /** Namespaces. */
  readonly inside: string;
  readonly router: string;
  readonly outside: string;
  /** Those that this kernel has; sessions of others are left out. */
  readonly helpers: readonly Helper[];
  readonly sessions: Readonly<Record<string, LabSession>>;
  /** What the program conntrack lists in the router's namespace. */
  listed(): readonly Listed[];
  close(): Promise<void>;
}

/** Why there is none on this machine; undefined where there is. */
export function labUnavailable(): string | undefined {
  return namespacesUnavailable('nft', 'conntrack', PYTHON);
}

/** Takes some seconds. */
export async function startLab(): Promise<Lab> {
  const namespaces = { inside: freshName(), router: freshName(), outside: freshName() };
  const running: ChildProcess[] = [];
  const close = async (): Promise<void> => {
    for (const child of running) await ended(child);
    for (const name of Object.values(namespaces)) spawnSync('ip', ['netns', 'delete', name]);
  };
  try {
    wire(namespaces);
    const helpers = route(namespaces.router);
    const start = async (namespace: string, program: string, ...words: string[]): Promise<string> => {
      const child = run(namespace, program, words);
      running.push(child);
      return firstLine(child, program);
    };
    await start(namespaces.outside, 'outside.py');
    const told = await start(namespaces.inside, 'inside.py', ...helpers);
    const sessions = JSON.parse(told) as Lab['sessions'];
    return { ...namespaces, helpers, sessions, listed: () => listedIn(namespaces.router), close };
  } catch (error) {
    await close();
    throw error;
  }
}

type Namespaces = Readonly<Record<'inside' | 'router' | 'outside', string>>;

function wire({ inside, router, outside }: Namespaces): void {
  for (const name of [inside, router, outside]) {
    ip('netns', 'add', name);
    ip('-n', name, 'link', 'set', 'lo', 'up');
  }
  ip('link', 'add', 'lan0', 'netns', router, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', inside);
  ip('link', 'add', 'wan0', 'netns', router, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', outside);
  const addresses: readonly (readonly [namespace: string, device: string, ...addresses: string[]])[] = [
    [inside, 'eth0', '10.10.10.2/24', '10.10.10.3/24', '2001:db8:10::2/64', '2001:db8:10::3/64'],
    [router, 'lan0', '10.10.10.1/24', '2001:db8:10::1/64'],
    [router, 'wan0', '10.20.20.254/24', '2001:db8:20::1/64'],
    [outside, 'eth0', '10.20.20.1/24', '2001:db8:20::2/64'],
  ];
  for (const [namespace, device, ...all] of addresses) {
    for (const address of all) ip('-n', namespace, 'address', 'add', address, 'dev', device, 'nodad');
    ip('-n', namespace, 'link', 'set', device, 'up');
  }
  ip('-n', inside, 'route', 'add', 'default', 'via', '10.10.10.1');
  ip('-n', inside, '-6', 'route', 'add', 'default', 'via', '2001:db8:10::1');
  ip('-n', outside, 'route', 'add', '10.11.11.0/24', 'via', '10.20.20.254');
  ip('-n', outside, 'route', 'add', '192.0.2.0/24', 'via', '10.20.20.254');
  ip('-n', outside, '-6', 'route', 'add', 'default', 'via', '2001:db8:20::1');
}

/** Sessions last for as long as a test may take; only what is compared changes while it runs. */
const LASTING = '600';
const settings: Readonly<Record<string, string>> = {
  'net/ipv4/ip_forward': '1',
  'net/ipv6/conf/all/forwarding': '1',
  'net/netfilter/nf_conntrack_acct': '1',
  'net/netfilter/nf_conntrack_udp_timeout': LASTING,
  'net/netfilter/nf_conntrack_udp_timeout_stream': LASTING,
  'net/netfilter/nf_conntrack_icmp_timeout': LASTING,
  'net/netfilter/nf_conntrack_icmpv6_timeout': LASTING,
  'net/netfilter/nf_conntrack_gre_timeout': LASTING,
  'net/netfilter/nf_conntrack_gre_timeout_stream': LASTING,
};

/** Gives the helpers that the kernel has. */
function route(router: string): readonly Helper[] {
  const kernel = available();
  if ('reason' in kernel) throw new Error(kernel.reason);
  within(kernel.libc, { kind: 'namespace', name: router }, () => {
    for (const [name, value] of Object.entries(settings)) writeFileSync(`/proc/sys/${name}`, value);
  });
  nft(router, 'table inet lab {}');
  const helpers = (Object.keys(helperProtocols) as Helper[]).filter((helper) => {
    try {
      nft(
        router,
        `table inet lab {
          ct helper ${helper}-h { type "${helper}" protocol ${helperProtocols[helper]}; }
        }`,
      );
      return true;
    } catch {
      return false;
    }
  });
  nft(router, rules(helpers));
  return helpers;
}

/**
 * The mark, from its lowest digit: state; 1 where the initiator is outside; 1 in the service set web; 1 inside and
 * 2 outside, for services interfaces. What is expected has the mark of its master.
 */
function rules(helpers: readonly Helper[]): string {
  const helping = helpers.map(
    (helper) =>
      `ct state new ${helperProtocols[helper]} dport ${helperPorts[helper]} ct helper set "${helper}-h"`,
  );
  return `table inet lab {
    chain zones {
      type filter hook prerouting priority raw
      iifname "lan0" udp dport 7777 ct zone set 7
      iifname "wan0" udp sport 7777 ct zone set 7
    }
    chain marks {
      type filter hook prerouting priority mangle
      ct state new iifname "lan0" ct mark set 0x1001
      ct state new iifname "wan0" ct mark set 0x2011
      ct state new iifname "lan0" tcp dport { 23, 80 } ct mark set 0x1101
      ct state new iifname "lan0" tcp dport 8443 ct mark set 0x1004
      ${helping.join('\n')}
    }
    chain destinations {
      type nat hook prerouting priority dstnat
      ip daddr 10.11.11.80 tcp dport 8080 dnat ip to 10.20.20.1:80
      ip daddr 10.20.20.254 tcp dport 8081 dnat ip to 10.10.10.2
    }
    chain sources {
      type nat hook postrouting priority srcnat
      oifname "wan0" ip saddr 10.10.10.0/24 udp dport 53 snat ip to 192.0.2.53
      oifname "wan0" ip saddr 10.10.10.0/24 tcp dport 8443 masquerade
      oifname "wan0" ip saddr 10.10.10.0/24 snat ip to 10.11.11.11
      oifname "wan0" ip6 saddr 2001:db8:10::3 snat ip6 to 2001:db8:20:1::9
    }
  }`;
}

function nft(namespace: string, input: string): void {
  execFileSync('ip', ['netns', 'exec', namespace, 'nft', '-f', '-'], { input, stdio: 'pipe' });
}

function run(namespace: string, program: string, words: readonly string[]): ChildProcess {
  return spawn('ip', ['netns', 'exec', namespace, PYTHON, '-B', '-u', join(programs, program), ...words], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** Rejects when the program ends without one, with what it said. */
async function firstLine(child: ChildProcess, program: string): Promise<string> {
  let said = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (said += text));
  const lines = createInterface({ input: child.stdout! });
  const [line] = (await Promise.race([once(lines, 'line'), once(child, 'close')])) as [unknown];
  if (typeof line !== 'string') throw new Error(`${program} has ended: ${said}`);
  return line;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

function listedIn(namespace: string): readonly Listed[] {
  const words = ['netns', 'exec', namespace, 'conntrack', '-L', '-o', 'extended,id'];
  const text = execFileSync('ip', words, { encoding: 'utf8', stdio: 'pipe' });
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map(listedOf);
}

/** Read by itself: what is tested has a parser of its own. */
function listedOf(line: string): Listed {
  const [, , , number, fourth] = line.split(/\s+/);
  const directions = line.split(/(?=\bsrc=)/).slice(1);
  if (directions.length !== 2) throw new Error(`no connection: ${line}`);
  const [original, reply] = directions.map(flowOf) as [ListedFlow, ListedFlow];
  const value = (name: string): number | undefined => numberOf(directions[1]!, name);
  return {
    protocol: Number(number),
    timeoutSeconds: /^\d+$/.test(fourth!) ? Number(fourth) : undefined,
    original,
    reply,
    isUnreplied: line.includes('[UNREPLIED]'),
    helper: /\bhelper=(\S+)/.exec(line)?.[1],
    zone: value('zone') ?? 0,
    mark: value('mark') ?? 0,
    // ICMP has an id of its own before.
    id: Number(/\bid=(\d+)$/.exec(line)![1]),
  };
}

function flowOf(text: string): ListedFlow {
  const word = (name: string): string => new RegExp(`\\b${name}=(\\S+)`).exec(text)![1]!;
  const isIcmp = text.includes('type=');
  return {
    source: word('src'),
    destination: word('dst'),
    sourcePort: numberOf(text, 'sport') ?? numberOf(text, 'srckey'),
    destinationPort: numberOf(text, 'dport') ?? numberOf(text, 'dstkey'),
    icmpId: isIcmp ? numberOf(text, 'id') : undefined,
    packets: numberOf(text, 'packets')!,
    octets: numberOf(text, 'bytes')!,
  };
}

function numberOf(text: string, name: string): number | undefined {
  const found = new RegExp(`\\b${name}=(\\S+)`).exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}
