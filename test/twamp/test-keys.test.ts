/** The keys of test sessions, against those of recorded sessions. */
import { expect, test } from 'vitest';
import { testKeys } from '../../src/twamp/test-keys.ts';
import { keysOfHex, recordedTestKeys } from '../support/test-packets.ts';

test.each(Object.entries(recordedTestKeys))('%s: each SID gives the keys it had', (_name, recorded) => {
  for (const session of recorded.sessions) {
    const { aesKey, hmacKey } = testKeys(Buffer.from(session.sid, 'hex'), keysOfHex(recorded.sessionKeys));
    expect(Buffer.from(aesKey).toString('hex')).toBe(session.testKeys.aesKey);
    expect(Buffer.from(hmacKey).toString('hex')).toBe(session.testKeys.hmacKey);
  }
});
