/** What a CLI style says and how it looks, one row a style (9-rulings: DNOS is the default). */
import type { StyleName } from '../commands/command.ts';
import type { Committed, Dialogs, Entrance, Leaving, Question } from '../commands/dialogs.ts';
import { USERS_EDITING } from '../commands/editors.ts';
import type { CommitFailure } from '../commands/messages.ts';
import type { Finding } from '../config/commit.ts';
import type { EditMode } from '../config/database.ts';
import type { Problem } from '../grammar/resolve.ts';
import { dateTime, logTime, utcTime } from '../render/time.ts';
import {
  dnosProblem,
  framed,
  junosCaretAt,
  junosProblem,
  vyosProblem,
  type RefusedLine,
} from './problem-texts.ts';
import { dnosPrompt, editLine, junosPrompt, vyosPrompt, type PromptPlace } from './prompts.ts';
import { dnosSystem, junosSystem, vyosSystem } from './system-texts.ts';

/** How `?` lays out what may be typed. */
export interface HelpLayout {
  readonly heading: string;
  /** What stands for the Enter key, and what it does. */
  readonly enter: readonly [name: string, help: string];
  /** What a value takes is its name, `<1-65535>` or `<text>`, as in DNOS and VyOS; else it stands behind the help. */
  readonly namesTypes: boolean;
  /** `>` before containers, `+` before what may be given several times. */
  readonly marks: boolean;
  /** Between statements that may be typed without a verb and all else; undefined: they are listed where nothing else is. */
  readonly divider: string | undefined;
  /** Words that stand behind the others. */
  readonly last: readonly string[];
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
  /** Whether errors and states are in colour; programs look for Junos' and VyOS' errors at the beginning of a line. */
  readonly colours: boolean;
  /** A commit that was refused for several reasons. */
  commitFailure(failure: CommitFailure, handler?: string): string;
  finding(severity: Finding['severity'], text: string): string;
  count(lines: number): string;
  readonly pager: string;
  /** Whether `;` separates several commands of a line. */
  readonly concatenates: boolean;
  readonly help: HelpLayout;
  readonly dialogs: Dialogs;
}

const dnosSeverities = { error: 'ERROR', warning: 'Warning', notice: 'NOTICE' } as const;
const vyosSeverities = { error: 'Error', warning: 'WARNING', notice: 'NOTICE' } as const;

/** What a failed verb ends with: Junos' are those of `commit`, VyOS' those of each verb. */
const junosFailures: Readonly<Record<string, string>> = {
  commit: 'error: commit failed',
  'commit-at': 'error: commit failed',
  'commit-confirmed': 'error: commit failed',
  'commit-check': 'error: configuration check-out failed',
};
const vyosFailures: Readonly<Record<string, string>> = {
  set: 'Set failed',
  delete: 'Delete failed',
};

function vyosError(text: string, handler = ''): string {
  if (handler.startsWith('commit')) return `\n${text}\nCommit failed\n`;
  const failed = vyosFailures[handler];
  return failed === undefined ? text : framed(`${text}\n${failed}`);
}

/** Lines, those that are to be said. */
function linesOf(...lines: readonly (string | false | undefined)[]): string | undefined {
  const said = lines.filter((line) => typeof line === 'string');
  return said.length === 0 ? undefined : said.join('\n');
}

function othersEditing(editors: readonly string[]): string | undefined {
  if (editors.length === 0) return undefined;
  return [USERS_EDITING, ...editors].join('\n');
}

/** A time of a commit; without one, the start of the router, Junos' word for which is its reboot. */
function atTime(wallNanos: bigint | undefined, written: (wallNanos: bigint) => string): string {
  return wallNanos === undefined ? 'reboot' : written(wallNanos);
}

const NOT_CONFIRMED = 'Commit was not confirmed; automatic rollback complete.';

function dnosCommitted({ user, wallNanos, confirmed, confirmedMinutes }: Committed): string | undefined {
  return linesOf(
    confirmedMinutes !== undefined &&
      `Commit confirm will be automatically rolled back in ${confirmedMinutes} minutes unless confirmed`,
    confirmed && 'Commit confirmed',
    wallNanos !== undefined && `Commit succeeded by ${user} at ${utcTime(wallNanos)}`,
    wallNanos === undefined &&
      !confirmed &&
      confirmedMinutes === undefined &&
      'NOTICE: commit action is not applicable. no configuration changes were made',
  );
}

