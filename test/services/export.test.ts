/** Sessions that are exported: the forms of their texts, and what is counted. */
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { noDetails, type ListedConnection } from '../../src/services/conntrack/connection-details.ts';
import { parseConnectionLine } from '../../src/services/conntrack/connection-text.ts';
import { SessionExport, type ExportForm, type ExportOptions } from '../../src/services/export.ts';
import { SessionFilter } from '../../src/services/filter.ts';
import type { ServiceSession } from '../../src/services/session.ts';
import type { SelectOptions, SessionSource } from '../../src/services/source.ts';
import { flow, session } from '../support/service-sessions.ts';

const asked: SelectOptions[] = [];

function sourceOf(name: 'select' | 'connections', batches: readonly (readonly unknown[])[]): SessionSource {
  const read = (options: SelectOptions) => {
    asked.push(options);
    return Readable.from(batches);
  };
  return { [name]: read } as unknown as SessionSource;
}

const optionsOf = (form: ExportForm, rest: Partial<ExportOptions> = {}): ExportOptions => ({
  ...{ filter: new SessionFilter({}), limit: 9, signal: new AbortController().signal },
  ...{ form, hasIds: false, nowWallNanos: 0n, timeOf: (nanos) => `at ${nanos}` },
  ...rest,
});

const sessions = (count: number): ServiceSession[] =>
  Array.from({ length: count }, (_, at) => session([flow(6, '10.0.0.1:1', '10.0.0.2:2')], { id: at + 1 }));

async function textsOf(exported: SessionExport): Promise<string[]> {
  const texts: string[] = [];
  for await (const text of exported.texts()) texts.push(text);
  return texts;
}

const idsIn = (text: string): number[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { readonly 'session-id': number })['session-id']);

test('lines of JSON come 64 at a time, and each is counted when it does', async () => {
  const options = optionsOf('json-lines');
  const exported = new SessionExport(sourceOf('select', [sessions(128), [], sessions(65)]), options);
  const found: [sessions: number, first: number, last: number][] = [];
  for await (const text of exported.texts()) {
    const ids = idsIn(text);
    found.push([exported.sessions, ids[0]!, ids.at(-1)!]);
  }
  expect(found).toEqual([
    [64, 1, 64],
    [128, 65, 128],
    [192, 1, 64],
    [193, 65, 65],
  ]);
  expect(exported.leftOut).toBe(0);
  expect(asked.at(-1)).toBe(options);
});

test('times are written as they are to be', async () => {
  const ended = session([flow(6, '10.0.0.1:1', '10.0.0.2:2')], { startedWallNanos: 5n, endedWallNanos: 7n });
  const [line] = await textsOf(new SessionExport(sourceOf('select', [[ended]]), optionsOf('json-lines')));
  expect(line).toContain('"at 5"');
  expect(line).toContain('"at 7"');
});

const { connection } = parseConnectionLine(
  'ipv4 2 udp 17 29 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 mark=0 use=1 id=7',
);
const listed: ListedConnection = { connection, details: noDetails };

test.each<[form: ExportForm, begins: RegExp, ends: RegExp]>([
  ['text', /^udp +17 29 src=10\.0\.0\.1 /, / mark=0 id=7\n$/],
  ['extended', /^ipv4 +2 udp +17 29 src=10\.0\.0\.1 /, / mark=0 id=7\n$/],
  ['save', /^-A .*-s 10\.0\.0\.1 /, /[^\n]\n$/],
  ['xml', /^<\?xml [^>]*>\n<conntrack>\n<flow>/, /<\/flow>\n<\/conntrack>\n$/],
])(
  '%s is what conntrack writes, batch by batch; what has no words is counted',
  async (form, begins, ends) => {
    const source = sourceOf('connections', [[listed, undefined], [listed]]);
    const exported = new SessionExport(source, optionsOf(form, { hasIds: true }));
    const texts = await textsOf(exported);
    expect(texts).toHaveLength(form === 'xml' ? 4 : 2);
    expect(texts.join('')).toMatch(begins);
    expect(texts.join('')).toMatch(ends);
    expect([exported.sessions, exported.leftOut]).toEqual([2, 1]);
  },
);

test.each(['text', 'extended'] as const)('%s has ids where they are wanted', async (form) => {
  const exported = new SessionExport(sourceOf('connections', [[listed]]), optionsOf(form));
  expect((await textsOf(exported)).join('')).not.toContain('id=7');
});
