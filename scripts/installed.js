/**
 * Exits with 0 where node_modules in the working directory has what package-lock.json asks for, by what npm has written of it
 * there (node_modules/.package-lock.json): the same versions of the same contents, and the native part of better-sqlite3.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

/** @param {string} file */
function packagesIn(file) {
  if (!existsSync(file)) return {};
  const { packages = {} } = JSON.parse(readFileSync(file, 'utf8'));
  // The checkout itself.
  delete packages[''];
  return packages;
}

const wanted = packagesIn('package-lock.json');
const installed = packagesIn('node_modules/.package-lock.json');

/** @param {string} path */
function isThere(path) {
  const { version, integrity, optional } = wanted[path];
  // What is for other systems is left out.
  if (installed[path] === undefined) return optional === true;
  const isSame = installed[path].version === version && installed[path].integrity === integrity;
  return isSame && existsSync(join(path, 'package.json'));
}

const isWhole = Object.keys(installed).length > 0 && Object.keys(wanted).every(isThere);
const isBuilt = existsSync('node_modules/better-sqlite3/build/Release/better_sqlite3.node');
process.exitCode = isWhole && isBuilt ? 0 : 1;
