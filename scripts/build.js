// Bundles the program into dist/: main.js, which starts program.js from its compiled form, and its workers beside it.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import process from 'node:process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { lazyModules, lazyPackages } from './lazy-modules.js';

const scripts = dirname(fileURLToPath(import.meta.url));
const root = join(scripts, '..');
const fresh = join(root, 'dist.new');

rmSync(fresh, { recursive: true, force: true });
mkdirSync(fresh);
/** @type {import('esbuild').BuildOptions} */
const options = {
  absWorkingDir: root,
  outdir: fresh,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  minify: true,
  // Native code cannot be bundled; what ssh2 would use of it, it does without.
  external: ['better-sqlite3-napi', 'koffi', 'cpu-features', '*.node'],
  // What a module asks for and CommonJS does not have.
  define: { 'import.meta.url': 'importMetaUrl' },
  banner: { js: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
  legalComments: 'none',
  logLevel: 'warning',
};
await build({ ...options, entryPoints: { program: 'src/main.ts' }, plugins: [lazyModules] });
await build({ ...options, outdir: join(fresh, 'packages'), entryPoints: lazyPackages });
await build({ ...options, entryPoints: { 'datapath-worker': 'src/datapath/worker.ts' } });
await build({
  ...options,
  entryPoints: { 'conntrack-worker': 'src/services/conntrack/conntrack-worker.ts' },
});
await build({
  ...options,
  entryPoints: { 'records-worker': 'src/services/records/records-worker.ts' },
  plugins: [lazyModules],
});
// pg does without native code, and nobody asks for sketches as protocol buffers.
await build({
  ...options,
  external: [...options.external, 'pg-native', 'protobufjs/minimal'],
  entryPoints: { 'fleet-worker': 'src/fleet/worker.ts' },
  plugins: [lazyModules],
});
// ssh2 tells its objects apart by the names of their classes.
await build({ ...options, entryPoints: { 'ssh-worker': 'src/access/ssh/worker.ts' }, keepNames: true });
writeFileSync(join(fresh, 'package.json'), '{ "type": "commonjs" }\n');
copyFileSync(join(scripts, 'launcher.cjs'), join(fresh, 'main.js'));
chmodSync(join(fresh, 'main.js'), 0o755);
await compileGrammars();
compileAhead();
writeFileSync(join(fresh, 'built'), '');
rmSync(join(root, 'dist'), { recursive: true, force: true });
renameSync(fresh, join(root, 'dist'));

/** Keeps what is read from the grammar files, for as long as those are not changed. */
async function compileGrammars() {
  const outfile = join(fresh, 'grammars.cjs');
  await build({ ...options, outdir: undefined, outfile, entryPoints: ['src/shell/grammars.ts'] });
  const { compileGrammars } = createRequire(import.meta.url)(outfile);
  const compiled = compileGrammars((name) => readFileSync(join(root, 'grammar', name), 'utf8'));
  writeFileSync(join(fresh, 'grammars.json'), JSON.stringify(compiled));
  rmSync(outfile);
}

/** Keeps what V8 compiles for a short batch: most of a cold start is compiling. */
function compileAhead() {
  const state = mkdtempSync(join(tmpdir(), 'dnrouter-build-'));
  const words = ['--state', state, '-c', 'show version'];
  const { status } = spawnSync(process.execPath, [join(scripts, 'compile-ahead.cjs'), fresh, ...words], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  rmSync(state, { recursive: true, force: true });
  // It has said why.
  if (status !== 0) process.exit(1);
}
