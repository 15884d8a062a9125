/** `services simple-twamp` and `services rpm twamp server light`, and what is shown of their reflectors. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { LIGHT_REFLECTORS_MAX } from '../../src/datapath/datapath.ts';
import { openShell, run, runAll, startRouter, type TestRouter } from '../support/router.ts';

const reflector = 'set services simple-twamp session-reflector';

/** What the last of the lines says. */
async function configured(...lines: string[]): Promise<{ router: TestRouter; said: string }> {
  const router = await startRouter();
  const shell = await openShell(router);
  await runAll(shell, 'configure', ...lines);
  const { text, outcome } = await router.time.until(run(shell, 'commit'));
  return { router, said: text + JSON.stringify(outcome) };
}

async function shown(router: TestRouter, line: string): Promise<string> {
  const { text } = await router.time.until(run(await openShell(router), line));
  return text;
}

test('a reflector is shown as DNOS shows it, and gone with its statement', async () => {
  const { router } = await configured(`${reflector} mode stateful`);
  expect(await shown(router, 'show services simple-twamp')).toBe(`
Simple-TWAMP Reflector:
	Admin-state: enabled

	VRF: default
	Mode: Stateful, Unauthenticated
	Reflector port (UDP): 862

	Statistics:
		Reflected Simple-TWAMP probes:     0


Simple-TWAMP Client:
	Admin-state: enabled
	Mode: Stateless, Unauthenticated
	Destination port: 862
	Source ports range: 10000-20000

`);
  const shell = await openShell(router);
  await runAll(shell, 'configure', `${reflector} admin-state disabled`);
  await router.time.until(run(shell, 'commit'));
  expect(router.router.engine.light).toEqual([]);
});

test('both statements reflect on any number of ports, and know the ports of each other', async () => {
  const { router } = await configured(
    `${reflector} reflector-port [ 862 5000 ]`,
    'set services rpm twamp server light port 6000',
  );
  const data = JSON.parse(await shown(router, 'show services simple-twamp | display json')) as unknown;
  const schemaFile = join(import.meta.dirname, '../../docs/schema/show-services-simple-twamp.json');
  const validate = new Ajv({ allErrors: true }).compile(JSON.parse(readFileSync(schemaFile, 'utf8')));
  expect(validate(data), JSON.stringify(validate.errors)).toBe(true);
  expect(data).toMatchObject({ reflectors: [6000, 862, 5000].map((port) => ({ 'reflector-port': port })) });
  const [light] = router.router.engine.light;
  expect([...light!.settings.rules.reflectorPorts].sort()).toEqual([5000, 6000, 862]);
});

test('a key makes it authenticated', async () => {
  const { router } = await configured(`${reflector} authentication-key-chain a key-id one secret s3cret`);
  expect(await shown(router, 'show services simple-twamp')).toContain('Mode: Stateless, Authenticated');
});

const ports = (count: number): string =>
  Array.from({ length: count }, (_, index) => String(5000 + index)).join(' ');

test.each([
  {
    why: 'a routing instance that does not exist',
    line: `${reflector} routing-instance blue`,
    code: "Routing instance 'blue' does not exist",
  },
  {
    why: 'more sockets than there may be',
    line: `${reflector} reflector-port [ ${ports(LIGHT_REFLECTORS_MAX / 2 + 1)} ]`,
    code: `No more than ${LIGHT_REFLECTORS_MAX} sockets`,
  },
  {
    why: 'a chain without a key',
    line: `${reflector} authentication-key-chain a`,
    code: 'there is to be one',
  },
  {
    why: 'multicast senders',
    line: `${reflector} client-list a address 224.0.0.0/4`,
    code: 'No client can have an address of 224.0.0.0/4',
  },
  {
    why: 'one port in both statements',
    line: `${reflector} reflector-port [ 862 5000 ]`,
    also: 'set services rpm twamp server light port 5000',
    code: 'name this port',
  },
])('$why: no commit', async ({ line, also, code }) => {
  const { router, said } = await configured(line, ...(also === undefined ? [] : [also]));
  expect(said).toContain(code);
  expect(router.router.engine.light).toEqual([]);
});

test('as many sockets as there may be are opened', async () => {
  const { router } = await configured(`${reflector} reflector-port [ ${ports(LIGHT_REFLECTORS_MAX / 2)} ]`);
  expect(router.router.engine.light).toHaveLength(LIGHT_REFLECTORS_MAX);
});
