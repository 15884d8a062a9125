/** `set cli` and `show cli`: the properties of one login. */
import { act, show } from './command.ts';

export const setCliScreenLength = act<{ readonly lines: number }>(({ session }, { lines }) => {
  session.cli.screenLength = lines;
  return `Screen length set to ${lines}`;
});

export const setCliCompleteOnSpace = act<{ readonly state: 'on' | 'off' }>(({ session }, { state }) => {
  session.cli.completeOnSpace = state === 'on';
  return state === 'on' ? 'Enabling complete-on-space' : 'Disabling complete-on-space';
});

export const setCliIdleTimeout = act<{ readonly minutes: number }>(({ session }, { minutes }) => {
  session.cli.idleTimeoutMinutes = minutes;
  return idleTimeoutText(minutes);
});

/** As Junos says it. */
function idleTimeoutText(minutes: number): string {
  return minutes === 0 ? 'Idle timeout disabled' : `Idle timeout set to ${minutes} minutes`;
}

export const showCli = show(({ session }) => session.cli, {
  *text({ screenLength, completeOnSpace, idleTimeoutMinutes }) {
    yield `CLI complete-on-space set to ${completeOnSpace ? 'on' : 'off'}\n`;
    yield idleTimeoutMinutes === 0
      ? 'CLI idle-timeout disabled\n'
      : `CLI idle-timeout set to ${idleTimeoutMinutes} minutes\n`;
    yield `CLI screen-length set to ${screenLength ?? 'the size of the terminal'}\n`;
  },
  json: ({ screenLength, completeOnSpace, idleTimeoutMinutes }) => ({
    'complete-on-space': completeOnSpace,
    'idle-timeout': idleTimeoutMinutes,
    'screen-length': screenLength,
  }),
  element: 'cli-information',
});
