/** The router's own keys: made once, kept where only its owner reads them. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ssh2, { type utils } from 'ssh2';
import { writeWhole } from '../../store/whole-file.ts';

/** File names and forms are OpenSSH's. */
const kinds = [
  { file: 'ssh_host_ed25519_key', type: 'ed25519' },
  { file: 'ssh_host_ecdsa_key', type: 'ecdsa' },
] as const;

/** A new pair of keys, of 256 bits, in OpenSSH's form. */
export function makeKeyPair(type: 'ed25519' | 'ecdsa', comment = ''): utils.KeyPairReturn {
  for (;;) {
    const pair =
      type === 'ecdsa'
        ? ssh2.utils.generateKeyPairSync(type, { bits: 256, comment })
        : ssh2.utils.generateKeyPairSync(type, { comment });
    // Of public keys of ed25519 that begin with a zero octet, ssh2 loses it (mscdex/ssh2#1390): one of 256 cannot be read.
    if (isReadable(pair.private) && isReadable(pair.public)) return pair;
  }
}

const isReadable = (key: Buffer | string): boolean => !(ssh2.utils.parseKey(key) instanceof Error);

/** Private keys; those that are missing are made, with the public one beside each. Throws what the file system does. */
export function hostKeysIn(directory: string): readonly Buffer[] {
  return kinds.map(({ file, type }) => {
    const path = join(directory, file);
    if (!existsSync(path)) {
      const pair = makeKeyPair(type);
      writeWhole(`${path}.pub`, `${pair.public}\n`, { mode: 0o644, flush: true });
      writeWhole(path, pair.private, { mode: 0o600, flush: true });
    }
    return readFileSync(path);
  });
}
