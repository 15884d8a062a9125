// Bundles the program into dist/: main.js and the datapath's worker beside it.
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const fresh = join(root, 'dist.new');

rmSync(fresh, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: { main: 'src/main.ts', 'datapath-worker': 'src/datapath/worker.ts' },
  outdir: fresh,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // Parsing is most of a cold start.
  minify: true,
  // Native code cannot be bundled.
  external: ['better-sqlite3', 'koffi'],
  // Packages written for CommonJS ask for `require`, which a module does not have.
  banner: {
    js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
  },
  legalComments: 'none',
  logLevel: 'warning',
});
writeFileSync(join(fresh, 'built'), '');
rmSync(join(root, 'dist'), { recursive: true, force: true });
renameSync(fresh, join(root, 'dist'));
