/** Two network namespaces of the run with a pair of virtual Ethernet devices between them. Needs root. */
import { execFileSync } from 'node:child_process';

export interface NamespacePair {
  /** Words that run a command on the side that measures … */
  readonly near: readonly string[];
  /** … and on the side that is measured. */
  readonly far: readonly string[];
  readonly nearDevice: string;
  readonly farAddress: string;
  readonly remove: () => void;
}

const NEAR_ADDRESS = '198.51.100.1';
const FAR_ADDRESS = '198.51.100.2';

const ip = (words: string): void => void execFileSync('ip', words.split(' '), { stdio: 'pipe' });

/** Throws when it may not. */
export function createNamespacePair(): NamespacePair {
  const [near, far] = [`dnrbench${process.pid}a`, `dnrbench${process.pid}b`];
  const remove = (): void => {
    for (const name of [near, far]) {
      try {
        ip(`netns del ${name}`);
      } catch {
        // It was never made.
      }
    }
  };
  try {
    for (const name of [near, far]) ip(`netns add ${name}`);
    ip(`link add near0 netns ${near} type veth peer name far0 netns ${far}`);
    ip(`-n ${near} addr add ${NEAR_ADDRESS}/30 dev near0`);
    ip(`-n ${far} addr add ${FAR_ADDRESS}/30 dev far0`);
    for (const [name, device] of [
      [near, 'near0'],
      [far, 'far0'],
    ] as const) {
      ip(`-n ${name} link set lo up`);
      ip(`-n ${name} link set ${device} up`);
    }
  } catch (error) {
    remove();
    throw error;
  }
  const words = (name: string): readonly string[] => ['ip', 'netns', 'exec', name];
  return { near: words(near), far: words(far), nearDevice: 'near0', farAddress: FAR_ADDRESS, remove };
}
