/** The rooms that are mutated, and the test files that have to find their mutants: in process, without sockets. */
export const rooms = {
  twamp: ['test/twamp/**/*.test.ts'],
  // What a secret or an inherited word is, its statements show.
  grammar: ['test/grammar/**/*.test.ts', 'test/config/**/*.test.ts'],
  config: ['test/config/**/*.test.ts'],
  services: ['test/services/**/*.test.ts', '!test/services/lab.test.ts'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type Room = keyof typeof rooms;

export const isRoom = (word: string): word is Room => Object.hasOwn(rooms, word);
