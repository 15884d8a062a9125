/** Ways to cut a stream of octets, since TCP may deliver them anyhow. */
import type { SeededRandom } from './seeded-random.ts';

/** Every octet alone. */
export function octetByOctet(octets: Uint8Array): Uint8Array[] {
  return Array.from(octets, (octet) => Uint8Array.of(octet));
}

/** Pieces of 1 .. `octetsMax` octets. */
export function randomChunks(octets: Uint8Array, random: SeededRandom, octetsMax = 200): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < octets.length;) {
    const end = at + 1 + random.below(octetsMax);
    chunks.push(octets.slice(at, end));
    at = end;
  }
  return chunks;
}
