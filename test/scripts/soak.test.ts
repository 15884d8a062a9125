/** What a soak says in the end, and a soak of ten seconds. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { growths, slopeOf, verdictOn, type Holding } from '../../scripts/soaking/verdict.ts';

const MEBIBYTE = 2 ** 20;

/** A reading a minute for half an hour. */
function holdings(at: (minute: number) => Partial<Holding>): readonly Holding[] {
  const steady = { residentOctets: 200 * MEBIBYTE, files: 60, threads: 14 };
  return Array.from({ length: 30 }, (_, minute) => ({ seconds: minute * 60, ...steady, ...at(minute) }));
}

const outcome = { sent: 1000, lost: 0, duplicates: 0, errors: 0, left: 0 };
const quiet = holdings(() => ({}));

describe('the verdict', () => {
  it('a slope is that of the line through the readings, whatever scatters around it', () => {
    expect(slopeOf([0, 1, 2, 3].map((at) => [at, 5 + 2 * at]))).toBe(2);
    expect(slopeOf([0, 1, 2, 3, 4, 5, 6, 7].map((at) => [at, at % 2]))).toBeCloseTo(0.0476, 3);
    expect(slopeOf([[1, 1]])).toBe(0);
  });

  it('what is filled in the beginning, and what comes and goes, is no growth', () => {
    const warm = holdings((minute) => ({
      residentOctets: (100 + Math.min(minute, 8) * 10 + (minute % 5) * 6) * MEBIBYTE,
      files: 60 + (minute % 7),
    }));
    expect(growths(warm).filter(({ grew }) => grew)).toEqual([]);
    expect(verdictOn({ ...outcome, routers: { server: warm } })).toMatchObject({ good: true });
  });

  it.each<[string, (minute: number) => Partial<Holding>]>([
    ['MiB', (minute) => ({ residentOctets: (200 + 2.5 * minute) * MEBIBYTE })],
    ['files', (minute) => ({ files: 60 + 2 * minute })],
    ['threads', (minute) => ({ threads: 14 + Math.floor(minute / 4) })],
  ])('%s that grow are named', (unit, at) => {
    const { good, lines } = verdictOn({ ...outcome, routers: { client: quiet, server: holdings(at) } });
    expect(good).toBe(false);
    expect(lines.at(-1)).toBe(`verdict: server: ${unit} grew`);
  });

  it.each<[Partial<typeof outcome>, string]>([
    [{ sent: 0 }, 'nothing was measured'],
    [{ lost: 1 }, '1 packets were lost'],
    [{ duplicates: 2 }, '2 packets came twice'],
    [{ errors: 3 }, '3 errors'],
    [{ left: 4 }, '4 connections, sessions or logins were left'],
  ])('%o', (wrong, said) => {
    const { good, lines } = verdictOn({ ...outcome, ...wrong, routers: { server: quiet } });
    expect([good, lines.at(-1)]).toEqual([false, `verdict: ${said}`]);
  });
});

const program = join(import.meta.dirname, '../../scripts/soak');

it('ten seconds: everything runs, nothing is lost, nothing is left', { timeout: 400_000 }, () => {
  const { status, stdout, stderr } = spawnSync(program, ['--minutes', '0.167'], { encoding: 'utf8' });
  expect({
    status,
    // What whoever comes first after a change is told.
    stderr: stderr.replace('Building ...\n', ''),
    said: stdout.includes('verdict: nothing grew, nothing was lost') || stdout,
  }).toEqual({
    status: 0,
    stderr: '',
    said: true,
  });
});

it('words that mean nothing are told', () => {
  const { status, stderr } = spawnSync(program, ['--minutes', 'many'], { encoding: 'utf8' });
  expect([status, stderr.startsWith('Usage: scripts/soak')]).toEqual([2, true]);
});
