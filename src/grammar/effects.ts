/** What a commit that changes a statement does to what runs, word by word as `effect` in schema.cli says it. */
export const effects = {
  'at-once': 'in force at once; nothing ends',
  'new-only': 'for what begins from now on; open connections and sessions go on as they were',
  reopens: 'the old port is closed and the new one opened; open connections go on',
  ends: 'what is no longer there ends with its connections and sessions; all else goes on',
  moves: 'servers listen in the new place, their open connections go on; clients connect anew',
  reconnects: 'the control connection ends with its test sessions, and is set up anew',
  restarts: 'the tests under way on the control connection are given up, and begun anew',
} as const;

export type Effect = keyof typeof effects;

export function isEffect(word: string): word is Effect {
  return Object.hasOwn(effects, word);
}
