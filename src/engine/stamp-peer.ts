/** A reflector of STAMP or TWAMP Light as the peer of a round: told nothing, it refuses nothing. */
import type { StampMode } from '../twamp/packet-forms.ts';
import { errorOfTransport } from './measurement-error.ts';
import type { Peer } from './peer.ts';
import type { RoutingInstance } from './routing-instances.ts';
import type { RoundPlace } from './test-round.ts';
import type { ConnectAddress, Endpoint, Transport } from './transport.ts';

/** Finds the way there. Rejects with MeasurementError. */
export async function openStampPlace(
  to: Omit<ConnectAddress, 'vrf'>,
  stamp: StampMode,
  instance: RoutingInstance,
  transport: Transport,
  signal: AbortSignal,
): Promise<RoundPlace> {
  const { local, remote } = await transport
    .route({ ...to, vrf: instance.vrf }, signal)
    .catch((error: unknown) => {
      throw errorOfTransport(error, to, signal);
    });
  const reflector = { address: remote, port: to.port };
  return { peer: stampPeer(local, reflector, stamp), control: undefined, instance };
}

function stampPeer(localAddress: string, reflector: Endpoint, stamp: StampMode): Peer {
  const session = { port: reflector.port, sid: undefined, packets: { stamp } };
  return {
    mode: 'stamp',
    local: { address: localAddress },
    remote: reflector,
    requestSession: () => Promise.resolve(session),
    startSessions: () => Promise.resolve(),
    stopSessions: () => undefined,
    orEnded: (promise) => promise,
    close: () => Promise.resolve(),
  };
}
