/** Ways to cut a stream of octets, since TCP and files may deliver them anyhow. */
import type { SeededRandom } from './seeded-random.ts';

const CHUNK_OCTETS = 65_536;

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

/** A file that is read by pieces, all of `octets` octets but the last. */
export async function* chunksOf(file: string | Uint8Array, octets = CHUNK_OCTETS): AsyncIterable<Uint8Array> {
  const all = typeof file === 'string' ? Buffer.from(file) : file;
  for (let at = 0; at < all.length; at += octets) yield await Promise.resolve(all.subarray(at, at + octets));
}
