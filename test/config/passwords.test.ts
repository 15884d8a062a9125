/** Passwords at rest. */
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

const salt = 'A'.repeat(22);
const hash = 'B'.repeat(43);

test.each([
  'secret',
  `$6$rounds=5000$${salt}$${hash}`,
  `$scrypt$ln=18,r=8,p=1$${salt}$${hash}`,
  `$scrypt$ln=15,r=9,p=1$${salt}$${hash}`,
  `$scrypt$ln=15,r=8,p=3$${salt}$${hash}`,
  `$scrypt$ln=0,r=8,p=1$${salt}$${hash}`,
  `$scrypt$ln=15,r=8,p=1$AAAA$${hash}`,
  `$scrypt$ln=15,r=8,p=1$${salt}$BBBB`,
])('%s is no hash that is ever checked', async (text) => {
  expect(readPasswordHash(text)).toBeUndefined();
  expect(await isPassword('secret', text)).toBe(false);
});

/** Of octets that base64 pads with none, one or two characters. */
test.each([
  [8, 16],
  [9, 17],
  [10, 18],
  [64, 64],
])('a salt of %i octets and a hash of %i are read as they were written', (saltOctets, hashOctets) => {
  const written = {
    costLog2: 17,
    blockSize: 8,
    parallelization: 2,
    salt: Buffer.alloc(saltOctets, 0xfb),
    hash: Buffer.alloc(hashOctets, 0xff),
  };
  const text = writePasswordHash(written);
  expect(text).toMatch(/^\$scrypt\$ln=17,r=8,p=2\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$/);
  expect(readPasswordHash(text)).toEqual(written);
});

test.each([
  [7, 16],
  [8, 15],
  [65, 64],
  [64, 65],
])('a salt of %i octets with a hash of %i is none', (saltOctets, hashOctets) => {
  const cost = { costLog2: 1, blockSize: 1, parallelization: 1 };
  const octets = { salt: new Uint8Array(saltOctets), hash: new Uint8Array(hashOctets) };
  expect(readPasswordHash(writePasswordHash({ ...cost, ...octets }))).toBeUndefined();
});

test('the costliest hash that is taken can be checked', async () => {
  expect(await isPassword('secret', `$scrypt$ln=17,r=8,p=1$${salt}$${hash}`)).toBe(false);
});
