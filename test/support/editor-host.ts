/** A program for pseudo-terminal tests: hosts a line editor on its terminal, echoes each line as JSON. */
import { once } from 'node:events';
import { LineEditor } from '../../src/shell/editor/editor.ts';

const lines: string[] = [];
const editor = new LineEditor(
  {
    input: process.stdin,
    output: process.stdout,
    drained: async () => {
      await once(process.stdout, 'drain');
    },
    size: () => ({ columns: process.stdout.columns, rows: process.stdout.rows }),
    onResize: (listener) => {
      process.stdout.on('resize', listener);
      return () => process.stdout.off('resize', listener);
    },
  },
  {
    help: () => 'Possible completions:\n  sessions             Display session information\n',
    complete: () => ({ insert: ' ', list: '' }),
  },
  { lines },
);

process.stdin.setRawMode(true);
process.stdout.write('first row\r\n');
for (;;) {
  const result = await editor.read('dnRouter# ');
  if (result.type === 'end') break;
  process.stdout.write(`${JSON.stringify(result)}\r\n`);
  if (result.type === 'line') lines.push(result.line);
}
editor.close();
process.stdin.setRawMode(false);
