/** `services session-source type`: which sessions are shown, and what is said where there are none to be had. */
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { describeFinding } from '../../src/commands/messages.ts';
import { available, type Libc } from '../../src/native/libc.ts';
import { sourceFinding, type SourceProblemCode } from '../../src/services/source.ts';
import { openShell, run, runAll, startRouter, type TestRouter } from '../support/router.ts';
import { mixedRecords } from '../support/service-records.ts';
import { importRecords } from '../support/service-router.ts';

const found = available();
const libc = 'libc' in found ? found.libc : undefined;

/** A kernel that refuses every socket; its worker is never started. */
const refusing = (errorName: string) => () => ({
  libc: { ...libc, socket: () => -1, errorName: () => errorName } as unknown as Libc,
  workerUrl: pathToFileURL('/dev/null'),
});

async function routerOf(
  errorName: string,
  type: string | undefined,
  hasRecords: boolean,
): Promise<TestRouter> {
  const test = await startRouter(undefined, undefined, refusing(errorName));
  if (type !== undefined) {
    const shell = await openShell(test);
    await runAll(shell, 'configure', `set services session-source type ${type}`, 'commit');
  }
  if (hasRecords) await importRecords(test, mixedRecords);
  return test;
}

const remedies = {
  EPERM: 'ERROR: Connection tracking may not be read (run as root, or with the capability CAP_NET_ADMIN;',
  EPROTONOSUPPORT: 'ERROR: This host has no connection tracking (modprobe nf_conntrack nf_conntrack_netlink;',
  EIO: 'ERROR: Connection tracking could not be read (EIO).',
} as const;

const COMMANDS = [
  'show services sessions',
  'show services sessions count',
  'show services flows',
  'clear services sessions',
  'show services sessions utilization',
  'monitor services sessions',
];

describe.skipIf(libc === undefined)('a kernel that refuses', () => {
  it.each(Object.entries(remedies))('with %s is told with the remedy', async (errorName, text) => {
    for (const [type, hasRecords] of [
      ['conntrack', true],
      ['conntrack', false],
      [undefined, false],
    ] as const) {
      const shell = await openShell(await routerOf(errorName, type, hasRecords));
      for (const line of COMMANDS) {
        const { outcome, text: shown } = await run(shell, line);
        expect(outcome, line).toMatchObject({ status: 'failed' });
        expect((outcome as { readonly text: string }).text, line).toContain(text);
        expect(shown, line).toBe('');
      }
    }
  });

  it.each([undefined, 'records'])('leaves what is stored to be shown (type %s)', async (type) => {
    const shell = await openShell(await routerOf('EPERM', type, true));
    expect(await runAll(shell, 'show services sessions')).toContain('mams-5/0/0 (ams0)');
    expect(await runAll(shell, 'show services sessions source')).toContain('Source: records, Method: store');
    expect(await runAll(shell, 'clear services sessions')).toMatch(/^ms-0\/0\/0 /m);
    // Without any, the kernel is asked, unless records are wanted.
    const { outcome } = await run(shell, 'show services sessions');
    expect(outcome.status).toBe(type === undefined ? 'failed' : 'done');
  });

  it('is not asked where records are wanted, and that there are none is said with what adds some', async () => {
    const test = await routerOf('EPERM', 'records', false);
    expect(await test.router.services.source.problems()).toEqual([
      { severity: 'warning', code: 'nothing-stored' },
    ]);
    expect((await run(await openShell(test), 'show services sessions')).outcome.status).toBe('done');
  });
});

describe('a host that has no connection tracking', () => {
  it('refuses who wants it, whatever is stored', async () => {
    const test = await startRouter();
    await importRecords(test, mixedRecords);
    const shell = await openShell(test);
    await runAll(shell, 'configure', 'set services session-source type conntrack', 'commit and-quit');
    for (const line of [...COMMANDS, 'show services sessions | display json']) {
      const { outcome, text } = await run(shell, line);
      expect({ ...outcome, shown: text }, line).toMatchObject({
        status: 'failed',
        text: expect.stringContaining(remedies.EPROTONOSUPPORT) as string,
        shown: '',
      });
    }
    expect(await runAll(shell, 'show services sessions source')).toContain('Source: conntrack, Method: none');
  });

  it('shows what is stored where that is not said', async () => {
    const test = await startRouter();
    await importRecords(test, mixedRecords);
    expect(await runAll(await openShell(test), 'show services sessions source')).toContain('Source: records');
  });
});

it.each<[SourceProblemCode, RegExp]>([
  ['not-permitted', /run as root|CAP_NET_ADMIN/],
  ['not-available', /modprobe nf_conntrack nf_conntrack_netlink/],
  ['not-tracking', /set services session-source enable-tracking/],
  ['no-accounting', /sysctl net\.netfilter\.nf_conntrack_acct=1/],
  ['tracking-no-program', /install nftables/],
  ['tracking-not-permitted', /run as root/],
  ['nothing-stored', /request services sessions import/],
])('%s has its remedy in one line', (code, remedy) => {
  const text = describeFinding(sourceFinding({ severity: 'warning', code }));
  expect(text).toMatch(remedy);
  expect(text).not.toContain('\n');
});
