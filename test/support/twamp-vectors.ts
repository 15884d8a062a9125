/** The recorded conversations of test/vectors/twamp. */
import { readFileSync } from 'node:fs';
import type { Role } from '../../src/twamp/control.ts';

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

export function readVector(name: string): TwampVector {
  const file = new URL(`../vectors/twamp/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as TwampVector;
}

/** What one end said, turn by turn. */
export function turnsOf(vector: TwampVector, role: Role): Uint8Array[] {
  return vector.control.filter(({ from }) => from === role).map(({ hex }) => Buffer.from(hex, 'hex'));
}

/** Everything one end said, in order. */
export function saidBy(vector: TwampVector, role: Role): Uint8Array {
  return Buffer.concat(turnsOf(vector, role));
}
