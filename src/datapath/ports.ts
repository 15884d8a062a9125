/** In which order the ports of a range are tried. */
import type { PortRange } from './datapath.ts';

/**
 * The wanted port first if it is one of the range, then all others, round the range from a place that
 * `random` (32 bits) picks: ports that were just freed are not handed to the next session.
 */
export function* portsToTry(ports: PortRange, wantedPort: number, random: number): Generator<number> {
  const { first, last } = ports;
  const wanted = wantedPort >= first && wantedPort <= last;
  if (wanted) yield wantedPort;
  const count = last - first + 1;
  for (let step = 0; step < count; step++) {
    const port = first + ((random + step) % count);
    if (!wanted || port !== wantedPort) yield port;
  }
}
