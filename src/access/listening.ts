/** Addresses that the configuration wants listened on: how to get from those of before to those of now. */
import { ApplyError } from '../config/commit.ts';

export interface ListenAddress {
  readonly address: string;
  readonly port: number;
}

/** Why an address cannot be listened on: a system error's code, or none when whoever listens has ended meanwhile. */
export class ListenFailure extends Error {
  readonly at: ListenAddress;
  readonly code: string;

  constructor(at: ListenAddress, code: string) {
    super(code);
    this.name = 'ListenFailure';
    this.at = at;
    this.code = code;
  }
}

/** What listens. Both reject with ListenFailure. */
export interface Doors {
  open(at: ListenAddress): Promise<void>;
  close(at: ListenAddress): Promise<void>;
}

/** Two of the same are one. */
export function keyOf({ address, port }: ListenAddress): string {
  return JSON.stringify({ address, port });
}

/**
 * Closes what is no longer wanted first: every address and one address of a port exclude each other. Rejects when one cannot be
 * opened, and those of before are open again.
 */
export async function moveDoors(
  doors: Doors,
  before: readonly ListenAddress[],
  wanted: readonly ListenAddress[],
  report: (error: unknown) => void,
): Promise<void> {
  const has = (all: readonly ListenAddress[], at: ListenAddress): boolean =>
    all.some((other) => keyOf(other) === keyOf(at));
  const gone = before.filter((at) => !has(wanted, at));
  const added = wanted.filter((at) => !has(before, at));
  const opened: ListenAddress[] = [];
  try {
    for (const at of gone) await doors.close(at);
    for (const at of added) {
      await doors.open(at);
      opened.push(at);
    }
  } catch (error) {
    for (const at of opened) await doors.close(at).catch(report);
    await Promise.all(gone.map((at) => doors.open(at))).catch(report);
    throw error;
  }
}

const codes: Readonly<Record<string, string>> = {
  EADDRINUSE: 'address-in-use',
  EACCES: 'port-permission',
  EADDRNOTAVAIL: 'no-such-address',
};

/** What the commit says of a failure, at the statement that wants the address. */
export function applyErrorOf({ at, code }: ListenFailure, path: readonly string[]): ApplyError {
  return new ApplyError({
    severity: 'error',
    code: codes[code] ?? 'not-listening',
    path,
    details: { ...at },
  });
}
