/** Finds the sessions in the frames of a capture, as Linux' connection tracking would have, had it seen them. */
import { WALL_NANOS_PER_SECOND } from '../../clock.ts';
import { connectionStatus, type Connection, type Counters, type Tuple } from '../conntrack/connection.ts';
import { ipProtocol } from '../ip-protocols.ts';
import type { Address } from '../session.ts';
import type { Frame } from './frame.ts';
import { ControlBudget, ControlChannel } from './control-channel.ts';
import { controlProtocolOf } from './control-protocols.ts';
import { Expectations, type Expectation } from './expectations.ts';
import { fingerprintOf } from './fingerprint.ts';
import { Fragments } from './fragments.ts';
import { isIcmp, Packet, type PassedReason } from './packet.ts';
import { TcpHeader, TrackedSession } from './tracked-session.ts';
import { KEY_WORDS, keyWord, TupleTable } from './tuple-table.ts';

/** Sessions that are followed at once; further ones are left out. Linux' own bound, where there is memory for it. */
export const TRACKED_SESSIONS_MAX = 262_144;

/** Sessions looked at with each frame, whether they are over. */
const SWEPT = 2;

/** A session as it is known when it, or the capture, has ended. */
export interface CapturedSession {
  readonly connection: Connection;
  /** Of the first packet, for pairing. */
  readonly fingerprint: number;
  readonly hops: number;
  readonly startSeconds: number;
  readonly startNanos: number;
  /** How far the first packet of the master had come. */
  readonly masterHops: number | undefined;
}

export interface TrackerParts {
  /** Of the table's hash. */
  readonly seed: number;
  readonly hear: (session: CapturedSession) => void;
  readonly sessionsMax?: number;
  readonly callsMax?: number;
}

export type PassedCounts = Readonly<Partial<Record<PassedReason, number>>>;

const isKnownPort = (port: number): boolean => port < 1024;

export class SessionTracker {
  readonly #hear: TrackerParts['hear'];
  readonly #sessionsMax: number;
  readonly #callsMax: number;
  readonly #table: TupleTable<TrackedSession>;
  /** Call ids of the sender, by both ends and the receiver's. */
  readonly #calls: TupleTable<{ id: number }>;
  readonly #callKey = new Uint32Array(KEY_WORDS);
  readonly #expectations = new Expectations<TrackedSession>();
  readonly #fragments = new Fragments<TrackedSession>();
  readonly #budget = new ControlBudget();
  readonly #packet = new Packet();
  readonly #header = new TcpHeader();
  readonly #passed: Partial<Record<PassedReason, number>> = {};
  /** The latest time there was. */
  #endSeconds = 0;
  #endNanos = 0;
  #swept = 0;

  constructor({ seed, hear, sessionsMax = TRACKED_SESSIONS_MAX, callsMax = CALLS_MAX }: TrackerParts) {
    this.#hear = hear;
    this.#sessionsMax = sessionsMax;
    this.#callsMax = callsMax;
    this.#table = new TupleTable(seed);
    this.#calls = new TupleTable(seed);
  }

  /** Frames of no session, by the reason. */
  get passed(): PassedCounts {
    return this.#passed;
  }

  /** Lines of control channels, and announcements, that were left out because there were too many. */
  get unfollowed(): number {
    return this.#budget.lost + this.#expectations.lost;
  }

  take(frame: Frame): void {
    this.#advance(frame);
    const reason = this.#track(frame);
    if (reason !== undefined) this.#passed[reason] = (this.#passed[reason] ?? 0) + 1;
  }

  /** The capture has ended: what is left lives at its last instant, or was over before. */
  end(): void {
    for (let entry = 0; entry < this.#table.bound; entry += 1) {
      const session = this.#table.at(entry);
      if (session !== undefined) this.#release(session, session.isOverAt(this.#endSeconds, this.#endNanos));
    }
  }

