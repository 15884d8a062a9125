/** The kernel's connections as the program conntrack prints them, where system calls cannot be made. */
import { spawnSync } from 'node:child_process';
import type { Vrf } from '../../native/routing-instance.ts';
import { addressText } from '../address.ts';
import { detailsOfLine, type ListedConnection } from './connection-details.ts';
import { LineError, parseConnectionLine } from './connection-text.ts';
import type { Connection } from './connection.ts';
import { SessionFilter } from '../filter.ts';
import { GroupCounts, GroupPasses, onlyGroup } from './group-passes.ts';
import { LineReader } from '../records/import-reader.ts';
import { ipProtocol } from '../ip-protocols.ts';
import { sessionOfConnection } from '../mapping.ts';
import type { MappingSettings } from '../mapping-settings.ts';
import { ProgramError, runIn, startIn, type ProgramProblemCode } from './namespace-program.ts';
import { rankingOf, type Ranking, type RankOptions } from '../session-rates.ts';
import type { ServiceSession, SessionCount } from '../session.ts';
import { textsOf, type ListingForm, type SessionTexts } from '../session-text.ts';
import { SourceError } from '../source.ts';
import type {
  SelectOptions,
  SessionSource,
  SourceProblem,
  SourceProblemCode,
  SourceStatus,
} from '../source.ts';

const PROGRAM = 'conntrack';
const families = ['ipv4', 'ipv6'] as const;

type ReadOptions = Omit<SelectOptions, 'limit'>;

interface ToolParts {
  readonly mapping: () => MappingSettings;
  readonly vrfs: () => readonly Vrf[];
  /** Problems beside its own. */
  readonly beside?: () => readonly SourceProblem[];
}

export class ConntrackTool implements SessionSource {
  readonly name = 'conntrack';
  readonly #parts: ToolParts;

  constructor(parts: ToolParts) {
    this.#parts = parts;
  }

  /** Whether this machine's own connections may be asked for: a run of milliseconds. */
  get isReadable(): boolean {
    return spawnSync(PROGRAM, ['-C'], { stdio: 'ignore' }).status === 0;
  }

  async problems(): Promise<readonly SourceProblem[]> {
    const { problem, entries } = await this.#look();
    if (problem !== undefined) return [problem];
    const { beside = () => [] } = this.#parts;
    const own: readonly SourceProblem[] =
      entries === 0 ? [{ severity: 'warning', code: 'not-tracking' }] : [];
    return [...beside(), ...own];
  }

  async status(): Promise<SourceStatus> {
    const { entries } = await this.#look();
    return {
      name: this.name,
      method: 'conntrack -L',
      sessions: entries,
      sessionsMax: undefined,
      asOfWallNanos: undefined,
      origin: undefined,
      problems: await this.problems(),
    };
  }

