/** What the machine withholds from every program on it: the floor under all figures of punctuality. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Workshop } from './programs.ts';
import type { Report } from './report.ts';

/** Long enough to meet what comes once a second. */
const SECONDS = 3;

/** `c/absence.c` has been compiled. */
export function measureAbsence(workshop: Workshop, report: Report): void {
  const program = join(workshop.directory, 'absence');
  const [share, longestNanos] = execFileSync(program, [String(SECONDS)], { encoding: 'utf8' })
    .split(' ')
    .map(Number);
  report.section('Machine: time in gaps of more than 50 µs of a program that only reads the clock');
  const remark = `the longest ${(longestNanos! / 1e6).toFixed(1)} ms; above 1 %, no p99 of lateness can be below 50 µs`;
  report.add({ id: 'machine/absence', name: 'away', value: 100 * share!, unit: '%', remark });
}
