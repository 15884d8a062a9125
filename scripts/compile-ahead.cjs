'use strict';
// `node compile-ahead.cjs DIRECTORY WORDS…` runs the program built in DIRECTORY with WORDS, and leaves there, for its launcher, the
// code that V8 has compiled by then.
const { writeFileSync } = require('node:fs');
const { join } = require('node:path');

const [node, , directory, ...words] = process.argv;
const main = join(directory, 'main.js');
process.argv = [node, main, ...words];
const { script, run } = require(main)();
process.on('exit', () => writeFileSync(join(directory, 'program.cache'), script.createCachedData()));
run();
