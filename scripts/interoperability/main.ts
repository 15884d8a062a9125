/** The command line of the matrix: runs it, says cell by cell what was expected and what was seen. */
import { parseArgs } from 'node:util';
import { Workshop } from '../benchmark/programs.ts';
import { expandBraces } from './command.ts';
import { pageOf, type RowResult } from './page.ts';
import { matrix, type Row } from './rows.ts';
import { Stage, type Peers } from './stage.ts';

const USAGE = `Usage: scripts/interoperate --twampd PATH --twampd-conf DIR --twping PATH --twampy PATH [--markdown] [--rows WORDS]

  --twampd PATH         perfSONAR's twampd …
  --twampd-conf DIR     … with copies of twamp-server.conf, .limits and .pfs of DIR, to which users are added
  --twping PATH         perfSONAR's twping
  --twampy PATH         nokia's twampy
  --markdown            print the section of docs/twamp.md instead of a line a cell
  --rows WORDS          run only the rows whose title has these words

Root is needed: twampy connects to port 862. Everything stays on loopback, where Linux allows one of its own.
Exit status: 0 when every cell was as expected, 1 when one was not, 2 for bad usage.
`;

interface Options {
  readonly peers: Peers;
  readonly markdown: boolean;
  readonly rows: string;
}

/** Undefined: the words mean nothing. */
function readOptions(): Options | undefined {
  try {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({
      options: {
        twampd: text,
        'twampd-conf': text,
        twping: text,
        twampy: text,
        markdown: { type: 'boolean', default: false },
        rows: { type: 'string', default: '' },
      },
    });
    const { twampd, 'twampd-conf': twampdConfiguration, twping, twampy, markdown, rows } = values;
    if (!twampd || !twampdConfiguration || !twping || !twampy) return undefined;
    return { peers: { twampd, twampdConfiguration, twping, twampy }, markdown, rows };
  } catch {
    return undefined;
  }
}

/** Cells that run side by side: a measurement is mostly waiting. */
const LANES = 6;

/** Runs a row's cells; gives how many were as expected. */
async function runRow(stage: Stage, row: Row, print: (line: string) => void): Promise<RowResult> {
  const cells = expandBraces(row.command);
  const waiting = [...cells];
  let asExpected = 0;
  const lane = async (): Promise<void> => {
    for (let cell = waiting.shift(); cell !== undefined; cell = waiting.shift()) {
      const seen = await stage.see(row, cell);
      const ok = seen === row.expected;
      if (ok) asExpected += 1;
      print(`${ok ? 'ok ' : 'NOT'}  ${row.client} ${cell}  expected: ${row.expected}  seen: ${seen}`);
    }
  };
  await Promise.all(Array.from({ length: row.recorded === undefined ? LANES : 1 }, lane));
  return { row, cells: cells.length, asExpected };
}

async function main(): Promise<number> {
  const options = readOptions();
  if (options === undefined) {
    process.stderr.write(USAGE);
    return 2;
  }
  const workshop = new Workshop();
  const giveUp = (): void => void workshop.close().finally(() => process.exit(1));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, giveUp);
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const print = options.markdown ? (line: string) => void process.stderr.write(`${line}\n`) : say;
  try {
    const stage = new Stage(workshop, options.peers);
    await stage.open();
    const results: Record<string, readonly RowResult[]> = {};
    for (const [section, rows] of Object.entries(matrix)) {
      const done: RowResult[] = [];
      const wanted = rows.filter(({ title }) => title.includes(options.rows));
      for (const row of wanted) done.push(await runRow(stage, row, print));
      results[section] = done;
    }
    if (options.markdown) say(pageOf(results));
    const all = Object.values(results).flat();
    const cells = all.reduce((sum, result) => sum + result.cells, 0);
    const asExpected = all.reduce((sum, result) => sum + result.asExpected, 0);
    print(`${asExpected} of ${cells} cells as expected`);
    return asExpected === cells ? 0 : 1;
  } finally {
    await workshop.close();
  }
}

process.exitCode = await main();
