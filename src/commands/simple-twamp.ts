/** `show services simple-twamp` (DNOS): reflectors of STAMP and TWAMP Light with what they answered and did not, and the sender. */
import type { RunningLight } from '../engine/light.ts';
import { show, type Router } from './command.ts';

type TestCounters = ReturnType<RunningLight['reflector']['counters']>;

/** A port of a routing instance, with the sockets of both families. */
export interface ReflectorPort {
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

export function portsOf(running: readonly RunningLight[]): readonly ReflectorPort[] {
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

/** What sends test packets without control connections. */
interface Sender {
  readonly enabled: boolean;
  readonly authenticated: boolean;
  readonly port: number;
  readonly sourcePorts: string;
}

/** Authenticated where all of its test sessions are. */
function senderOf({ configuration: { configuration } }: Router): Sender {
  const { rpm, 'simple-twamp': simple } = configuration.services;
  const { client } = rpm.twamp;
  const light = [...client['control-connection'].values()].filter((each) => each['control-type'] === 'light');
  return {
    enabled: simple['session-sender']['admin-state'] === 'enabled',
    authenticated: light.length > 0 && light.every((each) => each['authentication-mode'] !== 'none'),
    port: simple['session-sender']['reflector-port'],
    sourcePorts: client['data-port-range'],
  };
}

interface SimpleTwamp {
  readonly ports: readonly ReflectorPort[];
  readonly sender: Sender;
}

const sealing = (authenticated: boolean): string => (authenticated ? 'Authenticated' : 'Unauthenticated');

/** Verbatim DNOS, blanks and tabs as in its sample; the port's VRF is ours. */
function senderText({ enabled, authenticated, port, sourcePorts }: Sender): string {
  return `
Simple-TWAMP Client:
\tAdmin-state: ${enabled ? 'enabled' : 'disabled'}
\tMode: Stateless, ${sealing(authenticated)}
\tDestination port: ${port}
\tSource ports range: ${sourcePorts}

`;
}

const simpleTwampOf = (router: Router): SimpleTwamp => ({
  ports: portsOf(router.engine.light),
  sender: senderOf(router),
});

export const showServicesSimpleTwamp = show(({ router }) => simpleTwampOf(router), {
  *text({ ports, sender }) {
    yield '\nSimple-TWAMP Reflector:\n';
    yield `\tAdmin-state: ${ports.length === 0 ? 'disabled' : 'enabled'}\n`;
    for (const { vrf, port, mode, authenticated, counters } of ports) {
      yield `\n\tVRF: ${vrf}\n`;
      yield `\tMode: ${capitalized(mode)}, ${sealing(authenticated)}\n`;
      yield `\tReflector port (UDP): ${port}\n`;
      yield '\n\tStatistics:\n';
      yield `\t\tReflected Simple-TWAMP probes:     ${counters.sent}\n`;
      for (const [reason, packets] of Object.entries(counters.dropped)) {
        if (packets > 0) yield `\t\tDropped, ${`${reason}:`.padEnd(26)}${packets}\n`;
      }
    }
    yield '\n';
    yield senderText(sender);
  },
  json: ({ ports, sender }) => ({
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
    sender: {
      'admin-state': sender.enabled,
      authenticated: sender.authenticated,
      'reflector-port': sender.port,
      'data-port-range': sender.sourcePorts,
    },
  }),
  element: 'simple-twamp-information',
});
