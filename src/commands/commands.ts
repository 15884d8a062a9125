/** Every handler of the grammar, by name; one that is missing or misspelt does not compile. */
import type { CommandArguments } from './arguments.ts';
import { setCliCompleteOnSpace, setCliScreenLength, showCli } from './cli.ts';
import { act, type Command, type Router } from './command.ts';
import * as configuration from './configuration.ts';
import { showSystemCommit, showVersion } from './system.ts';
import { showServicesTwampSessions } from './twamp-sessions.ts';
import { twping } from './twping.ts';

export type Commands = { readonly [Name in keyof CommandArguments]: Command<CommandArguments[Name]> };

/** Behind `run`, configuration mode is left first, and with it the question about its changes is asked. */
const exit = act<CommandArguments['exit']>(async (context) => {
  const { session } = context;
  const line = session.editing && (await configuration.leaveConfiguration(context));
  if (!session.editing) session.leave();
  return line;
});

export const commands: Commands = {
  commit: configuration.commit,
  'commit-check': configuration.commitCheck,
  configure: configuration.configure,
  delete: configuration.deleteCommand,
  edit: configuration.edit,
  exit,
  'exit-configuration': configuration.exitConfiguration,
  'exit-level': configuration.exitLevel,
  rollback: configuration.rollback,
  set: configuration.set,
  'set-cli-complete-on-space': setCliCompleteOnSpace,
  'set-cli-screen-length': setCliScreenLength,
  'show-candidate': configuration.showCandidate,
  'show-cli': showCli,
  'show-configuration': configuration.showConfiguration,
  'show-services-twamp-sessions': showServicesTwampSessions,
  'show-system-commit': showSystemCommit,
  'show-version': showVersion,
  top: configuration.top,
  twping,
  up: configuration.up,
};

/** Values that exist now, by the source that a grammar line names. */
export type LiveSources = Readonly<Record<string, (router: Router) => readonly string[]>>;

type KnownColumn = Parameters<Router['sessions']['known']>[0];

/** Of live sessions and of ended ones: both can be asked for. */
const known =
  (column: KnownColumn) =>
  ({ sessions }: Router): readonly string[] => [
    ...new Set([...sessions.known(column, 'live'), ...sessions.known(column, 'ended')]),
  ];

export const live: LiveSources = {
  'twamp-vrfs': known('vrf'),
  'twamp-connections': known('connection-id'),
  'twamp-sessions': known('session-id'),
  'twamp-local-addresses': known('local-address'),
  'twamp-remote-addresses': known('remote-address'),
  'routing-instances': ({ engine }) => engine.routingInstances,
  'client-key-ids': ({ engine }) => engine.clientKeyIds,
  revisions: ({ configuration: { archive } }) => archive.list().map((_, back) => String(back)),
};
