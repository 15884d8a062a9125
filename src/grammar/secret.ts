/** What a secret looks like where it may be seen: sealed, or not at all. */
import type { GrammarNode } from './node.ts';
import { PASSWORD_HASH } from './password-hash.ts';

/** Begins what a sealed secret is written as. */
export const SEALED_PREFIX = '$dn1$';

/** Stands where a secret is that somebody may not see, as in Junos. */
export const SECRET_DATA = '/* SECRET-DATA */';

/** Stands where a secret was typed in what others may read, and in errors. */
export const SECRET_MASK = '*****';

/** The type of a value that is a line itself, and as secret as what the line says. */
export const COMMAND_LINE = 'command-line';

export const SECRET_LENGTH_MAX = 256;

/** Whether the value of a statement is a secret that is kept sealed, and opened when it is used. */
export function isSealed(node: GrammarNode | undefined): boolean {
  return node?.value?.type.name === 'secret';
}

/** Whether the value of a statement is nobody's to see, in whatever form. */
export function isSecret(node: GrammarNode | undefined): boolean {
  return isSealed(node) || node?.value?.type.name === PASSWORD_HASH;
}
