/** Which control connections and test sessions of `services rpm twamp client` a command is about. */
import type { RpmConnection } from '../engine/rpm-connection.ts';
import type { RpmSession } from '../engine/rpm-session.ts';
import type { ConnectionStatus } from '../engine/server-status.ts';
import type { Endpoint } from '../engine/transport.ts';
import type { Router } from './command.ts';
import { Refusal } from './refusal.ts';

/** What of the sessions is wanted; undefined: all. */
export interface Wanted {
  readonly 'control-connection'?: string;
  readonly 'test-session'?: string;
}

export interface ListedSession {
  readonly connection: RpmConnection;
  readonly session: RpmSession;
}

/** Throws Refusal. */
export function connectionsOf({ engine }: Router, name: string | undefined): readonly RpmConnection[] {
  if (name === undefined) return [...engine.rpmConnections.values()];
  const connection = engine.rpmConnections.get(name);
  if (connection === undefined) throw new Refusal('no-such-control-connection', { name });
  return [connection];
}

/** Throws Refusal. */
export function sessionsOf(router: Router, wanted: Wanted): readonly ListedSession[] {
  const name = wanted['test-session'];
  const listed = connectionsOf(router, wanted['control-connection']).flatMap((connection) =>
    connection.sessions
      .filter(({ settings }) => name === undefined || settings.name === name)
      .map((session) => ({ connection, session })),
  );
  if (name !== undefined && listed.length === 0) throw new Refusal('no-such-test-session', { name });
  return listed;
}

/** The session in the round that is listed with its connection; undefined while it does not run. */
export function testOf({ connection, session }: ListedSession): RpmConnection['tests'][number] | undefined {
  return connection.tests.find((test) => test.session === session);
}

/** The two ends of a control connection, as far as they are known. */
export interface ControlEnds {
  readonly client: Endpoint | undefined;
  /** Undefined: there is no control connection. */
  readonly server: Endpoint | undefined;
}

export function endsOf({ place, settings }: RpmConnection): ControlEnds {
  const { control } = settings.place;
  const configured = control.type === 'light' ? undefined : { address: control.host, port: control.port };
  return { client: place?.peer.local, server: place?.peer.remote ?? configured };
}

/** How its sessions are protected. */
export function modeOf({ settings: { place } }: RpmConnection): ConnectionStatus['mode'] {
  const { control } = place;
  if (control.type === 'managed') return control.credentials?.mode ?? 'unauthenticated';
  return control.hmacKey === undefined ? 'unauthenticated' : 'authenticated';
}
