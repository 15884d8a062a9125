/** Texts about the fleet's database, code by code: part of the tables of messages.ts. */
import type { MeshRefusal, MeshRefusalCode } from '../fleet/mesh-acceptance.ts';
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

/** Why a router does not measure as a mesh asks it to. */
const meshRefusals: { readonly [Code in MeshRefusalCode]: (details: Details) => string } = {
  unread: () => 'the database has not said yet what the mesh is',
  'not-in-it': () => 'there is no such mesh, or this router is not in it',
  malformed: () => 'what the database has of it is no mesh',
  'maximum-peers': ({ peers, maximum }) => `${peers!} peers, maximum-peers is ${maximum!}`,
  'minimum-probe-interval': ({ interval, minimum }) =>
    `a probe each ${interval!} s, minimum-probe-interval is ${minimum!} s`,
  'maximum-packets-per-second': ({ rate, maximum }) =>
    `${rate!} packets/s, maximum-packets-per-second is ${maximum!}`,
  'peer-prefix': ({ peer, address }) => `the address ${address!} of ${peer!} is in no peer-prefix`,
  'address-families': ({ peer, address, source }) =>
    `the address ${address!} of ${peer!} cannot be measured from ${source!}`,
  key: ({ mode }) => `the mode '${mode!}' needs a key of the client (authentication-key-chain), and one only`,
  'name-taken': ({ name }) => `a control-connection is configured by the name ${name!}`,
};

/** Also of what other routers have said: one that is newer may say more than this one knows. */
export const meshRefusalText = ({ code, details }: MeshRefusal): string =>
  Object.hasOwn(meshRefusals, code) ? meshRefusals[code](details) : code;

export const fleetFindings = {
  'mesh-without-fleet': () => 'Without a fleet this has no effect (system fleet postgresql url).',
  'mesh-too-large': ({ members, maximum }) => `A mesh has no more than ${maximum!} members, not ${members!}.`,
  'mesh-too-small': () => 'A mesh of fewer than two members measures nothing.',
  'mesh-no-address': ({ member }) => `The member ${member!} needs an address (target ${member!} address).`,
  'mesh-not-a-member': ({ member }) => `${member!} is not among the members: this has no effect.`,
  'mesh-without-owner': () => 'The router whose mesh it is has to be named (from).',
  'fleet-no-url': () => 'The database of the fleet needs a url.',
  'fleet-rows-cut': ({ maximum }) => `No more than ${maximum!} rows are shown: ask for fewer (node, since).`,
  'fleet-no-reader': () => 'A password without a user has no effect.',
} satisfies Readonly<Record<string, (details: Details) => string>>;
