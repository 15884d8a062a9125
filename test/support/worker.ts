/** The datapath worker as a file a Worker can load: bundled as the build does it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** Bundles into a fresh directory. `remove` when no worker needs it any more. */
export async function bundleWorker(): Promise<{ readonly url: URL; remove(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'dnrouter-worker-'));
  const outfile = join(directory, 'datapath-worker.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, '../../src/datapath/worker.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
  });
  return { url: pathToFileURL(outfile), remove: () => rm(directory, { recursive: true }) };
}
