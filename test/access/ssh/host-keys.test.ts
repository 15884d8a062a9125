/** The router's own keys: made once, and such as can be read. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { expect, it, onTestFinished, vi } from 'vitest';
import { hostKeysIn } from '../../../src/access/ssh/host-keys.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

it('are made once', () => {
  const directory = temporaryDirectory();
  const keys = hostKeysIn(directory);
  expect(keys).toHaveLength(2);
  expect(hostKeysIn(directory)).toEqual(keys);
});

/** A public key whose first octet has been lost. */
function shortened(text: string): string {
  const [type, blob] = text.split(' ') as [string, string];
  const octets = Buffer.from(blob, 'base64');
  octets.writeUInt32BE(31, octets.length - 36);
  return `${type} ${Buffer.concat([octets.subarray(0, -32), octets.subarray(-31)]).toString('base64')}`;
}

it('are made again where the package has made one that it cannot read itself', () => {
  const { generateKeyPairSync: generate, parseKey } = ssh2.utils;
  const spy = vi.spyOn(ssh2.utils, 'generateKeyPairSync').mockImplementationOnce((type) => {
    const pair = generate(type as 'ed25519');
    return { ...pair, public: shortened(pair.public) };
  });
  onTestFinished(() => {
    spy.mockRestore();
  });
  const directory = temporaryDirectory();
  hostKeysIn(directory);
  expect(spy).toHaveBeenCalledTimes(3);
  expect(parseKey(readFileSync(join(directory, 'ssh_host_ed25519_key.pub')))).not.toBeInstanceOf(Error);
});
