import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Rooms without processes, threads or sockets (docs/testing.md). */
const COMPUTING = [
  'test/{commands,config,grammar,render,shell,transcripts,twamp}/**/*.test.ts',
  'test/services/{capture,records}/*.test.ts',
];

/** Rooms and files that change what a process is, or count what it has: each in a process of its own. */
const ALONE = [
  'test/{datapath,native,simulation}/**/*.test.ts',
  'test/services/conntrack/*.test.ts',
  'test/engine/{cycles,datapath-failure,endurance}.test.ts',
  'test/fleet/mesh.test.ts',
];

/** Those that take longest, mostly waiting: the others fill the time that these leave. */
const FIRST = [
  'automation/netmiko',
  'end-to-end/ssh-hostile',
  'end-to-end/ssh-patience',
  'engine/cycles',
  'end-to-end/attach',
  'simulation/two-routers',
  'end-to-end/batch',
  'end-to-end/faults',
  'scripts/soak',
  'end-to-end/commit-crash',
  'datapath/worker-datapath',
  'end-to-end/keys',
  'engine/rpm-namespaces',
].map((name) => `/test/${name}.test.ts`);

/** Workers, processes and sockets are real in many of these, and two of four wait most of the time. */
const LIVING_AT_ONCE = 4;

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = FIRST.findIndex((name) => moduleId.endsWith(name));
      return index < 0 ? FIRST.length : index;
    };
    // A stable sort: the rest stay as they were.
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}

/** Order by chance (docs/testing.md): what a file leaves behind in a module may not matter to the next. */
const shuffled = process.env['SHUFFLE'];

export default defineConfig({
  test: {
    // Against what never ends; a busy machine is no failure.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
    // The closing line "N passed, N failed" is for machines that read logs (scripts/test prints it).
    reporters: ['default'],
    sequence:
      shuffled === undefined
        ? { sequencer: LongestFirst }
        : { shuffle: { files: true, tests: false }, seed: Number(shuffled) },
    // Two cores are the machine the time budget is written for. Where nothing else is said, a process reads the modules once for all its
    // files: what a file changes in a module, a prototype or the environment, it puts back.
    projects: [
      {
        extends: true,
        test: {
          name: 'living',
          include: ['test/**/*.test.ts'],
          exclude: [...COMPUTING, ...ALONE],
          isolate: false,
          maxWorkers: LIVING_AT_ONCE,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'alone',
          include: ALONE,
          maxWorkers: LIVING_AT_ONCE,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'computing',
          include: COMPUTING,
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
