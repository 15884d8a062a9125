/** Inside a fuzzer's process: ends it when its target has had its time. */
import { writeSync } from 'node:fs';
import { doneLine } from './outcome.ts';

const STDERR = 2;

const secondsOf = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1e6;

/**
 * `fuzz` for `seconds` of a processor, from the first input on. The fuzzer itself knows only the time of a clock, much of which
 * others have on a busy machine. It takes an exit for a finding; a signal it does not see.
 */
export function timed<Result>(
  fuzz: (octets: Uint8Array) => Result,
  seconds: number,
): (octets: Uint8Array) => Result {
  let begin: NodeJS.CpuUsage | undefined;
  let inputs = 0;
  return (octets) => {
    begin ??= process.cpuUsage();
    const taken = secondsOf(process.cpuUsage(begin));
    if (taken >= seconds) {
      writeSync(STDERR, doneLine(inputs, taken));
      process.kill(process.pid, 'SIGKILL');
    }
    inputs += 1;
    return fuzz(octets);
  };
}
