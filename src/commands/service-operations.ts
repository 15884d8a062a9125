/** What is done with service sessions: `clear services sessions`, their import, and where they come from. */
import { block } from '../render/blocks.ts';
import { counted } from '../render/counted.ts';
import { countHeading, countLine } from '../render/service-sessions.ts';
import { isoTime, utcTime } from '../render/time.ts';
import type { Finding } from '../config/commit.ts';
import { PAIRED_SESSIONS_MAX } from '../services/capture/pairing.ts';
import { TRACKED_SESSIONS_MAX } from '../services/capture/session-tracker.ts';
import type { EntryProblem, ImportForm, ImportResult } from '../services/records/import.ts';
import type { SessionCount } from '../services/session.ts';
import { sourceFinding, type SourceStatus } from '../services/source.ts';
import type { CommandArguments } from './arguments.ts';
import { act, show, type Context } from './command.ts';
import { Refusal } from './refusal.ts';
import type { CaptureFinding } from './service-messages.ts';
import { readingOf } from './service-sessions.ts';

/** Junos' columns; it says how many, also where there was nothing. */
export const clearServicesSessions = show<
  CommandArguments['clear-services-sessions'],
  readonly SessionCount[]
>((context, args) => context.router.services.source.clear(readingOf(context, args, context.signal)), {
  *text(counts) {
    yield countHeading('Sessions removed');
    for (const { interface: name, serviceSet, sessions } of counts)
      yield countLine(name, serviceSet, sessions);
  },
  json: (counts) => ({
    'service-msp-sess-drain': counts.map((count) => ({
      'interface-name': count.interface,
      'service-set-name': count.serviceSet,
      'sess-removed': count.sessions,
    })),
  }),
  element: 'service-msp-sess-drain-information',
});

const forms: Readonly<Record<ImportForm, string>> = {
  json: 'JSON',
  'json-lines': 'JSON lines',
  pcap: 'pcap',
  pcapng: 'pcapng',
  text: 'conntrack',
  xml: 'conntrack XML',
};

type Chunks = AsyncIterable<Uint8Array>;

interface ImportedFile {
  readonly name: string;
  readonly chunks: Chunks;
}

export const importServicesSessions = act<CommandArguments['request-services-sessions-import']>(
  (context, { file: name, outside, replace = false }) => {
    const { files } = context.session;
    return importFiles(
      context,
      replace,
      { name, chunks: files.chunks(name) },
      outside === undefined
        ? undefined
        : {
            name: outside,
            chunks: files.chunks(outside),
          },
    );
  },
);

export const importServicesSessionsExample = act<
  CommandArguments['request-services-sessions-import-example']
>((context, { replace = false }) => {
  const { inside, outside } = context.router.services.example;
  const [first, second] = [inside(), outside()];
  return importFiles(
    context,
    replace,
    { name: 'example', chunks: first },
    { name: 'its outside', chunks: second },
  );
});

/** What was refused is said beside the result. */
async function importFiles(
  { router, session, signal }: Context,
  replace: boolean,
  file: ImportedFile,
  outside?: ImportedFile,
): Promise<string> {
  const watched = (each: ImportedFile): Chunks => telling(each, router.clock, session);
  const result = await router.services
    .import(
      watched(file),
      { name: file.name, replace, signal, ...(outside && { outsideName: outside.name }) },
      outside && watched(outside),
    )
    .catch((error: unknown) => {
      throw signal.aborted ? new Refusal('nothing-imported') : error;
    });
  for (const problem of result.problems) session.report(problemFinding(problem));
  const untold = result.refused - result.problems.length;
  if (untold > 0)
    session.report({ severity: 'warning', code: 'import-more-refused', path: [], details: { untold } });
  for (const finding of captureFindings(result, [file.name, outside?.name ?? ''])) session.report(finding);
  if (router.services.source.name !== 'records')
    session.report({ severity: 'warning', code: 'import-not-shown', path: [], details: {} });
  return summary(file.name, result);
}

/** Between two lines of progress. */
const PROGRESS_NANOS = 500_000_000;
const MEBIBYTE = 2 ** 20;

