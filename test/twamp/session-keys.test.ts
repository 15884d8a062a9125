/** What a connection has agreed on, as its test packets and its KeyID field have it. */
import { expect, test } from 'vitest';
import { modeFeatures, modes } from '../../src/twamp/protocol.ts';
import { decodeKeyId, encodeKeyId, packetModeOf } from '../../src/twamp/session-keys.ts';
import { testKeys } from '../../src/twamp/test-keys.ts';

const keys = { aesKey: new Uint8Array(16).fill(1), hmacKey: new Uint8Array(32).fill(2) };
const sid = new Uint8Array(16).fill(3);

test('test packets have the mode, the features and, where there are keys, keys of their own session', () => {
  const features = modeFeatures.symmetricalSize;
  expect(packetModeOf({ mode: 'encrypted', features, keys }, sid)).toEqual({
    mode: modes.encrypted | features,
    keys: testKeys(sid, keys),
  });
  expect(packetModeOf({ mode: 'unauthenticated', features: 0, keys: undefined }, sid)).toEqual({
    mode: modes.unauthenticated,
    keys: undefined,
  });
});

test.each(['', 'a', 'ä'.repeat(39), 'x'.repeat(79), 'x'.repeat(80)])(
  'KeyID %j survives its field',
  (keyId) => {
    expect(decodeKeyId(encodeKeyId(keyId))).toBe(keyId);
  },
);

test('a KeyID ends with its first zero, and is never longer than its field', () => {
  expect(decodeKeyId(encodeKeyId('one\0two'))).toBe('one');
  expect(() => encodeKeyId('x'.repeat(81))).toThrow(RangeError);
});
