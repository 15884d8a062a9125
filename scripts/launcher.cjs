#!/usr/bin/env node
'use strict';
// Becomes dist/main.js: starts program.js from what V8 compiled when it was built. A cache that another version of Node.js
// made is refused by V8, and the program is then compiled as any other.
const { readFileSync } = require('node:fs');
const Module = require('node:module');
const { join } = require('node:path');
const { Script } = require('node:vm');

const filename = join(__dirname, 'program.js');

/** The compiled program, and what runs it. */
function load() {
  let cachedData;
  try {
    cachedData = readFileSync(join(__dirname, 'program.cache'));
  } catch {
    // Built without.
  }
  // The bundle is ASCII, which needs no decoding.
  const script = new Script(Module.wrap(readFileSync(filename, 'latin1')), { filename, cachedData });
  const run = () => {
    const program = new Module(filename, module);
    const requireHere = Module.createRequire(filename);
    script.runInThisContext()(program.exports, requireHere, program, filename, __dirname);
  };
  return { script, run };
}

if (require.main === module) load().run();
else module.exports = load;
