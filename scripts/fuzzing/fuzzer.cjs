// Jazzer.js' own command line, but that its native part may come from a copy that older libraries bear (native-part.ts).
const Module = require('node:module');

const copy = process.env.FUZZER_NATIVE_PART;
if (copy) {
  const path = require.resolve(`@jazzer.js/fuzzer/prebuilds/fuzzer-${process.platform}-${process.arch}.node`);
  const native = new Module(path);
  process.dlopen(native, copy);
  native.loaded = true;
  require.cache[path] = native;
}
require('@jazzer.js/core/dist/cli.js');
