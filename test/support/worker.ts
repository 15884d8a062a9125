/** The datapath worker as a file a Worker can load: bundled as the build does it. */
import { existsSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BroadcastChannel } from 'node:worker_threads';
import { build } from 'esbuild';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { temporaryDirectory } from './temporary-directory.ts';

/** The bundle of `entryPoint`, for all tests of the file that asks. */
export function bundledWorker(entryPoint?: string): { readonly url: URL } {
  let bundle: Bundle | undefined;
  beforeAll(async () => {
    bundle = await bundleWorker(entryPoint);
  }, 60_000);
  afterAll(() => bundle?.remove());
  return {
    get url() {
      return bundle!.url;
    },
  };
}

interface Bundle {
  readonly url: URL;
  remove(): Promise<void>;
}

/** Bundles `entryPoint` into a fresh directory. */
async function bundleWorker(
  entryPoint = join(import.meta.dirname, '../../src/datapath/worker.ts'),
): Promise<Bundle> {
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

/** The worker at `url` that takes its time to load. For the running test. */
export function slowWorker(url: URL): { readonly url: URL; readonly hasLoaded: () => boolean } {
  const directory = temporaryDirectory();
  const marker = join(directory, 'loaded');
  const pause = join(directory, 'pause.mjs');
  writeFileSync(
    pause,
    `import { writeFileSync } from 'node:fs';
     Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
     writeFileSync(${JSON.stringify(marker)}, '');`,
  );
  const slow = join(directory, 'slow-worker.mjs');
  writeFileSync(slow, `import ${JSON.stringify(pause)};\nimport ${JSON.stringify(url.href)};`);
  return { url: pathToFileURL(slow), hasLoaded: () => existsSync(marker) };
}

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