  async *select({ limit = Infinity, ...options }: SelectOptions): AsyncGenerator<readonly ServiceSession[]> {
    const passes = new GroupPasses(this.#parts.mapping());
    let left = limit;
    do {
      for await (const found of this.#matching(options)) {
        const sessions = found.map(({ session }) => session).filter((session) => passes.isTurnOf(session));
        yield sessions.slice(0, left);
        left -= sessions.length;
        if (left <= 0) return;
      }
    } while (passes.next());
  }

  texts(options: SelectOptions, form: ListingForm): SessionTexts {
    return textsOf(this.select(options), form);
  }

  async *connections({
    limit = Infinity,
    ...options
  }: SelectOptions): AsyncGenerator<readonly ListedConnection[]> {
    let left = limit;
    for await (const found of this.#matching(options)) {
      yield found
        .slice(0, left)
        .map(({ connection, line }) => ({ connection, details: detailsOfLine(line) }));
      left -= found.length;
      if (left <= 0) return;
    }
  }

  async count(options: ReadOptions): Promise<readonly SessionCount[]> {
    const counts = new GroupCounts();
    for await (const found of this.#matching(options))
      for (const { session } of found) counts.add(groupOf(session));
    return counts.sorted();
  }

  async census(signal: AbortSignal): Promise<readonly SessionCount[]> {
    const group = onlyGroup(this.#parts.mapping());
    if (group === undefined) return this.count({ filter: new SessionFilter({}), signal });
    const { entries = 0 } = await this.#look();
    return entries === 0 ? [] : [{ ...group, sessions: entries }];
  }

  rank(options: RankOptions): Promise<Ranking> {
    return rankingOf(this, options);
  }

  async clear(options: ReadOptions): Promise<readonly SessionCount[]> {
    const counts = new GroupCounts();
    for await (const found of this.#matching(options))
      for (const { session, connection, vrf } of found) {
        options.signal.throwIfAborted();
        if (await hasEnded(vrf, connection)) counts.add(groupOf(session));
      }
    return counts.sorted();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #look(): Promise<{ readonly entries?: number; readonly problem?: SourceProblem }> {
    try {
      let entries = 0;
      for (const vrf of this.#parts.vrfs()) entries += Number(await printed(vrf, ['-C']));
      return { entries };
    } catch (error) {
      if (error instanceof SourceError) return { problem: error.problem };
      throw error;
    }
  }

  async *#matching({ filter, signal }: ReadOptions): AsyncGenerator<readonly Found[]> {
    const mapping = this.#parts.mapping();
    for (const vrf of this.#parts.vrfs())
      for (const family of families)
        for await (const lines of linesOf(vrf, family, signal)) {
          yield lines
            .flatMap((line) => {
              const connection = connectionIn(line);
              return connection === undefined ? [] : { connection, line };
            })
            .map((each) => ({ ...each, vrf, session: sessionOfConnection(each.connection, mapping) }))
            .filter(({ session }) => filter.matches(session));
        }
  }
}

interface Found extends Pick<ListedConnection, 'connection'> {
  readonly line: string;
  readonly session: ServiceSession;
  readonly vrf: Vrf;
}

const groupOf = ({ interface: name, aggregate, serviceSet }: ServiceSession) => ({
  interface: name,
  aggregate,
  serviceSet,
});

/** What is no connection is passed over. */
function connectionIn(line: string): Connection | undefined {
  try {
    return parseConnectionLine(line).connection;
  } catch (error) {
    if (error instanceof LineError) return undefined;
    throw error;
  }
}

/** What the program's refusals mean. */
const refusals: Readonly<Record<ProgramProblemCode, SourceProblemCode>> = {
  missing: 'not-available',
  'not-permitted': 'not-permitted',
  'no-namespace': 'failed',
  failed: 'failed',
};

/** Rejects with SourceError in place of ProgramError. */
async function refusing<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    const problem = { severity: 'error', code: refusals[error.code], details: { code: error.said } } as const;
    throw new SourceError('conntrack', problem, { cause: error });
  }
}

const printed = (vrf: Vrf, words: readonly string[]): Promise<string> => refusing(runIn(vrf, PROGRAM, words));

/** As they come; whoever stops reading ends the program. */
async function* linesOf(vrf: Vrf, family: string, signal: AbortSignal): AsyncGenerator<readonly string[]> {
  const { child, ended } = startIn(vrf, PROGRAM, ['-L', '-f', family, '-o', 'extended,id']);
  const reader = new LineReader();
  try {
    for await (const chunk of child.stdout.setEncoding('latin1')) {
      signal.throwIfAborted();
      yield reader.take(chunk as string).flatMap((entry) => ('text' in entry ? entry.text : []));
    }
    await refusing(ended);
  } finally {
    child.kill();
  }
}

/** Removes one connection; false where it has ended by itself. */
async function hasEnded(vrf: Vrf, { original, zone }: Connection): Promise<boolean> {
  const { source, destination, protocol, sourcePort, destinationPort, icmpId } = original;
  const isGre = protocol === ipProtocol.gre;
  const option = (name: string, value: number | undefined): string[] =>
    value === undefined ? [] : [name, String(value)];
  const words = [
    ...['-D', '-f', typeof source === 'number' ? 'ipv4' : 'ipv6', '-p', String(protocol)],
    ...['-s', addressText(source), '-d', addressText(destination)],
    ...option(isGre ? '--srckey' : '--sport', sourcePort),
    ...option(isGre ? '--dstkey' : '--dport', destinationPort),
    ...option(protocol === ipProtocol.icmp6 ? '--icmpv6-id' : '--icmp-id', icmpId),
    ...option('-w', zone),
  ];
  try {
    await printed(vrf, words);
    return true;
  } catch (error) {
    // It says so when there is none.
    if (error instanceof SourceError && /\b0 flow entries/.test(String(error.problem.details?.['code'])))
      return false;
    throw error;
  }
}
