/** The datapath worker as a file a Worker can load: bundled as the build does it. */
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** Bundles `entryPoint` into a fresh directory. `remove` when no worker needs it any more. */
export async function bundleWorker(
  entryPoint = join(import.meta.dirname, '../../src/datapath/worker.ts'),
): Promise<{ readonly url: URL; remove(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'dnrouter-worker-'));
  const outfile = join(directory, 'datapath-worker.mjs');
  await build({
    entryPoints: [entryPoint],
    outfile,
    bundle: true,
    // Native code cannot be bundled; the worker asks for it where this repository has it.
    external: ['koffi'],
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
  });
  await symlink(join(import.meta.dirname, '../../node_modules'), join(directory, 'node_modules'));
  return { url: pathToFileURL(outfile), remove: () => rm(directory, { recursive: true }) };
}
