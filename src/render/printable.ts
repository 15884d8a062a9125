/** Text that is safe on a terminal. */

// eslint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Control characters other than tab and line feed would act on the reader's terminal; they are shown instead. */
export function printable(text: string): string {
  return text.replace(CONTROLS, shown);
}

/** The same for one line, or a cell of a table: tab and line feed are shown, too. */
export function printableLine(text: string): string {
  return printable(text).replace(/[\t\n]/g, shown);
}

function shown(control: string): string {
  return `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
