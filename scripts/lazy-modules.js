// What a short batch does without is not loaded before somebody uses it, although it is imported at the top of a file.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Modules of Node.js that our own files import. Nothing may extend their classes, which would load them at once. */
const BUILTINS =
  /^node:(child_process|crypto|dgram|dns\/promises|fs\/promises|http|net|stream\/consumers|timers\/promises|worker_threads)$/;

/** Packages with a bundle of their own in dist/packages/. */
export const lazyPackages = [
  'asciichart',
  'ip-address',
  'node-localstorage',
  'prom-client',
  're2js',
  'string-width',
  'table',
];

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
  // Would ask for an internal binding of Node.js in a bundle.
  [/\/lodash\/_nodeUtil\.js$/, "module.exports = require('node:util').types;"],
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
    const ours = join(root, 'src');
    const vorpal = join(root, 'node_modules/vorpal');
    const own = textsBelow(ours, '.ts');
    const lazy = { namespace: 'lazy' };

    build.onResolve({ filter: BUILTINS }, ({ path, importer }) =>
      importer.startsWith(ours) ? { path, ...lazy } : undefined,
    );
    build.onResolve({ filter: new RegExp(`^(${lazyPackages.join('|')})$`) }, ({ path, importer }) =>
      importer.startsWith(ours) || importer.startsWith(vorpal) ? { path, ...lazy } : undefined,
    );
    build.onResolve({ filter: /^lodash$/ }, ({ path, importer }) =>
      importer.startsWith(vorpal) ? { path, ...lazy } : undefined,
    );
    build.onLoad({ filter: /^lodash$/, ...lazy }, () => ({
      contents: lodashOf(textsBelow(join(vorpal, 'dist'), '.js')),
      resolveDir: root,
    }));
    build.onLoad({ filter: /^node-localstorage$/, ...lazy }, () => ({ contents: LOCAL_STORAGE }));
    build.onLoad({ filter: /./, ...lazy }, ({ path }) => ({
      contents: facade(path, namesImported(own, path)),
      resolveDir: root,
    }));
    build.onResolve({ filter: /^\.\/packages\//, ...lazy }, ({ path }) => ({ path, external: true }));
    for (const [filter, contents] of replacements)
      build.onLoad({ filter }, () => ({ contents, resolveDir: root }));
  },
};

/** The files of that extension below a directory. */
function textsBelow(directory, extension) {
  return readdirSync(directory, { recursive: true })
    .filter((name) => name.endsWith(extension))
    .map((name) => readFileSync(join(directory, name), 'utf8'));
}

/** The names that `sources` import from a module. */
function namesImported(sources, path) {
  const imports = new RegExp(`^import (?!type)[^;]*?\\{([^}]*)\\}\\s+from '${path}'`, 'gm');
  const names = sources.flatMap((text) => [...text.matchAll(imports)].flatMap(([, list]) => list.split(',')));
  return distinct(
    names
      .map((name) => name.trim())
      .filter((name) => name !== '' && !name.startsWith('type '))
      .map((name) => name.split(' as ')[0]),
  );
}

function distinct(names) {
  return [...new Set(names)];
}

/** Stands for a module of those exports: a property that is read loads it, and so does a call of its default. */
function facade(path, names) {
  const file = path.startsWith('node:') ? path : `./packages/${path}.js`;
  return `
    let loaded;
    const load = () => (loaded ??= require('${file}'));
    module.exports = Object.defineProperties((...words) => (load().default ?? load())(...words), {
      ${getters(names, (name) => `load().${name}`)}
    });
  `;
}

/** Of lodash what vorpal calls, each function from a file of its own; its one chain takes keys and pulls values. */
function lodashOf(sources) {
  const calls = sources.flatMap((text) => [...text.matchAll(/\b_\.(\w+)\(/g)].map(([, name]) => name));
  const sourceOf = (name) => (name === 'chain' ? name : `require('lodash/${name}')`);
  return `
    const chain = (value) => ({
      keys: () => chain(require('lodash/keys')(value)),
      pull: (...values) => chain(require('lodash/pull')(value, ...values)),
      value: () => value,
    });
    module.exports = Object.defineProperties({}, {
      ${getters(distinct(calls), sourceOf)}
    });
  `;
}

function getters(names, sourceOf) {
  return names.map((name) => `${name}: { enumerable: true, get: () => ${sourceOf(name)} },`).join('\n');
}

/** vorpal takes the class out of its package when it is loaded, and makes one only for a history that it keeps. */
const LOCAL_STORAGE = `
  exports.LocalStorage = function (...words) {
    return new (require('./packages/node-localstorage.js').LocalStorage)(...words);
  };
`;
