/** Control channels in lines of text: FTP, SIP, MGCP, RTSP, rsh. */
import { parseAddress } from '../address.ts';
import { ipProtocol } from '../ip-protocols.ts';
import type { Address } from '../session.ts';
import type { ControlFollower, Ends } from './control-channel.ts';
import type { Expect } from './expectations.ts';

const PORT_MAX = 65_535;

/** Undefined where it is none, or 0. */
function portOf(text: string | undefined): number | undefined {
  const port = Number(text);
  return port >= 1 && port <= PORT_MAX ? port : undefined;
}

const PORT_PAIR = /(?:\d{1,3},){4}(\d{1,3}),(\d{1,3})/;
const EXTENDED_PORT = /^EPRT (.)[12]\1[^|\s]{2,45}\1(\d{1,5})\1/i;
const EXTENDED_PASSIVE = /^229 .*\((.)\1\1(\d{1,5})\1\)/;

/**
 * FTP (RFC 959, RFC 2428). Data goes between the hosts that talk to each other, whatever address is written: other ones are
 * not followed, as Linux does not either.
 */
export class FtpFollower implements ControlFollower {
  readonly #ends: Ends;

  constructor(ends: Ends) {
    this.#ends = ends;
  }

  line(text: string, isReply: boolean, expect: Expect): void {
    const { initiator, responder } = this.#ends;
    const port = isReply ? passivePort(text) : activePort(text);
    if (port === undefined) return;
    const [source, destination] = isReply ? [initiator, responder] : [responder, initiator];
    expect({ protocol: ipProtocol.tcp, source, sourcePort: undefined, destination, destinationPort: port });
  }
}

function activePort(text: string): number | undefined {
  return /^PORT /i.test(text) ? pairOf(text) : portOf(EXTENDED_PORT.exec(text)?.[2]);
}

function passivePort(text: string): number | undefined {
  return text.startsWith('227 ') ? pairOf(text) : portOf(EXTENDED_PASSIVE.exec(text)?.[2]);
}

function pairOf(text: string): number | undefined {
  const [, high, low] = PORT_PAIR.exec(text) ?? [];
  return portOf(String(Number(high) * 256 + Number(low)));
}

const SDP_ADDRESS = /^c=IN IP[46] ([0-9A-Fa-f.:]{2,45})/;
const SDP_MEDIA = /^m=\S+ (\d{1,5})/;

/** What one end has said of where it listens. */
interface Described {
  address: Address | undefined;
  port: number | undefined;
}

/** SIP with SDP (RFC 3261, RFC 4566): RTP goes to the port that is described, RTCP to the next one. */
export class SipFollower implements ControlFollower {
  readonly #described: readonly [Described, Described] = [nothing(), nothing()];

  line(text: string, isReply: boolean, expect: Expect): void {
    const described = this.#described[isReply ? 1 : 0];
    if (text.startsWith('v=')) Object.assign(described, nothing());
    const address = SDP_ADDRESS.exec(text)?.[1];
    const port = portOf(SDP_MEDIA.exec(text)?.[1]);
    if (address === undefined && port === undefined) return;
    if (address !== undefined) described.address = addressOf(address);
    if (port !== undefined) described.port = port;
    // An address may stand before the media, for all, or behind one of them.
    if (described.address === undefined || described.port === undefined) return;
    expectPair(undefined, described.address, described.port, described.port + 1, expect);
  }
}

/** Commands that describe a connection, and answers that say that a command was done (RFC 3435, sections 2.3 and 2.4). */
const MGCP_DESCRIBING = /^(?:(?:CRCX|MDCX) \d{1,9} |200 \d{1,9}(?: |$))/i;
const MGCP_OTHER = /^(?:[A-Z][A-Z0-9]{3} \d{1,9} |\d{3} \d{1,9}(?: |$))/i;

/** MGCP with SDP (RFC 3435): a connection is described when it is made or changed, and by whoever has done it. */
export class MgcpFollower implements ControlFollower {
  readonly #sdp = new SipFollower();
  /** Whether the last message of either end may describe one; several may be in a datagram. */
  readonly #isDescribing: [boolean, boolean] = [false, false];

  line(text: string, isReply: boolean, expect: Expect): void {
    const side = isReply ? 1 : 0;
    if (MGCP_DESCRIBING.test(text)) this.#isDescribing[side] = true;
    else if (MGCP_OTHER.test(text)) this.#isDescribing[side] = false;
    else if (this.#isDescribing[side]) this.#sdp.line(text, isReply, expect);
  }
}

const nothing = (): Described => ({ address: undefined, port: undefined });

function addressOf(text: string): Address | undefined {
  try {
    return parseAddress(text);
  } catch {
    return undefined;
  }
}

function expectPair(
  source: Address | undefined,
  destination: Address,
  first: number,
  last: number,
  expect: Expect,
): void {
  for (const destinationPort of new Set([first, last])) {
    if (destinationPort > PORT_MAX) continue;
    expect({ protocol: ipProtocol.udp, source, sourcePort: undefined, destination, destinationPort });
  }
}

const CLIENT_PORTS = /client_port=(\d{1,5})(?:-(\d{1,5}))?/;
const SERVER_PORTS = /server_port=(\d{1,5})(?:-(\d{1,5}))?/;

/** RTSP (RFC 2326): a transport names the ports of both ends, the answer to SETUP those of the server. */
export class RtspFollower implements ControlFollower {
  readonly #ends: Ends;

  constructor(ends: Ends) {
    this.#ends = ends;
  }

  line(text: string, _isReply: boolean, expect: Expect): void {
    if (!/^Transport:/i.test(text)) return;
    const { initiator, responder } = this.#ends;
    const announce = (match: RegExpExecArray | null, source: Address, destination: Address): void => {
      const port = portOf(match?.[1]);
      if (port !== undefined) expectPair(source, destination, port, portOf(match?.[2]) ?? port, expect);
    };
    announce(CLIENT_PORTS.exec(text), responder, initiator);
    announce(SERVER_PORTS.exec(text), initiator, responder);
  }
}

/** rsh (rcmd(3)): the client first says the port for the error output, in digits that a zero ends. */
export class RshFollower implements ControlFollower {
  readonly #ends: Ends;
  #hasBegun = false;

  constructor(ends: Ends) {
    this.#ends = ends;
  }

  message(octets: Uint8Array, isReply: boolean, expect: Expect): void {
    if (isReply || this.#hasBegun) return;
    this.#hasBegun = true;
    const [, digits] = /^(\d{1,5})\0/.exec(Buffer.from(octets.subarray(0, 6)).toString('latin1')) ?? [];
    const destinationPort = portOf(digits);
    if (destinationPort === undefined) return;
    const { initiator, responder } = this.#ends;
    expect({
      protocol: ipProtocol.tcp,
      source: responder,
      sourcePort: undefined,
      destination: initiator,
      destinationPort,
    });
  }
}
