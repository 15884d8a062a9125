/** Passwords at rest. */
import { scryptSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { hashPassword, isPassword, PASSWORD_COST } from '../../src/config/passwords.ts';
import { readPasswordHash, writePasswordHash } from '../../src/grammar/password-hash.ts';

test('only the password fits its hash, and no two hashes are alike', async () => {
  const [one, other] = [await hashPassword('correct horse'), await hashPassword('correct horse')];
  expect(one).not.toBe(other);
  expect(one).not.toContain('horse');
  expect(await isPassword('correct horse', one)).toBe(true);
  expect(await isPassword('correct horsf', one)).toBe(false);
  expect(await isPassword('', one)).toBe(false);
  expect(readPasswordHash(one)).toMatchObject(PASSWORD_COST);
});

/** RFC 7914 §12: scrypt("pleaseletmein", "SodiumChloride", 16384, 8, 1). */
test('the hash is that of RFC 7914', async () => {
  const hash = Buffer.from(
    '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2' +
      'd5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887',
    'hex',
  );
  const salt = Buffer.from('SodiumChloride');
  const stored = writePasswordHash({ costLog2: 14, blockSize: 8, parallelization: 1, salt, hash });
  expect(await isPassword('pleaseletmein', stored)).toBe(true);
});

test.each([
  [10, 4, 2],
  [12, 1, 1],
])(
  'of other costs it is that of scrypt as well (2^%i, %i, %i)',
  async (costLog2, blockSize, parallelization) => {
    const salt = Buffer.from('SodiumChloride');
    const hash = scryptSync('pleaseletmein', salt, 32, {
      N: 2 ** costLog2,
      r: blockSize,
      p: parallelization,
    });
    const stored = writePasswordHash({ costLog2, blockSize, parallelization, salt, hash });
    expect(await isPassword('pleaseletmein', stored)).toBe(true);
  },
);

const salt = 'A'.repeat(22);
const hash = 'B'.repeat(43);

test("what is no hash is nobody's", async () => {
  expect(await isPassword('secret', 'secret')).toBe(false);
  expect(await isPassword('secret', `$scrypt$ln=18,r=8,p=1$${salt}$${hash}`)).toBe(false);
});

test('the costliest hash that is taken can be checked', async () => {
  expect(await isPassword('secret', `$scrypt$ln=17,r=8,p=1$${salt}$${hash}`)).toBe(false);
});
