/** The benchmark's command line: which suite, how thorough, against whom. */
import { parseArgs } from 'node:util';
import { measureAccess } from './access.ts';
import { measureConfiguration } from './configuration.ts';
import { measureFleet } from './fleet.ts';
import { twampGoals } from './goals.ts';
import { Workshop } from './programs.ts';
import { Report } from './report.ts';
import { measureSessions } from './sessions.ts';
import { measureShell } from './shell.ts';
import { paces, type Pace, type Peers } from './suite.ts';
import { measureTwamp, twampRows } from './twamp.ts';

const USAGE = `Usage: scripts/bench twamp|shell|access|sessions|config|fleet [options]

  --quick               fewer and shorter runs, for a look
  --only WORDS          of twamp, only these: ${twampRows.join(',')}
  --twampd PATH         compare with perfSONAR's twampd …
  --twampd-conf DIR     … started with the configuration files of DIR
  --twping PATH         … and with perfSONAR's twping
  --save-baseline       keep the figures in scripts/benchmark/baseline.json, which later runs are compared with

The router is the one scripts/dnrouter starts. gcc is needed; root (CAP_NET_ADMIN, CAP_NET_RAW) for the rows with a capture, and for sessions.
Of fleet, PostgreSQL is needed (Debian's package).
The last lines name every goal: met, MISSED, or not measured (of rows that were left out, or peers that were not given).
Exit status: 0 when every measured goal was met, 1 when a row failed, 2 for bad usage, 3 when a goal was missed.
`;

const suites = ['twamp', 'shell', 'access', 'sessions', 'config', 'fleet'] as const;
type Suite = (typeof suites)[number];

interface Options {
  readonly suite: Suite;
  readonly pace: Pace;
  readonly peers: Peers;
  readonly only: readonly string[];
  readonly saveBaseline: boolean;
}

/** Undefined: the words mean nothing. */
function readOptions(): Options | undefined {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        only: { type: 'string', default: twampRows.join(',') },
        twampd: { type: 'string' },
        'twampd-conf': { type: 'string' },
        twping: { type: 'string' },
        'save-baseline': { type: 'boolean', default: false },
      },
    });
    const [name, ...others] = positionals;
    const suite = suites.find((known) => known === name);
    const { twampd: path, 'twampd-conf': configuration, twping } = values;
    if (suite === undefined || others.length > 0) return undefined;
    if ((path === undefined) !== (configuration === undefined)) return undefined;
    const only = values.only.split(',');
    if (only.some((word) => !twampRows.includes(word))) return undefined;
    const twampd = path !== undefined && configuration !== undefined ? { path, configuration } : undefined;
    return {
      suite,
      pace: values.quick ? paces.quick : paces.full,
      peers: { ...(twampd && { twampd }), ...(twping !== undefined && { twping }) },
      only,
      saveBaseline: values['save-baseline'],
    };
  } catch {
    return undefined;
  }
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
  // Whoever read the figures has left.
  process.stdout.once('error', giveUp);
  const report = new Report();
  report.begin();
  try {
    const { suite, peers, pace, only } = options;
    const measure: Readonly<Record<Suite, () => Promise<number>>> = {
      twamp: () => measureTwamp(workshop, peers, pace, only, report),
      shell: () => measureShell(workshop, pace, report),
      access: () => measureAccess(workshop, pace, report),
      sessions: () => measureSessions(workshop, pace, report),
      config: () => measureConfiguration(workshop, pace, report),
      fleet: () => measureFleet(workshop, pace, report),
    };
    const failures = await measure[suite]();
    if (options.saveBaseline) report.saveBaseline();
    const missed = report.conclude(suite === 'twamp' ? twampGoals : {});
    return failures > 0 ? 1 : missed > 0 ? 3 : 0;
  } finally {
    await workshop.close();
  }
}

process.exitCode = await main();
