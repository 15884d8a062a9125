/**
 * The fuzzer's native part is built for glibc 2.38 and GCC 13's libstdc++. Of what is new in them it calls three functions, which
 * a few lines of C make up for: a copy that does not insist on those versions, and these lines before it, do on any machine.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** SysV's hash of GLIBC_2.38 and of GLIBCXX_3.4.32, as an ELF file names the versions that it needs. */
const NEWER_VERSIONS = [0x069691b8, 0x0297f842];
/** Of vna_flags, behind the hash: a version that may be missing. */
const VER_FLG_WEAK = 2;

/** What to set in the environment of a process that fuzzes, for a folder of its own. Throws where there is no gcc. */
export function nativePart(folder: string): NodeJS.ProcessEnv {
  const original = createRequire(import.meta.url).resolve(
    `@jazzer.js/fuzzer/prebuilds/fuzzer-${process.platform}-${process.arch}.node`,
  );
  if (process.platform !== 'linux' || loads(original)) return {};
  const octets = readFileSync(original);
  for (const hash of NEWER_VERSIONS) {
    const needed = Buffer.alloc(6);
    needed.writeUInt32LE(hash);
    const at = octets.indexOf(needed);
    if (at >= 0) octets.writeUInt16LE(VER_FLG_WEAK, at + 4);
  }
  const [copy, before] = [join(folder, 'fuzzer.node'), join(folder, 'older-libraries.so')];
  writeFileSync(copy, octets);
  const source = join(import.meta.dirname, 'older-libraries.c');
  execFileSync('gcc', ['-shared', '-fPIC', '-O1', '-o', before, source]);
  return { FUZZER_NATIVE_PART: copy, LD_PRELOAD: before };
}

function loads(path: string): boolean {
  try {
    const load = 'process.dlopen({ exports: {} }, process.argv[1])';
    execFileSync(process.execPath, ['-e', load, path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
