/** The kernel's connections by the program conntrack, against the same by system calls. */
import { describe, expect, test } from 'vitest';
import { available, type Libc } from '../../../src/native/libc.ts';
import { ConntrackTool } from '../../../src/services/conntrack/conntrack-tool.ts';
import { SessionFilter } from '../../../src/services/filter.ts';
import { defaultMapping } from '../../../src/services/mapping-settings.ts';
import type { ServiceSession } from '../../../src/services/session.ts';
import { addConnections, type ConnectionText } from '../../support/connections.ts';
import { addNamespace, namespacesUnavailable } from '../../support/namespaces.ts';

const unavailable = namespacesUnavailable('conntrack');
if (unavailable !== undefined) console.warn(`skipped: conntrack -L: ${unavailable}`);

const kernel = available();
const libc = 'libc' in kernel ? kernel.libc : (undefined as unknown as Libc);
const { signal } = new AbortController();
const filter = new SessionFilter({});

function toolIn(namespace: string): ConntrackTool {
  return new ConntrackTool({
    mapping: () => defaultMapping,
    vrfs: () => [{ kind: 'namespace', name: namespace }],
  });
}

async function all(tool: ConntrackTool, limit?: number): Promise<readonly ServiceSession[]> {
  const sessions: ServiceSession[] = [];
  for await (const batch of tool.select({ filter, limit, signal })) sessions.push(...batch);
  return sessions;
}

const ends = { source: '10.1.0.1', destination: '10.2.0.1' };

const connections: readonly ConnectionText[] = [
  { original: { ...ends, protocol: 6, sourcePort: 9, destinationPort: 80 } },
  { original: { ...ends, protocol: 17, sourcePort: 9, destinationPort: 53 }, zone: 3 },
  { original: { ...ends, protocol: 1, icmpId: 7 } },
  { original: { ...ends, protocol: 50 } },
  { original: { ...ends, protocol: 47, sourcePort: 1, destinationPort: 2 } },
  { original: { source: '2001:db8::1', destination: '2001:db8::2', protocol: 58, icmpId: 4 } },
];

describe.skipIf(unavailable !== undefined)('in a namespace', () => {
  test('every connection is shown and counted, and a limit ends the reading', async () => {
    const name = addNamespace();
    const tool = toolIn(name);
    expect(await tool.problems()).toMatchObject([{ code: 'not-tracking' }]);
    addConnections(libc, { kind: 'namespace', name }, connections);
    expect((await all(tool)).map(({ flows }) => flows[0]!.protocol).toSorted((a, b) => a - b)).toEqual([
      1, 6, 17, 47, 50, 58,
    ]);
    expect(await all(tool, 2)).toHaveLength(2);
    expect(await tool.status()).toMatchObject({ method: 'conntrack -L', sessions: 6, problems: [] });
    expect(await tool.count({ filter: new SessionFilter({ destinationPort: 53 }), signal })).toMatchObject([
      { sessions: 1 },
    ]);
  }, 30_000);

  test('clear removes each kind of connection', async () => {
    const name = addNamespace();
    const tool = toolIn(name);
    addConnections(libc, { kind: 'namespace', name }, connections);
    expect(await tool.clear({ filter, signal })).toMatchObject([{ sessions: 6 }]);
    expect(await all(tool)).toEqual([]);
  }, 30_000);
});
