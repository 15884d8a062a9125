/** The program in a namespace of the lab, line by line. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'vitest';
import { PROGRAM } from './program.ts';

/** Prints what no show of sessions does. */
const SEPARATOR = 'show version | count';
const SEPARATED = 'lines: 2\n';

/** Statements, committed, as one of the lines of `prints`. */
export const committing = (statements: readonly string[]): string =>
  ['configure', ...statements, 'commit and-quit'].join('\n');

/** A program that runs in a namespace. */
export interface Program {
  /** What each line, or lines together, prints. Whoever waits gets less when the program ends. */
  prints(lines: readonly string[]): Promise<readonly string[]>;
  /** Gives what it has said on standard error. */
  end(): Promise<string>;
  kill(): Promise<void>;
}

let isBuilt = false;

/** One that were to build itself when it is started would say so among its warnings. */
function buildProgram(): void {
  if (!isBuilt) execFileSync(join(dirname(PROGRAM), 'prepare'), { stdio: 'ignore' });
  isBuilt = true;
}

export function programIn(namespace: string, env: Readonly<Record<string, string>> = {}): Program {
  buildProgram();
  const state = mkdtempSync(join(tmpdir(), 'dnrouter-lab-'));
  const child = spawn('ip', ['netns', 'exec', namespace, PROGRAM, '--state', state], {
    env: { ...process.env, ...env },
  });
  const said = text(child.stderr);
  const closed = once(child, 'close').finally(() => rmSync(state, { recursive: true }));
  const out = child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false });
  let rest = '';
  return {
    async prints(lines) {
      child.stdin.write(lines.map((line) => `${line}\n${SEPARATOR}\n`).join(''));
      const parts: string[] = [];
      while (parts.length < lines.length) {
        const at = rest.indexOf(SEPARATED);
        if (at >= 0) {
          parts.push(rest.slice(0, at));
          rest = rest.slice(at + SEPARATED.length);
          continue;
        }
        const next = await out.next();
        if (next.done === true) break;
        rest += next.value as string;
      }
      return parts;
    },
    async end() {
      child.stdin.end();
      await closed;
      return said;
    },
    async kill() {
      child.kill('SIGKILL');
      await closed;
    },
  };
}

export interface PrintOptions {
  /** Committed before. */
  readonly statements?: readonly string[];
  /** All that is said on standard error. */
  readonly warnings?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** What each line prints in a namespace. */
export async function printed(
  namespace: string,
  lines: readonly string[],
  { statements = [], warnings = '', env = {} }: PrintOptions = {},
): Promise<readonly string[]> {
  const program = programIn(namespace, env);
  if (statements.length > 0) await program.prints([committing(statements)]);
  const parts = await program.prints(lines);
  expect(await program.end()).toBe(warnings);
  expect(parts).toHaveLength(lines.length);
  return parts;
}
