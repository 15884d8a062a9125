/** The form in which passwords are stored: the PHC string format, of scrypt (RFC 7914) alone. */

/** Name of the value type. */
export const PASSWORD_HASH = 'password-hash';

export interface PasswordHash {
  /** Binary logarithm of scrypt's N. */
  readonly costLog2: number;
  readonly blockSize: number;
  readonly parallelization: number;
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
}

/** What a stored hash may ask of the machine that checks a password: 128 MiB, and a second or two. */
const COST_LOG2_MAX = 17;
const BLOCK_SIZE_MAX = 8;
const PARALLELIZATION_MAX = 2;

const SALT_OCTETS_MIN = 8;
const HASH_OCTETS_MIN = 16;
const OCTETS_MAX = 64;

const BASE64 = '([A-Za-z0-9+/]{1,88})';
const FORM = new RegExp(String.raw`^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$${BASE64}\$${BASE64}$`);

/** Undefined for what is none, is too weak to protect anything, or would take too much to check. */
export function readPasswordHash(text: string): PasswordHash | undefined {
  const [, ln, r, p, salt, hash] = FORM.exec(text) ?? [];
  if (hash === undefined || salt === undefined) return undefined;
  const read: PasswordHash = {
    costLog2: Number(ln),
    blockSize: Number(r),
    parallelization: Number(p),
    salt: Buffer.from(salt, 'base64'),
    hash: Buffer.from(hash, 'base64'),
  };
  const isBearable =
    within(read.costLog2, 1, COST_LOG2_MAX) &&
    within(read.blockSize, 1, BLOCK_SIZE_MAX) &&
    within(read.parallelization, 1, PARALLELIZATION_MAX);
  const isLong =
    within(read.salt.length, SALT_OCTETS_MIN, OCTETS_MAX) &&
    within(read.hash.length, HASH_OCTETS_MIN, OCTETS_MAX);
  return isBearable && isLong ? read : undefined;
}

export function writePasswordHash(hash: PasswordHash): string {
  const { costLog2, blockSize, parallelization } = hash;
  const parts = [hash.salt, hash.hash].map((octets) =>
    Buffer.from(octets).toString('base64').replace(/=+$/, ''),
  );
  return `$scrypt$ln=${costLog2},r=${blockSize},p=${parallelization}$${parts.join('$')}`;
}

function within(value: number, low: number, high: number): boolean {
  return value >= low && value <= high;
}
