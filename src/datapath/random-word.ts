/** 32 random bits: what nobody shall foresee, such as where a port is looked for first. */
import { systemRandom } from '../clock.ts';

export function randomWord(): number {
  return new DataView(systemRandom.octets(4).buffer).getUint32(0);
}
