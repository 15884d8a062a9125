/**
 * Draws docs/screen.svg: a session at a real terminal, typed into the real program. With `--check` only sees whether the program still says the
 * same, figures and times apart.
 */
import { readFileSync, rmSync, writeFileSync, mkdtempSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../test/support/free-port.ts';
import { Person } from '../test/support/person.ts';
import { Screen } from '../test/support/screen.ts';

const FILE = join(import.meta.dirname, '../docs/screen.svg');

/** Of the terminal. */
const COLUMNS = 100;
const ROWS = 40;

/** The port that the picture shows; the program gets one that is free. */
const SHOWN_PORT = 8620;

/** What is typed, and how the last line then ends. */
const session = (port: number): readonly (readonly [string, RegExp])[] => [
  ['configure\r', CONFIGURING],
  [`set services rpm twamp server port ${port}\r`, CONFIGURING],
  ['set services rpm twamp server client-list lab address 127.0.0.0/8\r', CONFIGURING],
  ['commit and-quit\r', OPERATIONAL],
  [`twping 127.0.0.1 port ${port} count 20 interval 10ms | match "sent|time m|jitter ="\r`, OPERATIONAL],
  ['show services twamp sessions ?', /sessions$/],
  ['history type data\r', OPERATIONAL],
  ['show services twamp sessions history | display json | match total\r', OPERATIONAL],
  ['show servces\r', OPERATIONAL],
];

const OPERATIONAL = /^dnRouter#$/;
const CONFIGURING = /^dnRouter\(cfg\)#$/;

/** Nothing more is written after as long. */
const QUIET_MILLIS = 400;

const pause = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis));

/** The lines of the screen, from the first prompt on. */
async function record(): Promise<readonly string[]> {
  const state = mkdtempSync(join(tmpdir(), 'dnrouter-screen-'));
  const port = await freePort();
  let end = (): void => undefined;
  const person = new Person([], state, (stop) => (end = stop));
  const screen = new Screen(COLUMNS, ROWS);
  let written = 0;
  person.pty.onData((text) => {
    screen.write(text);
    written += 1;
  });
  const until = async (last: RegExp, before: number): Promise<void> => {
    for (let seen = -1; seen !== written || written === before || !last.test(screen.lines.at(-1)!);) {
      seen = written;
      await pause(QUIET_MILLIS);
    }
  };
  try {
    await until(OPERATIONAL, 0);
    for (const [keys, last] of session(port)) {
      const before = written;
      person.type(keys);
      await until(last, before);
    }
    const lines = screen.lines.slice(0, -1);
    const first = lines.findIndex((line) => line.startsWith('dnRouter#'));
    const owner = ` by ${userInfo().username} at `;
    return lines
      .slice(first)
      .map((line) => line.replaceAll(String(port), String(SHOWN_PORT)).replace(owner, ' by root at '));
  } finally {
    end();
    rmSync(state, { recursive: true });
  }
}

const CHARACTER_WIDTH = 7.8;
const LINE_HEIGHT = 17;
const MARGIN = 16;

const PROMPT = /^dnRouter(\([^)]*\))?#/;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function drawn(line: string, index: number): string {
  const [prompt = ''] = PROMPT.exec(line) ?? [];
  const rest = escaped(line.slice(prompt.length));
  const kind = prompt !== '' ? 'typed' : line.startsWith('ERROR') ? 'error' : 'said';
  const start = prompt === '' ? '' : `<tspan class="prompt">${escaped(prompt)}</tspan>`;
  return `<text class="${kind}" x="${MARGIN}" y="${MARGIN + (index + 1) * LINE_HEIGHT}">${start}${rest}</text>`;
}

function picture(lines: readonly string[]): string {
  const columns = Math.max(...lines.map(({ length }) => length));
  const width = Math.ceil(columns * CHARACTER_WIDTH) + 2 * MARGIN;
  const height = lines.length * LINE_HEIGHT + 2 * MARGIN;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>A session at dnrouter</title>
<style>
text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre; fill: #c9d1d9 }
.typed { fill: #ffffff; font-weight: bold } .prompt { fill: #7ee787 } .error { fill: #ff7b72 }
</style>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
${lines.map(drawn).join('\n')}
</svg>
`;
}

/** What stays the same from one recording to the next: figures, times, and how wide they make a table, do not. */
function essence(svg: string): string {
  return svg
    .split('\n')
    .filter((line) => line.startsWith('<text'))
    .map((line) =>
      line
        .replace(/ y="[^"]*"/, '')
        .replaceAll(/\d\d-[A-Z][a-z]{2}-\d{4}/g, 'DATE')
        .replaceAll(/\d+(\.\d+)?(e-\d+)?/g, '0')
        .replaceAll(/ +|-{2,}/g, ' '),
    )
    .join('\n');
}

const svg = picture(await record());
if (!process.argv.includes('--check')) writeFileSync(FILE, svg);
else if (essence(svg) !== essence(readFileSync(FILE, 'utf8'))) {
  console.error('docs/screen.svg shows what the program no longer says: tsx scripts/screen.ts');
  process.exitCode = 1;
}
