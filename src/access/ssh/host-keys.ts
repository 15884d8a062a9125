/** The router's own keys: made once, kept where only its owner reads them. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ssh2 from 'ssh2';

/** File names and forms are OpenSSH's. */
const kinds = [
  { file: 'ssh_host_ed25519_key', make: () => ssh2.utils.generateKeyPairSync('ed25519') },
  { file: 'ssh_host_ecdsa_key', make: () => ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 }) },
] as const;

/** Private keys; those that are missing are made, with the public one beside each. Throws what the file system does. */
export function hostKeysIn(directory: string): readonly Buffer[] {
  return kinds.map(({ file, make }) => {
    const path = join(directory, file);
    if (!existsSync(path)) {
      const pair = make();
      writeWhole(`${path}.pub`, `${pair.public}\n`, 0o644);
      writeWhole(path, pair.private, 0o600);
    }
    return readFileSync(path);
  });
}

function writeWhole(path: string, text: string, mode: number): void {
  const unfinished = `${path}.new`;
  writeFileSync(unfinished, text, { mode, flush: true });
  renameSync(unfinished, path);
}
