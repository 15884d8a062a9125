/** Tests of a router that finds sessions of an older version: they are moved beside everything else. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { describeFinding } from '../../../src/commands/messages.ts';
import { sourceFinding } from '../../../src/services/source.ts';
import { suspicionOf } from '../../../src/store/database.ts';
import { openState } from '../../../src/store/state-directory.ts';
import { writeFormer } from '../../support/former-services.ts';
import { openShell, runAll, startRouter } from '../../support/router.ts';
import { importRecords } from '../../support/service-router.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

/** So many that several turns are needed. */
const SESSIONS = 24_000;
const COUNT = 'show services sessions history count';

test('says how many are missing, and shows all in the end; what is written meanwhile comes behind them', async () => {
  const directory = temporaryDirectory();
  writeFormer(join(directory, 'services.db'), SESSIONS);
  const router = await startRouter(directory);
  const { history } = router.router.services;
  const early = await history.problems();
  expect(early).toMatchObject([{ severity: 'warning', code: 'being-moved' }]);
  expect(describeFinding(sourceFinding(early[0]!))).toMatch(
    /^Up to \d+ stored sessions of an older version are/,
  );
  const first = { protocol: 6, 'source-address': '192.0.2.1', 'destination-address': '192.0.2.2' };
  await importRecords(router, [{ 'session-id': 1, flow: [first] }]);
  // What was imported before is replaced; what was recorded stays.
  expect(await history.problems()).toEqual([]);
  expect(await runAll(await openShell(router), COUNT)).toMatch(/^ms-0\/0\/0 +ss +4000$/m);
});

test('one that ends meanwhile leaves the rest to the next', async () => {
  const directory = temporaryDirectory();
  writeFormer(join(directory, 'services.db'), SESSIONS);
  const first = await startRouter(directory);
  await expect.poll(() => first.state.services.formerSessions()).toBeLessThan(SESSIONS);
  await first.close();
  const state = openState(directory);
  const left = state.services.formerSessions();
  state.close();
  expect(left).toBeGreaterThan(0);
  const second = await startRouter(directory);
  await vi.waitFor(() => expect(second.state.services.formerSessions()).toBe(0), 10_000);
  const shown = await runAll(await openShell(second), COUNT);
  expect(shown).toMatch(new RegExp(`^ms-0/0/0 +ss +${SESSIONS / 2}$`, 'm'));
});

test('those of a damaged file are saved with the rest', () => {
  const directory = temporaryDirectory();
  const file = join(directory, 'services.db');
  writeFormer(file, SESSIONS);
  writeFileSync(suspicionOf(file), '');
  const state = openState(directory);
  try {
    expect(state.notices).toMatchObject([{ code: 'damaged', broken: [] }]);
    expect(state.services.formerSessions()).toBe(0);
    expect(state.services.sizes('live')).toMatchObject([{ sessions: SESSIONS / 2 }]);
  } finally {
    state.close();
  }
});
