import { readdirSync } from 'node:fs';

/** The rooms that are mutated, and the folders of tests that have to find their mutants: in process, without sockets. */
const folders = {
  twamp: ['twamp'],
  // What a secret or an inherited word is, its statements show.
  grammar: ['grammar', 'config'],
  config: ['config'],
  services: ['services'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** Compares with files, which only a worker of vitest's does; other processes in namespaces. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'test/config/load/vendors.test.ts',
  'test/services/lab.test.ts',
]);

export type Room = keyof typeof folders;

export const roomNames = Object.keys(folders) as Room[];

export const isRoom = (word: string): word is Room => Object.hasOwn(folders, word);

/** Paths of the test files of a room. */
export function testFilesOf(room: Room): string[] {
  return folders[room]
    .flatMap((folder) =>
      readdirSync(`test/${folder}`, { recursive: true, encoding: 'utf8' }).map(
        (file) => `test/${folder}/${file}`,
      ),
    )
    .filter((file) => file.endsWith('.test.ts') && !LEFT_OUT.has(file));
}
