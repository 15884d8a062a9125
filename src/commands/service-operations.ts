/** What is done with service sessions: `clear services sessions`, their import, and where they come from. */
import { block } from '../render/blocks.ts';
import { countHeading, countLine } from '../render/service-sessions.ts';
import { isoTime, utcTime } from '../render/time.ts';
import type { EntryProblem, ImportForm, ImportResult } from '../services/import.ts';
import type { SessionCount } from '../services/session.ts';
import type { SourceProblem, SourceStatus } from '../services/source.ts';
import type { CommandArguments } from './arguments.ts';
import { act, show, type Context } from './command.ts';
import { filterOf } from './service-sessions.ts';
import { sourceFinding } from './source-findings.ts';

function clear(
  { router, session, signal }: Context,
  args: CommandArguments['clear-services-sessions'],
): Promise<readonly SessionCount[]> {
  const report = (problem: SourceProblem): void => session.report(sourceFinding(problem));
  return router.services.source.clear({ filter: filterOf(args), signal, report });
}

/** Junos' columns; it says how many, also where there was nothing. */
export const clearServicesSessions = show<
  CommandArguments['clear-services-sessions'],
  readonly SessionCount[]
>(clear, {
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
  text: 'conntrack',
  xml: 'conntrack XML',
};

/** What was refused is said beside the result. */
export const importServicesSessions = act<CommandArguments['request-services-sessions-import']>(
  async ({ router, session, signal }, { file, replace = false }) => {
    const chunks = session.files.chunks(file);
    const result = await router.services.import(chunks, { name: file, replace, signal });
    for (const problem of result.problems) session.report(problemFinding(problem));
    const untold = result.refused - result.problems.length;
    if (untold > 0)
      session.report({ severity: 'warning', code: 'import-more-refused', path: [], details: { untold } });
    if (router.services.source.name !== 'records')
      session.report({ severity: 'warning', code: 'import-not-shown', path: [], details: {} });
    return summary(file, result);
  },
);

function problemFinding({ line, code, subject }: EntryProblem) {
  return { severity: 'warning', code: `import-${code}`, path: [], details: { line, subject } } as const;
}

function summary(file: string, { form, sessions, skipped, refused }: ImportResult): string {
  const beside = [
    ...(skipped > 0 ? [`${skipped} events of connections that go on were left out`] : []),
    ...(refused > 0 ? [`${refused} entries were refused`] : []),
  ];
  const rest = beside.length > 0 ? `; ${beside.join(', ')}` : '';
  return `Imported ${sessions} sessions from '${file}' (${forms[form]})${rest}.`;
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
