/** Meshes as the main thread has them: this router's own, those that it takes part in, and what it makes of these. */
import { isDeepStrictEqual } from 'node:util';
import type { Configuration } from '../config/configuration.ts';
import type { MeshConnections } from '../engine/rpm-settings.ts';
import {
  membershipsOf,
  verdictOn,
  type Membership,
  type StoredDefinition,
  type Verdict,
} from './mesh-acceptance.ts';
import { definitionOf, type MeshDefinition } from './mesh-definition.ts';
import type { MemberNote, MeshNews, MeshPlan } from './mesh-exchange.ts';
import type { FleetThread } from './thread.ts';

export interface MeshesParts {
  /** Measures by these from now on. */
  readonly use: (connections: MeshConnections) => Promise<void>;
  readonly report: (error: unknown) => void;
}

/** What a member of a mesh of this router has said of it; undefined: nothing yet. */
export interface OwnMember {
  readonly member: string;
  readonly address: string;
  readonly port: number;
  readonly note: MemberNote | undefined;
}

export interface OwnMesh {
  readonly name: string;
  readonly definition: MeshDefinition;
  readonly members: readonly OwnMember[];
}

const NO_NEWS: MeshNews = { number: 0, definitions: [], members: [] };

export class Meshes {
  readonly #parts: MeshesParts;
  #configuration: Configuration | undefined;
  /** Name of this router; undefined: it is of no fleet. */
  #node: string | undefined;
  #own: MeshPlan['own'] = [];
  #verdicts: readonly Verdict[] = [];
  #connections: MeshConnections = new Map();
  #news = NO_NEWS;
  #thread: FleetThread | undefined;

  constructor(parts: MeshesParts) {
    this.#parts = parts;
  }

  get own(): readonly OwnMesh[] {
    return this.#own.map(({ name, definition }) => ({
      name,
      definition,
      members: definition.targets.map((target) => ({
        ...target,
        note: this.#news.members.find(({ mesh, member }) => mesh === name && member === target.member),
      })),
    }));
  }

  get verdicts(): readonly Verdict[] {
    return this.#verdicts;
  }

  /** Of meshes that are accepted. */
  get connections(): MeshConnections {
    return this.#connections;
  }

  apply(configuration: Configuration, node: string | undefined): void {
    this.#configuration = configuration;
    this.#node = node;
    const { mesh } = configuration.services.rpm.twamp;
    this.#own =
      node === undefined ? [] : [...mesh].map(([name, each]) => ({ name, definition: definitionOf(each) }));
    this.#judge();
  }

  /** The worker is there, and knows the fleet. */
  begin(thread: FleetThread): void {
    if (this.#thread === thread) return;
    this.#thread = thread;
    void this.#follow(thread);
  }

  /** Until the worker is gone: what is known then holds on. */
  async #follow(thread: FleetThread): Promise<void> {
    try {
      await this.#tell();
      for (let number = 0; ; number = this.#news.number) {
        this.#news = await thread.ask('mesh-news', number);
        this.#judge();
      }
    } catch {
      if (this.#thread === thread) this.#thread = undefined;
    }
  }

  #judge(): void {
    const configuration = this.#configuration;
    const node = this.#node;
    if (configuration === undefined) return;
    const { client } = configuration.services.rpm.twamp;
    const memberships = node === undefined ? [] : membershipsOf(configuration);
    this.#verdicts = memberships.map((membership) =>
      verdictOn(membership, this.#storedOf(membership), { node: node!, client }),
    );
    const connections = new Map(this.#verdicts.flatMap((verdict) => [...verdict.connections]));
    if (!isDeepStrictEqual(connections, this.#connections)) {
      this.#connections = connections;
      this.#parts.use(connections).catch(this.#parts.report);
    }
    void this.#tell();
  }

  #storedOf({ mesh, owner }: Membership): StoredDefinition {
    return this.#news.definitions.find((each) => each.mesh === mesh && each.owner === owner)?.definition;
  }

  async #tell(): Promise<void> {
    const plan: MeshPlan = { own: this.#own, memberships: this.#verdicts.map(noteOf) };
    // Whoever follows hears of a worker that is gone.
    await this.#thread?.ask('mesh', plan).catch(() => undefined);
  }
}

function noteOf({ mesh, owner, connections, refusal }: Verdict): MeshPlan['memberships'][number] {
  return { mesh, owner, peers: connections.size, refusal };
}
