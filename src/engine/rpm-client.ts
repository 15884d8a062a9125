/** The Control-Client of the configuration, and of meshes: `services rpm twamp client`, one RpmConnection a control connection. */
import type { RoutingInstances } from './routing-instances.ts';
import type { RpmClientConfiguration, SessionSenderConfiguration } from './rpm-configuration.ts';
import { RpmConnection, type RpmParts } from './rpm-connection.ts';
import { settingsOf, type MeshConnections } from './rpm-settings.ts';

export class RpmClient {
  readonly #parts: RpmParts;
  readonly #closing = new Set<Promise<void>>();
  #connections: ReadonlyMap<string, RpmConnection> = new Map();

  constructor(parts: RpmParts) {
    this.#parts = parts;
  }

  /** By name, in the order of the configuration, behind them those of meshes. */
  get connections(): ReadonlyMap<string, RpmConnection> {
    return this.#connections;
  }

  /**
   * Runs by `configuration` from now on: what is new starts, what is gone ends, what has changed changes in place.
   * `secrets`: by KeyID.
   */
  apply(
    configuration: RpmClientConfiguration,
    sender: SessionSenderConfiguration,
    instances: RoutingInstances,
    secrets: ReadonlyMap<string, string>,
    meshed: MeshConnections,
  ): void {
    const before = this.#connections;
    const wanted = settingsOf(configuration, sender, instances, secrets, meshed);
    this.#connections = new Map(
      [...wanted].map(([name, settings]) => {
        const known = before.get(name);
        known?.apply(settings);
        const connection = known ?? new RpmConnection(settings, this.#parts);
        if (known === undefined) connection.start();
        return [name, connection];
      }),
    );
    for (const [name, connection] of before) if (!wanted.has(name)) this.#close(connection);
  }

  /** Ends everything; fulfilled when nothing is left open. */
  async close(): Promise<void> {
    for (const connection of this.#connections.values()) this.#close(connection);
    this.#connections = new Map();
    await Promise.all(this.#closing);
  }

  #close(connection: RpmConnection): void {
    const closed = connection.close().finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }
}
