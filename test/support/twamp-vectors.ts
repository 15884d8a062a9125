/** The recorded conversations of test/vectors/twamp. */
import { createDecipheriv } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Role } from '../../src/twamp/control.ts';
import type { KeyedMode } from '../../src/twamp/protocol.ts';

export interface TwampVector {
  readonly client: { readonly address: string; readonly port: number };
  readonly server: { readonly address: string; readonly port: number };
  readonly control: readonly { readonly from: Role; readonly hex: string }[];
}

export const openVectors = [
  'twping-twampd-open',
  'twping-twampd-open-ipv6',
  'twping-twampd-open-pad0',
  'twping3-twampd-open-3sessions',
  'twampy-twampd-open',
] as const;

export const keyedVectors = [
  'twping-twampd-auth',
  'twping-twampd-auth-pad100',
  'twping-twampd-encr',
  'twping-twampd-encr-dscp46-pad200-zeroaddr',
  'twping-twampd-encr-denied3rdsession',
  'twping-twampd-mixed',
  'twping3-twampd-auth-3sessions',
  'twping3-twampd-encr-3sessions',
  'twping3-twampd-mixed-3sessions',
] as const;

/** The client had the wrong secret: there are no session keys that the server knows. */
export const wrongSecretVector = 'twping-twampd-auth-wrongsecret';

type VectorName = (typeof openVectors | typeof keyedVectors)[number] | typeof wrongSecretVector;

export function readVector(name: string): TwampVector {
  return readJson(`${name}.json`) as TwampVector;
}

/** What kept a recorded conversation secret, as another program found it; hexadecimal but for KeyID and secret. */
export interface RecordedKeys {
  readonly mode: KeyedMode;
  readonly keyId: string;
  readonly secret: string;
  readonly derivedKey: string;
  readonly aesKey: string;
  readonly hmacKey: string;
}

export function readKeys(name: VectorName): RecordedKeys {
  return (readJson('session-keys.json') as Record<string, RecordedKeys>)[name]!;
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(new URL(`../vectors/twamp/${file}`, import.meta.url), 'utf8'));
}

/** The octets where each role's chain begins, and where in the clear ones its IV stands. */
const chains = {
  'control-client': { clearOctets: 164, ivOffset: 148 },
  server: { clearOctets: 64 + 32, ivOffset: 64 + 16 },
} as const satisfies Record<Role, object>;

/** What one end said, deciphered: `said` is all of it. */
export function clearText(said: Uint8Array, role: Role, { aesKey }: RecordedKeys): Uint8Array {
  const { clearOctets, ivOffset } = chains[role];
  const iv = said.subarray(ivOffset, ivOffset + 16);
  const decipher = createDecipheriv('aes-128-cbc', Buffer.from(aesKey, 'hex'), iv).setAutoPadding(false);
  return Buffer.concat([said.subarray(0, clearOctets), decipher.update(said.subarray(clearOctets))]);
}

/** What one end said, turn by turn. */
export function turnsOf(vector: TwampVector, role: Role): Uint8Array[] {
  return vector.control.filter(({ from }) => from === role).map(({ hex }) => Buffer.from(hex, 'hex'));
}

/** Everything one end said, in order. */
export function saidBy(vector: TwampVector, role: Role): Uint8Array {
  return Buffer.concat(turnsOf(vector, role));
}
