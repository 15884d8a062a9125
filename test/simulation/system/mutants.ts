/** Ways to break the product that the simulation must find: each is made in a copy, and seeds are run there. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Mutant {
  readonly what: string;
  readonly file: string;
  /** It is there once. */
  readonly text: string;
  readonly becomes: string;
}

const mutants: readonly Mutant[] = [
  {
    what: 'a commit is acknowledged and the old text archived',
    file: 'src/config/database.ts',
    text: "this.archive.append({ wallNanos, user, via: 'cli', comment, text }, pending);",
    becomes:
      "this.archive.append({ wallNanos, user, via: 'cli', comment, text: this.archive.get(0)?.text ?? text }, pending);",
  },
  {
    what: 'what is in force is not put back when the archive fails',
    file: 'src/config/running.ts',
    text: 'return failedToApply(await this.#putBack(this.#participants, error));',
    becomes: 'return failedToApply(error);',
  },
  {
    what: 'an unconfirmed commit is not taken back',
    file: 'src/config/pending-commits.ts',
    text: 'for (const pending of due) this.#onDue(pending);',
    becomes: '',
  },
  {
    what: 'the lock stays with whoever has left',
    file: 'src/shell/login.ts',
    text: 'if (this.#editing) this.#router.configuration.release(this.#editing.candidate);',
    becomes: '',
  },
  {
    what: 'the port of a session that ends is not freed',
    file: 'src/engine/reflector-session.ts',
    text: 'this.#finish(reason);\n    void this.#reflector.stop();',
    becomes: 'this.#finish(reason);',
  },
  {
    what: 'a privilege is not asked for',
    file: 'src/shell/shell.ts',
    text: 'can: (privilege) => login.can(privilege),',
    becomes: "can: (privilege) => privilege === 'clear' || login.can(privilege),",
  },
  {
    what: 'whoever may view is shown sealed secrets',
    file: 'src/config/privileges.ts',
    text: "return isSecret(node) && !can('secret') ? SECRET_DATA : value;",
    becomes: "return isSecret(node) && !can('view') ? SECRET_DATA : value;",
  },
  {
    what: 'one connection more than maximum-connections',
    file: 'src/engine/admission.ts',
    text: "load.connections >= limits['maximum-connections']",
    becomes: "load.connections > limits['maximum-connections']",
  },
  {
    what: 'one session more than maximum-sessions',
    file: 'src/engine/admission.ts',
    text: "load.sessions >= limits['maximum-sessions']",
    becomes: "load.sessions > limits['maximum-sessions']",
  },
  {
    what: 'a client is charged for connections that have ended',
    file: 'src/engine/server-accounts.ts',
    text: 'this.connections -= 1;',
    becomes: '',
  },
  {
    what: 'repeated lines are recorded once',
    file: 'src/access/audit-trail.ts',
    text: 'waiting.count += count;',
    becomes: '',
  },
  {
    what: 'clear leaves one counter as it is',
    file: 'src/engine/sessions.ts',
    text: 'for (const entry of entries) entry.clear();',
    becomes: 'for (const entry of entries.slice(1)) entry.clear();',
  },
];

const SEEDS = 150;

const root = join(import.meta.dirname, '../../..');

/** What a simulation needs of the tree. */
const parts = [
  'src',
  'test/support',
  'test/simulation',
  'test/vectors/twamp',
  'grammar',
  'docs',
  'package.json',
  'tsconfig.json',
];

/** The exit status: 0 when all were found, of which `words` are said; of all without. */
export function huntMutants(words: string, print: (text: string) => void): number {
  const directory = mkdtempSync(join(tmpdir(), 'dnrouter-mutants-'));
  try {
    for (const part of parts) cpSync(join(root, part), join(directory, part), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
    const hunted = mutants.filter(({ what }) => what.includes(words));
    const left = hunted.filter((mutant) => !isFound(mutant, directory, print));
    return left.length === 0 ? 0 : 1;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function isFound(
  { what, file, text, becomes }: Mutant,
  directory: string,
  print: (text: string) => void,
): boolean {
  const path = join(directory, file);
  const original = readFileSync(path, 'utf8');
  const [before, after, ...more] = original.split(text);
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error(`${file} has not one '${text}'`);
  writeFileSync(path, before + becomes + after);
  const tsx = join(root, 'node_modules/tsx/dist/cli.mjs');
  const program = join(directory, 'test/simulation/system/simulate.ts');
  const { stdout } = spawnSync(process.execPath, [tsx, program, '1', '--seeds', String(SEEDS)], {
    encoding: 'utf8',
  });
  writeFileSync(path, original);
  const found = /^seed (\d+), step \d+: (.*)$/m.exec(stdout);
  print(`${found ? `seed ${found[1]}` : 'NOT FOUND'}  ${what}${found ? `: ${found[2]}` : ''}`);
  return found !== null;
}
