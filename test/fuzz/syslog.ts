/** Messages to syslog hosts, of whatever people have typed: RFC 5424's grammar, and no longer than a datagram may be. */
import assert from 'node:assert/strict';
import { SYSLOG_OCTETS_MAX, syslogMessage } from '../../src/access/syslog-message.ts';
import { chosen, Choices, textOf, type FuzzTarget } from './target.ts';

const VALUE = String.raw`"(?:[^"\\\]]|\\["\\\]])*"`;
const FIELD = String.raw`[\x21-\x7e]`;
const MESSAGE = new RegExp(
  String.raw`^<\d{1,3}>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z ${FIELD}{1,255} ${FIELD}{1,48} ${FIELD}{1,128} ${FIELD}{1,32} \[audit@32473(?: [a-z]+=${VALUE})*\](?: \ufeff[^]*)?$`,
  'u',
);

/** The first octet says how often the text is said. */
export const target: FuzzTarget = {
  octetsMax: 1024,
  words: ['"', '\\', ']', '\\"', '" x="', '] [', '\ufeff', '日', '\ud83d\ude00'],
  run: (octets) => {
    const choices = new Choices(octets);
    const times = choices.octet() % 8;
    const [hostName = '', user = '', result = '', said = ''] = textOf(choices.rest).split('\n');
    const message = syslogMessage({
      facility: 'audit-log',
      severity: 'warning',
      wallNanos: 1_795_335_564_000_000_000n,
      hostName,
      application: 'dnrouter',
      processId: '1',
      messageId: 'COMMAND',
      data: { 'audit@32473': { user, way: 'ssh', result, count: '1' } },
      text: said.repeat(times),
    });
    assert(message.length <= SYSLOG_OCTETS_MAX, `${message.length} octets`);
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(message);
    assert.match(text, MESSAGE);
  },
  seeds: () => [
    chosen([1], 'r1\nlab\ndone\nshow version'),
    chosen([7], `r1\na"]\\\nCommit failed: ${'x'.repeat(120)}\n${'日本'.repeat(60)}`),
  ],
};
