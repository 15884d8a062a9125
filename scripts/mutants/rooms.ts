import { readdirSync } from 'node:fs';

/** The rooms that are mutated, and the tests that have to find their mutants, files or folders: in process, without sockets. */
const tests = {
  twamp: ['twamp'],
  // What a secret is, its statements show; commits that wait, and sessions, are used by commands.
  grammar: ['grammar', 'config/secrets.test.ts'],
  config: ['config', 'commands/commits.test.ts', 'commands/load.test.ts'],
  services: [
    'services',
    'commands/service-export.test.ts',
    'commands/service-metrics.test.ts',
    'commands/service-sessions.test.ts',
    'commands/session-source.test.ts',
  ],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** Compares with files, which only a worker of vitest's does; the kernel and other programs in namespaces, in threads of their own. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'test/config/load/vendors.test.ts',
  'test/services/conntrack/conntrack-source.test.ts',
  'test/services/conntrack/conntrack-tool.test.ts',
  'test/services/conntrack/kernel-writer.test.ts',
  'test/services/conntrack/tracking.test.ts',
  'test/services/kernel-recorder.test.ts',
  'test/services/lab.test.ts',
  'test/services/records/former-sessions.test.ts',
  'test/services/records/import.test.ts#listings of conntrack > are mapped as configured',
]);

/** Run in threads of their own, by programs or with the kernel, where no mutant can be switched on: tests that are left out prove them. */
const ELSEWHERE: Partial<Record<Room, readonly string[]>> = {
  services: [
    'conntrack/conntrack-source',
    'conntrack/conntrack-thread',
    'conntrack/conntrack-tool',
    'conntrack/conntrack-watch',
    'conntrack/conntrack-worker',
    'conntrack/namespace-program',
    'conntrack/netlink-dump',
    'conntrack/netlink-socket',
    'conntrack/table-watch',
    'conntrack/tracking',
    'records/records-worker',
  ],
};

/** What of a room is mutated. */
export function sourcesOf(room: Room): string[] {
  return [`src/${room}/**/*.ts`, ...(ELSEWHERE[room] ?? []).map((name) => `!src/${room}/${name}.ts`)];
}

/** Of a test, by its id: the path of its file, and behind `#` its titles. */
export const isLeftOut = (id: string): boolean => LEFT_OUT.has(id);

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
