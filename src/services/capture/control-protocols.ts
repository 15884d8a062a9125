/** Control channels that are followed, by the ports of their responders: where Linux' helpers and `algs.ts` expect them. */
import { ipProtocol } from '../ip-protocols.ts';
import { PortmapperFollower, PptpFollower, TftpFollower, TwampFollower } from './control-binary.ts';
import type { ControlFollower, Ends } from './control-channel.ts';
import { FtpFollower, MgcpFollower, RshFollower, RtspFollower, SipFollower } from './control-text.ts';
import { lifetimes } from './lifetimes.ts';

export interface ControlEnds extends Ends {
  readonly protocol: number;
  readonly initiatorPort: number;
}

/** How an application's control channel is known, and followed. */
export interface ControlProtocol {
  readonly protocols: readonly number[];
  readonly ports: readonly number[];
  /** As Linux' helper is called; the session bears it. Undefined where its port alone tells the ALG. */
  readonly helper: string | undefined;
  /** What the sessions bear that it announces. */
  readonly childHelper: string;
  /** For which the channel lives without a packet, where that is not as with any other of its protocol. */
  readonly lifetimeSeconds?: number;
  /** Undefined: it is known by its port and not followed. */
  readonly follow: ((ends: ControlEnds) => ControlFollower) | undefined;
}

const { tcp, udp } = ipProtocol;

/** An application whose ALG is that of a helper. */
const helped = (helper: string, rest: Pick<ControlProtocol, 'protocols' | 'ports' | 'follow'>) => ({
  helper,
  childHelper: helper,
  ...rest,
});

/** An application whose ALG is known by its port. */
const named = (childHelper: string, rest: Pick<ControlProtocol, 'protocols' | 'ports' | 'follow'>) => ({
  helper: undefined,
  childHelper,
  ...rest,
});

export const controlProtocols: readonly ControlProtocol[] = [
  helped('ftp', { protocols: [tcp], ports: [21], follow: (ends) => new FtpFollower(ends) }),
  helped('tftp', { protocols: [udp], ports: [69], follow: (ends) => new TftpFollower(ends) }),
  {
    ...helped('sip', { protocols: [tcp, udp], ports: [5060], follow: () => new SipFollower() }),
    lifetimeSeconds: lifetimes.sip,
  },
  named('mgcp-ua', { protocols: [udp], ports: [2427], follow: () => new MgcpFollower() }),
  named('mgcp-ca', { protocols: [udp], ports: [2727], follow: () => new MgcpFollower() }),
  helped('pptp', { protocols: [tcp], ports: [1723], follow: (ends) => new PptpFollower(ends) }),
  helped('Q.931', { protocols: [tcp], ports: [1720], follow: undefined }),
  helped('RAS', { protocols: [udp], ports: [1719], follow: undefined }),
  named('rtsp', { protocols: [tcp], ports: [554], follow: (ends) => new RtspFollower(ends) }),
  named('rsh', { protocols: [tcp], ports: [514], follow: (ends) => new RshFollower(ends) }),
  named('portmapper', {
    protocols: [tcp, udp],
    ports: [111],
    follow: (ends) => new PortmapperFollower(ends, ends.protocol === tcp),
  }),
  named('twamp', { protocols: [tcp], ports: [862], follow: (ends) => new TwampFollower(ends) }),
];

const ANY_PORT = 65_536;

const byPort = new Map(
  controlProtocols.flatMap((row) =>
    row.protocols.flatMap((protocol) => row.ports.map((port) => [protocol * ANY_PORT + port, row] as const)),
  ),
);

export function controlProtocolOf(protocol: number, responderPort: number): ControlProtocol | undefined {
  return byPort.get(protocol * ANY_PORT + responderPort);
}
