/** What happens to routers and between them: a table with weights. */
import type { SeededRandom } from '../../support/seeded-random.ts';
import { pick } from '../random-choice.ts';
import { diskErrors } from './disk.ts';
import type { Host, Life, Surroundings } from './host.ts';
import { failPort } from './port-pair.ts';

export interface FaultRow {
  readonly name: string;
  readonly weight: number;
  /** Gives what is to be told of it. */
  readonly happen: (host: Host, around: Surroundings, random: SeededRandom) => string;
}

/** Rows after which a process that is to end amid a write ends. */
const CRASH_ROWS_MAX = 12;

/** The next row of that table is refused. */
export function failArchive({ disk }: Life, table: string, random: SeededRandom): string {
  const error = pick(random, diskErrors);
  disk.fail({ file: 'router', table, after: 0, times: 1, error });
  return `${table} ${error}`;
}

export const faults: readonly FaultRow[] = [
  {
    name: 'crash amid a write',
    weight: 4,
    happen: ({ life }, _, random) => {
      const rows = random.below(CRASH_ROWS_MAX);
      life!.disk.crashAfter(rows);
      return `after ${rows} rows`;
    },
  },
  {
    name: 'disk fails',
    weight: 4,
    happen: ({ life }, _, random) => {
      const fault = {
        file: pick(random, ['router', 'router', 'sessions', 'services'] as const),
        after: random.below(6),
        times: pick(random, [1, 2, 5]),
        error: pick(random, diskErrors),
      };
      life!.disk.fail(fault);
      return JSON.stringify(fault);
    },
  },
  {
    name: 'archive fails',
    weight: 4,
    happen: ({ life }, _, random) =>
      failArchive(life!, pick(random, ['revisions', 'revisions', 'pending_commits']), random),
  },
  {
    name: 'connections break',
    weight: 3,
    happen: ({ address }, { network }, random) => {
      const isHeard = random.below(3) > 0;
      network.cutStreamsOf(address, isHeard);
      return isHeard ? 'heard' : 'unheard';
    },
  },
  {
    name: 'datapath worker fails',
    weight: 3,
    happen: ({ life }, _, random) => {
      const role = pick(random, ['reflecting', 'sending'] as const);
      life!.datapath.failWorker(role);
      return role;
    },
  },
  {
    name: 'records worker fails',
    weight: 1,
    happen: ({ life }) => {
      for (const port of life!.ports) failPort(port);
      return '';
    },
  },
  {
    name: 'terminal is gone',
    weight: 4,
    happen: ({ people }, _, random) => {
      const here = people.filter(({ isHere }) => isHere);
      if (here.length === 0) return 'nobody';
      const person = pick(random, here);
      person.cut();
      return person.user;
    },
  },
  {
    name: 'Ctrl-C',
    weight: 2,
    happen: ({ people }) => {
      for (const person of people) if (person.line !== undefined) person.interrupt();
      return '';
    },
  },
];
