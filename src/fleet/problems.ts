/** Why the fleet's database does not take rows or give them, as data. */

export type FleetProblemCode =
  /** Nobody answers, or whoever did is gone. */
  | 'unreachable'
  /** It did not answer in time. */
  | 'slow'
  | 'wrong-password'
  | 'no-database'
  /** The tables are not there. */
  | 'no-schema'
  /** They are of another version than this program's: `found`, `wanted`. */
  | 'schema-version'
  /** The role may not publish, or not as this node; `node`: as which it may. */
  | 'no-node'
  | 'wrong-node'
  | 'not-permitted'
  | 'disk-full'
  | 'too-many-connections'
  | 'read-only'
  | 'starting'
  /** There is no TLS there, or whoever answers is not proved to be the one. */
  | 'no-tls'
  | 'tls'
  /** The file of authorities. */
  | 'ca-file'
  /** The outbox, which is on this machine. */
  | 'outbox'
  | 'other';

export interface FleetProblem {
  readonly code: FleetProblemCode;
  readonly details: Readonly<Record<string, string | number>>;
}

export class FleetError extends Error {
  readonly problem: FleetProblem;

  constructor(code: FleetProblemCode, details: FleetProblem['details'] = {}, options?: ErrorOptions) {
    super(`fleet: ${code}`, options);
    this.name = 'FleetError';
    this.problem = { code, details };
  }
}

/** SQLSTATE (PostgreSQL, Appendix A), and Node's codes of sockets. */
const byCode: Readonly<Record<string, FleetProblemCode>> = {
  '28P01': 'wrong-password',
  '28000': 'wrong-password',
  '3D000': 'no-database',
  '3F000': 'no-schema',
  '42P01': 'no-schema',
  '42883': 'no-schema',
  '42501': 'not-permitted',
  '25006': 'read-only',
  '53100': 'disk-full',
  '53300': 'too-many-connections',
  '57014': 'slow',
  '55P03': 'slow',
  '57P01': 'unreachable',
  '57P02': 'unreachable',
  '57P03': 'starting',
  '58030': 'disk-full',
  ECONNREFUSED: 'unreachable',
  ECONNRESET: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENOTFOUND: 'unreachable',
  EAI_AGAIN: 'unreachable',
  ENOENT: 'unreachable',
  EACCES: 'unreachable',
  EPIPE: 'unreachable',
  ETIMEDOUT: 'slow',
  ERR_TLS_CERT_ALTNAME_INVALID: 'tls',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'tls',
  SELF_SIGNED_CERT_IN_CHAIN: 'tls',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'tls',
  CERT_HAS_EXPIRED: 'tls',
};

/** What pg says without a code. */
const byMessage: readonly (readonly [RegExp, FleetProblemCode])[] = [
  [/timeout expired|Query read timeout/, 'slow'],
  [/Connection terminated|Client has encountered a connection error|not queryable/, 'unreachable'],
  [/does not support SSL/, 'no-tls'],
  [/password must be a string/, 'wrong-password'],
];

export function problemOf(error: unknown): FleetProblem {
  if (error instanceof FleetError) return error.problem;
  if (error instanceof AggregateError && error.errors.length > 0) return problemOf(error.errors[0]);
  const { code = '', message: said } = error as Error & { readonly code?: string };
  const found = byCode[code] ?? byMessage.find(([pattern]) => pattern.test(said))?.[1];
  return { code: found ?? 'other', details: { said, code } };
}

/** What is wrong with a row, whatever becomes of the database: data and constraints (SQLSTATE classes 22 and 23). */
export const isOfRow = (error: unknown): boolean => hasState(error, /^2[23]...$/);

/** What was asked for is not known there (SQLSTATE classes 0A and 42). */
export const isUnsupported = (error: unknown): boolean => hasState(error, /^(0A|42)...$/);

function hasState(error: unknown, state: RegExp): boolean {
  return state.test((error as { readonly code?: string }).code ?? '');
}
