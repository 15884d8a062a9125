/** Tracking that the router asks for itself: in namespaces of the test, where nothing else asks. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { describeFinding } from '../../../src/commands/messages.ts';
import { sourceFinding } from '../../../src/services/source.ts';
import { Tracking } from '../../../src/services/conntrack/tracking.ts';
import type { Vrf } from '../../../src/native/routing-instance.ts';
import { openState, type State } from '../../../src/store/state-directory.ts';
import { addNamespace, namespacesUnavailable } from '../../support/namespaces.ts';
import { PROGRAM, runProgram } from '../../support/program.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const unavailable = namespacesUnavailable('nft');
if (unavailable !== undefined) console.warn(`skipped: tracking: ${unavailable}`);

const inside = (namespace: string, ...words: readonly string[]): string =>
  execFileSync('ip', ['netns', 'exec', namespace, ...words], { encoding: 'utf8', stdio: 'pipe' });

const ruleset = (namespace: string): string => inside(namespace, 'nft', 'list', 'ruleset');

const ACCOUNTING = '/proc/sys/net/netfilter/nf_conntrack_acct';
const accounting = (namespace: string): string => inside(namespace, 'cat', ACCOUNTING).trim();

/** Sends a datagram to the namespace itself; gives the connections that are tracked then, with their counters. */
function trackedIn(namespace: string): string {
  const send = `const s = require('dgram').createSocket('udp4'); s.send('x', 9, '127.0.0.1', () => s.close())`;
  inside(namespace, process.execPath, '-e', send);
  return inside(namespace, 'cat', '/proc/net/nf_conntrack');
}

const vrfOf = (name: string): Vrf => ({ kind: 'namespace', name });

function openMarks(directory = temporaryDirectory()): State['tracking'] {
  const state = openState(directory);
  onTestFinished(() => state.close());
  return state.tracking;
}

const NOBODY = 65_534;

const OTHERS = 'table inet filter { chain input { type filter hook input priority 0; policy accept; }; }';

describe.skipIf(unavailable !== undefined)('in a namespace', () => {
  test('connections are tracked and counted while it is wanted, and what others have is left alone', async () => {
    const name = addNamespace();
    inside(name, 'nft', OTHERS);
    const before = ruleset(name);
    expect(trackedIn(name)).toBe('');
    const marks = openMarks();
    const tracking = new Tracking(marks);
    await tracking.keep([vrfOf(name)]);
    expect(tracking.problems).toEqual([]);
    expect(trackedIn(name)).toMatch(/udp .* dport=9 packets=1 bytes=29 /);
    expect(marks.all()).toMatchObject([{ namespace: name, accounting: '0' }]);
    await tracking.keep([]);
    expect([ruleset(name), accounting(name)]).toEqual([before, '0']);
    expect(marks.all()).toEqual([]);
  });

  test('asking again changes nothing, and brings back what somebody has flushed', async () => {
    const name = addNamespace();
    const tracking = new Tracking(openMarks());
    await tracking.keep([vrfOf(name)]);
    const asked = ruleset(name);
    expect(asked.match(/ct state new/g)).toHaveLength(1);
    await tracking.keep([vrfOf(name)]);
    expect(ruleset(name)).toBe(asked);
    inside(name, 'nft', 'flush', 'ruleset');
    await tracking.keep([vrfOf(name)]);
    expect(ruleset(name)).toBe(asked);
    await tracking.keep([]);
    expect([ruleset(name), accounting(name)]).toEqual(['', '0']);
  });

  test('accounting that was on stays on, and so does what was changed meanwhile', async () => {
    const [one, other] = [addNamespace(), addNamespace()];
    const tracking = new Tracking(openMarks());
    inside(one, 'sh', '-c', `echo 1 > ${ACCOUNTING}`);
    await tracking.keep([vrfOf(one), vrfOf(other)]);
    inside(other, 'sh', '-c', `echo 0 > ${ACCOUNTING}`);
    await tracking.keep([]);
    expect([accounting(one), accounting(other)]).toEqual(['1', '0']);
  });

  test('a namespace that is wanted no longer is as it was; one that has gone is forgotten', async () => {
    const [one, other] = [addNamespace(), addNamespace()];
    const marks = openMarks();
    const tracking = new Tracking(marks);
    await tracking.keep([vrfOf(one), vrfOf(other)]);
    await tracking.keep([vrfOf(other)]);
    expect(ruleset(one)).toBe('');
    expect(ruleset(other)).toContain('table inet dnrouter_');
    marks.put({ ...marks.all()[0]!, namespace: 'none-of-this-name' });
    await tracking.keep([]);
    expect([tracking.problems, marks.all()]).toEqual([[], []]);
  });

  test('of what another boot of the machine has left, nothing is undone', async () => {
    const name = addNamespace();
    const marks = openMarks();
    inside(name, 'sh', '-c', `echo 1 > ${ACCOUNTING}`);
    marks.put({ namespace: name, table: 'dnrouter_0', boot: 'another', accounting: '0' });
    await new Tracking(marks).keep([]);
    expect([accounting(name), marks.all()]).toEqual(['1', []]);
  });
});

