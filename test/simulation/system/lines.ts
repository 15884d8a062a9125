/** What people type, by where they stand: tables of lines with their weights. */
import type { SeededRandom } from '../../support/seeded-random.ts';
import { pick } from '../random-choice.ts';
import { edit } from './configuration-model.ts';
import { must } from './journal.ts';
import type { Person, Typed } from './person.ts';
import {
  addresses,
  containers,
  plaintexts,
  statements,
  withoutAt,
  withSet,
  type StatementRow,
} from './statements.ts';

/** What somebody types now. */
export interface Line {
  readonly text: string;
  /** Without its secrets; undefined: it has none. */
  readonly said?: string;
  /** It waits for files, so that the clocks stand still until it is over. */
  readonly isStill?: true;
  /** It ends without any time passing; what must be so when it is over. */
  readonly after?: (typed: Typed) => void;
}

export interface LineRow {
  readonly weight: number;
  readonly make: (person: Person, random: SeededRandom) => Line;
}

const plain = (text: string, weight = 1): LineRow => ({ weight, make: () => ({ text }) });

const pipes = [
  '',
  '',
  '',
  ' | count',
  ' | display json',
  ' | display xml',
  ' | last 5',
  ' | no-more',
  ' | match 1',
];

const shows = [
  'show version',
  'show cli',
  'show cli authorization',
  'show configuration',
  'show configuration | display set',
  'show configuration services',
  'show configuration system login',
  'show system commit',
  'show system users',
  'show system audit last 20',
  'show system rollback 0',
  'show system rollback compare 0 1',
  'show services twamp',
  'show services twamp detail',
  'show services twamp sessions',
  'show services twamp sessions history',
  'show services rpm twamp server',
  'show services rpm twamp client',
  'show services rpm twamp client connection',
  'show services rpm twamp client probe-results',
  'show services rpm twamp client history-results',
  'show services rpm twamp client events',
  'show services rpm twamp server connection all',
  'show services sessions source',
];

const engineOf = (person: Person) => person.life.router.engine;

/** Ids of the Server's connections that are set up. */
const connectionsOf = (person: Person): readonly number[] =>
  engineOf(person).server.connections.map(({ connectionId }) => connectionId);

function clearing(command: string): LineRow['make'] {
  return (person, random) => {
    const ids = connectionsOf(person);
    const one = ids.length > 0 && random.below(2) === 0 ? pick(random, ids) : undefined;
    const isAll = one === undefined;
    const words = isAll ? (command.endsWith('connection') ? ' all' : '') : ` ${one}`;
    return {
      text: `${command}${words}`,
      after: ({ outcome }) => {
        if (outcome.status !== 'done') return;
        const left = connectionsOf(person).filter((id) => (isAll ? ids.includes(id) : id === one));
        must(left.length === 0, 'clear removes what it says', () => `connections ${left.join(' ')} are left`);
      },
    };
  };
}

/** All rows that live count from 0. */
function clearStatistics(person: Person): Line {
  return {
    text: 'clear twamp statistics',
    after: ({ outcome }) => {
      if (outcome.status !== 'done') return;
      for (const { sent, received, role } of engineOf(person).sessions({}, 'live')) {
        must(
          sent === 0 && received === 0,
          'clear removes what it says',
          () => `${role}: ${sent}/${received}`,
        );
      }
      person.host.ledger.forget(engineOf(person).sessions({}, 'live'));
    },
  };
}

function clearServices(person: Person): Line {
  return {
    text: 'clear services sessions',
    isStill: true,
    after: ({ outcome }) => {
      if (outcome.status !== 'done') return;
      const left = person.life.storedSessions();
      must(left === 0, 'clear removes what it says', () => `${left} service sessions are left`);
    },
  };
}

export const IMPORT_FILE = 'sessions.txt';

function importing(person: Person): Line {
  return {
    text: `request services sessions import ${IMPORT_FILE} replace`,
    isStill: true,
    after: ({ outcome }) => {
      if (outcome.status !== 'done') return;
      const found = person.life.storedSessions();
      must(
        found === person.host.importable,
        'an import is whole',
        () => `${found} of ${person.host.importable}`,
      );
    },
  };
}

function measuring({ host }: Person, random: SeededRandom): Line {
  const others = addresses.filter((address) => address !== host.address);
  const words = [
    `twping ${pick(random, others)}`,
    `count ${1 + random.below(20)}`,
    `interval ${pick(random, ['1ms', '10ms', '100ms'])}`,
    `timeout ${pick(random, ['20ms', '200ms', '2s'])}`,
    pick(random, ['', '', 'session-count 2', 'session-count 3']),
    pick(random, ['', '', 'auth-mode encrypted user ada', 'auth-mode authenticated user ada']),
    pick(random, ['', '', 'port 863', 'reflect-octets', 'symmetrical-size']),
    '| display json',
  ];
  return { text: words.filter((word) => word !== '').join(' '), after: countersAddUp };
}

