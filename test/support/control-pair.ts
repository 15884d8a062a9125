/** Two ends of a control connection with a fake link between, and what an owner does with each event. */
import { ControlClient, type ControlClientEvent } from '../../src/twamp/control-client.ts';
import type { ControlEndpoint } from '../../src/twamp/control-endpoint.ts';
import { ControlServer, type ControlServerEvent } from '../../src/twamp/control-server.ts';
import type { ControlEnd } from '../../src/twamp/control.ts';
import { modes, type KeyedMode } from '../../src/twamp/protocol.ts';
import type { SessionRequest } from '../../src/twamp/session-request.ts';
import { SeededRandom } from './seeded-random.ts';

/** What one end has given out so far. */
export class Drained<Event> {
  readonly events: Event[] = [];
  readonly ends: ControlEnd[] = [];
  #octets: Uint8Array[] = [];

  /** Drains an end; `decide` may make it do more, which is drained too. */
  drain(endpoint: ControlEndpoint<Event>, decide: (event: Event) => void): void {
    for (let output = endpoint.poll(); output !== undefined; output = endpoint.poll()) {
      switch (output.type) {
        case 'transmit':
          this.#octets.push(output.octets);
          break;
        case 'close':
          this.ends.push(output.end);
          break;
        case 'event':
          this.events.push(output.event);
          decide(output.event);
      }
    }
  }

  /** The octets for the peer that have not been taken yet. */
  takeOctets(): Uint8Array {
    const taken = Buffer.concat(this.#octets);
    this.#octets = [];
    return taken;
  }
}

export const someRequest: SessionRequest = {
  ipVersion: 4,
  senderAddress: undefined,
  senderPort: 10_000,
  receiverAddress: undefined,
  receiverPort: 20_000,
  paddingOctets: 27,
  startTime: 0n,
  timeoutNanos: 1e9,
  dscp: 0,
};

export const someSid = Uint8Array.from({ length: 16 }, (_, index) => index + 1);

export function openServer(
  options: { modes?: number; servwaitNanos?: number } = {},
  nowNanos = 0,
): ControlServer {
  const { modes: offered = modes.unauthenticated, servwaitNanos = 0 } = options;
  const random = new SeededRandom(1);
  return new ControlServer({ modes: offered, startTime: 0n, servwaitNanos, random }, nowNanos);
}

export function openClient(answerNanos = 0, nowNanos = 0): ControlClient {
  return new ControlClient({ answerNanos }, nowNanos);
}

/** What both ends make of their secret. */
export const derivedKey = Uint8Array.from({ length: 16 }, (_, index) => 0xa0 + index);

export function keyedClient(mode: KeyedMode): ControlClient {
  const keyed = { mode, keyId: 'somebody', random: new SeededRandom(2) };
  return new ControlClient({ answerNanos: 0, keyed }, 0);
}

/** A Server that grants everything at once, on the port wished for. */
export function granting(server: ControlServer): (event: ControlServerEvent) => void {
  return (event) => {
    if (event.type === 'key-wanted') server.useKey(derivedKey, 0);
    if (event.type === 'session-requested') server.acceptSession(event.request.receiverPort, someSid, 0);
    if (event.type === 'start-requested') server.startSessions(0);
  };
}

/** A Control-Client that runs rounds of so many sessions each: request, start, stop, again. */
export function running(
  client: ControlClient,
  sessionCounts: readonly number[],
): (event: ControlClientEvent) => void {
  const rounds = [...sessionCounts];
  let accepted = 0;
  const next = (): void => {
    const [wanted] = rounds;
    if (wanted === undefined) return;
    if (accepted < wanted) client.requestSession({ ...someRequest, receiverPort: 20_000 + accepted }, 0);
    else client.startSessions(0);
  };
  return (event) => {
    if (event.type === 'key-wanted') {
      client.useKey(derivedKey, 0);
      return;
    }
    if (event.type === 'session-accepted') accepted += 1;
    if (event.type === 'started') {
      client.stopSessions(accepted, 0);
      accepted = 0;
      rounds.shift();
    }
    next();
  };
}

/** Carries octets to and fro, cut by `cut`, until neither end has more to say. */
export function converse(
  [server, ofServer, byServer]: [
    ControlServer,
    Drained<ControlServerEvent>,
    (event: ControlServerEvent) => void,
  ],
  [client, ofClient, byClient]: [
    ControlClient,
    Drained<ControlClientEvent>,
    (event: ControlClientEvent) => void,
  ],
  cut: (octets: Uint8Array) => Uint8Array[],
): void {
  for (;;) {
    ofServer.drain(server, byServer);
    ofClient.drain(client, byClient);
    const toClient = ofServer.takeOctets();
    const toServer = ofClient.takeOctets();
    if (toClient.length === 0 && toServer.length === 0) return;
    for (const chunk of cut(toClient)) {
      client.receive(chunk, 0);
      ofClient.drain(client, byClient);
    }
    for (const chunk of cut(toServer)) {
      server.receive(chunk, 0);
      ofServer.drain(server, byServer);
    }
  }
}
