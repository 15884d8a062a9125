/** `request services sessions export`: files that give the same sessions when they are imported, whole or not at all. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Shell } from '../../src/shell/shell.ts';
import { openShell, run, runAll, startRouter, type TestRouter } from '../support/router.ts';
import { mixedRecords, endedRecord } from '../support/service-records.ts';
import { importRecords, importText } from '../support/service-router.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const vector = readFileSync(
  join(import.meta.dirname, '../vectors/conntrack/conntrack-L-extended-id.txt'),
  'utf8',
);

interface Session {
  readonly 'session-id': number;
  readonly flow: readonly object[];
}

const EXPORT = 'request services sessions export';
const SHOW = 'show services sessions';

async function sessionsOf(shell: Shell, command = SHOW): Promise<readonly Session[]> {
  const json = await runAll(shell, `${command} | display json`);
  return (JSON.parse(json) as { readonly 'msp-session': readonly Session[] })['msp-session'];
}

async function routerWith(text: string): Promise<{ readonly test: TestRouter; readonly shell: Shell }> {
  const test = await startRouter();
  const shell = await openShell(test);
  await runAll(shell, 'configure', 'set services session-source inside-prefix 10.10.10.0/24', 'commit');
  await runAll(shell, 'exit');
  await importText(test, text);
  return { test, shell };
}

const EVERY_32_BITS = 2 ** 32;

/** Text has no place for identifiers of ICMP that were stored as sessions, which the upper bits of the id are made with. */
const byKernelId = (sessions: readonly Session[]): readonly Session[] =>
  sessions.map((session) => ({ ...session, 'session-id': session['session-id'] % EVERY_32_BITS }));

const withoutId = (sessions: readonly Session[]): readonly object[] =>
  sessions.map((session) => ({ ...session, 'session-id': 0 }));

const unsaved = new Set(['session-id', 'alg', 'application-protocol']);

/** What `-o save` has: no counters and no helpers. */
const saved = (sessions: readonly Session[]): readonly object[] =>
  sessions.map(({ flow, ...session }) => ({
    ...Object.fromEntries(Object.entries(session).filter(([name]) => !unsaved.has(name))),
    flow: flow.map((each) => ({ ...each, 'frame-count': 0, 'byte-count': 0 })),
  }));

/** What an export says with these words, and what is the same once it is imported. */
const forms: readonly (readonly [words: string, same: (sessions: readonly Session[]) => unknown])[] = [
  ['', (sessions) => sessions],
  [' format json-lines', (sessions) => sessions],
  [' format text ids', byKernelId],
  [' format text', withoutId],
  [' format extended ids', byKernelId],
  [' format extended', withoutId],
  [' format xml', byKernelId],
  [' format save', saved],
];

