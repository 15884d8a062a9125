// Bundles the program into dist/: main.js and its workers beside it.
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const fresh = join(root, 'dist.new');

rmSync(fresh, { recursive: true, force: true });
/** @type {import('esbuild').BuildOptions} */
const options = {
  absWorkingDir: root,
  outdir: fresh,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // Parsing is most of a cold start.
  minify: true,
  // Native code cannot be bundled; what ssh2 would use of it, it does without.
  external: ['better-sqlite3', 'koffi', 'cpu-features', '*.node'],
  // Packages written for CommonJS ask for `require` and `__dirname`, which a module does not have.
  banner: {
    js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url); const __dirname = import.meta.dirname;",
  },
  legalComments: 'none',
  logLevel: 'warning',
};
await build({
  ...options,
  entryPoints: { main: 'src/main.ts', 'datapath-worker': 'src/datapath/worker.ts' },
});
// ssh2 tells its objects apart by the names of their classes.
await build({ ...options, entryPoints: { 'ssh-worker': 'src/access/ssh/worker.ts' }, keepNames: true });
writeFileSync(join(fresh, 'built'), '');
rmSync(join(root, 'dist'), { recursive: true, force: true });
renameSync(fresh, join(root, 'dist'));
