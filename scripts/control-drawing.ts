/** The law of the control connection as the drawing of docs/twamp.md, made from the table that the code obeys. */
import { controlLaw, messagesOf, speakerOf, stateAfter, type ControlState } from '../src/twamp/control.ts';

const speakers = { server: 'Server', 'control-client': 'Control-Client' } as const;

/** Mermaid. Every state may also end in `closed`, which is left out where it would only repeat that. */
export function controlDrawing(): string {
  const states = Object.keys(controlLaw) as ControlState[];
  const arrows = states.flatMap((state) => {
    const speaker = speakerOf(state);
    const always = messagesOf(state, false);
    return messagesOf(state, true).map((message) => {
      const condition = always.includes(message) ? '' : ' (individually)';
      return `  ${state} --> ${stateAfter(state, message, true)!}: ${speakers[speaker!]} says ${message}${condition}`;
    });
  });
  return ['```mermaid', 'stateDiagram-v2', '  [*] --> connected', ...arrows, '  closed --> [*]', '```'].join(
    '\n',
  );
}
