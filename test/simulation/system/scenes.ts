/** What chance alone seldom brings about: people and faults in an order that a limit or a promise depends on. */
import type { SeededRandom } from '../../support/seeded-random.ts';
import { pick } from '../random-choice.ts';
import { failArchive } from './faults.ts';
import { OWNER, type Host } from './host.ts';
import { committing, measuringFor, setting, type Line } from './lines.ts';
import type { Person } from './person.ts';
import { statements } from './statements.ts';

const SECOND = 1e9;

/** Behind the minute of `commit confirmed 1`, and the time after which it is late, by any clock. */
const UNCONFIRMED_NANOS = 115 * SECOND;

/** What is seen twice in a row, and not to last for so long, is the same. */
const LOOK_NANOS = 23 * SECOND;

/** In which a crowd has connected, and nobody's measurement is over yet. */
const CROWD_NANOS = SECOND;

/** What of a world a scene is played with. */
export interface Stage {
  readonly random: SeededRandom;
  readonly hosts: readonly Host[];
  /** Undefined: they are busy, or nobody of that name may come. */
  readonly free: (host: Host, user: string) => Promise<Person | undefined>;
  /** Ends with the line. */
  readonly says: (person: Person, line: Line) => Promise<void>;
  /** Ends when the line has begun. */
  readonly begins: (person: Person, line: Line) => Promise<void>;
  readonly pass: (nanos: number) => Promise<void>;
}

export interface SceneRow {
  readonly name: string;
  readonly weight: number;
  readonly play: (host: Host, stage: Stage) => Promise<void>;
}

const byServer = statements.filter(({ key }) => key.startsWith('services rpm twamp server maximum'));
const byChance = statements.filter(({ weight }) => weight !== 0);

/** The owner edits something, in a candidate of their own. */
async function edits(host: Host, stage: Stage): Promise<Person | undefined> {
  const { random, says } = stage;
  const owner = await stage.free(host, OWNER);
  if (owner === undefined) return undefined;
  if (!owner.isEditing)
    await says(owner, { text: 'configure private', after: () => owner.isEditing && owner.beginEdits() });
  for (const rows of [byServer, byChance, byChance]) {
    // Whoever was sent out, or may not edit while another does, is no longer there.
    if (!owner.isFree || !owner.isEditing) return undefined;
    await says(owner, setting(pick(random, rows), owner, random));
  }
  return owner.isFree && owner.isEditing ? owner : undefined;
}

export const scenes: readonly SceneRow[] = [
  {
    name: 'nobody confirms',
    weight: 2,
    play: async (host, stage) => {
      const owner = await edits(host, stage);
      if (owner === undefined) return;
      await stage.says(owner, committing('commit confirmed 1')(owner, stage.random));
      for (let passed = 0; passed < UNCONFIRMED_NANOS; passed += LOOK_NANOS) await stage.pass(LOOK_NANOS);
    },
  },
  {
    name: 'an archive that fails amid a commit',
    weight: 2,
    play: async (host, stage) => {
      const owner = await edits(host, stage);
      if (owner === undefined || host.life === undefined) return;
      failArchive(host.life, 'revisions', stage.random);
      await stage.says(owner, committing('commit')(owner, stage.random));
    },
  },
  {
    name: 'a crowd that measures',
    weight: 4,
    play: async (host, { random, hosts, free, begins, pass }) => {
      for (const other of hosts.filter((each) => each !== host && each.life !== undefined)) {
        for (const user of [OWNER, 'ulla', 'ivan']) {
          const person = await free(other, user);
          if (person) await begins(person, measuringFor(person, host.address, random));
        }
      }
      await pass(CROWD_NANOS);
    },
  },
];

/** One limit that a few connections or sessions reach; in some routers, none. */
export function lowLimits(random: SeededRandom): readonly string[] {
  const rows = pick(random, [[], ...byServer.map((row) => [row])]);
  return rows.map(({ key, values }) => `set ${key} ${pick(random, values.slice(0, 2))}`);
}
