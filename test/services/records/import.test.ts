/** Tests of imports: every form of conntrack's output, our own records, what is refused, and what is not. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ENTRY_CHARACTERS_MAX } from '../../../src/services/records/import-reader.ts';
import {
  IMPORT_PROBLEMS_MAX,
  IMPORTED_SESSIONS_MAX,
  ImportError,
  importSessions,
  type ImportRequest,
} from '../../../src/services/records/import.ts';
import type { ServiceSessionStore, StoredSession } from '../../../src/store/service-session-store.ts';
import { defaultMapping } from '../../../src/services/mapping-settings.ts';
import { pcap, Scene } from '../../support/captures.ts';
import { chunksOf } from '../../support/chunks.ts';
import { openShell, runAll, startRouter, type TestRouter } from '../../support/router.ts';
import { many } from '../../support/many.ts';
import { endedRecord, mixedRecords } from '../../support/service-records.ts';
import { importText } from '../../support/service-router.ts';

const folder = join(import.meta.dirname, '../../vectors/conntrack');
const vector = (name: string): string => readFileSync(join(folder, name), 'utf8');

/** What the captured router was configured like. */
const configuration = [
  'services interfaces ms-1/0/0 zone 7',
  'services interfaces mams-5/0/0 mark 0x10000/0xffff0000',
  'services interfaces mams-5/1/0 mark 0x20000/0xffff0000',
  'services interfaces ams0 member-interface [ mams-5/0/0 mams-5/1/0 ]',
  'services service-set nat mark 0x200/0xff00',
  'services session-source inside-prefix [ 10.10.10.0/24 2001:db8:10::/48 ]',
  'services session-source state-mask 0xf',
];

async function configuredRouter(): Promise<TestRouter> {
  const test = await startRouter();
  const lines = configuration.map((statement) => `set ${statement}`);
  await runAll(await openShell(test), 'configure', ...lines, 'commit');
  return test;
}

interface Flow {
  readonly protocol: number;
  readonly 'source-address': string;
  readonly 'frame-count': number;
}
interface Session {
  readonly 'interface-name': string;
  readonly 'session-id': number;
  readonly flow: readonly Flow[];
  readonly 'end-time'?: string;
}

const SHOW = 'show services sessions';

async function sessionsOf(test: TestRouter, command = SHOW): Promise<readonly Session[]> {
  const json = await runAll(await openShell(test), `${command} | display json`);
  return (JSON.parse(json) as { readonly 'msp-session': readonly Session[] })['msp-session'];
}

