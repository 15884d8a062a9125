/** Every handler of the grammar, by name; one that is missing or misspelt does not compile. */
import type { CommandArguments } from './arguments.ts';
import * as aliases from './aliases.ts';
import * as cli from './cli.ts';
import { act, type Command } from './command.ts';
import { showSystemAudit } from './audit.ts';
import * as commits from './commits.ts';
import * as configuration from './configuration.ts';
import * as rearranging from './rearranging.ts';
import * as loading from './load.ts';
import { showFleetSchema, showFleetStatus } from './fleet.ts';
import { showFleetNodes, showFleetServicesSessionsCount } from './fleet-nodes.ts';
import { showFleetAudit, showFleetCommits } from './fleet-records.ts';
import { showFleetTwampResults } from './fleet-results.ts';
import { showFleetTwampSessions } from './fleet-sessions.ts';
import * as help from './help.ts';
import { showEndpointDelaySessions } from './endpoint-delay.ts';
import { setCliPassword } from './passwords.ts';
import { showServicesSimpleTwamp } from './simple-twamp.ts';
import {
  compareCandidate,
  showConfigurationCompare,
  showRollback,
  showSystemCommit,
  showSystemRollback,
  showSystemRollbackCompare,
} from './revisions.ts';
import { showSystem, showSystemName, showSystemUptime, showVersion } from './system.ts';
import { exportServicesSessions } from './service-export.ts';
import { monitorServicesSessions } from './service-monitor.ts';
import { showServicesSessionsMetrics, showServicesSessionsUtilization } from './service-metrics.ts';
import * as serviceOperations from './service-operations.ts';
import { showServicesFlows, showServicesSessions, showServicesSessionsHistory } from './service-sessions.ts';
import { clearServerConnection, clearTwampSession, clearTwampStatistics } from './twamp-clear.ts';
import * as twampClient from './twamp-client.ts';
import { showTwampClientHistoryResults, showTwampClientProbeResults } from './twamp-client-results.ts';
import { showTwampMesh } from './twamp-mesh.ts';
import { monitorTwampSessions } from './twamp-monitor.ts';
import { showServer, showServerConnection, showServerSession } from './twamp-server.ts';
import {
  showServerSessionsAll,
  showServerSessionsClient,
  showServerSessionsSummary,
  showServerStatus,
} from './twamp-server-sessions.ts';
import { showServicesTwamp } from './twamp-services.ts';
import { showServicesTwampSessions } from './twamp-sessions.ts';
import { twping, twpingLight } from './twping.ts';
import { clearLockout, logout, showLockout, showUsers } from './users.ts';

export type Commands = { readonly [Name in keyof CommandArguments]: Command<CommandArguments[Name]> };

/** Behind `run`, configuration mode is left first, and with it the question about its changes is asked. */
const exit = act<CommandArguments['exit']>(async (context) => {
  const { session } = context;
  const line = session.editing && (await configuration.leaveConfiguration(context));
  if (!session.editing) session.leave();
  return line;
});

/** As `exit`; on DNOS it leaves configuration mode and the CLI, unless the answer about changes is to stay. */
const quit = act<CommandArguments['quit']>(async (context) => {
  const { session } = context;
  if (session.dialogs.quit === 'exit') return configuration.exitOneLevel(context);
  const line = await configuration.leaveConfiguration(context);
  if (!session.editing) session.leave();
  return line;
});

