/** Texts about the fleet's database, code by code: part of the tables of messages.ts. */
import type { FleetProblem, FleetProblemCode } from '../fleet/problems.ts';

type Details = Readonly<Record<string, string | number>>;

/** What a router does that cannot publish is the same for all: it works on, and what it has to tell waits. */
const problems: { readonly [Code in FleetProblemCode]: (details: Details) => string } = {
  unreachable: ({ said }) => `The database cannot be reached (${said!}).`,
  slow: () => 'The database does not answer in time.',
  'wrong-password': () => 'The database does not accept the role or its password.',
  'no-database': () => 'There is no such database (url).',
  'no-schema': () => "The database has no tables of a fleet ('show fleet schema' prints what makes them).",
  'schema-version': ({ found, wanted }) =>
    Number(found) > Number(wanted)
      ? `The tables are of version ${found!}, this program knows ${wanted!} (update this router).`
      : `The tables are of version ${found!}, this program needs ${wanted!} ('show fleet schema' brings them forward).`,
  'no-node': ({ user }) =>
    `The role ${user!} may not publish (SELECT dnrouter.add_node('NODE', '${user!}')).`,
  'wrong-node': ({ user, own, node }) =>
    `The role ${user!} may publish as node ${own!}, not as ${node!} (node-name).`,
  'not-permitted': ({ said }) => `The role may not do that (${said ?? 'no reader'}).`,
  'disk-full': () => "The database's disk is full.",
  'too-many-connections': () => 'The database takes no more connections.',
  'read-only': () => 'The database takes no changes now (it is a standby, or read-only).',
  starting: () => 'The database is starting up or shutting down.',
  'no-tls': () => 'The database does not speak TLS (tls disable connects without).',
  tls: ({ code }) => `The database is not proved to be the one that is meant (${code!}).`,
  'ca-file': ({ file, said }) => `The file '${file!}' of authorities cannot be read (${said!}).`,
  outbox: ({ file, problem }) =>
    `What is to be published cannot be kept in ${file ?? 'the outbox'} (${problem!}).`,
  other: ({ said }) => `The database says: ${said!}`,
};

export const fleetProblemText = ({ code, details }: FleetProblem): string => problems[code](details);

export const fleetFindings = {
  'fleet-no-url': () => 'The database of the fleet needs a url.',
  'fleet-rows-cut': ({ maximum }) => `No more than ${maximum!} rows are shown: ask for fewer (node, since).`,
  'fleet-no-reader': () => 'A password without a user has no effect.',
} satisfies Readonly<Record<string, (details: Details) => string>>;