describe.skipIf(unavailable !== undefined)('what is to be said', () => {
  const saidBy = ({ problems }: Tracking): readonly string[] =>
    problems.map((problem) => describeFinding(sourceFinding(problem)));

  test('no program, no rights, no namespace: one line each, with the remedy', async () => {
    const name = addNamespace();
    const marks = openMarks();
    const tracking = new Tracking(marks);
    await tracking.keep([vrfOf('none-of-this-name')]);
    expect(saidBy(tracking)).toEqual([
      'There is no network namespace none-of-this-name: its sessions are missing.',
    ]);
    process.seteuid!(NOBODY);
    try {
      await tracking.keep([vrfOf(name)]);
    } finally {
      process.seteuid!(0);
    }
    expect(saidBy(tracking)).toEqual([
      'Connection tracking was not enabled (run as root, or with the capability CAP_NET_ADMIN).',
    ]);
    const without = new Tracking(marks, 'no-such-program');
    for (const vrf of [vrfOf(name), { kind: 'default' } as const]) {
      await without.keep([vrf]);
      expect(saidBy(without)).toEqual([
        'Connection tracking was not enabled: there is no program nft (install nftables).',
      ]);
    }
    const refusing = new Tracking(marks, 'false');
    await refusing.keep([vrfOf(name)]);
    expect(saidBy(refusing)).toEqual(['Connection tracking was not enabled or disabled: false has failed']);
    expect(marks.all()).toEqual([]);
  });
});

describe.skipIf(unavailable !== undefined)('the program', () => {
  const statement = 'services session-source enable-tracking';
  test('whoever may not is warned at the commit, which stands', async () => {
    // Built, where it has to be, by whoever may.
    await runProgram(['--version']);
    const state = temporaryDirectory();
    chownSync(state, NOBODY, NOBODY);
    const lines = ['configure', `set ${statement}`, 'commit', 'show'];
    const { status, out, err } = await runProgram(['--state', state], `${lines.join('\n')}\n`, {
      uid: NOBODY,
    });
    expect([status, err]).toEqual([
      0,
      expect.stringContaining(
        'Warning: services session-source enable-tracking: Connection tracking was not enabled (run as root',
      ),
    ]);
    expect(out).toContain('enable-tracking;');
  }, 60_000);

  function runIn(name: string, state: string, lines: readonly string[]): ReturnType<typeof spawn> {
    const child = spawn('ip', ['netns', 'exec', name, PROGRAM, '--state', state], { stdio: 'pipe' });
    onTestFinished(() => void child.kill('SIGKILL'));
    child.stdin.end(lines.map((line) => `${line}\n`).join(''));
    return child;
  }

  test('is on while it runs, off when it ends, and what a killed one leaves goes with the next', async () => {
    const name = addNamespace();
    const state = join(temporaryDirectory(), 'state');
    const set = runIn(name, state, ['configure', `set ${statement}`, 'commit']);
    await once(set, 'close');
    expect([ruleset(name), accounting(name)]).toEqual(['', '0']);

    const killed = runIn(name, state, ['twping 127.0.0.1 light timeout 1h count 1']);
    await vi.waitFor(() => expect(accounting(name)).toBe('1'), { timeout: 10_000 });
    killed.kill('SIGKILL');
    await once(killed, 'close');
    expect(ruleset(name)).toContain('table inet dnrouter_');

    const next = runIn(name, state, ['configure', `delete ${statement}`, 'commit']);
    await once(next, 'close');
    expect([ruleset(name), accounting(name)]).toEqual(['', '0']);
  }, 60_000);
});
