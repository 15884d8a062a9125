/** Control channels in binary messages: TFTP, PPTP, portmapper, TWAMP-Control. */
import { parseAddress } from '../address.ts';
import { ipProtocol } from '../ip-protocols.ts';
import type { ControlFollower, Ends } from './control-channel.ts';
import type { Expect } from './expectations.ts';
import { uint16, uint32 } from './octets.ts';

/** TFTP (RFC 1350): the server answers from a port of its own. Only whoever asks knows where from, hence the port. */
export class TftpFollower implements ControlFollower {
  readonly #ends: Ends;
  readonly #clientPort: number;

  constructor(ends: Ends & { readonly initiatorPort: number }) {
    this.#ends = ends;
    this.#clientPort = ends.initiatorPort;
  }

  message(octets: Uint8Array, isReply: boolean, expect: Expect): void {
    const operation = octets.length < 2 ? 0 : uint16(octets, 0);
    if (isReply || (operation !== 1 && operation !== 2)) return;
    const { initiator, responder } = this.#ends;
    expect({
      protocol: ipProtocol.udp,
      source: responder,
      sourcePort: undefined,
      destination: initiator,
      destinationPort: this.#clientPort,
    });
  }
}

const PPTP_MAGIC = 0x1a2b3c4d;
const pptp = { outgoingRequest: 7, outgoingReply: 8, incomingRequest: 9, incomingReply: 10 } as const;
const PPTP_ACCEPTED = 1;

/** PPTP (RFC 2637): each end says the call id that packets of GRE to it bear. */
export class PptpFollower implements ControlFollower {
  readonly #ends: Ends;

  constructor(ends: Ends) {
    this.#ends = ends;
  }

  message(octets: Uint8Array, isReply: boolean, expect: Expect): void {
    if (octets.length < 17 || uint32(octets, 4) !== PPTP_MAGIC) return;
    const type = uint16(octets, 8);
    // A reply has the ids of both ends: of whoever sends it, and of its peer.
    if (type !== pptp.outgoingReply && type !== pptp.incomingReply) return;
    if (octets[16] !== PPTP_ACCEPTED) return;
    const [own, peers] = [uint16(octets, 12), uint16(octets, 14)];
    const { initiator, responder } = this.#ends;
    const [initiatorId, responderId] = isReply ? [peers, own] : [own, peers];
    const call = (forth: boolean): void =>
      expect({
        protocol: ipProtocol.gre,
        source: forth ? initiator : responder,
        sourcePort: forth ? initiatorId : responderId,
        destination: forth ? responder : initiator,
        destinationPort: forth ? responderId : initiatorId,
      });
    call(true);
    call(false);
  }
}

const RPC_CALL = 0;
const RPC_VERSION = 2;
const PORTMAPPER = 100_000;
/** GETPORT in version 2, GETADDR in 3 and 4 (RFC 1833). */
const LOOK_UP = 3;
const LAST_FRAGMENT = 0x8000_0000;

interface Call {
  readonly transaction: number;
  readonly protocol: number;
  /** The answer is an address in text. */
  readonly isUniversal: boolean;
}

/** The portmapper (RFC 1833): a program's port is asked for, and then called. */
export class PortmapperFollower implements ControlFollower {
  readonly #ends: Ends;
  readonly #isTcp: boolean;
  #call: Call | undefined;

  constructor(ends: Ends, isTcp: boolean) {
    this.#ends = ends;
    this.#isTcp = isTcp;
  }

  message(octets: Uint8Array, isReply: boolean, expect: Expect): void {
    // A record of one fragment, which is all that these have.
    if (this.#isTcp && (octets.length < 4 || (uint32(octets, 0) & LAST_FRAGMENT) === 0)) return;
    const words = new RpcReader(octets, this.#isTcp ? 4 : 0);
    if (!isReply) this.#call = callOf(words) ?? this.#call;
    else {
      const call = this.#call;
      const destinationPort = answeredPort(words, call);
      if (call === undefined || destinationPort === undefined) return;
      const { initiator: source, responder: destination } = this.#ends;
      expect({ protocol: call.protocol, source, sourcePort: undefined, destination, destinationPort });
    }
  }
}

/** The port that answers a call; undefined for any other message. */
function answeredPort(words: RpcReader, call: Call | undefined): number | undefined {
  const transaction = words.word();
  const isAccepted = words.word() === 1 && words.word() === 0;
  words.authentication();
  const succeeded = words.word() === 0;
  if (call === undefined || !isAccepted || !succeeded || call.transaction !== transaction) return undefined;
  const port = call.isUniversal ? universalPort(words.text()) : words.word();
  return port !== undefined && port >= 1 && port <= 65_535 ? port : undefined;
}

function callOf(words: RpcReader): Call | undefined {
  const transaction = words.word();
  if (words.word() !== RPC_CALL || words.word() !== RPC_VERSION || words.word() !== PORTMAPPER)
    return undefined;
  const version = words.word();
  if (words.word() !== LOOK_UP || transaction === undefined || version === undefined) return undefined;
  words.authentication();
  words.authentication();
  words.word();
  words.word();
  if (version > 2) {
    const protocol = words.text()?.startsWith('tcp') ? ipProtocol.tcp : ipProtocol.udp;
    return { transaction, protocol, isUniversal: true };
  }
  const protocol = words.word();
  return protocol === undefined ? undefined : { transaction, protocol, isUniversal: false };
}

/** Its last two numbers are the port (RFC 5665, section 5.2.3.3). */
function universalPort(text: string | undefined): number | undefined {
  const [, host, high, low] = /^(.+)\.(\d{1,3})\.(\d{1,3})$/.exec(text ?? '') ?? [];
  try {
    if (host === undefined) return undefined;
    parseAddress(host);
    return Number(high) * 256 + Number(low);
  } catch {
    return undefined;
  }
}

/** XDR, as far as there is any (RFC 4506). */
class RpcReader {
  readonly #octets: Uint8Array;
  #at: number;

  constructor(octets: Uint8Array, at: number) {
    this.#octets = octets;
    this.#at = at;
  }

  word(): number | undefined {
    if (this.#at + 4 > this.#octets.length) return undefined;
    this.#at += 4;
    return uint32(this.#octets, this.#at - 4);
  }

  text(): string | undefined {
    const length = this.word();
    if (length === undefined) return undefined;
    const from = this.#at;
    // Behind what is cut there is nothing.
    this.#at = Math.min(from + Math.ceil(length / 4) * 4, this.#octets.length);
    return from + length > this.#octets.length
      ? undefined
      : Buffer.from(this.#octets.subarray(from, from + length)).toString('latin1');
  }

  authentication(): void {
    this.word();
    this.text();
  }
}

const twamp = { requestSession: 5, requestOctets: 112, acceptOctets: 48, receiverPortAt: 14 } as const;

/** TWAMP-Control without keys (RFC 5357): the answer to Request-TW-Session has the port of the reflector. */
export class TwampFollower implements ControlFollower {
  readonly #ends: Ends;
  #isAsked = false;

  constructor(ends: Ends) {
    this.#ends = ends;
  }

  message(octets: Uint8Array, isReply: boolean, expect: Expect): void {
    if (!isReply) this.#isAsked = octets.length === twamp.requestOctets && octets[0] === twamp.requestSession;
    else if (this.#isAsked && octets.length === twamp.acceptOctets && octets[0] === 0) {
      this.#isAsked = false;
      const { initiator: source, responder: destination } = this.#ends;
      const destinationPort = uint16(octets, 2);
      expect({ protocol: ipProtocol.udp, source, sourcePort: undefined, destination, destinationPort });
    }
  }
}
