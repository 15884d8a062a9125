/** What processes use, as /proc tells. */
import { readdirSync, readFileSync } from 'node:fs';

/** Ticks of /proc/<pid>/stat in a second (USER_HZ, the same on every Linux that Node runs on). */
const TICKS_PER_SECOND = 100;

/** /proc/<pid>/stat after the command, which may hold blanks and parentheses: index 0 is field 3, the state. */
function statOf(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

const field = (stat: readonly string[], number: number): number => Number(stat[number - 3]);

/** CPU seconds, user and system, that a process, its living descendants and its reaped children have used. */
export function cpuSeconds(pid: number): number {
  let ticks = 0;
  for (const each of withDescendants(pid)) {
    const stat = statOf(each);
    // utime, stime, cutime, cstime.
    if (stat !== undefined) ticks += [14, 15, 16, 17].reduce((sum, number) => sum + field(stat, number), 0);
  }
  return ticks / TICKS_PER_SECOND;
}

export function processesUnder(pid: number): number {
  return withDescendants(pid).length;
}

/** Resident octets of one process. */
export function residentOctets(pid: number): number {
  const [, pages = '0'] = readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ');
  return Number(pages) * 4096;
}

/** The most octets that a process ever had resident; undefined when it has ended. */
export function peakResidentOctets(pid: number): number | undefined {
  try {
    const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
  } catch {
    return undefined;
  }
}

export function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

function withDescendants(pid: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? statOf(Number(name)) : undefined;
    if (stat === undefined) continue;
    const parent = field(stat, 4);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found = [pid];
  for (const each of found) found.push(...(children.get(each) ?? []));
  return found;
}