describe('listings of conntrack', () => {
  it('are mapped as configured', async () => {
    const test = await configuredRouter();
    expect(await importText(test, vector('conntrack-L-extended-id.txt'))).toEqual({
      form: 'text',
      sessions: 25,
      skipped: 0,
      refused: 0,
      problems: [],
      captures: [],
      unpaired: 0,
    });
    const text = await runAll(await openShell(test), `${SHOW} extensive`);
    await expect(text).toMatchFileSnapshot(join(folder, 'show-services-sessions-extensive.txt'));
  });

  /** What does not change from one second to the next, nor is left out by one form alone. */
  const lasting = (sessions: readonly Session[]): unknown[] =>
    sessions.map((session) => ({
      ...session,
      flow: session.flow.map((flow) => ({
        protocol: flow.protocol,
        ends: Object.entries(flow).filter(([name]) => /^(source|destination)-/.test(name)),
      })),
    }));

  it.each(['conntrack-L-extended-id-ktimestamp.txt', 'conntrack-L.xml'])(
    '%s has the same sessions',
    async (name) => {
      const [one, other] = [await configuredRouter(), await configuredRouter()];
      await importText(one, vector('conntrack-L-extended-id.txt'));
      expect(await importText(other, vector(name))).toMatchObject({ sessions: 25, refused: 0 });
      const wanted = lasting(await sessionsOf(one));
      if (!name.endsWith('.xml')) expect(lasting(await sessionsOf(other))).toEqual(wanted);
      // Two sessions came and went; XML says nothing of ICMP's identifiers, which the session id is made with.
      else {
        const ids = (sessions: readonly Session[]) => sessions.map((each) => each['session-id'] % 2 ** 32);
        expect(ids(await sessionsOf(other))).toEqual(ids(await sessionsOf(one)));
      }
    },
  );

  it('/proc/net/nf_conntrack has the same, but for ids and helpers', async () => {
    const [one, other] = [await configuredRouter(), await configuredRouter()];
    await importText(one, vector('conntrack-L-extended-id.txt'));
    expect(await importText(other, vector('proc-nf_conntrack.txt'))).toMatchObject({
      sessions: 25,
      refused: 0,
    });
    const keys = async (test: TestRouter) =>
      (await sessionsOf(test))
        .map(
          ({ 'interface-name': name, flow: [first] }) =>
            `${name} ${first!.protocol} ${first!['source-address']}`,
        )
        .toSorted();
    expect(await keys(other)).toEqual(await keys(one));
    const ids = (await sessionsOf(other)).map((each) => each['session-id']);
    expect(new Set(ids).size).toBe(25);
  });

  it('what conntrack -o save prints has them, too', async () => {
    const test = await configuredRouter();
    const result = await importText(test, vector('conntrack-L-save.txt'));
    expect(result).toMatchObject({ form: 'text', sessions: 25, refused: 0 });
    expect(await sessionsOf(test, `${SHOW} destination-port 1723`)).toHaveLength(1);
  });

  it('events give the sessions that have ended', async () => {
    const test = await configuredRouter();
    const result = await importText(test, vector('conntrack-E-DESTROY-sample.txt'));
    expect(result).toMatchObject({ sessions: 2, refused: 0 });
    expect(await sessionsOf(test)).toEqual([]);
    const ended = await sessionsOf(test, `${SHOW} history`);
    expect(ended.map((each) => each['end-time'])).toEqual([
      '2026-11-22T08:20:43.742509000Z',
      '2026-11-22T08:20:43.742516000Z',
    ]);
  });

  it('events of connections that go on are left out', async () => {
    const test = await configuredRouter();
    const events = vector('conntrack-E-id-timestamp.txt');
    const destroyed = events.split('[DESTROY]').length - 1;
    const result = await importText(test, events, undefined, false);
    expect(result).toMatchObject({ sessions: destroyed, refused: 0 });
    expect(result.skipped).toBe(events.trim().split('\n').length - destroyed);
    expect(await importText(test, vector('conntrack-E-xml.xml'), undefined, false)).toMatchObject({
      form: 'xml',
      refused: 0,
    });
  });
});

describe('records', () => {
  const records = [...mixedRecords, endedRecord];
  const lines = records.map((record) => `${JSON.stringify(record)}\n`).join('');

  it('of JSON lines come back as JSON that can be imported again', async () => {
    const test = await startRouter();
    expect(await importText(test, lines)).toMatchObject({ form: 'json-lines', sessions: 5 });
    for (const command of [SHOW, `${SHOW} history`]) {
      await importText(test, lines);
      const json = await runAll(await openShell(test), `${command} | display json`);
      expect(await importText(test, json)).toMatchObject({ form: 'json', refused: 0 });
      expect(await runAll(await openShell(test), `${command} | display json`)).toBe(json);
    }
  });

  it('may be an array, a document, or a document in one line', async () => {
    const test = await startRouter();
    for (const value of [records, { 'msp-session': records }]) {
      for (const indent of [0, 1]) {
        const result = await importText(test, JSON.stringify(value, undefined, indent));
        expect(result).toMatchObject({ sessions: 5, refused: 0 });
      }
    }
  });

  it.each([
    [{ flow: undefined }, 'missing', 'flow'],
    [{ flow: [] }, 'invalid', 'flow'],
    [{ 'session-id': undefined }, 'missing', 'session-id'],
    [{ 'session-id': -1 }, 'invalid', 'session-id'],
    [{ 'session-id': 2 ** 53 }, 'invalid', 'session-id'],
    [{ alg: 'a\u001b[2J' }, 'invalid', 'alg'],
    [{ 'interface-name': 'eth0' }, 'invalid', 'interface-name'],
    [{ 'interface-name': 'ms-0/0/0 ' }, 'invalid', 'interface-name'],
    [{ 'aggregate-interface-name': 'ams' }, 'invalid', 'aggregate-interface-name'],
    [{ 'service-set-name': 'a b' }, 'invalid', 'service-set-name'],
    [{ 'service-set-name': 'ü' }, 'invalid', 'service-set-name'],
    [{ 'service-set-name': 'a'.repeat(65) }, 'invalid', 'service-set-name'],
    [{ flags: 2 ** 32 }, 'invalid', 'flags'],
    [{ offload: 'no' }, 'invalid', 'offload'],
    [{ 'end-time': 'yesterday' }, 'invalid', 'end-time'],
    [{ 'end-time': '1969-12-31T23:59:59Z' }, 'invalid', 'end-time'],
    [{ 'end-time': '2262-04-11T23:47:16.854775808Z' }, 'invalid', 'end-time'],
    [{ flow: [{ protocol: 256 }] }, 'invalid', 'protocol'],
    [{ flow: [{ protocol: 6 }] }, 'missing', 'source-address'],
    [{ flow: [{ protocol: 6, 'source-address': '1.2.3.4.5' }] }, 'invalid', 'source-address'],
    [
      { flow: [{ protocol: 6, 'source-address': '1.2.3.4', 'destination-address': '1::2' }] },
      'invalid',
      'destination-address',
    ],
  ])('%o is refused by line and name', async (change, code, subject) => {
    const test = await startRouter();
    const wrong = JSON.stringify({ ...mixedRecords[0], ...change });
    const result = await importText(test, `${lines}\n${wrong}\n`);
    expect(result).toMatchObject({ sessions: 5, refused: 1, problems: [{ line: 7, code, subject }] });
  });
});

