/** Public keys as OpenSSH's authorized_keys has them: `ssh-ed25519 AAAA… comment`. RFC 4253 §6.6, RFC 5656, RFC 8709. */

export interface SshKey {
  readonly algorithm: string;
  /** The key as it goes over the wire: its algorithm again, then its fields. */
  readonly blob: Uint8Array;
}

interface Family {
  readonly algorithms: readonly string[];
  /** Whether the fields behind the algorithm are those of such a key. */
  readonly fits: (fields: readonly Uint8Array[], algorithm: string) => boolean;
}

const ED25519_OCTETS = 32;

/** A smaller modulus is within reach of whoever wants to be that user. */
const RSA_MODULUS_OCTETS_MIN = 256;

/** Octets of an uncompressed point: a marker, and two coordinates. */
const curvePoints: Readonly<Record<string, number>> = { nistp256: 65, nistp384: 97, nistp521: 133 };

const families: Readonly<Record<string, Family>> = {
  'ssh-ed25519': {
    algorithms: ['ssh-ed25519'],
    fits: ([key, ...more]) => key?.length === ED25519_OCTETS && more.length === 0,
  },
  'ecdsa-sha2': {
    algorithms: Object.keys(curvePoints).map((curve) => `ecdsa-sha2-${curve}`),
    fits: ([curve, point, ...more], algorithm) =>
      curve !== undefined &&
      algorithm === `ecdsa-sha2-${textOf(curve)}` &&
      point?.length === curvePoints[textOf(curve)] &&
      more.length === 0,
  },
  'ssh-rsa': {
    algorithms: ['ssh-rsa'],
    fits: ([exponent, modulus, ...more]) =>
      exponent !== undefined &&
      modulus !== undefined &&
      modulus.length >= RSA_MODULUS_OCTETS_MIN &&
      more.length === 0,
  },
};

/** What `ssh-key(FAMILY)` may name. */
export const SSH_KEY_FAMILIES: readonly string[] = Object.keys(families);

/** Undefined for what is no whole key, or one of another family than the one that is asked for. */
export function readSshKey(text: string, familyName?: string): SshKey | undefined {
  const [, algorithm, base64] = /^([\w-]+) +([A-Za-z0-9+/]+={0,2})(?: +[^\p{Cc}]*)?$/u.exec(text) ?? [];
  if (algorithm === undefined || base64 === undefined) return undefined;
  const [, kind] =
    Object.entries(families).find(([, { algorithms }]) => algorithms.includes(algorithm)) ?? [];
  if (kind === undefined || (familyName !== undefined && kind !== families[familyName])) return undefined;
  const blob = Buffer.from(base64, 'base64');
  const fields = fieldsOf(blob);
  const [named, ...rest] = fields ?? [];
  const isWhole = named !== undefined && textOf(named) === algorithm && kind.fits(rest, algorithm);
  return isWhole ? { algorithm, blob } : undefined;
}

/** RFC 4251 §5: each a length and that many octets; undefined where something is left over or missing. */
function fieldsOf(blob: Buffer): Uint8Array[] | undefined {
  const fields: Uint8Array[] = [];
  let at = 0;
  while (at + 4 <= blob.length) {
    const end = at + 4 + blob.readUInt32BE(at);
    fields.push(blob.subarray(at + 4, end));
    at = end;
  }
  return at === blob.length ? fields : undefined;
}

function textOf(octets: Uint8Array): string {
  return Buffer.from(octets).toString('latin1');
}
