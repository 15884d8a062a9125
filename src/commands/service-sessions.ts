/** `show services sessions` and `show services flows` (references 001 and 003), and what is beside them. */
import { awaited, drawn, type Batches, type Piece } from '../render/data.ts';
import { countHeading, countLine } from '../render/service-sessions.ts';
import { isoTime } from '../render/time.ts';
import { SessionFilter } from '../services/filter.ts';
import { protocolNumber } from '../services/ip-protocols.ts';
import { flowRecord, sessionRecord } from '../services/records/records.ts';
import type { ServiceSession, SessionCount } from '../services/session.ts';
import type { SessionTexts } from '../services/session-text.ts';
import { sourceFinding, SourceError, type SelectOptions, type SessionSource } from '../services/source.ts';
import type { CommandArguments } from './arguments.ts';
import { show, type Command, type Context, type Router, type View } from './command.ts';

type FilterArguments = CommandArguments['clear-services-sessions'];
type SessionArguments = CommandArguments['show-services-sessions'];

/** What is shown; read when it is drawn. */
interface Listing {
  readonly sessions: () => Batches<ServiceSession>;
  readonly texts: () => SessionTexts;
  readonly sourceName: string;
}

export function filterOf(args: FilterArguments): SessionFilter {
  const { protocol } = args;
  return new SessionFilter({
    application: args['application-protocol'],
    destinationPort: args['destination-port'],
    destinationPrefix: args['destination-prefix'],
    interface: args.interface,
    protocol: typeof protocol === 'string' ? protocolNumber(protocol) : protocol,
    serviceSet: args['service-set'],
    sourcePort: args['source-port'],
    sourcePrefix: args['source-prefix'],
  });
}

async function listingOf(
  context: Context,
  source: SessionSource,
  args: Omit<SessionArguments, 'count'>,
): Promise<Listing> {
  await tell(context, source);
  const options = { ...readingOf(context, args), limit: args.limit };
  const form = {
    extensive: args.level === 'extensive',
    isNamed: args['application-protocol'] !== undefined,
  };
  return {
    // Whoever stops drawing ends the reading; nothing is begun that would have to be aborted.
    sessions: () => source.select(options),
    texts: () => source.texts(options, form),
    sourceName: source.name,
  };
}

/**
 * What is to be said of the source stands beside its sessions: never an empty table without a word. Rejects with
 * SourceError where there are none to be had.
 */
export async function tell({ session }: Context, source: SessionSource): Promise<void> {
  for (const problem of await source.problems()) {
    if (problem.severity === 'error') throw new SourceError(source.name, problem);
    session.report(sourceFinding(problem));
  }
}

/** Unless a signal is given: drawn when nothing aborts any more. What turns out then is said when it has been read. */
export function readingOf(
  { session }: Context,
  args: FilterArguments,
  signal = new AbortController().signal,
): Omit<SelectOptions, 'limit'> {
  return {
    filter: filterOf(args),
    signal,
    report: (problem) => session.report(sourceFinding(problem)),
  };
}

function* listingText({ texts }: Listing): Generator<Piece> {
  yield* drawn(texts(), (text) => [text]);
}

const listingView: View<Listing> = {
  text: listingText,
  json: ({ sessions, sourceName }) => ({
    source: sourceName,
    'msp-session': drawnRecords(sessions(), (session) => sessionRecord(session, isoTime)),
  }),
  element: 'msp-session-table',
};

/** Batches of what `change` makes of each session. */
async function* drawnRecords<Made>(
  batches: Batches<ServiceSession>,
  change: (session: ServiceSession) => Made,
): Batches<Made> {
  for await (const batch of batches) yield batch.map(change);
}

/** Junos' names; text and data alike. */
interface Counting {
  readonly counts: () => Promise<readonly SessionCount[]>;
}

const countView: View<Counting> = {
  *text({ counts }) {
    const rows = yield* awaited(counts());
    yield countHeading('Sessions count');
    for (const { interface: name, serviceSet, sessions } of rows) yield countLine(name, serviceSet, sessions);
  },
  json: ({ counts }) => ({
    'service-msp-sess-count': batchOf(counts, (row) => ({
      'interface-name': row.interface,
      'aggregate-interface-name': row.aggregate,
      'service-set-name': row.serviceSet,
      'sess-count': row.sessions,
    })),
  }),
  element: 'service-msp-sess-count-information',
};

async function* batchOf<Made>(
  counts: () => Promise<readonly SessionCount[]>,
  change: (count: SessionCount) => Made,
): Batches<Made> {
  yield (await counts()).map(change);
}

/** `limit` bounds the entries that are counted, too. */
async function countingOf(
  context: Context,
  source: SessionSource,
  args: SessionArguments,
): Promise<Counting> {
  await tell(context, source);
  const options = readingOf(context, args);
  const { limit } = args;
  return { counts: async () => within(await source.count(options), limit) };
}

function within(counts: readonly SessionCount[], limit = Infinity): readonly SessionCount[] {
  let left = limit;
  return counts.flatMap((count) => {
    const sessions = Math.min(count.sessions, left);
    left -= sessions;
    return sessions === 0 ? [] : [{ ...count, sessions }];
  });
}

/** Of the one source or the other. */
function sessionsOf(sourceOf: (router: Router) => SessionSource): Command<SessionArguments> {
  const list = show<SessionArguments, Listing>(
    (context, args) => listingOf(context, sourceOf(context.router), args),
    listingView,
  );
  const count = show<SessionArguments, Counting>(
    (context, args) => countingOf(context, sourceOf(context.router), args),
    countView,
  );
  return (context, args) => (args.count ? count(context, args) : list(context, args));
}

export const showServicesSessions = sessionsOf(({ services }) => services.source);

const ended = sessionsOf(({ services }) => services.history);

/** None are there, and none would be: that is said. */
export const showServicesSessionsHistory: typeof ended = (context, args) => {
  const { router, session } = context;
  if (router.services.isWithoutHistory)
    session.report({ severity: 'notice', code: 'history-off', path: [], details: {} });
  return ended(context, args);
};

/** Text as of `show services sessions`; data with one object a flow. */
export const showServicesFlows = show<CommandArguments['show-services-flows'], Listing>(
  (context, args) => listingOf(context, context.router.services.source, args),
  {
    text: listingText,
    json: ({ sessions, sourceName }) => ({
      source: sourceName,
      'service-sfw-flow': flowBatches(sessions()),
    }),
    element: 'service-sfw-flow-table-information',
  },
);

async function* flowBatches(batches: Batches<ServiceSession>): Batches<unknown> {
  for await (const batch of batches) {
    yield batch.flatMap((session) =>
      session.flows.map((flow) => ({
        'interface-name': session.interface,
        'service-set-name': session.serviceSet,
        'session-id': session.id,
        ...flowRecord(flow),
      })),
    );
  }
}
