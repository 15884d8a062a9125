/** Authentication modes of Server and twping: which are offered, who is let in, and that nothing tells why not. */
import { describe, expect, test } from 'vitest';
import type { MeasurementError } from '../../src/engine/measurement-error.ts';
import { verifyServer } from '../../src/engine/server-rules.ts';
import type { ServerConfiguration } from '../../src/engine/server.ts';
import type { TwpingRequest } from '../../src/engine/twping.ts';
import { ServerGreeting } from '../../src/twamp/messages.ts';
import { RawClient } from '../support/raw-client.ts';
import { keyChainsOf, testSecrets } from '../support/secrets.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { VirtualNetwork } from '../support/virtual-network.ts';
import {
  configurationOf,
  serverConfiguration,
  twpingRequest,
  VirtualRouter,
} from '../support/virtual-router.ts';
import { VirtualTime } from '../support/virtual-time.ts';
import { all } from '../support/configuration.ts';

const keyedModes = ['authenticated', 'encrypted', 'mixed'] as const;

/** Two routers; the client knows `ada` by her secret, and whoever else is given. */
async function routers(
  changes: Partial<ServerConfiguration>,
  users: Readonly<Record<string, string>> = { ada: 'hunter2' },
): Promise<{ time: VirtualTime; network: VirtualNetwork; near: VirtualRouter; far: VirtualRouter }> {
  const time = new VirtualTime();
  const network = new VirtualNetwork(time, new SeededRandom(3), { delayNanos: 1e6, loss: 0 });
  const near = new VirtualRouter(network, '198.51.100.1');
  const far = new VirtualRouter(network, '192.0.2.1');
  await near.engine.apply(configurationOf(undefined, new Map(), users));
  await far.serve({ 'authentication-key-chain': keyChainsOf('server', { ada: 'hunter2' }), ...changes });
  return { time, network, near, far };
}

type Routers = Awaited<ReturnType<typeof routers>>;

function measure({ time, near }: Routers, changes: Partial<TwpingRequest>): Promise<unknown> {
  const { signal } = new AbortController();
  return time.until(near.engine.twping(twpingRequest(changes), { signal })).catch((error: unknown) => {
    const { code, details } = error as MeasurementError;
    return { code, details };
  });
}

test('[002/authentication-mode] the modes of authentication-mode are offered', async () => {
  const both = await routers({ 'authentication-mode': ['none', 'encrypted', 'mixed'] });
  const client = await RawClient.connect(both.network, both.time, '198.51.100.1', {
    address: '192.0.2.1',
    port: 862,
  });
  expect(ServerGreeting.decode(client.heard()).modes & 0xf).toBe(1 + 4 + 8);
});

describe.each(keyedModes)('%s', (mode) => {
  test('a user whose secret is right measures', async () => {
    const both = await routers({ 'authentication-mode': [mode] });
    const measured = await measure(both, { count: 5, sessionCount: 2, user: { mode, keyId: 'ada' } });
    expect(measured).toMatchObject({
      ending: 'complete',
      sessions: [{ summary: { sent: 5, lost: 0 } }, { summary: { sent: 5, lost: 0 } }],
    });
    expect([...both.near.reported, ...both.far.reported]).toEqual([]);
    expect([both.near.live(), both.far.live()]).toEqual([[], []]);
    const modesOf = (router: VirtualRouter): string[] =>
      router.ended().map((row) => `${row.type} ${row.mode}`);
    const rows = [`control ${mode}`, `data ${mode}`, `data ${mode}`];
    expect([modesOf(both.near), modesOf(both.far)]).toEqual([rows, rows]);
    // A Stop-Sessions that does not account for both sessions would be a protocol error.
    expect(both.far.ended()[0]).toMatchObject({ type: 'control', endReason: 'connection-closed' });
  });

  test('a wrong secret and an unknown user are refused with the same words', async () => {
    const users = { ada: 'hunter3', bob: 'hunter2' };
    const both = await routers({ 'authentication-mode': [mode] }, users);
    for (const keyId of ['ada', 'bob'])
      expect(await measure(both, { user: { mode, keyId } })).toEqual({
        code: 'set-up-refused',
        details: { accept: 'failure' },
      });
    expect(both.far.engine.refusals).toEqual(new Map([['wrong-key', 2]]));
    expect(both.far.live()).toEqual([]);
  });

  test('is not had from a server that does not offer it, nor without it from one that wants it', async () => {
    const open = await routers({ 'authentication-mode': ['none'] });
    expect(await measure(open, { user: { mode, keyId: 'ada' } })).toMatchObject({ code: 'mode-not-offered' });
    const keyed = await routers({ 'authentication-mode': [mode] });
    expect(await measure(keyed, {})).toMatchObject({ code: 'mode-not-offered' });
  });
});

test('a user that no key chain of the client has is not tried', async () => {
  const both = await routers({ 'authentication-mode': ['mixed'] });
  expect(await measure(both, { user: { mode: 'mixed', keyId: 'eve' } })).toEqual({
    code: 'no-such-user',
    details: { name: 'eve' },
  });
});

test('test packets leave from the ports asked for, else from those configured', async () => {
  const both = await routers({ 'data-port-range': '30000-30001' });
  const measured = await measure(both, { count: 1, ports: { first: 31_000, last: 31_000 } });
  expect(measured).toMatchObject({ sessions: [{ sender: { port: 31_000 } }] });
  const [{ reflector }] = (measured as { sessions: [{ reflector: { port: number } }] }).sessions;
  expect([30_000, 30_001]).toContain(reflector.port);
});

describe('a configuration', () => {
  const codes = (changes: Partial<ServerConfiguration>): string[] =>
    all(
      verifyServer(serverConfiguration(changes), {
        instances: new Map(),
        transport: { unsettable: [], obstacleIn: () => undefined, interfaceAddresses: () => [] },
        secrets: testSecrets,
      }),
    ).map(({ severity, code }) => `${severity} ${code}`);
  const chain = keyChainsOf('server', { ada: 'hunter2' });

  test.each(keyedModes)('that wants %s needs a key', (mode) => {
    expect(codes({ 'authentication-mode': [mode] })).toEqual(['error no-key-chain']);
    expect(codes({ 'authentication-mode': ['none', mode], 'authentication-key-chain': chain })).toEqual([]);
  });

  test('gives each user one secret, which this router can open', () => {
    const twice = new Map([...chain, ['more', chain.get('users')!] as const]);
    expect(codes({ 'authentication-key-chain': twice })).toEqual(['error key-id-twice']);
    const none = new Map([['users', { 'key-id': new Map([['ada', {}]]) }]]);
    expect(codes({ 'authentication-key-chain': none })).toEqual(['error no-secret']);
    const foreign = keyChainsOf('client', { ada: 'hunter2' });
    expect(codes({ 'authentication-key-chain': foreign })).toEqual(['error unreadable-secret']);
  });
});
