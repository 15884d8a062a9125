/** Which key of `services rpm twamp client` a control connection proves itself with. */
import type { KeyChains } from './key-chains.ts';
import type { ControlConnectionConfiguration } from './rpm-configuration.ts';

/** The statements that choose. */
type KeyStatements = Pick<
  ControlConnectionConfiguration,
  'authentication-mode' | 'authentication-key-chain' | 'key-id'
>;

export type KeyFault = 'no-key-chain' | 'no-such-key-chain' | 'no-such-key' | 'several-keys';

/** One of `fault` and `keyId`; neither in mode none. */
export interface KeyChoice {
  readonly keyId?: string;
  readonly fault?: KeyFault;
}

/** The key that is named; without a name, the only one there is in the chain, or in all chains. */
export function keyOf(
  { 'authentication-mode': mode, 'authentication-key-chain': chain, 'key-id': wanted }: KeyStatements,
  chains: KeyChains,
): KeyChoice {
  if (mode === 'none') return {};
  if (chain !== undefined && !chains.has(chain)) return { fault: 'no-such-key-chain' };
  const searched = chain === undefined ? [...chains.values()] : [chains.get(chain)!];
  const keyIds = searched.flatMap(({ 'key-id': keys }) => [...keys.keys()]);
  if (wanted !== undefined) return keyIds.includes(wanted) ? { keyId: wanted } : { fault: 'no-such-key' };
  const [keyId, ...others] = keyIds;
  if (keyId === undefined) return { fault: 'no-key-chain' };
  return others.length === 0 ? { keyId } : { fault: 'several-keys' };
}