function vyosCommitted({ wallNanos, confirmed, confirmedMinutes }: Committed): string | undefined {
  return linesOf(
    confirmedMinutes !== undefined &&
      `Initialized commit-confirm; ${confirmedMinutes} minutes to confirm before reload`,
    confirmed && 'Reload timer stopped',
    wallNanos === undefined &&
      !confirmed &&
      confirmedMinutes === undefined &&
      'No configuration changes to commit.',
  );
}

function junosEntered({ mode, changed, editors }: Entrance): string | undefined {
  return linesOf(
    mode !== 'shared' && 'warning: uncommitted changes will be discarded on exit',
    'Entering configuration mode',
    othersEditing(editors),
    changed && 'The configuration has been changed but not committed',
  );
}

function junosLeaving(mode: EditMode): Question<Leaving> {
  const changed = 'The configuration has been changed but not committed';
  return mode === 'shared'
    ? {
        question: `${changed}\nExit with uncommitted changes? [yes,no] (yes) `,
        answers: { yes: 'keep', no: 'stay' },
        otherwise: 'keep',
      }
    : {
        question: `${changed}\nwarning: Auto rollback on exiting 'configure ${mode}'\nDiscard uncommitted changes? [yes,no] (yes) `,
        answers: { yes: 'discard', no: 'stay' },
        otherwise: 'discard',
      };
}

/** `Commit check failed on:` and the paths. */
function dnosCommitFailure({ code, text, reasons }: CommitFailure): string {
  const heading = code === 'verify' ? 'Commit check failed on:' : `ERROR: ${text}`;
  const lines = reasons.map((reason) => [reason.path.join(' '), reason.text].filter((part) => part));
  return [heading, ...lines.map((line) => `  ${line.join(': ')}`)].join('\n');
}

function junosCommitFailure({ code, text, reasons }: CommitFailure, handler = ''): string {
  const lines = reasons.flatMap(({ path, text: reason }) => {
    const last = path.at(-1);
    return last === undefined
      ? [`  ${reason}`]
      : [editLine(path.slice(0, -1)), `  '${last}'`, `    ${reason}`];
  });
  const failed = code === 'verify' ? 'error: configuration check-out failed' : `error: ${text}`;
  return [...lines, failed, handler === 'commit-check' ? undefined : 'error: commit failed']
    .filter((line) => line !== undefined)
    .join('\n');
}

