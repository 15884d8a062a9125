/** Values that exist now, for completion: one row a source that a grammar line names. */
import { readdirSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { getAt, treeOf, type ConfigTree, type Path } from '../config/tree.ts';
import type { PRIVILEGES } from '../grammar/classes.ts';
import type { LiveValue } from '../grammar/reading.ts';
import { endpoint } from '../render/endpoint.ts';
import { utcTime } from '../render/time.ts';
import type { Aliases, LoginFiles, Router } from './command.ts';
import { delaySessionNames } from './endpoint-delay.ts';
import { chaptersOf, isKnownTo, wordsAfter } from './reference.ts';

/** What is asked of a source; it may give others besides, which are left out. */
export interface LiveWish {
  /** The candidate that is edited, or else the configuration in force. */
  readonly tree: ConfigTree;
  readonly files: LoginFiles;
  readonly aliases: Aliases;
  readonly begun: string;
  readonly limit: number;
  /** Of a value that takes several words: those before. */
  readonly path: readonly string[];
  readonly can: (privilege: string) => boolean;
}

export interface LiveSource {
  /** Of whoever is shown these values; the same as of the command or statement that shows them. */
  readonly needs: (typeof PRIVILEGES)[number];
  values(router: Router, wish: LiveWish): Iterable<string | LiveValue>;
}

export type LiveSources = Readonly<Record<string, LiveSource>>;

/** Where `ip netns add` keeps names. */
const NAMESPACES = '/run/netns';

const CLIENT_KEY_CHAINS = ['services', 'rpm', 'twamp', 'client', 'authentication-key-chain'];

const entries = (tree: ConfigTree, path: Path): ConfigTree => treeOf(getAt(tree, path));

type KnownColumn = Parameters<Router['sessions']['known']>[0];

const known = (column: KnownColumn): LiveSource => ({
  needs: 'viewer',
  values: ({ sessions }, { begun, limit }) => sessions.known(column, begun, limit),
});

function* keyIdsOf(chains: ConfigTree): Iterable<string> {
  for (const chain of chains.values()) yield* entries(treeOf(chain), ['key-id']).keys();
}

function namespaces(): readonly string[] {
  try {
    return readdirSync(NAMESPACES);
  } catch {
    // No namespace was ever made.
    return [];
  }
}

export const live: LiveSources = {
  'reference-words': {
    needs: 'viewer',
    values: ({ grammars }, { path, can }) => {
      const entries = chaptersOf(grammars).flatMap((chapter) => chapter.entries);
      const visible = entries.filter((entry) => isKnownTo(entry, can));
      return wordsAfter(visible, path);
    },
  },
  'client-key-chains': { needs: 'system', values: (_, { tree }) => entries(tree, CLIENT_KEY_CHAINS).keys() },
  'client-key-ids': {
    needs: 'system',
    values: ({ engine }, { tree }) => [...engine.clientKeyIds, ...keyIdsOf(entries(tree, CLIENT_KEY_CHAINS))],
  },
  interfaces: { needs: 'view', values: () => Object.keys(networkInterfaces()) },
  'live-logins': {
    needs: 'view',
    values: ({ people }) =>
      people.logins.map(({ id, user, address }) => ({
        text: String(id),
        help: [user, address].join(' ').trim(),
      })),
  },
  'live-users': { needs: 'view', values: ({ people }) => people.logins.map(({ user }) => user) },
  'local-addresses': {
    needs: 'view',
    values: () =>
      Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
        addresses.map(({ address }) => ({ text: address, help: name })),
      ),
  },
  'endpoint-delay-sessions': { needs: 'viewer', values: delaySessionNames },
  'fleet-nodes': { needs: 'view', values: ({ fleet }) => fleet.knownNodes },
  groups: { needs: 'view', values: (_, { tree }) => [...entries(tree, ['groups']).keys()] },
  'login-classes': {
    needs: 'access',
    values: ({ people }, { tree }) => [
      ...people.classNames,
      ...entries(tree, ['system', 'login', 'class']).keys(),
    ],
  },
  meshes: {
    needs: 'view',
    values: ({ fleet: { meshes } }) => [
      ...meshes.own.map(({ name }) => name),
      ...meshes.verdicts.map(({ mesh }) => mesh),
    ],
  },
  namespaces: { needs: 'view', values: namespaces },
  'own-aliases': {
    needs: 'viewer',
    values: (_, { aliases }) => aliases.all().map(({ name, words }) => ({ text: name, help: words })),
  },
  'own-files': { needs: 'configure', values: (_, { files, begun }) => files.list(begun) },
  revisions: {
    needs: 'view',
    values: ({ configuration: { archive } }) =>
      archive.list().map(({ wallNanos, user, comment }, back) => ({
        text: String(back),
        help: `${utcTime(wallNanos)} by ${user}${comment === undefined ? '' : `: ${comment}`}`,
      })),
  },
  'services-interfaces': { needs: 'view', values: ({ services }) => services.interfaceNames },
  'service-sets': { needs: 'view', values: ({ services }) => services.serviceSetNames },
  'routing-instances': {
    needs: 'view',
    values: ({ engine }, { tree }) => [
      ...engine.routingInstances,
      ...entries(tree, ['routing-instances']).keys(),
    ],
  },
  'rpm-connections': { needs: 'view', values: ({ engine }) => engine.rpmConnections.keys() },
  'rpm-sessions': {
    needs: 'view',
    values: ({ engine }) =>
      [...engine.rpmConnections.values()].flatMap(({ sessions }) =>
        sessions.map(({ settings }) => settings.name),
      ),
  },
  'twamp-connections': known('connection-id'),
  'twamp-local-addresses': known('local-address'),
  'twamp-remote-addresses': known('remote-address'),
  'twamp-server-clients': {
    needs: 'view',
    values: ({ engine }) => engine.server.connections.map(({ client }) => client.address),
  },
  'twamp-server-connections': {
    needs: 'viewer',
    values: ({ engine }) =>
      engine.server.connections.map(({ connectionId, client }) => ({
        text: String(connectionId),
        help: endpoint(client),
      })),
  },
  'twamp-server-sessions': {
    needs: 'viewer',
    values: ({ engine }) =>
      engine.server.connections.flatMap(({ sessions }) =>
        sessions.map(({ sessionId, sender }) => ({ text: String(sessionId), help: endpoint(sender) })),
      ),
  },
  'twamp-server-vrfs': { needs: 'viewer', values: ({ engine }) => engine.ports.keys() },
  'twamp-sessions': known('session-id'),
  'twamp-vrfs': known('vrf'),
  users: {
    needs: 'access',
    values: ({ people }, { tree }) => [
      ...people.userNames,
      ...entries(tree, ['system', 'login', 'user']).keys(),
    ],
  },
};
