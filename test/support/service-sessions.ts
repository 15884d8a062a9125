/** Service sessions for tests: what is not said is that of a plain TCP session. */
import { parseAddress } from '../../src/services/address.ts';
import type { Flow, ServiceSession } from '../../src/services/session.ts';

/** `source` and `destination` are `address:port`, or an address alone. */
export function flow(protocol: number, source: string, destination: string, rest: Partial<Flow> = {}): Flow {
  const [from, to] = [endOf(source), endOf(destination)];
  return {
    protocol,
    source: from.address,
    sourcePort: from.port,
    destination: to.address,
    destinationPort: to.port,
    state: 'Forward',
    direction: 'I',
    role: 'initiator',
    frames: 1,
    octets: 60,
    timeoutSeconds: 30,
    ...rest,
  };
}

function endOf(text: string): { address: Flow['source']; port: number | undefined } {
  const [, bracketed, plain, port] = /^(?:\[(.*)\]|([^:]*|.*:.*:.*?))(?::(\d+))?$/.exec(text)!;
  return { address: parseAddress(bracketed ?? plain!), port: port === undefined ? undefined : Number(port) };
}

export function session(flows: readonly Flow[], rest: Partial<ServiceSession> = {}): ServiceSession {
  return {
    id: 1,
    interface: 'ms-0/0/0',
    aggregate: undefined,
    serviceSet: 'default',
    alg: '0',
    application: undefined,
    flags: 0,
    ipAction: false,
    offload: false,
    asymmetric: false,
    nat: undefined,
    flows,
    startedWallNanos: undefined,
    endedWallNanos: undefined,
    ...rest,
  };
}
