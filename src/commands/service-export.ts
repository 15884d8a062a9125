/** `request services sessions export`: sessions as a file that can be imported again. */
import { counted } from '../render/counted.ts';
import { isoTime } from '../render/time.ts';
import { SessionExport, type ExportForm } from '../services/export.ts';
import type { CommandArguments } from './arguments.ts';
import { act, type Context } from './command.ts';
import { Refusal } from './refusal.ts';
import { readingOf, tell } from './service-sessions.ts';

type ExportArguments = CommandArguments['request-services-sessions-export'];

/** What conntrack has no words for in a form: nothing is written that does not say what was asked for. */
const lacks: Readonly<Partial<Record<ExportForm, readonly (keyof ExportArguments)[]>>> = {
  save: ['history', 'ids'],
};

/** Between two lines of progress. */
const PROGRESS_NANOS = 500_000_000;

export const exportServicesSessions = act<ExportArguments>(async (context, args) => {
  const { router, session, signal } = context;
  const { file, format, history = false, ids = false, replace = false, limit } = args;
  const lacking = lacks[format]?.find((word) => args[word] !== undefined);
  if (lacking !== undefined) throw new Refusal('not-in-format', { format, word: lacking });
  const source = history ? router.services.history : router.services.source;
  await tell(context, source);
  const writer = await session.files.create(file, { isNew: !replace });
  try {
    const nowWallNanos = router.clock.wallNanos();
    const reading = { ...readingOf(context, args, signal), limit };
    const options = { ...reading, form: format, hasIds: ids, nowWallNanos, timeOf: isoTime };
    const sessions = new SessionExport(source, options);
    for await (const text of telling(sessions, context)) {
      await writer.write(text);
      signal.throwIfAborted();
    }
    await writer.finish();
    return summary(file, format, sessions);
  } catch (error) {
    throw signal.aborted ? new Refusal('nothing-exported') : error;
  } finally {
    await writer.abandon();
  }
});

/** Tells how many sessions have been written. */
async function* telling(sessions: SessionExport, { router, session }: Context): AsyncGenerator<string> {
  let toldNanos = router.clock.monoNanos();
  for await (const text of sessions.texts()) {
    yield text;
    const nowNanos = router.clock.monoNanos();
    if (nowNanos - toldNanos < PROGRESS_NANOS) continue;
    session.progress(`${sessions.sessions} sessions exported, Ctrl-C gives up`);
    toldNanos = nowNanos;
  }
}

function summary(file: string, format: ExportForm, { sessions, leftOut }: SessionExport): string {
  const rest =
    leftOut === 0
      ? ''
      : `; ${leftOut} ${leftOut === 1 ? 'is no connection of Linux and was' : 'are no connections of Linux and were'} left out`;
  return `Exported ${counted(sessions, 'session')} to '${file}' (${format})${rest}.`;
}
