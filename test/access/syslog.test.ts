/** Syslog: messages as RFC 5424 has them, and hosts that may be gone. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Syslog } from '../../src/access/syslog.ts';
import { SYSLOG_OCTETS_MAX, syslogMessage, type SyslogMessage } from '../../src/access/syslog-message.ts';
import { effective } from '../../src/config/effective.ts';
import type { AuditChange } from '../../src/store/audit.ts';
import { treeOf } from '../support/configuration.ts';
import { grammars } from '../support/grammar.ts';

/** What example 1 of RFC 5424 §6.5 says, `<34>1 …`, with microseconds. */
const su: SyslogMessage = {
  facility: 'authorization',
  severity: 'critical',
  wallNanos: BigInt(Date.parse('2003-10-11T22:14:15.003Z')) * 1_000_000n,
  hostName: 'mymachine.example.com',
  application: 'su',
  processId: '',
  messageId: 'ID47',
  data: {},
  text: "'su root' failed for lonvick on /dev/pts/8",
};

const textOf = (message: SyslogMessage): string => Buffer.from(syslogMessage(message)).toString();

describe('a message', () => {
  test('is that of RFC 5424, example 1', () => {
    expect(textOf(su)).toBe(
      "<34>1 2003-10-11T22:14:15.003000Z mymachine.example.com su - ID47 - \ufeff'su root' failed for lonvick on /dev/pts/8",
    );
  });

  test('is that of RFC 5424, example 4: structured data alone', () => {
    const text = textOf({
      ...su,
      facility: 'local4',
      severity: 'notice',
      application: 'evntslog',
      data: {
        'exampleSDID@32473': { iut: '3', eventSource: 'Application', eventID: '1011' },
        'examplePriority@32473': { class: 'high' },
      },
      text: '',
    });
    expect(text).toBe(
      '<165>1 2003-10-11T22:14:15.003000Z mymachine.example.com evntslog - ID47 ' +
        '[exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"][examplePriority@32473 class="high"]',
    );
  });

  test('escapes what would end a value, and keeps its header whole', () => {
    const text = textOf({ ...su, hostName: 'two words\n', data: { 'a@1': { b: 'c"d\\e]f' } } });
    expect(text).toContain(' twowords su ');
    expect(text).toContain('[a@1 b="c\\"d\\\\e\\]f"]');
  });

  test('is cut between characters where it is too long', () => {
    const whole = syslogMessage({ ...su, text: 'é'.repeat(SYSLOG_OCTETS_MAX) });
    expect(whole.length).toBeLessThanOrEqual(SYSLOG_OCTETS_MAX);
    expect(whole.length).toBeGreaterThan(SYSLOG_OCTETS_MAX - 2);
    expect(Buffer.from(whole).toString()).not.toContain('\ufffd');
  });

  test('keeps its structured data whole where values are too long', () => {
    const long = 'é"'.repeat(SYSLOG_OCTETS_MAX);
    const text = textOf({ ...su, data: { 'a@1': { user: long, way: 'ssh', result: long } }, text: long });
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(SYSLOG_OCTETS_MAX);
    expect(text).toMatch(/ \[a@1 user="(?:é|\\")+" way="ssh" result="(?:é|\\")+"\] \ufeff(?:é|")+$/u);
  });
});

const change: AuditChange = {
  id: undefined,
  kind: 'commit',
  user: 'ada',
  way: 'ssh',
  address: '192.0.2.9:1',
  text: 'commit',
  result: 'done',
  firstWallNanos: 0n,
  lastWallNanos: 1_000_000_000n,
  count: 2,
};

describe('hosts', () => {
  const configure = (syslog: Syslog, ...lines: readonly string[]) =>
    syslog.apply(effective(grammars.schema, treeOf(lines)));

  test('are sent what is recorded, over either family, until they are deleted', async () => {
    const syslog = new Syslog(() => undefined);
    onTestFinished(() => syslog.close());
    const host = createSocket('udp4');
    onTestFinished(() => void host.close());
    host.bind(0, '127.0.0.1');
    await once(host, 'listening');
    await configure(
      syslog,
      `system syslog host 127.0.0.1 port ${host.address().port}`,
      'system syslog host 127.0.0.1 facility local3',
    );
    const received = once(host, 'message') as Promise<[Buffer]>;
    syslog.send(change);
    expect(String((await received)[0])).toBe(
      `<157>1 1970-01-01T00:00:01.000000Z dnRouter dnrouter ${process.pid} COMMIT ` +
        `[audit@32473 user="ada" way="ssh" address="192.0.2.9:1" result="done" count="2"] \ufeffada commit 'commit': done`,
    );
    await configure(syslog);
    let more = 0;
    host.on('message', () => (more += 1));
    syslog.send(change);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(more).toBe(0);
  });

  test('that cannot be reached are told of once, and hold nothing up', async () => {
    const reported: unknown[] = [];
    const syslog = new Syslog((error) => reported.push(error));
    onTestFinished(() => syslog.close());
    // Broadcasting is not permitted to a socket that has not asked for it.
    await configure(syslog, 'system syslog host 255.255.255.255');
    for (let index = 0; index < 1_500; index += 1) syslog.send(change);
    expect(syslog.dropped).toBe(500);
    while (reported.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(reported).toHaveLength(1);
  });
});
