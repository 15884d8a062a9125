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

export const showCli = show(({ session }) => session.cli, {
  *text({ screenLength, completeOnSpace }) {
    yield `CLI complete-on-space set to ${completeOnSpace ? 'on' : 'off'}\n`;
    yield `CLI screen-length set to ${screenLength ?? 'the size of the terminal'}\n`;
  },
  json: ({ screenLength, completeOnSpace }) => ({
    'complete-on-space': completeOnSpace,
    'screen-length': screenLength,
  }),
  element: 'cli-information',
});
