/** `twping HOST light` in the whole program, against its own reflectors over real sockets. */
import { describe, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { runProgram } from '../support/program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const reflector = 'set services simple-twamp session-reflector';
const clientKey = 'set services rpm twamp client authentication-key-chain lab key-id';

const run = (...lines: string[]) =>
  runProgram(
    ['--state', temporaryDirectory()],
    ['configure', ...lines.slice(0, -1), 'commit and-quit', lines.at(-1), ''].join('\n'),
  );

describe.each(['127.0.0.1', '::1'])('%s', (host) => {
  test.each(['stateless', 'stateful'])('a %s reflector answers every packet', async (mode) => {
    const port = await freePort();
    const { status, out } = await run(
      `${reflector} reflector-port ${port}`,
      `${reflector} mode ${mode}`,
      `twping ${host} light port ${port} ssid 9 padding 100 count 20 interval 5ms session-count 2`,
    );
    expect(status).toBe(0);
    expect(
      out.match(/^20 sent, 0 lost \(0\.000%\), 0 send duplicates, 0 reflect duplicates$/gm),
    ).toHaveLength(2);
    expect(out.match(/^SSID:\t9$/gm)).toHaveLength(2);
    expect(out).toContain(` to [${host}]:${port} ---`);
  });
});

test.each(['ntp', 'ptpv2'])('PTPv2 time stamps against a reflector of %s', async (format) => {
  const port = await freePort();
  const { status, out } = await run(
    `${reflector} reflector-port ${port}`,
    `${reflector} timestamp-format ${format}`,
    `twping 127.0.0.1 light port ${port} timestamp-format ptpv2 count 5 interval 5ms`,
  );
  expect(out).toContain('5 sent, 0 lost');
  expect(out).toMatch(/^timestamps: \S+, sender PTPv2, reflector (NTP|PTPv2)$/m);
  expect(out).toContain(`reflector ${format === 'ntp' ? 'NTP' : 'PTPv2'}\n`);
  expect(status).toBe(0);
});

test('what its TLVs tell is reported', async () => {
  const port = await freePort();
  const { status, out } = await run(
    `${reflector} reflector-port ${port}`,
    `${reflector} mode stateful`,
    `twping 127.0.0.1 light port ${port} count 5 interval 20ms dscp 10 location timestamp-information class-of-service 46 direct-measurement follow-up-telemetry access-report 3gpp-available`,
  );
  expect(status).toBe(0);
  expect(out).toMatch(
    new RegExp(`^location: from 127\\.0\\.0\\.1:\\d+ to (127\\.0\\.0\\.1|unknown):${port}$`, 'm'),
  );
  expect(out).toMatch(/^timestamp information: in (NTP|free-running) \(SW Local\), out /m);
  expect(out).toContain('direct measurement: 5 transmitted, reflector 5 received, 5 transmitted\n');
  expect(out).toMatch(/^follow-up telemetry: reply [0-3] left \S+Z \(SW Local\)$/m);
  expect(out).toContain('access report: 3gpp available, acknowledged\n');
  expect(out).toMatch(
    /^(class of service: replies have the DSCP asked for|not understood by the reflector: class-of-service)$/m,
  );
});

describe('a reflector with a key', () => {
  const keyed = async (secret: string, options: string) => {
    const port = await freePort();
    return run(
      `${reflector} reflector-port ${port}`,
      `${reflector} authentication-key-chain lab key-id one secret right`,
      `${clientKey} one secret ${secret}`,
      `twping 127.0.0.1 light port ${port} count 5 interval 5ms timeout 300ms ${options}`,
    );
  };

  test.each(['', 'padding 64 ssid 65535'])('answers what its key has sealed: %s', async (options) => {
    const { status, out } = await keyed('right', `user one ${options}`);
    expect(out).toContain('5 sent, 0 lost');
    expect(status).toBe(0);
  });

  test.each([
    ['wrong', 'user one'],
    ['right', ''],
  ])('does not answer anything else: secret %s, %s', async (secret, options) => {
    const { status, out } = await keyed(secret, options);
    expect(out).toContain('5 sent, 5 lost (100.000%)');
    expect(status).toBe(1);
  });
});
