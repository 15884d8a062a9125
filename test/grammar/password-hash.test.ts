/** The form in which passwords are stored: what is read of it is what was written, and what is too weak or too costly is none. */
import { expect, test } from 'vitest';
import { readPasswordHash, writePasswordHash } from '../../src/grammar/password-hash.ts';

const salt = 'A'.repeat(22);
const hash = 'B'.repeat(43);

test.each([
  '',
  'secret',
  `$6$rounds=5000$${salt}$${hash}`,
  `$scrypt$ln=18,r=8,p=1$${salt}$${hash}`,
  `$scrypt$ln=15,r=9,p=1$${salt}$${hash}`,
  `$scrypt$ln=15,r=8,p=3$${salt}$${hash}`,
  `$scrypt$ln=0,r=8,p=1$${salt}$${hash}`,
  `$scrypt$ln=15,r=0,p=1$${salt}$${hash}`,
  `$scrypt$ln=15,r=8,p=0$${salt}$${hash}`,
  `$scrypt$ln=15,r=8,p=1$AAAA$${hash}`,
  `$scrypt$ln=15,r=8,p=1$${salt}$BBBB`,
  `$scrypt$ln=15,r=8,p=1$${salt}`,
])('%s is none', (text) => {
  expect(readPasswordHash(text)).toBeUndefined();
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

test('the cheapest is read', () => {
  const cost = { costLog2: 1, blockSize: 1, parallelization: 1 };
  const octets = { salt: Buffer.alloc(8, 1), hash: Buffer.alloc(16, 2) };
  expect(readPasswordHash(writePasswordHash({ ...cost, ...octets }))).toEqual({ ...cost, ...octets });
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
