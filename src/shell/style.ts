/** What a CLI style says and how it looks, one row a style (9-rulings: DNOS is the default). */
import type { StyleName } from '../commands/command.ts';
import type { Dialogs } from '../commands/dialogs.ts';
import type { Finding } from '../config/commit.ts';
import type { Problem } from '../grammar/resolve.ts';
import { logTime, utcTime } from '../render/time.ts';
import {
  dnosProblem,
  framed,
  junosCaretAt,
  junosProblem,
  vyosProblem,
  type RefusedLine,
} from './problem-texts.ts';
import { dnosPrompt, junosPrompt, vyosPrompt, type PromptPlace } from './prompts.ts';

/** How `?` lays out what may be typed. */
export interface HelpLayout {
  readonly heading: string;
  /** What stands for the Enter key, and what it does. */
  readonly enter: readonly [name: string, help: string];
  /** A range is the name of its value, `<1-65535>`, as in DNOS and VyOS; else it stands behind the help. */
  readonly namesRanges: boolean;
}

export interface Style {
  /** Ends in exactly one blank; its last line stands before what is typed. */
  prompt(place: PromptPlace): string;
  /** Above what a command prints, for logins that want to see times; undefined where the prompt has them. */
  stamp(wallNanos: bigint): string | undefined;
  /** The column of the line, from 0, under which a caret points; undefined for no caret. */
  caretAt(problem: Problem): number | undefined;
  /** The row under a refused line, up to the column of the screen. */
  caret(column: number): string;
  problem(refused: RefusedLine): string;
  /** `handler`: of the command that failed. */
  error(text: string, handler?: string): string;
  /** Whether errors are red; programs look for Junos' and VyOS' at the beginning of a line. */
  readonly coloursErrors: boolean;
  finding(severity: Finding['severity'], text: string): string;
  count(lines: number): string;
  readonly pager: string;
  readonly help: HelpLayout;
  readonly dialogs: Dialogs;
}

const dnosSeverities = { error: 'ERROR', warning: 'Warning', notice: 'NOTICE' } as const;
const vyosSeverities = { error: 'Error', warning: 'WARNING', notice: 'NOTICE' } as const;

/** What a failed verb ends with: Junos' are those of `commit`, VyOS' those of each verb. */
const junosFailures: Readonly<Record<string, string>> = {
  commit: 'error: commit failed',
  'commit-check': 'error: configuration check-out failed',
};
const vyosFailures: Readonly<Record<string, string>> = {
  set: 'Set failed',
  delete: 'Delete failed',
};

function vyosError(text: string, handler = ''): string {
  if (handler === 'commit' || handler === 'commit-check') return `\n${text}\nCommit failed\n`;
  const failed = vyosFailures[handler];
  return failed === undefined ? text : framed(`${text}\n${failed}`);
}

/** As `logTime` writes them. */
const JUNOS_TIMES = 'CLI timestamp set to: %b %d %T';

export const styles: Readonly<Record<StyleName, Style>> = {
  dnos: {
    prompt: dnosPrompt,
    stamp: () => undefined,
    caretAt: ({ start }) => start,
    caret: (column) => `${'-'.repeat(column)}^`,
    problem: dnosProblem,
    error: (text) => `ERROR: ${text}`,
    coloursErrors: true,
    finding: (severity, text) => `${dnosSeverities[severity]}: ${text}`,
    count: (lines) => `lines: ${lines}`,
    pager: '-- More --',
    help: {
      heading: 'Possible completions:',
      enter: ['<[Enter]>', 'Execute this command'],
      namesRanges: true,
    },
    dialogs: {
      entered: () => undefined,
      left: undefined,
      committed: (user, wallNanos) => `Commit succeeded by ${user} at ${utcTime(wallNanos)}`,
      nothingToCommit: 'NOTICE: commit action is not applicable. no configuration changes were made',
      checked: 'Commit check passed successfully',
      rolledBack: 'Configuration rollback complete',
      loaded: 'Configuration load complete',
      savedAlready: 'Every commit is saved already (save FILE saves the candidate)',
      saved: (file, lines) => `Saved ${lines} lines of configuration to '${file}'`,
      exit: 'up',
      quit: 'cli',
      timestampSet: undefined,
      leaving: {
        question:
          'Warning: Configuration includes uncommitted changes, would you like to commit them before exiting (yes/no/cancel) [cancel]? ',
        answers: { yes: 'commit', no: 'discard', cancel: 'stay' },
        otherwise: 'stay',
      },
    },
  },
  junos: {
    prompt: junosPrompt,
    stamp: logTime,
    caretAt: junosCaretAt,
    caret: (column) => `${' '.repeat(column)}^`,
    problem: junosProblem,
    error: (text, handler = '') =>
      [`error: ${text}`, junosFailures[handler]].filter((line) => line).join('\n'),
    coloursErrors: false,
    finding: (severity, text) => `${severity}: ${text}`,
    count: (lines) => `Count: ${lines} lines`,
    pager: '---(more)---',
    help: {
      heading: 'Possible completions:',
      enter: ['<[Enter]>', 'Execute this command'],
      namesRanges: false,
    },
    dialogs: {
      entered: (changed) =>
        changed
          ? 'Entering configuration mode\nThe configuration has been changed but not committed'
          : 'Entering configuration mode',
      left: 'Exiting configuration mode',
      committed: () => 'commit complete',
      nothingToCommit: 'commit complete',
      checked: 'configuration check succeeds',
      rolledBack: 'load complete',
      loaded: 'load complete',
      savedAlready: 'Every commit is saved already (save FILE saves the candidate)',
      saved: (file, lines) => `Wrote ${lines} lines of configuration to '${file}'`,
      exit: 'back',
      quit: 'exit',
      timestampSet: JUNOS_TIMES,
      leaving: {
        question:
          'The configuration has been changed but not committed\nExit with uncommitted changes? [yes,no] (yes) ',
        answers: { yes: 'keep', no: 'stay' },
        otherwise: 'keep',
      },
    },
  },
  vyos: {
    prompt: vyosPrompt,
    stamp: logTime,
    caretAt: () => undefined,
    caret: () => '',
    problem: vyosProblem,
    error: vyosError,
    coloursErrors: false,
    finding: (severity, text) => `${vyosSeverities[severity]}: ${text}`,
    count: (lines) => String(lines),
    pager: ':',
    help: {
      heading: 'Possible completions:',
      enter: ['<Enter>', 'Execute the current command'],
      namesRanges: true,
    },
    dialogs: {
      entered: () => undefined,
      left: 'exit',
      committed: () => undefined,
      nothingToCommit: 'No configuration changes to commit.',
      checked: 'Configuration check passed successfully',
      rolledBack: 'Configuration rollback complete',
      loaded: "Load complete. Use 'commit' to make changes effective.",
      savedAlready: 'Saving configuration: every commit is saved already\nDone',
      saved: (file) => `Saving configuration to '${file}'...\nDone`,
      exit: 'top',
      quit: 'exit',
      timestampSet: JUNOS_TIMES,
      leaving: undefined,
    },
  },
};
