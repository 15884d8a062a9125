// What a short batch does without is not loaded before somebody uses it, although it is imported at the top of a file.
import { join } from 'node:path';

/** Modules of Node.js that our own files import. Nothing may extend their classes, which would load them at once. */
const BUILTINS = /^node:(child_process|crypto|dgram|dns\/promises|net|worker_threads)$/;

/** Packages with a bundle of their own in dist/packages/. */
export const lazyPackages = [
  'asciichart',
  'ip-address',
  'lodash',
  'node-localstorage',
  're2js',
  'string-width',
  'table',
];

/** Of lodash, vorpal uses few functions, which have files of their own. */
const LODASH_FUNCTIONS = [
  'clone',
  'extend',
  'find',
  'includes',
  'indexOf',
  'isArray',
  'isEmpty',
  'isFunction',
].concat(['isObject', 'isString', 'map', 'reject', 'some', 'toArray', 'uniq']);

/**
 * What replaces a module, by its path.
 * @type {readonly (readonly [RegExp, string])[]}
 */
const replacements = [
  // vorpal asks for it only where `_babelPolyfill` is not set, which it is (src/shell/vorpal-host.ts).
  [/\/babel-polyfill\/lib\/index\.js$/, ''],
  // The shell gives vorpal another UI in place of this one, which takes long to make (src/shell/vorpal-host.ts).
  [
    /\/vorpal\/dist\/ui\.js$/,
    "module.exports = Object.assign(new (require('node:events'))(), { setDelimiter() {} });",
  ],
  // Looks for native code in a dozen places.
  [
    /\/bindings\/bindings\.js$/,
    "module.exports = () => require('better-sqlite3/build/Release/better_sqlite3.node');",
  ],
];

/** @type {import('esbuild').Plugin} */
export const lazyModules = {
  name: 'lazy-modules',
  setup(build) {
    const root = build.initialOptions.absWorkingDir;
    const isOurs = (path) => path.startsWith(join(root, 'src'));
    const isVorpal = (path) => path.startsWith(join(root, 'node_modules/vorpal'));

    build.onResolve({ filter: BUILTINS }, ({ path, importer }) =>
      isOurs(importer) ? { path, namespace: 'lazy' } : undefined,
    );
    build.onResolve({ filter: new RegExp(`^(${lazyPackages.join('|')})$`) }, ({ path, importer }) =>
      isOurs(importer) || isVorpal(importer) ? { path, namespace: 'lazy' } : undefined,
    );
    build.onLoad({ filter: /./, namespace: 'lazy' }, async ({ path }) => ({
      contents: facade(path, await namesOf(path)),
      resolveDir: root,
    }));
    build.onResolve({ filter: /^\.\/packages\//, namespace: 'lazy' }, ({ path }) => ({
      path,
      external: true,
    }));
    for (const [filter, contents] of replacements)
      build.onLoad({ filter }, () => ({ contents, resolveDir: root }));
  },
};

/** The names that a module exports. */
async function namesOf(path) {
  const exported = await import(path);
  return [...new Set([...Object.keys(exported), ...Object.keys(exported.default ?? {})])];
}

/** Stands for a module of those exports: a property that is read loads it, and so does a call of its default. */
function facade(path, names) {
  const file = path.startsWith('node:') ? path : `./packages/${path}.js`;
  const sourceOf = (name) =>
    path === 'lodash' && LODASH_FUNCTIONS.includes(name) ? `require('lodash/${name}')` : `load().${name}`;
  const getters = names
    .filter((name) => name !== 'default')
    .map((name) => `${name}: { enumerable: true, get: () => ${sourceOf(name)} },`);
  return `
    let loaded;
    const load = () => (loaded ??= require('${file}'));
    module.exports = Object.defineProperties((...words) => (load().default ?? load())(...words), {
      ${getters.join('\n')}
    });
  `;
}
