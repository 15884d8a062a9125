/** Sessions group by group without holding any: what has them is read once for each group that it turns out to have. */
import { DEFAULT_INTERFACE, DEFAULT_SERVICE_SET, type MappingSettings } from '../mapping-settings.ts';
import { compareGroups, type SessionCount, type SessionGroup } from '../session.ts';

/** One reading: which pass it is, and so whose turn. */
export class GroupPasses {
  /** Undefined: there can be but one group, and nothing has to be compared. */
  #turn: SessionGroup | undefined;
  /** Those seen that come behind it. */
  readonly #later = new GroupCounts();

  constructor(settings: MappingSettings) {
    this.#turn = firstGroup(settings);
  }

  /** Whether it is the group's turn; if not, it is remembered. */
  isTurnOf(group: SessionGroup): boolean {
    const turn = this.#turn;
    if (turn === undefined || isSameGroup(group, turn)) return true;
    this.#later.add(group);
    return false;
  }

  /** After a pass: whether another is needed. */
  next(): boolean {
    const turn = this.#turn;
    if (turn === undefined) return false;
    this.#turn = this.#later.sorted().find((group) => compareGroups(group, turn) > 0);
    return this.#turn !== undefined;
  }
}

function isSameGroup(a: SessionGroup, b: SessionGroup): boolean {
  return a.interface === b.interface && a.serviceSet === b.serviceSet;
}

/** That of all sessions, where the settings allow no other. */
export function onlyGroup({ interfaces, serviceSets }: MappingSettings): SessionGroup | undefined {
  if (interfaces.length > 0 || serviceSets.length > 0) return undefined;
  return { interface: DEFAULT_INTERFACE, aggregate: undefined, serviceSet: DEFAULT_SERVICE_SET };
}

/** The first that the settings allow; undefined where that is the only one. */
function firstGroup(settings: MappingSettings): SessionGroup | undefined {
  if (onlyGroup(settings) !== undefined) return undefined;
  const { interfaces, serviceSets } = settings;
  const on = [...interfaces, { name: DEFAULT_INTERFACE, aggregate: undefined }];
  const sets = [...serviceSets.map(({ name }) => name), DEFAULT_SERVICE_SET];
  const groups = on.flatMap(({ name, aggregate }) =>
    sets.map((serviceSet) => ({ interface: name, aggregate, serviceSet })),
  );
  return groups.toSorted(compareGroups)[0];
}

interface Sum {
  readonly group: SessionGroup;
  sessions: number;
}

/** How many sessions each group has. Counting one of a known group allocates nothing. */
export class GroupCounts {
  readonly #interfaces = new Map<string, Map<string, Sum>>();

  constructor(counts: readonly SessionCount[] = []) {
    for (const { sessions, ...group } of counts) this.add(group, sessions);
  }

  add(group: SessionGroup, sessions = 1): void {
    let sets = this.#interfaces.get(group.interface);
    if (sets === undefined) this.#interfaces.set(group.interface, (sets = new Map<string, Sum>()));
    const sum = sets.get(group.serviceSet);
    if (sum === undefined) sets.set(group.serviceSet, { group, sessions });
    else sum.sessions += sessions;
  }

  sorted(): readonly SessionCount[] {
    const sums = [...this.#interfaces.values()].flatMap((sets) => [...sets.values()]);
    return sums.map(({ group, sessions }) => ({ ...group, sessions })).toSorted(compareGroups);
  }
}
