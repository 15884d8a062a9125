/** What is written of the kernel's connections: as the program conntrack lists them, to the octet. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { within, type Vrf } from '../../../src/native/routing-instance.ts';
import { ConntrackSource } from '../../../src/services/conntrack/conntrack-source.ts';
import { ConntrackTool } from '../../../src/services/conntrack/conntrack-tool.ts';
import { SessionExport, type ExportForm } from '../../../src/services/export.ts';
import { SessionFilter } from '../../../src/services/filter.ts';
import { defaultMapping } from '../../../src/services/mapping-settings.ts';
import { isoTime } from '../../../src/render/time.ts';
import type { SessionSource } from '../../../src/services/source.ts';
import {
  addConnections,
  kernelConnections,
  type ConnectionText,
  type TupleText,
} from '../../support/connections.ts';
import { addNamespace } from '../../support/namespaces.ts';

const { unavailable, libc, worker } = kernelConnections('connection writer', 'conntrack');
const tuple = (protocol: number, rest: Partial<TupleText> = {}): TupleText => ({
  source: '10.0.0.1',
  destination: '10.0.0.2',
  protocol,
  ...rest,
});
const ports = { sourcePort: 1024, destinationPort: 80 };

const ASSURED = 0x4;
const REPLIED = 0xa;
const UNREPLIED = 0x8;
const IPV6 = { source: '2001:db8::1', destination: '2001:db8::2:0:0:1' };

/** One of each kind that is written otherwise. */
const connections: readonly ConnectionText[] = [
  { original: tuple(6, ports), mark: 0xfffffff0, zone: 5 },
  { original: tuple(6, { ...ports, destinationPort: 21 }), helper: 'ftp', status: REPLIED | ASSURED },
  { original: tuple(17, ports), status: UNREPLIED },
  {
    original: tuple(17, { ...ports, sourcePort: 9 }),
    reply: {
      protocol: 17,
      source: '10.9.0.2',
      destination: '192.0.2.1',
      sourcePort: 81,
      destinationPort: 999,
    },
  },
  { original: tuple(1, { icmpId: 77 }) },
  { original: tuple(58, { ...IPV6, icmpId: 65_535 }) },
  { original: tuple(17, { source: '::ffff:1.2.3.4', destination: '::1.2.3.4', ...ports }) },
  { original: tuple(47, { sourcePort: 16, destinationPort: 0xabcd }) },
  { original: tuple(132, ports) },
  { original: tuple(33, ports) },
  { original: tuple(136, ports) },
  { original: tuple(50) },
  { original: tuple(2) },
  { original: tuple(253) },
];

/** The program walks past the connections of all namespaces of the machine, each time. */
const TABLE_MILLIS = 120_000;

/** Names of conntrack's outputs, and what they are asked for with. */
const forms: readonly (readonly [form: ExportForm, hasIds: boolean, option: string | undefined])[] = [
  ['text', false, undefined],
  ['text', true, 'id'],
  ['extended', false, 'extended'],
  ['extended', true, 'extended,id'],
  ['save', false, 'save'],
  ['xml', false, 'xml'],
];

/** In no order, without what is another every second. */
const still = (text: string): readonly string[] =>
  text
    .replace(/(?<=^(?:ipv. +\d+ )?\w+ +\d+ |<timeout>|-t )\d+/gm, 'T')
    .split('\n')
    .toSorted();

async function exported(source: SessionSource, form: ExportForm, hasIds: boolean): Promise<string> {
  const filter = new SessionFilter({});
  const { signal } = new AbortController();
  const reading = { filter, signal, limit: undefined, form, hasIds, nowWallNanos: 0n, timeOf: isoTime };
  let text = '';
  for await (const piece of new SessionExport(source, reading).texts()) text += piece;
  return text;
}

describe.skipIf(unavailable !== undefined)('connections of the kernel', () => {
  const listedIn = (name: string, option: string | undefined): string => {
    const words = option === undefined ? [] : ['-o', option];
    return execFileSync('ip', ['netns', 'exec', name, 'conntrack', '-L', ...words], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  };

  test(
    'are written as the program conntrack lists them',
    async () => {
      const name = addNamespace();
      const vrf: Vrf = { kind: 'namespace', name };
      within(libc, vrf, () => writeFileSync('/proc/sys/net/netfilter/nf_conntrack_acct', '1'));
      addConnections(libc, vrf, connections);
      const parts = { mapping: () => defaultMapping, vrfs: () => [vrf] };
      const source = new ConntrackSource({ ...parts, libc, workerUrl: worker.url });
      onTestFinished(() => source.close());
      for (const [form, hasIds, option] of forms) {
        const wanted = still(listedIn(name, option));
        expect(wanted.filter((line) => /src|-s /.test(line))).toHaveLength(connections.length);
        expect(still(await exported(source, form, hasIds)), form).toEqual(wanted);
      }
      // Of its text alone, what it does not say is not to be had.
      const tool = new ConntrackTool(parts);
      for (const [form, hasIds, option] of forms.slice(0, 4))
        expect(still(await exported(tool, form, hasIds)), form).toEqual(still(listedIn(name, option)));
    },
    TABLE_MILLIS,
  );
});
