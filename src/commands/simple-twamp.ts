/** `show services simple-twamp` (DNOS): reflectors of STAMP and TWAMP Light, and what they answered and did not. */
import type { RunningLight } from '../engine/light.ts';
import { show } from './command.ts';

type TestCounters = ReturnType<RunningLight['reflector']['counters']>;

/** A port of a routing instance, with the sockets of both families. */
interface ReflectorPort {
  readonly vrf: string;
  readonly port: number;
  readonly mode: string;
  readonly authenticated: boolean;
  readonly counters: TestCounters;
}

function portOf({ place, settings, reflector }: RunningLight): ReflectorPort {
  const { stamp } = settings;
  return {
    vrf: place.instance.name,
    port: place.port,
    mode: stamp.reflector,
    authenticated: stamp.hmacKey !== undefined,
    counters: reflector.counters(),
  };
}

function sumOf(one: ReflectorPort, other: ReflectorPort): ReflectorPort {
  const { counters } = one;
  const dropped = Object.fromEntries(
    Object.entries(counters.dropped).map(([reason, packets]) => [
      reason,
      packets + other.counters.dropped[reason as keyof TestCounters['dropped']],
    ]),
  ) as TestCounters['dropped'];
  return {
    ...one,
    counters: {
      ...counters,
      dropped,
      received: counters.received + other.counters.received,
      sent: counters.sent + other.counters.sent,
      kernelDrops: counters.kernelDrops + other.counters.kernelDrops,
    },
  };
}

function portsOf(running: readonly RunningLight[]): readonly ReflectorPort[] {
  const ports = new Map<string, ReflectorPort>();
  for (const light of running) {
    const port = portOf(light);
    const name = `${port.vrf} ${port.port}`;
    const other = ports.get(name);
    ports.set(name, other === undefined ? port : sumOf(other, port));
  }
  return [...ports.values()];
}

const capitalized = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

export const showServicesSimpleTwamp = show(({ router }) => portsOf(router.engine.light), {
  *text(ports) {
    yield '\nSimple-TWAMP Reflector:\n';
    yield `\tAdmin-state: ${ports.length === 0 ? 'disabled' : 'enabled'}\n`;
    for (const { vrf, port, mode, authenticated, counters } of ports) {
      yield `\n\tVRF: ${vrf}\n`;
      yield `\tMode: ${capitalized(mode)}, ${authenticated ? 'Authenticated' : 'Unauthenticated'}\n`;
      yield `\tReflector port (UDP): ${port}\n`;
      yield '\n\tStatistics:\n';
      yield `\t\tReflected Simple-TWAMP probes:     ${counters.sent}\n`;
      for (const [reason, packets] of Object.entries(counters.dropped)) {
        if (packets > 0) yield `\t\tDropped, ${`${reason}:`.padEnd(26)}${packets}\n`;
      }
    }
    yield '\n';
  },
  json: (ports) => ({
    reflectors: ports.map(({ vrf, port, mode, authenticated, counters }) => ({
      vrf,
      'reflector-port': port,
      mode,
      authenticated,
      'rcv-packets': counters.received,
      'sent-packets': counters.sent,
      'dropped-by-reason': counters.dropped,
      'kernel-drops': counters.kernelDrops,
    })),
  }),
  element: 'simple-twamp-information',
});