export const commands: Commands = {
  activate: configuration.activate,
  annotate: configuration.annotate,
  cli: act(() => undefined),
  'clear-services-rpm-twamp-server-connection': clearServerConnection,
  'clear-services-sessions': serviceOperations.clearServicesSessions,
  'clear-system-login-lockout': clearLockout,
  'clear-twamp-session': clearTwampSession,
  'clear-twamp-statistics': clearTwampStatistics,
  'clear-system-commit': commits.clearSystemCommit,
  commit: commits.commit,
  'commit-at': commits.commitAt,
  'commit-check': commits.commitCheck,
  'commit-confirmed': commits.commitConfirmed,
  'compare-candidate': compareCandidate,
  confirm: commits.confirm,
  configure: configuration.configure,
  copy: rearranging.copy,
  deactivate: configuration.deactivate,
  delete: configuration.deleteCommand,
  'delete-level': configuration.deleteLevel,
  'wildcard-delete': configuration.wildcardDelete,
  discard: configuration.discardChanges,
  edit: configuration.edit,
  enter: configuration.enter,
  exit,
  'exit-configuration': configuration.exitConfiguration,
  'exit-discard': configuration.exitDiscard,
  'exit-level': configuration.exitLevel,
  'insert-after': rearranging.insertAfter,
  'insert-before': rearranging.insertBefore,
  'load-factory-default': commits.loadFactoryDefault,
  'load-merge': loading.loadMerge,
  'load-override': loading.loadOverride,
  'load-patch': loading.loadPatch,
  'load-replace': loading.loadReplace,
  'load-set': loading.loadSet,
  'load-update': loading.loadUpdate,
  help: help.help,
  'help-apropos': help.helpApropos,
  'help-reference': help.helpReference,
  'help-topic': help.helpTopic,
  'monitor-services-sessions': monitorServicesSessions,
  'monitor-services-twamp-sessions': monitorTwampSessions,
  quit,
  rename: rearranging.rename,
  'replace-pattern': rearranging.replace,
  'request-services-sessions-export': exportServicesSessions,
  'request-services-sessions-import': serviceOperations.importServicesSessions,
  'request-services-sessions-import-example': serviceOperations.importServicesSessionsExample,
  'request-system-logout': logout,
  'request-twamp-client-start': twampClient.startTwampClient,
  'request-twamp-client-stop': twampClient.stopTwampClient,
  rollback: commits.rollback,
  save: loading.save,
  'save-terminal': loading.saveTerminal,
  set: configuration.set,
  'set-cli-alias': aliases.setCliAlias,
  'set-cli-ansi-color-disabled': cli.setCliAnsiColorDisabled,
  'set-cli-color': cli.setCliColor,
  'set-cli-complete-on-space': cli.setCliCompleteOnSpace,
  'set-cli-idle-timeout': cli.setCliIdleTimeout,
  'set-cli-password': setCliPassword,
  'set-cli-prompt': cli.setCliPrompt,
  'set-cli-screen-length': cli.setCliScreenLength,
  'set-cli-screen-width': cli.setCliScreenWidth,
  'set-cli-style': cli.setCliStyle,
  'set-cli-timestamp': cli.setCliTimestamp,
  'show-candidate': configuration.showCandidate,
  'show-cli': cli.showCli,
  'show-cli-alias': aliases.showCliAlias,
  'show-cli-authorization': cli.showCliAuthorization,
  'show-cli-history': cli.showCliHistory,
  'show-fleet-audit': showFleetAudit,
  'show-fleet-commits': showFleetCommits,
  'show-fleet-nodes': showFleetNodes,
  'show-fleet-schema': showFleetSchema,
  'show-fleet-services-sessions-count': showFleetServicesSessionsCount,
  'show-fleet-status': showFleetStatus,
  'show-fleet-twamp-results': showFleetTwampResults,
  'show-fleet-twamp-sessions': showFleetTwampSessions,
  'show-configuration': configuration.showConfiguration,
  'show-configuration-commands': configuration.showConfigurationCommands,
  'show-compare-candidate': showConfigurationCompare,
  'show-rollback': showRollback,
  'show-services-flows': showServicesFlows,
  'show-services-sessions': showServicesSessions,
  'show-services-sessions-history': showServicesSessionsHistory,
  'show-services-sessions-metrics': showServicesSessionsMetrics,
  'show-services-sessions-source': serviceOperations.showServicesSessionsSource,
  'show-services-sessions-utilization': showServicesSessionsUtilization,
  'show-services-endpoint-delay-sessions': showEndpointDelaySessions,
  'show-services-simple-twamp': showServicesSimpleTwamp,
  'show-services-rpm-twamp-server': showServer,
  'show-services-rpm-twamp-server-connection': showServerConnection,
  'show-services-rpm-twamp-server-session': showServerSession,
  'show-services-twamp': showServicesTwamp,
  'show-services-twamp-server-session-all': showServerSessionsAll,
  'show-services-twamp-server-session-client': showServerSessionsClient,
  'show-services-twamp-server-session-summary': showServerSessionsSummary,
  'show-services-twamp-server-status': showServerStatus,
  'show-services-twamp-sessions': showServicesTwampSessions,
  'show-system': showSystem,
  'show-system-audit': showSystemAudit,
  'show-system-commit': showSystemCommit,
  'show-system-rollback': showSystemRollback,
  'show-system-rollback-compare': showSystemRollbackCompare,
  'show-system-login-lockout': showLockout,
  'show-system-name': showSystemName,
  'show-system-uptime': showSystemUptime,
  'show-system-users': showUsers,
  'show-twamp-client': twampClient.showTwampClient,
  'show-twamp-client-connection': twampClient.showTwampClientConnection,
  'show-twamp-client-events': twampClient.showTwampClientEvents,
  'show-twamp-client-history-results': showTwampClientHistoryResults,
  'show-twamp-client-probe-results': showTwampClientProbeResults,
  'show-twamp-client-session': twampClient.showTwampClientSession,
  'show-twamp-mesh': showTwampMesh,
  'show-version': showVersion,
  status: commits.status,
  'show-whole-candidate': configuration.showWholeCandidate,
  top: configuration.top,
  twping,
  'twping-light': twpingLight,
  'unset-cli-alias': aliases.unsetCliAlias,
  'unset-cli-ansi-color-disabled': cli.unsetCliAnsiColorDisabled,
  'unset-cli-terminal-length': cli.unsetCliTerminalLength,
  'unset-cli-prompt': cli.unsetCliPrompt,
  'unset-cli-timestamp': cli.unsetCliTimestamp,
  up: configuration.up,
  update: commits.update,
};
