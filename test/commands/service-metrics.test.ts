/** `show services sessions utilization` and `… metrics`. */
import { expect, test, vi } from 'vitest';
import { openShell, runAll, SilentContact, startRouter, type TestRouter } from '../support/router.ts';
import { mixedRecords } from '../support/service-records.ts';
import { importRecords } from '../support/service-router.ts';

const UTILIZATION = 'show services sessions utilization';
const METRICS = 'show services sessions metrics';
const STATEMENT = 'services session-source metrics';

async function meteringRouter(...statements: readonly string[]): Promise<TestRouter> {
  const router = await startRouter();
  await importRecords(router, mixedRecords);
  const lines = statements.map((statement) => `set ${statement}`);
  if (lines.length > 0) await runAll(await openShell(router), 'configure', ...lines, 'commit');
  return router;
}

/** Until so many counts have been made, one at once and the others at the interval. */
async function counted({ router, time }: TestRouter, samples: number, intervalSeconds = 5): Promise<void> {
  const made = (): number => router.services.meter!.samples.length;
  for (;;) {
    const before = made();
    if (before === samples) return;
    if (before > 0) await time.pass(intervalSeconds * 1e9);
    await vi.waitFor(() => expect(made()).toBe(before + 1), { timeout: 20_000 });
  }
}

/** With what is said beside it. */
async function shown(router: TestRouter, line: string): Promise<string> {
  const contact = new SilentContact();
  const text = await runAll(await openShell(router, { contact }), line);
  return [...contact.told, text].join('\n');
}

test('without the statement, sessions are counted, and what it takes for more is said', async () => {
  expect(await shown(await meteringRouter(), UTILIZATION)).toBe(
    `NOTICE: Peaks, rates and counts at intervals take the statement services session-source metrics.
Interface   Service set           Sessions      Peak %Memory  Setup/s Teardown/s
mams-5/0/0  ss1                          1         -       -        -          -
mams-5/0/0  ss2                          1         -       -        -          -
mams-5/1/0  ss2                          1         -       -        -          -
ms-0/0/0    default                      1         -       -        -          -
Total sessions: 4
`,
  );
});

test('with it, there are peaks, also of sets that are empty now', async () => {
  const router = await meteringRouter(STATEMENT);
  await counted(router, 1);
  await runAll(await openShell(router), 'clear services sessions service-set ss2');
  expect(await shown(router, `${UTILIZATION} interface ams0`)).toBe(
    `Interface   Service set           Sessions      Peak %Memory  Setup/s Teardown/s
mams-5/0/0  ss1                          1         1       -        -          -
mams-5/0/0  ss2                          0         1       -        -          -
mams-5/1/0  ss2                          0         1       -        -          -
Total sessions: 1
Peaks and rates since: 22-Nov-2026 08:19:24 UTC
`,
  );
});

test('metrics are the latest counts, of what is asked for', async () => {
  const router = await meteringRouter(`${STATEMENT} interval 5`);
  await counted(router, 4);
  expect(await shown(router, `${METRICS} last 2 service-set ss2`)).toBe(
    `Time                     Interface   Service set    Sessions   Set up  Torn down
22-Nov-2026 08:19:34 UTC mams-5/0/0  ss2                   1        -          -
22-Nov-2026 08:19:34 UTC mams-5/1/0  ss2                   1        -          -
22-Nov-2026 08:19:39 UTC mams-5/0/0  ss2                   1        -          -
22-Nov-2026 08:19:39 UTC mams-5/1/0  ss2                   1        -          -
`,
  );
});

test('an interval that changes keeps the counts; the statement takes them with it', async () => {
  const router = await meteringRouter(`${STATEMENT} interval 5`);
  await counted(router, 2);
  const shell = await openShell(router);
  await runAll(shell, 'configure', `set ${STATEMENT} interval 10`, 'commit');
  expect(router.router.services.meter!.samples).toHaveLength(2);
  await runAll(shell, 'set services session-source type records', 'commit');
  expect(router.router.services.meter!.samples).toHaveLength(0);
  await counted(router, 1);
  await runAll(shell, `delete ${STATEMENT}`, 'commit');
  expect(router.router.services.meter).toBeUndefined();
  expect(router.time.pending).toBe(0);
});
