// Generated from grammar/*.cli by scripts/generate.ts; edit those instead.

import type { Statement } from '../grammar/match.ts';
/** What each handler of operational.cli and configuration.cli is given. */
export interface CommandArguments {
  activate: { readonly statements: readonly Statement[] };
  annotate: { readonly statements: readonly Statement[]; readonly comment: string };
  'clear-services-rpm-twamp-server-connection': { readonly 'connection-id'?: number };
  'clear-system-commit': Record<string, never>;
  'clear-system-login-lockout': { readonly user?: string };
  'clear-twamp-session': { readonly 'connection-id'?: number };
  'clear-twamp-statistics': { readonly 'connection-id'?: number; readonly 'session-id'?: number };
  cli: Record<string, never>;
  commit: { readonly 'and-quit'?: true; readonly comment?: string };
  'commit-at': { readonly time: string; readonly comment?: string };
  'commit-check': Record<string, never>;
  'commit-confirmed': { readonly 'and-quit'?: true; readonly comment?: string; readonly minutes?: number };
  'compare-candidate': { readonly revision?: number; readonly with?: number };
  configure: { readonly mode?: 'exclusive' | 'private' };
  confirm: Record<string, never>;
  deactivate: { readonly statements: readonly Statement[] };
  delete: { readonly statements: readonly Statement[] };
  edit: { readonly statements: readonly Statement[] };
  enter: { readonly statements: readonly Statement[] };
  exit: Record<string, never>;
  'exit-configuration': Record<string, never>;
  'exit-discard': Record<string, never>;
  'exit-level': Record<string, never>;
  'help-apropos': { readonly word: string };
  'help-reference': { readonly words?: string };
  'help-topic': {
    readonly topic:
      'batches' | 'configuration' | 'editing' | 'logins' | 'pipes' | 'sessions' | 'styles' | 'twamp';
  };
  'load-merge': { readonly relative?: true; readonly form?: 'json' | 'xml'; readonly file?: string };
  'load-override': { readonly form?: 'json' | 'xml'; readonly file?: string };
  'load-patch': { readonly relative?: true; readonly file?: string };
  'load-replace': { readonly relative?: true; readonly form?: 'json' | 'xml'; readonly file?: string };
  'load-set': { readonly relative?: true; readonly file?: string };
  'load-update': { readonly relative?: true; readonly form?: 'json' | 'xml'; readonly file?: string };
  'monitor-services-twamp-sessions': Record<string, never>;
  quit: Record<string, never>;
  'request-system-logout': { readonly user?: string; readonly id?: number };
  'request-twamp-client-start': { readonly name?: string };
  'request-twamp-client-stop': { readonly name?: string };
  rollback: { readonly revision?: number };
  save: { readonly file?: string };
  'save-terminal': Record<string, never>;
  set: { readonly statements: readonly Statement[] };
  'set-cli-ansi-color-disabled': Record<string, never>;
  'set-cli-complete-on-space': { readonly state: 'on' | 'off' };
  'set-cli-idle-timeout': { readonly minutes: number };
  'set-cli-password': Record<string, never>;
  'set-cli-screen-length': { readonly lines: number };
  'set-cli-screen-width': { readonly columns: number };
  'set-cli-style': { readonly style: 'dnos' | 'junos' | 'vyos' };
  'set-cli-timestamp': Record<string, never>;
  'show-candidate': { readonly statements?: readonly Statement[] };
  'show-cli': Record<string, never>;
  'show-cli-history': { readonly lines?: number };
  'show-configuration': { readonly statements?: readonly Statement[] };
  'show-services-rpm-twamp-server': Record<string, never>;
  'show-services-rpm-twamp-server-connection': { readonly 'connection-id'?: number };
  'show-services-rpm-twamp-server-session': { readonly 'session-id'?: number };
  'show-services-simple-twamp': Record<string, never>;
  'show-services-twamp': { readonly vrf?: string; readonly detail?: true };
  'show-services-twamp-server-session-all': { readonly 'routing-instance': string };
  'show-services-twamp-server-session-client': {
    readonly client: string;
    readonly 'routing-instance': string;
  };
  'show-services-twamp-server-session-summary': { readonly 'routing-instance': string };
  'show-services-twamp-server-status': { readonly 'routing-instance': string };
  'show-services-twamp-sessions': {
    readonly detail?: true;
    readonly history?: true;
    readonly type?: 'control' | 'data';
    readonly vrf?: string;
    readonly 'connection-id'?: number;
    readonly 'session-id'?: number;
    readonly 'local-address'?: string;
    readonly 'remote-address'?: string;
  };
  'show-system-audit': {
    readonly user?: string;
    readonly kind?: 'login' | 'logout' | 'command' | 'refusal' | 'commit';
    readonly since?: number;
    readonly last: number;
    readonly match?: string;
  };
  'show-system-commit': Record<string, never>;
  'show-system-login-lockout': Record<string, never>;
  'show-system-rollback': { readonly revision: number };
  'show-system-rollback-compare': { readonly from: number; readonly to: number };
  'show-system-users': Record<string, never>;
  'show-twamp-client': Record<string, never>;
  'show-twamp-client-connection': { readonly name?: string };
  'show-twamp-client-events': { readonly 'control-connection'?: string; readonly 'test-session'?: string };
  'show-twamp-client-history-results': {
    readonly level?: 'brief' | 'detail';
    readonly 'control-connection'?: string;
    readonly 'test-session'?: string;
    readonly since?: number;
  };
  'show-twamp-client-probe-results': {
    readonly 'control-connection'?: string;
    readonly 'test-session'?: string;
  };
  'show-twamp-client-session': { readonly 'control-connection'?: string; readonly 'test-session'?: string };
  'show-version': Record<string, never>;
  status: Record<string, never>;
  top: Record<string, never>;
  twping: {
    readonly host: string;
    readonly count: number;
    readonly 'session-count': number;
    readonly interval: string;
    readonly dscp: number;
    readonly padding: number;
    readonly 'padding-fill': 'zero' | 'random';
    readonly 'reflect-octets'?: true;
    readonly 'symmetrical-size'?: true;
    readonly 'dscp-monitoring'?: true;
    readonly 'timestamp-format': 'ntp' | 'ptpv2';
    readonly port: number;
    readonly 'routing-instance': string;
    readonly 'source-address'?: string;
    readonly interface?: string;
    readonly family?: 'inet' | 'inet6';
    readonly 'auth-mode': 'none' | 'authenticated' | 'encrypted' | 'mixed';
    readonly user?: string;
    readonly 'port-range'?: string;
    readonly timeout: number;
    readonly 'start-delay': number;
    readonly percentiles?: string;
    readonly sample?: number;
    readonly raw?: true;
    readonly 'fail-on-loss'?: number;
  };
  'twping-light': {
    readonly host: string;
    readonly count: number;
    readonly 'session-count': number;
    readonly interval: string;
    readonly dscp: number;
    readonly padding: number;
    readonly 'padding-fill': 'zero' | 'random';
    readonly port: number;
    readonly ssid: number;
    readonly 'timestamp-format': 'ntp' | 'ptpv2';
    readonly location?: true;
    readonly 'timestamp-information'?: true;
    readonly 'class-of-service'?: number;
    readonly 'direct-measurement'?: true;
    readonly 'follow-up-telemetry'?: true;
    readonly 'access-report'?:
      '3gpp-available' | '3gpp-unavailable' | 'non-3gpp-available' | 'non-3gpp-unavailable';
    readonly 'routing-instance': string;
    readonly 'source-address'?: string;
    readonly interface?: string;
    readonly family?: 'inet' | 'inet6';
    readonly user?: string;
    readonly 'port-range'?: string;
    readonly timeout: number;
    readonly 'start-delay': number;
    readonly percentiles?: string;
    readonly sample?: number;
    readonly raw?: true;
    readonly 'fail-on-loss'?: number;
  };
  'unset-cli-ansi-color-disabled': Record<string, never>;
  'unset-cli-terminal-length': Record<string, never>;
  'unset-cli-timestamp': Record<string, never>;
  up: { readonly levels?: number };
  update: Record<string, never>;
}
/** What each handler of pipes.cli is given. */
export interface PipeArguments {
  append: { readonly file: string };
  compare: { readonly revision?: number };
  count: Record<string, never>;
  'display-json': Record<string, never>;
  'display-set': Record<string, never>;
  'display-xml': Record<string, never>;
  except: { readonly pattern: string };
  exclude: {
    readonly text?: string;
    readonly 'case-sensitive'?: true;
    readonly leading?: number;
    readonly trailing?: number;
    readonly 'display-headers'?: true;
    readonly pattern?: string;
  };
  find: {
    readonly pattern: string;
    readonly 'case-sensitive'?: true;
    readonly leading?: number;
    readonly trailing?: number;
    readonly 'display-headers'?: true;
  };
  hold: Record<string, never>;
  include: {
    readonly text?: string;
    readonly 'case-sensitive'?: true;
    readonly leading?: number;
    readonly trailing?: number;
    readonly 'display-headers'?: true;
    readonly pattern?: string;
  };
  last: { readonly lines?: number };
  match: { readonly pattern: string };
  more: Record<string, never>;
  'no-more': Record<string, never>;
  save: { readonly file: string };
  'strip-private': Record<string, never>;
  tail: { readonly lines?: number };
  tee: { readonly file: string };
  trim: { readonly columns: number };
}
