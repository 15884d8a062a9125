/** How many service sessions there are and were: `show services sessions utilization` and `… metrics`. */
import { mapped } from '../render/data.ts';
import { metricsColumns, numberLine, utilizationColumns } from '../render/service-metrics.ts';
import { isoTime, utcTime } from '../render/time.ts';
import { SessionFilter } from '../services/filter.ts';
import { compareGroups, groupKey, type SessionGroup } from '../services/session.ts';
import type { GroupSample, GroupSince, MeterSample } from '../services/session-meter.ts';
import { sourceFinding } from '../services/source.ts';
import type { CommandArguments } from './arguments.ts';
import { show, type Context } from './command.ts';
import { tell } from './service-sessions.ts';

interface GroupNow extends SessionGroup {
  readonly sessions: number;
  readonly since: GroupSince | undefined;
}

interface Utilization {
  readonly sourceName: string;
  readonly sessionsMax: number | undefined;
  /** Undefined where nothing was counted before. */
  readonly sinceWallNanos: bigint | undefined;
  readonly groups: readonly GroupNow[];
}

type GroupArguments = Pick<
  CommandArguments['show-services-sessions-utilization'],
  'interface' | 'service-set'
>;

const groupFilter = (args: GroupArguments): SessionFilter =>
  new SessionFilter({ interface: args.interface, serviceSet: args['service-set'] });

function tellOfMeter({ router, session }: Context): void {
  const { meter } = router.services;
  if (meter === undefined) session.report({ severity: 'notice', code: 'metrics-off', path: [], details: {} });
  else for (const problem of meter.problems) session.report(sourceFinding(problem));
}

/** Sessions are counted once, whatever is asked of them; also groups that had some are told, with their peak. */
async function utilizationOf(context: Context, args: GroupArguments): Promise<Utilization> {
  const { services } = context.router;
  const { source, meter } = services;
  await tell(context, source);
  tellOfMeter(context);
  const counts = await source.census(context.signal);
  meter?.note(counts);
  const { sessionsMax } = await source.status();
  const filter = groupFilter(args);
  const live = new Set(counts.map(groupKey));
  const past = (meter?.groups ?? []).filter((group) => !live.has(groupKey(group)));
  const groups = [...counts, ...past.map((group) => ({ ...group, sessions: 0 }))]
    .filter((group) => filter.group(group))
    .toSorted(compareGroups)
    .map((group) => ({ ...group, since: meter?.since(group) }));
  return { sourceName: source.name, sessionsMax, sinceWallNanos: meter?.sinceWallNanos, groups };
}

const HUNDRED = 100;

/** Of what one network namespace may have. */
function percentOf(sessions: number, sessionsMax: number | undefined): number | undefined {
  return sessionsMax === undefined ? undefined : (HUNDRED * sessions) / sessionsMax;
}

const fixed = (value: number | undefined): string => value?.toFixed(2) ?? '-';
const whole = (value: number | undefined): string => (value === undefined ? '-' : String(value));

/** Figures as JSON has them. */
const rounded = (value: number | undefined): number | undefined =>
  value === undefined ? undefined : Number(value.toFixed(2));

export const showServicesSessionsUtilization = show<
  CommandArguments['show-services-sessions-utilization'],
  Utilization
>(utilizationOf, {
  *text({ groups, sessionsMax, sinceWallNanos }) {
    yield numberLine(
      utilizationColumns,
      utilizationColumns.map(({ title }) => title),
    );
    for (const { interface: name, serviceSet, sessions, since } of groups)
      yield numberLine(utilizationColumns, [
        name,
        serviceSet,
        String(sessions),
        whole(since?.peak),
        fixed(percentOf(sessions, sessionsMax)),
        fixed(since?.begunRate),
        fixed(since?.endedRate),
      ]);
    const total = groups.reduce((sum, { sessions }) => sum + sessions, 0);
    const share = sessionsMax === undefined ? '' : ` of ${sessionsMax} (nf_conntrack_max)`;
    yield `Total sessions: ${total}${share}\n`;
    if (sinceWallNanos !== undefined) yield `Peaks and rates since: ${utcTime(sinceWallNanos)}\n`;
  },
  json: ({ sourceName, groups, sessionsMax, sinceWallNanos }) => ({
    source: sourceName,
    'sessions-maximum': sessionsMax,
    since: sinceWallNanos === undefined ? undefined : isoTime(sinceWallNanos),
    'service-session-utilization': groups.map(({ sessions, since, ...group }) => ({
      ...groupRecord(group),
      'session-count': sessions,
      'session-peak': since?.peak,
      'memory-percent': rounded(percentOf(sessions, sessionsMax)),
      'session-setup-rate': rounded(since?.begunRate),
      'session-teardown-rate': rounded(since?.endedRate),
    })),
  }),
  element: 'service-session-utilization-information',
});

const groupRecord = ({ interface: name, aggregate, serviceSet }: SessionGroup) => ({
  'interface-name': name,
  'aggregate-interface-name': aggregate,
  'service-set-name': serviceSet,
});

interface Metrics {
  readonly intervalSeconds: number | undefined;
  readonly samples: readonly MeterSample[];
}

function metricsOf(
  context: Context,
  { last, ...args }: CommandArguments['show-services-sessions-metrics'],
): Metrics {
  tellOfMeter(context);
  const { meter } = context.router.services;
  const filter = groupFilter(args);
  const samples = (meter?.samples ?? []).slice(-last).map(({ wallNanos, groups }) => ({
    wallNanos,
    groups: groups.filter((group) => filter.group(group)).toSorted(compareGroups),
  }));
  return { intervalSeconds: meter?.settings.intervalSeconds, samples };
}

export const showServicesSessionsMetrics = show<CommandArguments['show-services-sessions-metrics'], Metrics>(
  metricsOf,
  {
    *text({ samples }) {
      yield numberLine(
        metricsColumns,
        metricsColumns.map(({ title }) => title),
      );
      for (const { wallNanos, groups } of samples)
        for (const group of groups) yield numberLine(metricsColumns, [utcTime(wallNanos), ...cellsOf(group)]);
    },
    json: ({ intervalSeconds, samples }) => ({
      interval: intervalSeconds,
      'service-session-sample': mapped(samples, ({ wallNanos, groups }) => ({
        time: isoTime(wallNanos),
        'service-session-count': groups.map((group) => ({
          ...groupRecord(group),
          'session-count': group.sessions,
          'sessions-set-up': group.begun,
          'sessions-torn-down': group.ended,
        })),
      })),
    }),
    element: 'service-session-metrics-information',
  },
);

const cellsOf = ({ interface: name, serviceSet, sessions, begun, ended }: GroupSample): readonly string[] => [
  name,
  serviceSet,
  String(sessions),
  whole(begun),
  whole(ended),
];
