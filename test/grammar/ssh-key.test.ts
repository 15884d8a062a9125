/** Public keys as statements take them. */
import { expect, test } from 'vitest';
import { readSshKey } from '../../src/grammar/ssh-key.ts';
import { ed25519Key, sshBlob, sshKey } from '../support/ssh-keys.ts';

const octets = (length: number): Uint8Array => Buffer.alloc(length, 5);

test('a key is its algorithm and its blob, with or without a comment', () => {
  const wanted = { algorithm: 'ssh-ed25519', blob: sshBlob('ssh-ed25519', Buffer.alloc(32, 7)) };
  expect(readSshKey(ed25519Key, 'ssh-ed25519')).toEqual(wanted);
  expect(readSshKey(ed25519Key.split(' ').slice(0, 2).join(' '), 'ssh-ed25519')).toEqual(wanted);
});

test.each<[family: string, key: string]>([
  ['ssh-ed25519', ed25519Key],
  ['ecdsa-sha2', sshKey('ecdsa-sha2-nistp256', 'nistp256', octets(65))],
  ['ecdsa-sha2', sshKey('ecdsa-sha2-nistp521', 'nistp521', octets(133))],
  ['ssh-rsa', sshKey('ssh-rsa', octets(3), octets(257))],
  ['ssh-rsa', sshKey('ssh-rsa', octets(3), octets(256))],
  ['ssh-ed25519', ed25519Key.replace(' ', '   ')],
])('%s takes %s', (family, key) => {
  expect(readSshKey(key, family)).toBeDefined();
});

test.each<[why: string, family: string, key: string]>([
  ['no key', 'ssh-ed25519', 'ssh-ed25519'],
  ['another family', 'ssh-rsa', ed25519Key],
  ['too short', 'ssh-ed25519', sshKey('ssh-ed25519', octets(31))],
  ['something left over', 'ssh-ed25519', sshKey('ssh-ed25519', octets(32), octets(1))],
  [
    'another algorithm inside',
    'ssh-ed25519',
    `ssh-ed25519 ${sshBlob('ssh-rsa', octets(32)).toString('base64')}`,
  ],
  [
    'a cut blob',
    'ssh-ed25519',
    `ssh-ed25519 ${sshBlob('ssh-ed25519', octets(32)).subarray(0, 40).toString('base64')}`,
  ],
  ['another curve inside', 'ecdsa-sha2', sshKey('ecdsa-sha2-nistp256', 'nistp384', octets(97))],
  ['a weak modulus', 'ssh-rsa', sshKey('ssh-rsa', octets(3), octets(129))],
  ['something before it', 'ssh-ed25519', `! ${ed25519Key}`],
  [
    'octets behind the fields',
    'ssh-ed25519',
    `ssh-ed25519 ${Buffer.concat([sshBlob('ssh-ed25519', octets(32)), octets(2)]).toString('base64')}`,
  ],
  ['no fields', 'ssh-ed25519', sshKey('ssh-ed25519')],
  ['no fields', 'ecdsa-sha2', sshKey('ecdsa-sha2-nistp256')],
  ['a curve without a point', 'ecdsa-sha2', sshKey('ecdsa-sha2-nistp256', 'nistp256')],
  ['a point that is too short', 'ecdsa-sha2', sshKey('ecdsa-sha2-nistp256', 'nistp256', octets(64))],
  ['something left over', 'ecdsa-sha2', sshKey('ecdsa-sha2-nistp256', 'nistp256', octets(65), octets(1))],
  ['no fields', 'ssh-rsa', sshKey('ssh-rsa')],
  ['an exponent without a modulus', 'ssh-rsa', sshKey('ssh-rsa', octets(3))],
  ['a modulus one octet too short', 'ssh-rsa', sshKey('ssh-rsa', octets(3), octets(255))],
  ['something left over', 'ssh-rsa', sshKey('ssh-rsa', octets(3), octets(256), octets(1))],
  ['a control character in the comment', 'ssh-ed25519', `${ed25519Key}\x1b[2J`],
])('refuses %s', (_, family, key) => {
  expect(readSshKey(key, family)).toBeUndefined();
});

test('where no family is asked for, a key of any of them is one, and nothing else', () => {
  expect(readSshKey(ed25519Key)).toBeDefined();
  expect(readSshKey(sshKey('ssh-rsa', octets(3), octets(256)))).toBeDefined();
  expect(readSshKey(sshKey('ssh-dss', octets(3), octets(256)))).toBeUndefined();
});
