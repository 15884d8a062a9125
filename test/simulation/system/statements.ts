/** Statements that people set and delete, and a configuration as the simplest thing that can be one: values by key. */
import { rolesPage } from './roles-page.ts';

export interface StatementRow {
  /** The statement without its value. */
  readonly key: string;
  /** '' for one without a value. */
  readonly values: readonly string[];
  readonly weight?: number;
  /** Nobody is shown what was typed. */
  readonly secret?: true;
}

/** No text of a router may have one of these. */
export const plaintexts = ['Rosebud-1941', 'Xanadu-1816'] as const;

export const addresses = ['198.51.100.1', '198.51.100.2', '198.51.100.3'] as const;

const SERVER = 'services rpm twamp server';
const CONNECTION = 'services rpm twamp client control-connection c1';
const SESSION = `${CONNECTION} test-session s1`;

/** Users whose class nobody changes. */
const others = {
  vera: 'viewer',
  rita: 'read-only',
  sybil: 'system',
  otto: 'unauthorized',
  ulla: 'super-user',
};

const fixed = Object.entries(others).map(([user, name]): StatementRow => ({
  key: `system login user ${user} class`,
  values: [name],
  weight: 0,
}));

export const users = [...Object.keys(others), 'carla', 'ivan'];

export const statements: readonly StatementRow[] = [
  ...fixed,
  { key: 'system host-name', values: ['r1', 'r2', 'r3'], weight: 3 },
  { key: 'system login idle-timeout', values: ['1', '5', '30'] },
  { key: 'system login user carla class', values: ['operator', 'read-only', 'system', 'viewer'], weight: 2 },
  { key: 'system login user ivan class', values: ['interface-control', 'system'] },
  { key: `${SERVER} port`, values: ['862', '863', '4000'], weight: 2 },
  { key: `${SERVER} admin-state`, values: ['enabled', 'disabled'] },
  { key: `${SERVER} maximum-connections`, values: ['1', '2', '4'], weight: 2 },
  { key: `${SERVER} maximum-connections-per-client`, values: ['1', '2', '3'], weight: 2 },
  { key: `${SERVER} maximum-sessions`, values: ['1', '2', '3', '6'], weight: 2 },
  { key: `${SERVER} maximum-sessions-per-connection`, values: ['1', '2', '3'], weight: 2 },
  { key: `${SERVER} server-inactivity-timeout`, values: ['1', '2', '15'] },
  { key: `${SERVER} reflector-inactivity-timeout`, values: ['1', '2', '15'] },
  { key: `${SERVER} max-connection-duration`, values: ['0', '1', '24'] },
  { key: `${SERVER} client-list all address 0.0.0.0/0`, values: [''], weight: 3 },
  { key: `${SERVER} client-list some type`, values: ['allow', 'deny'] },
  { key: `${SERVER} client-list some address ${addresses[1]}/32`, values: [''] },
  {
    key: `${SERVER} authentication-key-chain users key-id ada secret`,
    values: plaintexts,
    secret: true,
  },
  { key: `${CONNECTION} target-address`, values: addresses },
  { key: `${CONNECTION} test-interval`, values: ['5', '30'] },
  { key: `${CONNECTION} test-count`, values: ['1', '3'] },
  { key: `${CONNECTION} history-size`, values: ['2', '5'] },
  { key: `${SESSION} target-address address`, values: addresses },
  { key: `${SESSION} probe-count`, values: ['1', '3'] },
  { key: 'services service-set ss1 interface', values: ['ms-0/0/0', 'ms-0/1/0'] },
  { key: 'services session-source inside-prefix', values: ['10.0.0.0/8'] },
];

/** Containers that people delete with all that is in them. */
export const containers = [
  SERVER,
  CONNECTION,
  SESSION,
  `${SERVER} client-list some`,
  'system login user carla',
];

/** What a router has from the beginning. */
export function firstLines(address: string, target: string | undefined): readonly string[] {
  const client = [
    `set ${CONNECTION} target-address ${target}`,
    `set ${CONNECTION} test-interval 30`,
    `set ${SESSION} target-address address ${target}`,
    `set ${SESSION} probe-count 3`,
  ];
  return [
    `set system host-name ${address.replaceAll('.', '-')}`,
    ...Object.entries(others).map(([user, name]) => `set system login user ${user} class ${name}`),
    'set system login user carla class operator',
    'set system login user ivan class interface-control',
    `set ${SERVER} client-list all address 0.0.0.0/0`,
    `set ${SERVER} authentication-key-chain users key-id ada secret ${plaintexts[0]}`,
    `set ${SERVER} authentication-mode [ none authenticated encrypted ]`,
    `set services rpm twamp client authentication-key-chain users key-id ada secret ${plaintexts[0]}`,
    ...(target === undefined ? [] : client),
  ];
}

/** Values by key. */
export type Leaves = ReadonlyMap<string, string>;

/** What stands in place of a value that nobody is shown. */
const SECRET = 'secret';

export function withSet(leaves: Leaves, key: string, value: string): Leaves {
  const row = statements.find((each) => each.key === key);
  return new Map([...leaves, [key, row?.secret ? SECRET : value]]);
}

export function withoutAt(leaves: Leaves, path: string): Leaves {
  return new Map([...leaves].filter(([key]) => key !== path && !key.startsWith(`${path} `)));
}

/** What lines of `display set` say, of the statements that people change. */
export function leavesOf(lines: Iterable<string>): Leaves {
  const leaves = new Map<string, string>();
  for (const line of lines) {
    const said = line.slice('set '.length);
    const row = statements.find(({ key }) => said === key || said.startsWith(`${key} `));
    if (row === undefined) continue;
    const value = said.slice(row.key.length).trim();
    // A container of that name, which has no value yet.
    if ((value === '') !== (row.values[0] === '')) continue;
    leaves.set(row.key, row.secret ? SECRET : value);
  }
  return leaves;
}

/** What was changed from `base` to `edited`, made to `running`. */
export function merged(base: Leaves, edited: Leaves, running: Leaves): Leaves {
  const keys = new Set([...edited.keys(), ...running.keys()]);
  const leaves = new Map<string, string>();
  for (const key of keys) {
    const value = edited.get(key) === base.get(key) ? running.get(key) : edited.get(key);
    if (value !== undefined) leaves.set(key, value);
  }
  return leaves;
}

export function sameLeaves(one: Leaves, other: Leaves): boolean {
  return one.size === other.size && [...one].every(([key, value]) => other.get(key) === value);
}

export function differenceOf(one: Leaves, other: Leaves): string {
  const keys = [...new Set([...one.keys(), ...other.keys()])].filter(
    (key) => one.get(key) !== other.get(key),
  );
  return keys.map((key) => `${key}: ${one.get(key)} / ${other.get(key)}`).join(', ');
}

/** Whether a class may change the statement of that key. */
export function mayChange(className: string, key: string): boolean {
  const words = key.split(' ');
  const rows = rolesPage.statements.filter(
    (row) =>
      row.words.length >= words.length &&
      words.every((word, index) => row.words[index]!.startsWith('<') || row.words[index] === word),
  );
  return rows.some(({ cells }) => cells.get(className) === 'change');
}
