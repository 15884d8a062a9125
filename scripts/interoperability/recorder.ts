/** A TCP relay before a Server: it passes everything on and remembers what the Server said and who closed first. */
import { once } from 'node:events';
import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net';
import {
  AcceptSession,
  ServerGreeting,
  ServerStart,
  SetUpResponse,
  StartAck,
} from '../../src/twamp/messages.ts';

/** What was said on a control connection, and who closed it; undefined: nobody yet. */
export interface Conversation {
  /** The Server's. */
  readonly octets: Uint8Array;
  /** The Control-Client's. */
  readonly asked: Uint8Array;
  readonly closedBy: 'Server' | 'Control-Client' | undefined;
}

export interface Recorder {
  /** Where clients connect instead. */
  readonly port: number;
  /** Of the connection that came last. */
  conversation(): Conversation;
  /** Whether an open Server of one session has said Start-Ack. */
  started(): boolean;
  close(): void;
}

const STARTED_OCTETS = [ServerGreeting, ServerStart, AcceptSession, StartAck].reduce(
  (sum, { octets }) => sum + octets,
  0,
);

/** Relays from a port of `host`, any unless one is given, to the Server at `serverPort` of it. */
export async function record(host: string, serverPort: number, port = 0): Promise<Recorder> {
  let octets: Uint8Array = new Uint8Array();
  let asked: Uint8Array = new Uint8Array();
  let closedBy: Conversation['closedBy'];
  const pass = (from: Socket, to: Socket, name: 'Server' | 'Control-Client'): void => {
    from.on('data', (chunk) => {
      if (name === 'Server') octets = Buffer.concat([octets, chunk]);
      else asked = Buffer.concat([asked, chunk]);
      to.write(chunk);
    });
    from.on('end', () => (closedBy ??= name));
    // Reset.
    from.on('error', () => (closedBy ??= name));
    from.on('close', () => to.end());
  };
  const server = createServer((client) => {
    [octets, asked, closedBy] = [new Uint8Array(), new Uint8Array(), undefined];
    const upstream = createConnection({ host, port: serverPort });
    pass(client, upstream, 'Control-Client');
    pass(upstream, client, 'Server');
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    conversation: () => ({ octets, asked, closedBy }),
    started: () => octets.length >= STARTED_OCTETS,
    close: () => void server.close(),
  };
}

/**
 * `Accept-Session Accept 5, closed by the Control-Client`: the first refusal, if there is one, and the end. Where the
 * connection itself is refused both may close, and who is first says nothing.
 */
export function describeConversation({ octets, closedBy }: Conversation): string {
  const refusal = refusalIn(octets);
  const either = refusal !== undefined && !refusal.startsWith('Accept-Session');
  const closed = either ? 'closed' : `closed by the ${closedBy}`;
  const end = closedBy === undefined ? 'not closed' : closed;
  return refusal === undefined ? end : `${refusal}, ${end}`;
}

/** `Modes 895, Mode 1`: what the Server offered and the Control-Client chose. */
export function describeAgreement({ octets, asked }: Conversation): string {
  const { modes } = ServerGreeting.decode(octets);
  return `Modes ${modes}, Mode ${SetUpResponse.decode(asked).mode}`;
}

/** Reads open mode to the first refusal, and of keyed modes what they leave in clear: up to Server-Start. */
function refusalIn(octets: Uint8Array): string | undefined {
  let rest = octets;
  const take = (length: number): Uint8Array | undefined => {
    if (rest.length < length) return undefined;
    const taken = rest.subarray(0, length);
    rest = rest.subarray(length);
    return taken;
  };
  const greeting = take(ServerGreeting.octets);
  if (greeting === undefined) return undefined;
  if (ServerGreeting.decode(greeting).modes === 0) return 'Server-Greeting Modes 0';
  const start = take(ServerStart.octets);
  if (start === undefined) return undefined;
  const { accept, serverIv } = ServerStart.decode(start);
  if (accept !== 0) return `Server-Start Accept ${accept}`;
  if (serverIv.some((octet) => octet !== 0)) return undefined;
  for (let next = take(AcceptSession.octets); next !== undefined; next = take(AcceptSession.octets)) {
    const session = AcceptSession.decode(next);
    if (session.accept !== 0) return `Accept-Session Accept ${session.accept}`;
  }
  return undefined;
}
