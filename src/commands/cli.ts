/** `set cli` and `show cli`: the properties of one login. */
import { PRIVILEGES } from '../grammar/classes.ts';
import type { CommandArguments } from './arguments.ts';
import { isoTime, logTime } from '../render/time.ts';
import { act, show, type CliProperties, type Command, type Session } from './command.ts';

/** A command that changes a property, and may say what Junos says of it. */
function setting<Name extends keyof CommandArguments>(
  set: (cli: CliProperties, args: CommandArguments[Name], session: Session) => string | undefined,
): Command<CommandArguments[Name]> {
  return act(({ session }, args) => set(session.cli, args, session));
}

export const setCliScreenLength = setting<'set-cli-screen-length'>((cli, { lines }) => {
  cli.screenLength = lines;
  return `Screen length set to ${lines}`;
});

export const unsetCliTerminalLength = setting<'unset-cli-terminal-length'>((cli) => {
  cli.screenLength = undefined;
  return undefined;
});

export const setCliScreenWidth = setting<'set-cli-screen-width'>((cli, { columns }) => {
  cli.screenWidth = columns === 0 ? undefined : columns;
  return `Screen width set to ${columns}`;
});

export const setCliCompleteOnSpace = setting<'set-cli-complete-on-space'>((cli, { state }) => {
  cli.completeOnSpace = state === 'on';
  return state === 'on' ? 'Enabling complete-on-space' : 'Disabling complete-on-space';
});

export const setCliIdleTimeout = setting<'set-cli-idle-timeout'>((cli, { minutes }) => {
  cli.idleTimeoutMinutes = minutes;
  return minutes === 0 ? 'Idle timeout disabled' : `Idle timeout set to ${minutes} minutes`;
});

export const setCliStyle = setting<'set-cli-style'>((cli, { style }) => {
  cli.style = style;
  return undefined;
});

export const setCliPrompt = setting<'set-cli-prompt'>((cli, { prompt }) => {
  cli.prompt = prompt;
  return `CLI prompt set to ${prompt}`;
});

export const unsetCliPrompt = setting<'unset-cli-prompt'>((cli) => {
  cli.prompt = undefined;
  return undefined;
});

export const setCliTimestamp = setting<'set-cli-timestamp'>((cli, _, { dialogs }) => {
  cli.timestamp = true;
  return dialogs.timestampSet;
});

export const unsetCliTimestamp = setting<'unset-cli-timestamp'>((cli) => {
  cli.timestamp = false;
  return 'CLI timestamp disabled';
});

export const setCliColor = setting<'set-cli-color'>((cli, { state }) => {
  cli.colours = state === 'on';
  return undefined;
});

export const setCliAnsiColorDisabled = setting<'set-cli-ansi-color-disabled'>((cli) => {
  cli.colours = false;
  return undefined;
});

export const unsetCliAnsiColorDisabled = setting<'unset-cli-ansi-color-disabled'>((cli) => {
  cli.colours = true;
  return undefined;
});

export const showCli = show(({ session }) => session.cli, {
  *text(cli) {
    yield `CLI ansi-color ${cli.colours ? 'enabled' : 'disabled'}\n`;
    yield `CLI complete-on-space set to ${cli.completeOnSpace ? 'on' : 'off'}\n`;
    yield cli.idleTimeoutMinutes === 0
      ? 'CLI idle-timeout disabled\n'
      : `CLI idle-timeout set to ${cli.idleTimeoutMinutes} minutes\n`;
    if (cli.prompt !== undefined) yield `CLI prompt set to ${cli.prompt}\n`;
    yield `CLI screen-length set to ${cli.screenLength ?? 'the size of the terminal'}\n`;
    yield `CLI screen-width set to ${cli.screenWidth ?? 'the size of the terminal'}\n`;
    yield `CLI style set to ${cli.style}\n`;
    yield `CLI timestamp ${cli.timestamp ? 'enabled' : 'disabled'}\n`;
  },
  json: (cli) => ({
    'ansi-color': cli.colours,
    'complete-on-space': cli.completeOnSpace,
    'idle-timeout': cli.idleTimeoutMinutes,
    prompt: cli.prompt,
    'screen-length': cli.screenLength,
    'screen-width': cli.screenWidth,
    style: cli.style,
    timestamp: cli.timestamp,
  }),
  element: 'cli-information',
});

/** In the words of Junos where it has the privilege. */
const privilegeTexts: Readonly<Record<(typeof PRIVILEGES)[number], string>> = {
  viewer: 'Can view what everybody may',
  view: 'Can view current values and statistics',
  clear: 'Can clear learned network information',
  network: 'Can access the network by entering the twping command',
  configure: 'Can enter configuration mode',
  system: 'Can view system configuration',
  'interface-control': 'Can modify interface configuration',
  access: 'Can view and modify access configuration',
  maintenance: 'Can end logins, and enter network namespaces',
  secret: 'Can view secret statements',
};

export const showCliAuthorization = show(
  ({ session: { user, className, privileges } }) => ({
    user,
    className,
    permissions: PRIVILEGES.filter((privilege) => privileges.has(privilege)),
  }),
  {
    *text({ user, className, permissions }) {
      yield `Current user: '${user}' class '${className}'\nPermissions:\n`;
      for (const name of permissions) yield `    ${name.padEnd(18)}-- ${privilegeTexts[name]}\n`;
    },
    json: ({ user, className, permissions }) => ({ user, class: className, permission: permissions }),
    element: 'cli-authorization-information',
  },
);

export const showCliHistory = show(
  ({ session }, { lines }: CommandArguments['show-cli-history']) =>
    lines === undefined ? session.entered : session.entered.slice(-lines),
  {
    *text(entered) {
      for (const { wallNanos, text } of entered) yield `  ${logTime(wallNanos)} -- ${text}\n`;
    },
    json: (entered) => ({
      'cli-history': entered.map(({ wallNanos, text }) => ({ time: isoTime(wallNanos), command: text })),
    }),
    element: 'cli-history-information',
  },
);
