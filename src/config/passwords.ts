/** Passwords at rest: hashed with scrypt (RFC 7914), off the main thread. */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { readPasswordHash, writePasswordHash, type PasswordHash } from '../grammar/password-hash.ts';

/** 32 MiB and about 100 ms for each guess: N = 2^15, r = 8, p = 1. */
export const PASSWORD_COST = { costLog2: 15, blockSize: 8, parallelization: 1 } as const;

const SALT_OCTETS = 16;
const HASH_OCTETS = 32;

/** The form in which a password is stored. Two of the same password differ. */
export async function hashPassword(password: string): Promise<string> {
  const asked = { ...PASSWORD_COST, salt: randomBytes(SALT_OCTETS), hash: new Uint8Array(HASH_OCTETS) };
  return writePasswordHash({ ...asked, hash: await derive(password, asked) });
}

/** Whether that is the password; false also for what is no stored form. */
export async function isPassword(password: string, stored: string): Promise<boolean> {
  const wanted = readPasswordHash(stored);
  return wanted !== undefined && timingSafeEqual(await derive(password, wanted), wanted.hash);
}

/** As many octets as `asked.hash` has. */
function derive(password: string, asked: PasswordHash): Promise<Buffer> {
  const { costLog2, blockSize, parallelization } = asked;
  const N = 2 ** costLog2;
  const memory = 128 * blockSize * (N + parallelization + 2);
  const options = { N, r: blockSize, p: parallelization, maxmem: memory };
  return new Promise((resolve, reject) => {
    scrypt(password, asked.salt, asked.hash.length, options, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}