/** Three sessions of somebody, wherever they stand, that go on for two seconds. */
export function measuringFor({ isEditing }: Person, address: string, random: SeededRandom): Line {
  const port = pick(random, ['', '', '', ' port 863']);
  const words = `twping ${address} count 20 interval 100ms timeout 200ms session-count 3${port}`;
  return { text: `${isEditing ? 'run ' : ''}${words} | display json`, after: countersAddUp };
}

/** What a report says of one session, as far as it must add up. */
interface ReportedPackets {
  readonly 'num-pkts-sent': number;
  readonly 'num-pkts-lost': number;
  readonly 'num-pkts-in-flight'?: number;
}

function countersAddUp({ text, outcome }: Typed): void {
  if (!text.startsWith('{')) return;
  const { ending, results } = JSON.parse(text) as {
    readonly ending: string;
    readonly results: readonly { readonly packets: ReportedPackets }[];
  };
  for (const { packets } of results) {
    const { 'num-pkts-sent': sent, 'num-pkts-lost': lost, 'num-pkts-in-flight': inFlight = 0 } = packets;
    const holds = sent >= lost + inFlight && (ending !== 'complete' || inFlight === 0);
    must(holds, 'counters add up', () => `${outcome.status}: ${JSON.stringify(packets)}`);
  }
}

export const operationalLines: readonly LineRow[] = [
  { weight: 6, make: (_, random) => ({ text: pick(random, shows) + pick(random, pipes) }) },
  {
    weight: 1,
    make: (_, random) => ({ text: `show services sessions${pick(random, pipes)}`, isStill: true }),
  },
  { weight: 8, make: measuring },
  { weight: 1, make: clearing('clear twamp session') },
  { weight: 1, make: clearing('clear services rpm twamp server connection') },
  { weight: 1, make: clearStatistics },
  { weight: 1, make: clearServices },
  { weight: 1, make: importing },
  plain('clear system commit'),
  plain('request services rpm twamp start client'),
  plain('request services rpm twamp stop client'),
  plain('show systm users'),
  plain('set cli timestamp'),
  plain('exit'),
];

/** Lines that open a candidate. */
export const openingLines = [
  'configure',
  'configure',
  'configure',
  'configure private',
  'configure exclusive',
];

export function setting({ values, key, secret }: StatementRow, person: Person, random: SeededRandom): Line {
  const value = pick(random, values);
  const shown = secret ? '*****' : value;
  return {
    text: `set ${key} ${value}`.trim(),
    said: `set ${key} ${shown}`.trim(),
    after: ({ outcome }) => {
      if (outcome.status === 'done') edit(person.edits, withSet(person.edits.tree, key, value));
    },
  };
}

function deleting(path: string, person: Person): Line {
  return {
    text: `delete ${path}`,
    after: ({ outcome }) => {
      if (outcome.status === 'done') edit(person.edits, withoutAt(person.edits.tree, path));
    },
  };
}

const editable = statements.flatMap((row) => Array.from({ length: row.weight ?? 1 }, () => row));

function rollingBack(person: Person, random: SeededRandom): Line {
  const back = pick(random, [0, 0, 1, 1, 2, 5, 49]);
  return {
    text: `rollback ${back}`,
    after: ({ outcome }) => {
      const { model } = person.host;
      const leaves = model.revision(back);
      must(
        leaves !== undefined || outcome.status === 'failed',
        'revisions are kept',
        () => `${back} is not to be there`,
      );
      if (outcome.status !== 'done') return;
      edit(person.edits, leaves!);
      person.edits.base = model.running;
    },
  };
}

export function committing(text: string): LineRow['make'] {
  return (person) => {
    const before = person.host.model.latest;
    const { tree } = person.edits;
    return {
      text,
      after: ({ outcome }) => {
        if (outcome.status === 'done') person.host.acknowledged = Math.max(before, person.host.model.latest);
        person.committed();
        if (outcome.status === 'done' && text.startsWith('commit at'))
          person.host.model.putOff ??= { base: person.edits.base, tree };
      },
    };
  };
}

export const configurationLines: readonly LineRow[] = [
  { weight: 12, make: (person, random) => setting(pick(random, editable), person, random) },
  { weight: 2, make: (person, random) => deleting(pick(random, editable).key, person) },
  { weight: 1, make: (person, random) => deleting(pick(random, containers), person) },
  { weight: 1, make: rollingBack },
  { weight: 5, make: committing('commit') },
  { weight: 1, make: committing('commit comment "as agreed"') },
  { weight: 2, make: committing('commit confirmed 1') },
  { weight: 1, make: committing('commit check') },
  plain('show'),
  plain('show | compare'),
  plain('show | display set'),
  plain('status'),
  plain('set services rpm twamp server maximum-connections 0'),
  plain('set services rpm twamp server client-list all address 0.0.0.0'),
  { weight: 2, make: (_, random) => ({ text: `run ${pick(random, shows)}` }) },
  plain('exit configuration-mode', 2),
];

export { plaintexts };