function vyosCommitFailure({ text, reasons }: CommitFailure): string {
  const lines = reasons.flatMap(({ path, text: reason }) =>
    path.length === 0 ? [reason, ''] : [`[ ${path.join(' ')} ]`, reason, ''],
  );
  return `\n${[...lines, text].join('\n')}\nCommit failed\n`;
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
    commitFailure: dnosCommitFailure,
    colours: true,
    finding: (severity, text) => `${dnosSeverities[severity]}: ${text}`,
    count: (lines) => `lines: ${lines}`,
    pager: '-- More --',
    concatenates: true,
    help: {
      heading: 'Possible completions:',
      enter: ['<[Enter]>', 'Execute this command'],
      namesTypes: true,
      marks: false,
      divider: '-'.repeat(16),
      last: ['end', 'exit', 'quit', 'top'],
    },
    dialogs: {
      system: dnosSystem,
      entered: ({ editors }) => linesOf(othersEditing(editors)),
      left: undefined,
      discarded: undefined,
      committed: dnosCommitted,
      checked: 'Commit check passed successfully',
      confirmed: 'Commit confirmed',
      putOff: (wallNanos) => `Commit will be executed at ${atTime(wallNanos, utcTime)}`,
      made: (user, wallNanos) => `Commit succeeded by ${user} at ${utcTime(wallNanos)}`,
      cleared: 'Pending commit cleared',
      nothingPending: 'No commit confirm scheduled',
      wentBack: (user, wallNanos) => `Configuration commit rollback by ${user} at ${utcTime(wallNanos)}`,
      rolledBack: 'Configuration rollback complete',
      loaded: 'Configuration load complete',
      savedAlready: 'Every commit is saved already (save FILE saves the candidate)',
      saved: (file, lines) => `Saved ${lines} lines of configuration to '${file}'`,
      updated: undefined,
      exit: 'up',
      quit: 'cli',
      timestampSet: undefined,
      leaving: () => ({
        question:
          'Warning: Configuration includes uncommitted changes, would you like to commit them before exiting (yes/no/cancel) [cancel]? ',
        answers: { yes: 'commit', no: 'discard', cancel: 'stay' },
        otherwise: 'stay',
      }),
      outOfSync: (user, wallNanos) => ({
        question: `Warning: User ${user} committed at ${utcTime(wallNanos)}, your configuration is out of sync. What would you like to do (commit, merge-only, abort) [abort]? `,
        answers: { commit: 'commit', 'merge-only': 'merge', abort: 'stop' },
        otherwise: 'stop',
      }),
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
    commitFailure: junosCommitFailure,
    colours: false,
    finding: (severity, text) => `${severity}: ${text}`,
    count: (lines) => `Count: ${lines} lines`,
    pager: '---(more)---',
    concatenates: false,
    help: {
      heading: 'Possible completions:',
      enter: ['<[Enter]>', 'Execute this command'],
      namesTypes: false,
      marks: true,
      divider: undefined,
      last: [],
    },
    dialogs: {
      system: junosSystem,
      entered: junosEntered,
      left: 'Exiting configuration mode',
      discarded: 'warning: discarding uncommitted changes\nload complete',
      committed: ({ confirmedMinutes }) =>
        linesOf(
          confirmedMinutes !== undefined &&
            `commit confirmed will be automatically rolled back in ${confirmedMinutes} minutes unless confirmed`,
          'commit complete',
        ),
      checked: 'configuration check succeeds',
      confirmed: 'commit complete',
      putOff: (wallNanos) =>
        `configuration check succeeds\ncommit at will be executed at ${atTime(wallNanos, dateTime)}`,
      made: (user) => `Scheduled commit of ${user} complete`,
      cleared: 'Pending commit cleared',
      nothingPending: 'No commit scheduled.',
      wentBack: () => NOT_CONFIRMED,
      rolledBack: 'load complete',
      loaded: 'load complete',
      savedAlready: 'Every commit is saved already (save FILE saves the candidate)',
      saved: (file, lines) => `Wrote ${lines} lines of configuration to '${file}'`,
      updated: 'update complete',
      exit: 'back',
      quit: 'exit',
      timestampSet: JUNOS_TIMES,
      leaving: junosLeaving,
      outOfSync: () => undefined,
    },
  },
  vyos: {
    prompt: vyosPrompt,
    stamp: logTime,
    caretAt: () => undefined,
    caret: () => '',
    problem: vyosProblem,
    error: vyosError,
    commitFailure: vyosCommitFailure,
    colours: false,
    finding: (severity, text) => `${vyosSeverities[severity]}: ${text}`,
    count: (lines) => String(lines),
    pager: ':',
    concatenates: false,
    help: {
      heading: 'Possible completions:',
      enter: ['<Enter>', 'Execute the current command'],
      namesTypes: true,
      marks: true,
      divider: undefined,
      last: [],
    },
    dialogs: {
      system: vyosSystem,
      entered: ({ editors }) => linesOf(othersEditing(editors)),
      left: 'exit',
      discarded: undefined,
      committed: vyosCommitted,
      checked: 'Configuration check passed successfully',
      confirmed: 'Reload timer stopped',
      putOff: (wallNanos) => `Commit will be executed at ${atTime(wallNanos, dateTime)}`,
      made: (user) => `Scheduled commit of ${user} complete`,
      cleared: 'Pending commit cleared',
      nothingPending: 'No confirm pending',
      wentBack: () => NOT_CONFIRMED,
      rolledBack: 'Configuration rollback complete',
      loaded: "Load complete. Use 'commit' to make changes effective.",
      savedAlready: 'Saving configuration: every commit is saved already\nDone',
      saved: (file) => `Saving configuration to '${file}'...\nDone`,
      updated: undefined,
      exit: 'top',
      quit: 'exit',
      timestampSet: JUNOS_TIMES,
      leaving: () => undefined,
      outOfSync: () => undefined,
    },
  },
};