describe('an export', () => {
  it.each(forms)('%s gives the same sessions when it is imported', async (words, same) => {
    const { test, shell } = await routerWith(vector);
    const before = await sessionsOf(shell);
    const file = join(temporaryDirectory(), 'sessions');
    const format = /format (\S+)/.exec(words)?.[1] ?? 'json-lines';
    expect(await runAll(shell, `${EXPORT} ${file}${words}`)).toBe(
      `Exported 25 sessions to '${file}' (${format}).\n`,
    );
    await importText(test, readFileSync(file, 'utf8'));
    const after = await sessionsOf(shell);
    expect(after).toHaveLength(25);
    const inOrder = (sessions: readonly Session[]) =>
      (same(sessions) as readonly unknown[]).map((each) => JSON.stringify(each)).toSorted();
    expect(inOrder(after)).toEqual(inOrder(before));
  });

  it('takes the filters and the limit of the show', async () => {
    const { shell } = await routerWith(vector);
    const file = join(temporaryDirectory(), 'sessions');
    const shown = await sessionsOf(shell, `${SHOW} protocol udp destination-port 53`);
    const words = 'protocol udp destination-port 53';
    expect(await runAll(shell, `${EXPORT} ${file} ${words}`)).toContain(`Exported ${shown.length} sessions`);
    const read = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(read.map((line) => JSON.parse(line) as unknown)).toEqual(shown);
    expect(await runAll(shell, `${EXPORT} ${file} replace limit 2 format save`)).toContain('Exported 2 ');
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(3);
  });

  it('keeps every kind of record, and says what is no connection of Linux', async () => {
    const test = await startRouter();
    await importRecords(test, mixedRecords);
    const shell = await openShell(test);
    const file = join(temporaryDirectory(), 'sessions');
    const before = await sessionsOf(shell);
    await runAll(shell, `${EXPORT} ${file}`);
    await runAll(shell, `request services sessions import ${file} replace`);
    expect(await sessionsOf(shell)).toEqual(before);
    // One is of IPv6 on the one side and of IPv4 on the other.
    expect(await runAll(shell, `${EXPORT} ${file} replace format text`)).toBe(
      `Exported 3 sessions to '${file}' (text); 1 is no connection of Linux and was left out.\n`,
    );
  });

  it.each(['json-lines', 'text', 'extended', 'xml'])('in %s has sessions that have ended', async (format) => {
    const test = await startRouter();
    await importRecords(test, [endedRecord]);
    const shell = await openShell(test);
    const file = join(temporaryDirectory(), 'ended');
    const before = await sessionsOf(shell, `${SHOW} history`);
    await runAll(shell, `${EXPORT} ${file} history format ${format} ids`);
    await importText(test, readFileSync(file, 'utf8'));
    const [after] = await sessionsOf(shell, `${SHOW} history`);
    expect(after).toMatchObject({
      'session-id': expect.any(Number) as number,
      flow: before[0]!.flow.map(() => ({})),
    });
    const ends = (session: unknown): string => (session as { readonly 'end-time': string })['end-time'];
    expect(ends(after).slice(0, 19)).toBe(ends(before[0]).slice(0, 19));
  });
});

async function refused(shell: Shell, line: string): Promise<string> {
  const { outcome } = await run(shell, line);
  return outcome.status === 'failed' ? outcome.text.replace('ERROR: ', '') : outcome.status;
}

describe('what is refused', () => {
  it.each([
    ['history', "Format save has no words for 'history'."],
    ['ids', "Format save has no words for 'ids'."],
  ])('what the form has no words for: %s', async (word, said) => {
    const { shell } = await routerWith(vector);
    const file = join(temporaryDirectory(), 'sessions');
    expect(await refused(shell, `${EXPORT} ${file} format save ${word}`)).toBe(said);
    expect(existsSync(file)).toBe(false);
  });

  it('a file that is there already is left as it was', async () => {
    const { shell } = await routerWith(vector);
    const directory = temporaryDirectory();
    const file = join(directory, 'sessions');
    writeFileSync(file, 'mine');
    expect(await refused(shell, `${EXPORT} ${file}`)).toBe(
      `'${file}' is there already ('replace' takes its place).`,
    );
    expect(readFileSync(file, 'utf8')).toBe('mine');
    await runAll(shell, `${EXPORT} ${file} replace`);
    expect(readFileSync(file, 'utf8')).toContain('"session-id"');
    expect(readdirSync(directory)).toEqual(['sessions']);
  });

  it.skipIf(process.getuid?.() !== 0)('a full disk leaves nothing (needs root)', async () => {
    const { shell } = await routerWith(vector);
    const directory = temporaryDirectory();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8k', 'tmpfs', directory]);
    onTestFinished(() => void execFileSync('umount', [directory]));
    const file = join(directory, 'sessions');
    expect(await refused(shell, `${EXPORT} ${file}`)).toBe(
      `There is no space for '${file}', it was left as it was.`,
    );
    expect(readdirSync(directory)).toEqual([]);
  });

  it('Ctrl-C leaves nothing of it', async () => {
    const { shell } = await routerWith(vector);
    const directory = temporaryDirectory();
    const outcome = await shell.execute(`${EXPORT} ${join(directory, 'sessions')}`, {
      sink: { write: () => undefined },
      nextSignal: () => AbortSignal.abort(),
    });
    expect(outcome).toEqual({ status: 'failed', text: 'ERROR: Interrupted, nothing was exported.' });
    expect(readdirSync(directory)).toEqual([]);
  });
});