  #track(frame: Frame): PassedReason | undefined {
    const packet = this.#packet;
    const reason = packet.read(frame);
    if (reason !== undefined) return reason;
    if (packet.isFirstFragment === false) return this.#addFragment();
    if (packet.hasCallId) {
      packet.setCallKey();
      packet.sourcePort = this.#calls.find(packet.key)?.id ?? 0;
    }
    packet.setKey();
    const isTcp = packet.protocol === ipProtocol.tcp;
    const header = isTcp && this.#header.read(packet) ? this.#header : undefined;
    const session = this.#found(header) ?? this.#begun(frame, header);
    if (typeof session === 'string') return session;
    if (!session.take(packet, header)) return 'seen-before';
    if (packet.isFirstFragment === true) this.#countFragments(session);
    if (session.channel !== undefined) this.#followControl(session, session.channel, header);
    // Refused: it is forgotten with this packet.
    if (session.lifetimeSeconds === 0) this.#release(session, true);
    return undefined;
  }

  #advance({ seconds, nanos }: Frame): void {
    if (seconds > this.#endSeconds || (seconds === this.#endSeconds && nanos > this.#endNanos)) {
      this.#endSeconds = seconds;
      this.#endNanos = nanos;
    }
    for (let count = 0; count < SWEPT; count += 1) {
      this.#swept = this.#swept + 1 < this.#table.bound ? this.#swept + 1 : 0;
      const session = this.#table.at(this.#swept);
      if (session?.isOverAt(seconds, nanos) === true) this.#release(session, true);
    }
  }

  /** The session of the packet; undefined where there is none, or it is over. */
  #found(header: TcpHeader | undefined): TrackedSession | undefined {
    const { key, seconds, nanos } = this.#packet;
    const session = this.#table.find(key);
    if (session === undefined) return undefined;
    const isOver = session.isOverAt(seconds, nanos);
    if (!isOver && !(header?.segment === 'syn' && session.isReopened)) return session;
    if (!isOver) this.#shorten(session);
    this.#release(session, true);
    return undefined;
  }

  /** It ends with this packet, which is not its own. */
  #shorten(session: TrackedSession): void {
    session.lastSeconds = this.#packet.seconds;
    session.lastNanos = this.#packet.nanos;
    session.lifetimeSeconds = 0;
  }

  #begun(frame: Frame, header: TcpHeader | undefined): TrackedSession | PassedReason {
    const packet = this.#packet;
    if (packet.isAnswer === true) return 'no-session';
    const isReply = header !== undefined && isOfResponder(packet, header);
    // Neither begins a connection, nor can be of one that goes on.
    if (header !== undefined && (header.segment ?? 'fin') === 'fin') return 'no-session';
    if (header?.segment === 'rst') return 'no-session';
    if (this.#table.size >= this.#sessionsMax) return 'too-many';
    const session = new TrackedSession(packet, frame.number, packet.isSwapped !== isReply);
    session.entry = this.#table.add(packet.key, session);
    session.fingerprint = fingerprintOf(packet);
    this.#introduce(session);
    return session;
  }

  /** Sees whether it is a control channel, or was announced on one. */
  #introduce(session: TrackedSession): void {
    const { protocol } = session;
    const port = this.#port(session, true);
    const control = controlProtocolOf(protocol, port);
    if (control === undefined && this.#expectations.isEmpty) return;
    const tuple = this.#tuple(session, false);
    const { source: initiator, destination: responder } = tuple;
    const now = session.startSeconds;
    session.master = this.#expectations.meet(protocol, initiator, responder, port, now);
    if (control === undefined) return;
    session.control = control;
    session.tuple = tuple;
    const ends = { protocol, initiator, responder, initiatorPort: this.#port(session, false) };
    if (control.follow !== undefined)
      session.channel = new ControlChannel(protocol, control.follow(ends), this.#budget);
  }

  #followControl(session: TrackedSession, channel: ControlChannel, header: TcpHeader | undefined): void {
    const { octets, start, end, payloadOctets, isSwapped, isFirstFragment } = this.#packet;
    const isReply = isSwapped !== session.isSwapped;
    const expect = (expectation: Expectation): void => this.#expect(session, expectation);
    if (session.protocol !== ipProtocol.tcp) {
      if (end - start > UDP_OCTETS && isFirstFragment === undefined)
        channel.take(
          octets.subarray(start + UDP_OCTETS, end),
          payloadOctets - UDP_OCTETS,
          0,
          isReply,
          expect,
        );
    } else if (header !== undefined) {
      const data = octets.subarray(Math.min(header.dataAt, end), end);
      channel.take(data, header.dataOctets, header.sequence, isReply, expect);
    }
  }

  #expect(master: TrackedSession, expectation: Expectation): void {
    this.#expectations.add(expectation, master, this.#packet.seconds);
    const { source, sourcePort, destination, destinationPort } = expectation;
    if (sourcePort === undefined || source === undefined) return;
    const key = this.#callKey;
    setWords(key, keyWord.first, source);
    setWords(key, keyWord.second, destination);
    key[keyWord.ports] = destinationPort;
    key[keyWord.kind] = typeof source === 'number' ? 0 : 1;
    const call = this.#calls.find(key);
    if (call !== undefined) call.id = sourcePort;
    else if (this.#calls.size < this.#callsMax) this.#calls.add(key, { id: sourcePort });
    else this.#expectations.lost += 1;
  }

  /** Behind the first, fragments count for their octets: together they are one packet. */
  #addFragment(): PassedReason | undefined {
    const packet = this.#packet;
    const found = this.#fragments.find(packet);
    if (found === undefined) return 'fragment';
    const side = found.isReply ? found.session.reply : found.session.original;
    if (side.place !== packet.place) return 'seen-before';
    side.octets += packet.payloadOctets;
    return undefined;
  }

  #countFragments(session: TrackedSession): void {
    const packet = this.#packet;
    this.#fragments.add(packet, session, packet.isSwapped !== session.isSwapped);
  }

  /** Gives it away, and forgets it. */
  #release(session: TrackedSession, isOver: boolean): void {
    this.#hear({
      connection: this.#connection(session, isOver),
      fingerprint: session.fingerprint,
      hops: session.hops,
      startSeconds: session.startSeconds,
      startNanos: session.startNanos,
      masterHops: session.master?.hops,
    });
    session.channel?.close();
    session.channel = undefined;
    this.#table.remove(session.entry);
    session.entry = -1;
  }

  #connection(session: TrackedSession, isOver: boolean): Connection {
    const { control, master, startSeconds, startNanos } = session;
    const last = instantOf(session.lastSeconds, session.lastNanos);
    return {
      id: session.frame,
      status: statusOf(session),
      original: session.tuple ?? this.#tuple(session, false),
      reply: this.#tuple(session, true),
      originalCounters: countersOf(session.original),
      replyCounters: countersOf(session.reply),
      timeoutSeconds: isOver ? undefined : this.#left(session),
      mark: 0,
      zone: 0,
      helper: control?.helper,
      master: master?.tuple,
      masterHelper: master?.control?.childHelper,
      startedWallNanos:
        startSeconds === 0 && startNanos === 0 ? undefined : instantOf(startSeconds, startNanos),
      endedWallNanos: isOver ? last + BigInt(session.lifetimeSeconds) * WALL_NANOS_PER_SECOND : undefined,
    };
  }

  /** Whole seconds, at the last instant of the capture. */
  #left({ lastSeconds, lastNanos, lifetimeSeconds }: TrackedSession): number {
    const passed = this.#endSeconds - lastSeconds + (this.#endNanos > lastNanos ? 1 : 0);
    return Math.max(0, lifetimeSeconds - passed);
  }

  /** One direction, out of its entry in the table. */
  #tuple(session: TrackedSession, isReply: boolean): Tuple {
    const { protocol } = session;
    const [from, to] =
      session.isSwapped === isReply ? [keyWord.first, keyWord.second] : [keyWord.second, keyWord.first];
    const hasPorts = withPorts.has(protocol);
    const isQuery = isIcmp(protocol);
    return {
      protocol,
      source: this.#address(session, from),
      destination: this.#address(session, to),
      sourcePort: hasPorts ? this.#port(session, isReply) : undefined,
      destinationPort: hasPorts ? this.#port(session, !isReply) : undefined,
      icmpId: isQuery ? this.#port(session, false) : undefined,
    };
  }

  /** Of the initiator, or of the responder. */
  #port({ entry, isSwapped }: TrackedSession, isResponder: boolean): number {
    const ports = this.#table.word(entry, keyWord.ports);
    return isSwapped === isResponder ? ports >>> 16 : ports & 0xffff;
  }

  #address({ entry }: TrackedSession, at: number): Address {
    const first = this.#table.word(entry, at);
    if ((this.#table.word(entry, keyWord.kind) & 1) === 0) return first;
    const octets = new Uint8Array(16);
    const view = new DataView(octets.buffer);
    for (let word = 0; word < 4; word += 1) view.setUint32(4 * word, this.#table.word(entry, at + word));
    return octets;
  }
}

const UDP_OCTETS = 8;

/** Tunnels of PPTP whose call ids are known. */
export const CALLS_MAX = 65_536;

const instantOf = (seconds: number, nanos: number): bigint =>
  BigInt(seconds) * WALL_NANOS_PER_SECOND + BigInt(nanos);

const countersOf = ({ frames, octets }: { frames: number; octets: number }): Counters => ({
  packets: frames,
  octets,
});

/** Those that have ports, or call ids. */
const withPorts: ReadonlySet<number> = new Set([
  ipProtocol.tcp,
  ipProtocol.udp,
  ipProtocol.udplite,
  ipProtocol.sctp,
  ipProtocol.dccp,
  ipProtocol.gre,
]);

function statusOf({ isReplied, isAssured, master, control }: TrackedSession): number {
  return (
    connectionStatus.confirmed |
    (isReplied ? connectionStatus.seenReply : 0) |
    (isAssured ? connectionStatus.assured : 0) |
    (master === undefined ? 0 : connectionStatus.expected) |
    (control?.helper === undefined ? 0 : connectionStatus.helper)
  );
}

/** Whether the first packet of a connection that was seen is an answer: a SYN-ACK, or one from a known port. */
function isOfResponder({ sourcePort, destinationPort }: Packet, { segment }: TcpHeader): boolean {
  if (segment === 'syn-ack') return true;
  return segment === 'ack' && isKnownPort(sourcePort) && !isKnownPort(destinationPort);
}

function setWords(key: Uint32Array, at: number, address: Address): void {
  if (typeof address === 'number') {
    key.fill(0, at, at + 4);
    key[at] = address;
    return;
  }
  const view = new DataView(address.buffer, address.byteOffset, address.length);
  for (let word = 0; word < 4; word += 1) key[at + word] = view.getUint32(4 * word);
}
