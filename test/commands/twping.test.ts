/** `twping`: what the command asks of the engine, prints, and gives as data. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { openShell, ROUTER_ADDRESS, run, runAll, startRouter, type TestRouter } from '../support/router.ts';

/** A router that serves TWAMP to itself. */
async function servingRouter(): Promise<TestRouter> {
  const test = await startRouter();
  const server = 'services rpm twamp server';
  const lines = [
    'configure',
    `set ${server} port 8620`,
    `set ${server} client-list a address ${ROUTER_ADDRESS}`,
    'commit',
  ];
  const shell = await openShell(test);
  await test.time.until(runAll(shell, ...lines));
  return test;
}

describe('twping', () => {
  it('[004/twping] prints a report for each session', async () => {
    const test = await servingRouter();
    const shell = await openShell(test);
    const line = `twping ${ROUTER_ADDRESS} port 8620 count 5 session-count 2 interval 20ms timeout 1`;
    const { text, outcome } = await test.time.until(run(shell, line));
    expect(outcome).toEqual({ status: 'done' });
    expect(
      text.match(/^--- twping statistics from \[192\.0\.2\.1\]:\d+ to \[192\.0\.2\.1\]:\d+ ---$/gm),
    ).toHaveLength(2);
    expect(text.match(/^5 sent, 0 lost \(0\.000%\)/gm)).toHaveLength(2);
  });

  it('gives data that fit the documented schema', async () => {
    const test = await servingRouter();
    const shell = await openShell(test);
    const line = `twping ${ROUTER_ADDRESS} port 8620 count 3 interval 10ms | display json`;
    const data: unknown = JSON.parse(await test.time.until(runAll(shell, line)));
    const schema: unknown = JSON.parse(
      readFileSync(join(import.meta.dirname, '../../docs/schema/twping.json'), 'utf8'),
    );
    const validate = new Ajv({ allErrors: true }).compile(schema as object);
    expect(validate(data), JSON.stringify(validate.errors)).toBe(true);
    expect(data).toMatchObject({
      ending: 'complete',
      results: [{ packets: { 'num-pkts-sent': 3, 'num-pkts-lost': 0 } }],
    });
  });

  it('fails where nobody listens, in one line', async () => {
    const test = await startRouter();
    const { text, outcome } = await test.time.until(
      run(await openShell(test), `twping ${ROUTER_ADDRESS} count 1`),
    );
    expect(text).toBe('');
    expect(outcome).toEqual({
      status: 'failed',
      text: expect.stringContaining('connection was refused') as string,
    });
  });

  it('fails, with its report, when every packet is lost', async () => {
    const test = await servingRouter();
    test.network.weather = { delayNanos: 1e6, loss: 1 };
    const line = `twping ${ROUTER_ADDRESS} port 8620 count 2 interval 10ms timeout 100ms`;
    const { text, outcome } = await test.time.until(run(await openShell(test), line));
    expect(text).toContain('2 sent, 2 lost (100.000%)');
    expect(outcome).toEqual({ status: 'failed', text: 'ERROR: Every packet was lost.' });
  });
});