describe('what cannot be imported', () => {
  const good = vector('conntrack-L-ipv6.txt');

  it('is named, the first of them, and counted', async () => {
    const test = await startRouter();
    const bad = [
      'rubbish',
      'tcp 6 1 ESTABLISHED src=10.0.0.1',
      'tcp 6 1 X src=10.0.0.300 dst=1.1.1.1 src=1.1.1.1 dst=1.1.1.1',
      'tcp 6 1 X src=10.0.0.3 dst=1::1 src=1::1 dst=10.0.0.3',
      'tcp 6 1 X src=10.0.0.3 dst=1.1.1.1 src=1::1 dst=1::2',
    ];
    const result = await importText(test, `${good}${bad.join('\n')}\n${'more\n'.repeat(20)}`);
    expect(result).toMatchObject({ sessions: 2, refused: 25 });
    expect(result.problems).toHaveLength(IMPORT_PROBLEMS_MAX);
    expect(result.problems.slice(0, 5)).toEqual([
      { line: 3, code: 'not-a-connection', subject: '' },
      { line: 4, code: 'not-a-connection', subject: '' },
      { line: 5, code: 'invalid', subject: 'src' },
      { line: 6, code: 'invalid', subject: 'dst' },
      { line: 7, code: 'invalid', subject: 'src' },
    ]);
  });

  it('leaves what was there before, where there is nothing else', async () => {
    const test = await startRouter();
    await importText(test, good);
    await expect(importText(test, 'rubbish\nmore rubbish\n')).rejects.toMatchObject({ code: 'nothing' });
    expect(await sessionsOf(test)).toHaveLength(2);
    expect(test.state.services.imports()).toHaveLength(1);
  });

  it.each([
    ['nothing', ''],
    ['empty lines', '\n\n'],
    ['no element', '<conntrack></conntrack>'],
    ['an empty document', '{"source": "records", "msp-session": []}'],
    [
      'events of what goes on',
      '[NEW] udp 17 30 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1\n',
    ],
  ])('is %s in place of what is there', async (_, text) => {
    const test = await startRouter();
    await importText(test, good);
    await expect(importText(test, text)).rejects.toMatchObject({
      ...{ name: 'ImportError', message: 'import: empty', code: 'empty', details: { file: 'test' } },
    });
    expect(await sessionsOf(test)).toHaveLength(2);
  });

  it.each([
    ['a line', (text: string) => text.trim()],
    ['an element', (text: string) => `<flow>${text}</flow>`],
    ['an object', (text: string) => `[\n{"a": "${text}"}]`],
  ])('is %s that is too long, after which others are read', async (_, wrap) => {
    const test = await startRouter();
    const entry = wrap('x'.repeat(ENTRY_CHARACTERS_MAX + 1));
    await expect(importText(test, `${entry}\n`)).rejects.toMatchObject({ code: 'nothing' });
    const result = await importText(test, `${good}${'x'.repeat(3 * ENTRY_CHARACTERS_MAX)}\n${good}`);
    expect(result).toMatchObject({ sessions: 4, problems: [{ line: 3, code: 'too-long', subject: '' }] });
  });

  it('is anything: a file that is cut or changed anywhere is imported or refused, entry by entry', async () => {
    const { services: store } = (await startRouter()).state;
    const request = { name: 'test', replace: true, nowWallNanos: 0n, mapping: defaultMapping };
    const { signal } = new AbortController();
    const texts = [
      vector('conntrack-L.xml'),
      vector('conntrack-L-extended-id.txt'),
      JSON.stringify({ 'msp-session': mixedRecords }, undefined, 2),
    ];
    const change = fc.record({
      text: fc.constantFrom(...texts),
      at: fc.nat(20_000),
      replacement: fc.string({ maxLength: 12, unit: 'binary' }),
      cut: fc.boolean(),
      chunk: fc.integer({ min: 1, max: 5000 }),
    });
    await fc.assert(
      fc.asyncProperty(change, async ({ text, at, replacement, cut, chunk }) => {
        const place = at % text.length;
        const rest = cut ? '' : text.slice(place + replacement.length);
        const changed = text.slice(0, place) + replacement + rest;
        const imported = importSessions(store, () => chunksOf(changed, chunk), request, signal);
        await imported.catch((error: unknown) =>
          expect(['nothing', 'empty']).toContain((error as ImportError).code),
        );
      }),
      { numRuns: many(60), seed: 1 },
    );
  });

  /** A store that keeps what is inserted. */
  async function readSessions(text: string, chunk?: number): Promise<readonly string[]> {
    const found: StoredSession[] = [];
    const store = {
      beginImport: () => 1,
      insert: (sessions: readonly StoredSession[]) => found.push(...sessions),
      endImport: () => undefined,
      abandonImport: () => undefined,
    } as unknown as ServiceSessionStore;
    const request = { name: 'test', replace: false, nowWallNanos: 0n, mapping: defaultMapping };
    const { signal } = new AbortController();
    try {
      await importSessions(store, () => chunksOf(text, chunk), request, signal);
    } catch (error) {
      if (!(error instanceof ImportError)) throw error;
    }
    return found.map((session) => inspect(session, { depth: null }));
  }

  it.each([
    'conntrack-L-extended-id.txt',
    'conntrack-L-extended-id-ktimestamp.txt',
    'conntrack-L-save.txt',
    'conntrack-L.xml',
    'conntrack-E-DESTROY-sample.txt',
    'proc-nf_conntrack.txt',
    'JSON',
    'JSON lines',
  ])(
    'is no session that is cut: %s, ending anywhere, has the first of its own and no other',
    async (name) => {
      const text =
        name === 'JSON'
          ? JSON.stringify({ 'msp-session': mixedRecords }, undefined, 2)
          : name === 'JSON lines'
            ? mixedRecords.map((record) => `${JSON.stringify(record)}\n`).join('')
            : vector(name);
      const whole = await readSessions(text);
      expect(whole.length).toBeGreaterThan(0);
      await fc.assert(
        fc.asyncProperty(fc.nat(text.length), fc.integer({ min: 1, max: 5000 }), async (end, chunk) => {
          const found = await readSessions(text.slice(0, end), chunk);
          expect(found).toEqual(whole.slice(0, found.length));
        }),
        { numRuns: many(150), seed: 1 },
      );
    },
  );

  it('is no question of how the file is read', async () => {
    const [one, other] = [await startRouter(), await startRouter()];
    for (const name of ['conntrack-L.xml', 'conntrack-L-extended-id.txt']) {
      await importText(one, vector(name));
      await importText(other, vector(name), 7);
      expect(await sessionsOf(other)).toEqual(await sessionsOf(one));
    }
  });
});

