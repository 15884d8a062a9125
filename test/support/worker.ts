/** The datapath worker as a file a Worker can load: bundled as the build does it. */
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BroadcastChannel } from 'node:worker_threads';
import { build } from 'esbuild';
import { onTestFinished } from 'vitest';

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
    external: ['koffi', 'cpu-features', '*.node'],
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url); const __dirname = import.meta.dirname;",
    },
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
  });
  await symlink(join(import.meta.dirname, '../../node_modules'), join(directory, 'node_modules'));
  return { url: pathToFileURL(outfile), remove: () => rm(directory, { recursive: true }) };
}

let mortals = 0;

/** The worker at `url` with a weakness: every thread of it throws `as told` when `fail` is called. For the running test. */
export function mortalWorker(url: URL): { readonly url: URL; readonly fail: () => void } {
  const name = `mortal-worker-${++mortals}`;
  const mortal = new URL(`${name}.mjs`, url);
  writeFileSync(
    mortal,
    `import { BroadcastChannel } from 'node:worker_threads';
     import './datapath-worker.mjs';
     new BroadcastChannel('${name}').onmessage = () => { throw new Error('as told'); };`,
  );
  const order = new BroadcastChannel(name);
  onTestFinished(() => order.close());
  return { url: mortal, fail: () => order.postMessage('fail') };
}
