import { readdirSync } from 'node:fs';

/** The rooms that are mutated, and the tests that have to find their mutants, files or folders: in process, without sockets. */
const tests = {
  twamp: ['twamp'],
  // What a secret is, its statements show.
  grammar: ['grammar', 'config/secrets.test.ts'],
  config: ['config'],
  services: ['services'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** Compares with files, which only a worker of vitest's does; other processes in namespaces. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'test/config/load/vendors.test.ts',
  'test/services/lab.test.ts',
]);

export type Room = keyof typeof tests;

export const roomNames = Object.keys(tests) as Room[];

export const isRoom = (word: string): word is Room => Object.hasOwn(tests, word);

/** Paths of the test files of a room. */
export function testFilesOf(room: Room): string[] {
  return tests[room].flatMap(filesIn).filter((file) => !LEFT_OUT.has(file));
}

function filesIn(path: string): string[] {
  if (path.endsWith('.test.ts')) return [`test/${path}`];
  return readdirSync(`test/${path}`, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => `test/${path}/${file}`);
}
