/** Numbers in octets, without a view for each. */

export const uint16 = (octets: Uint8Array, at: number, isLittle = false): number =>
  isLittle ? octets[at]! | (octets[at + 1]! << 8) : (octets[at]! << 8) | octets[at + 1]!;

export const uint32 = (octets: Uint8Array, at: number, isLittle = false): number =>
  (isLittle
    ? octets[at]! | (octets[at + 1]! << 8) | (octets[at + 2]! << 16) | (octets[at + 3]! << 24)
    : (octets[at]! << 24) | (octets[at + 1]! << 16) | (octets[at + 2]! << 8) | octets[at + 3]!) >>> 0;