/** Tells how much of a file has been read. */
async function* telling(
  { name, chunks }: ImportedFile,
  clock: Context['router']['clock'],
  session: Context['session'],
): AsyncGenerator<Uint8Array> {
  let octets = 0;
  let toldNanos = clock.monoNanos();
  for await (const chunk of chunks) {
    octets += chunk.length;
    const nowNanos = clock.monoNanos();
    if (nowNanos - toldNanos >= PROGRESS_NANOS) {
      session.progress(`${Math.floor(octets / MEBIBYTE)} MiB of '${name}' imported, Ctrl-C gives up`);
      toldNanos = nowNanos;
    }
    yield chunk;
  }
}

/** Reasons of frames without a session that say something of the capture, and not of its traffic. */
const toldReasons = ['link-type', 'too-short', 'malformed', 'fragment', 'too-many'] as const;

function* captureFindings(
  { captures, unpaired }: ImportResult,
  names: readonly string[],
): Generator<Finding> {
  const finding = (code: CaptureFinding, details: Finding['details']): Finding => ({
    severity: 'warning',
    code,
    path: [],
    details,
  });
  for (const [at, { damage, frames, passed, unfollowed }] of captures.entries()) {
    const file = names[at]!;
    if (damage !== undefined) yield finding(`capture-${damage}`, { file, frames });
    for (const reason of toldReasons) {
      const count = passed[reason] ?? 0;
      if (count > 0) yield finding(`capture-${reason}`, { file, count, maximum: TRACKED_SESSIONS_MAX });
    }
    if (unfollowed > 0) yield finding('capture-unfollowed', { file, count: unfollowed });
  }
  if (unpaired > 0) yield finding('capture-unpaired', { count: unpaired, maximum: PAIRED_SESSIONS_MAX });
}

function problemFinding({ line, code, subject }: EntryProblem) {
  return { severity: 'warning', code: `import-${code}`, path: [], details: { line, subject } } as const;
}

const werePast = (count: number): string => (count === 1 ? 'was' : 'were');

function summary(file: string, { form, sessions, skipped, refused, captures }: ImportResult): string {
  const frames = captures.reduce((sum, capture) => sum + capture.frames, 0);
  const passed = captures.flatMap((capture) => Object.values(capture.passed)).reduce((a, b) => a + b, 0);
  const beside = [
    ...(skipped > 0
      ? [`${counted(skipped, 'event')} of connections that go on ${werePast(skipped)} left out`]
      : []),
    ...(refused > 0 ? [`${counted(refused, 'entry', 'entries')} ${werePast(refused)} refused`] : []),
    ...(passed > 0
      ? [`${passed} of ${counted(frames, 'frame')} ${passed === 1 ? 'is' : 'are'} of none`]
      : []),
  ];
  const rest = beside.length > 0 ? `; ${beside.join(', ')}` : '';
  return `Imported ${counted(sessions, 'session')} from '${file}' (${forms[form]})${rest}.`;
}

export const showServicesSessionsSource = show<
  CommandArguments['show-services-sessions-source'],
  SourceStatus
>(
  async ({ router, session }) => {
    const status = await router.services.source.status();
    for (const problem of status.problems) session.report(sourceFinding(problem));
    return status;
  },
  {
    *text({ name, method, sessions, sessionsMax, asOfWallNanos, origin }) {
      yield block({
        heading: [
          ['Source', name],
          ['Method', method],
        ],
        lines: [
          [
            ['Sessions', sessions],
            ['Maximum', sessionsMax],
          ],
          [
            ['From', origin],
            ['As of', asOfWallNanos === undefined ? undefined : utcTime(asOfWallNanos)],
          ],
        ],
      });
    },
    json: ({ name, method, sessions, sessionsMax, asOfWallNanos, origin, problems }) => ({
      source: name,
      method,
      sessions,
      'sessions-maximum': sessionsMax,
      origin,
      'as-of': asOfWallNanos === undefined ? undefined : isoTime(asOfWallNanos),
      problem: problems.map(({ severity, code, details }) => ({ severity, code, ...details })),
    }),
    element: 'service-session-source-information',
  },
);