describe('an import', () => {
  const request = { name: 'test', replace: false, nowWallNanos: 5n, mapping: defaultMapping };
  const { signal } = new AbortController();
  type Chunks = AsyncIterable<Uint8Array>;

  /** Of files, in this order, into a store that says how many sessions it was given at once. */
  async function imported(files: readonly Chunks[], rest: Partial<ImportRequest> = {}, sessionsMax?: number) {
    const inserted: StoredSession[][] = [];
    const store = {
      beginImport: () => 1,
      insert: (sessions: readonly StoredSession[]) => inserted.push([...sessions]),
      endImport: () => undefined,
      abandonImport: () => undefined,
    } as unknown as ServiceSessionStore;
    const left = [...files];
    const result = await importSessions(
      ...[store, () => left.shift()!, { ...request, ...rest }, signal, sessionsMax],
    );
    return { result, inserted, lengths: inserted.map((each) => each.length) };
  }

  const line = (id: number): string => `${JSON.stringify({ ...mixedRecords[0], 'session-id': id })}\n`;
  async function* linesOf(count: number, perChunk: number): AsyncGenerator<Uint8Array> {
    for (let id = 1; id <= count; id += perChunk)
      yield await Promise.resolve(
        Buffer.from(
          Array.from({ length: Math.min(perChunk, count - id + 1) }, (_, at) => line(id + at)).join(''),
        ),
      );
  }
  const datagrams = (count: number): Scene => {
    const scene = new Scene();
    for (let port = 1; port <= count; port += 1) scene.datagram('10.0.0.1', port, '10.0.0.2', 9);
    return scene;
  };

  it('stores 256 sessions at once, or what a piece of the file has more', async () => {
    const { lengths, inserted } = await imported([linesOf(600, 1)]);
    expect(lengths).toEqual([256, 256, 88]);
    expect(inserted.flat().map(({ id }) => id)).toEqual(Array.from({ length: 600 }, (_, at) => at + 1));
    expect((await imported([linesOf(600, 100)])).lengths).toEqual([300, 300, 0]);
    const capture = await imported([chunksOf(pcap(datagrams(600).frames), 65_536)]);
    expect(capture.lengths).toEqual([256, 256, 88]);
    expect(capture.result).toMatchObject({ form: 'pcap', sessions: 600, skipped: 0, refused: 0 });
    expect(new Set(capture.inserted.flat().map(({ id }) => id)).size).toBe(600);
  });

  it('of as many sessions as may be, and of more', async () => {
    expect(IMPORTED_SESSIONS_MAX).toBe(4_000_000);
    expect((await imported([linesOf(3, 1)], {}, 3)).result).toMatchObject({ sessions: 3, skipped: 0 });
    await expect(imported([linesOf(4, 1)], {}, 3)).rejects.toMatchObject({
      ...{ code: 'too-many', details: { maximum: 3 } },
    });
  });

  it('of two files says which of them is no capture', async () => {
    const capture = () => chunksOf(pcap(datagrams(1).frames));
    const two = (...files: Chunks[]) => imported(files, { outsideName: 'outside' });
    const refused = (file: number) => ({ code: 'not-a-capture', details: { file } });
    await expect(two(linesOf(1, 1), capture())).rejects.toMatchObject(refused(1));
    await expect(two(capture(), linesOf(1, 1))).rejects.toMatchObject(refused(2));
    expect((await two(capture(), capture())).result).toMatchObject({ sessions: 1, unpaired: 0 });
  });

  it('knows the form by the first line with something in it, however the file is cut', async () => {
    for (const piece of [1, 2, 1000]) {
      const formOf = async (text: string) => (await imported([chunksOf(text, piece)])).result.form;
      expect(await formOf(`\n \n${line(1)}${line(2)}`)).toBe('json-lines');
      expect(await formOf(line(1).trimEnd())).toBe('json-lines');
      expect(await formOf(`[\n${line(1)}]`)).toBe('json');
      expect(await formOf(vector('conntrack-L.xml'))).toBe('xml');
    }
  });

  it('names what is no JSON, and what is nothing', async () => {
    const { result } = await imported([chunksOf(`${line(1)}{oops}\nnull\n${line(2)}`)]);
    expect(result).toMatchObject({ sessions: 2, refused: 2 });
    expect(result.problems).toEqual([
      { line: 2, code: 'not-json', subject: '' },
      { line: 3, code: 'invalid', subject: 'session' },
    ]);
  });

  it('ends what was destroyed when that is told, or now', async () => {
    const flows = 'src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1';
    const ends = async (text: string) =>
      (await imported([chunksOf(text)])).inserted.flat().map(({ endedWallNanos }) => endedWallNanos);
    expect(await ends(`[DESTROY] udp 17 ${flows}\n[7.5]\t[DESTROY] udp 17 ${flows}\n`)).toEqual([
      5n,
      7_500_000_000n,
    ]);
    expect(await ends(`udp 17 30 ${flows}\n`)).toEqual([undefined]);
  });
});

it('given up, an import leaves nothing', async () => {
  const { router, state } = await startRouter();
  const stop = new AbortController();
  const chunks = async function* (): AsyncIterable<Uint8Array> {
    yield* chunksOf(vector('conntrack-L-extended-id.txt'));
    stop.abort();
  };
  const options = { name: 'test', replace: false, signal: stop.signal };
  await expect(router.services.import(chunks(), options)).rejects.toThrow('abort');
  expect(state.services.groups('live')).toEqual([]);
  expect(state.services.imports()).toEqual([]);
});
