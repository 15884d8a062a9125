/** A value that is taken for each type there is. */
import type { GrammarNode } from '../../src/grammar/node.ts';
import { sampleCredentials } from './configuration.ts';

/** A text that each simple type accepts. */
const samples: Readonly<Record<string, string>> = {
  address: '192.0.2.1',
  prefix: '192.0.2.0/24',
  endpoint: '192.0.2.1:862',
  host: 'localhost',
  'host-name': 'r1',
  'code-points': 'ef',
  'commit-time': '12:00',
  instant: '2026-11-22.08:19:24',
  dscp: 'ef',
  interval: '0.1e',
  percent: '0.5',
  percentiles: '50,99.9',
  'application-protocol': 'ftp',
  'ip-protocol': 'tcp',
  'services-interface': 'ms-0/0/0',
  mark: '0x100/0xff00',
  mask: '0xf',
  duration: '1s',
  pattern: 'x',
  'port-range': '10000-20000',
  'postgresql-url': 'postgresql://r1@localhost:5432/fleet',
  minutes: '15',
  text: '"two words"',
  'password-hash': sampleCredentials.find((text) => text.startsWith('$scrypt'))!,
  ...Object.fromEntries(
    ['ssh-ed25519', 'ecdsa-sha2', 'ssh-rsa'].map((family) => [
      `ssh-key(${family})`,
      `"${sampleCredentials.find((text) => text.startsWith(family))!}"`,
    ]),
  ),
};

/** What somebody might type for the value of a line; '' where it has none. */
export function sampleOf({ value }: GrammarNode): string {
  if (!value) return '';
  const { name, choices } = value.type;
  return (
    choices[0] ?? samples[name] ?? samples[name.replace(/\(.*/, '')] ?? /^(\d+)\.\./.exec(name)?.[1] ?? 'abc'
  );
}
