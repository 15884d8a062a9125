/** A measurement with twping: test sessions with one peer, from the way there to the figures. */
import { NANOS_PER_SECOND, type Clock, type Timer, type Timers } from '../clock.ts';
import type { Capabilities, PacingError, PortRange, SampleBatch, SenderRun } from '../datapath/datapath.ts';
import type { IpVersion } from '../twamp/address-field.ts';
import { modeFeatures, type KeyedMode } from '../twamp/protocol.ts';
import type { TimestampFormat } from '../twamp/timestamp.ts';
import { LOGGED_PACKETS_MAX, PacketLog, type LoggedPacket } from '../twamp/packet-log.ts';
import { Statistics, type Summary } from '../twamp/statistics.ts';
import { IntervalStatistics } from '../twamp/interval-statistics.ts';
import { abortable, type Credentials } from './client.ts';
import { hmacKeyOf } from './light-services.ts';
import { MeasurementError } from './measurement-error.ts';
import type { RoutingInstance, RoutingInstances } from './routing-instances.ts';
import { Sampler, type KeptSamples, type OnSamples, type SampledSession } from './sampler.ts';
import type { EndReason } from './sessions.ts';
import { openStampPlace } from './stamp-peer.ts';
import { findingsOf, type TlvFindings } from './tlv-findings.ts';
import {
  endReasons,
  openPlace,
  TestRound,
  type RoundEnding,
  type RoundParts,
  type RoundPlace,
  type RoundSession,
  type SessionPlan,
} from './test-round.ts';
import type { Endpoint } from './transport.ts';

export interface TwpingRequest {
  /** A name or an address. */
  readonly host: string;
  /** TCP, of the Server; with `light` UDP, of the reflector. */
  readonly port: number;
  /** Measure with packets of STAMP and without a control connection. */
  readonly light?: { readonly ssid: number } | undefined;
  /** What is asked of a reflector of STAMP with every packet (RFC 8972 §4). */
  readonly tlvs?: SenderRun['tlvs'];
  /** The name of the routing instance to measure in. */
  readonly routingInstance: string;
  /** Undefined: the one that the routing table picks. */
  readonly sourceAddress?: string | undefined;
  /** Leave by this network interface, not by the routing instance's table. */
  readonly device?: string | undefined;
  /** Undefined: whichever the host has. */
  readonly ipVersion?: IpVersion | undefined;
  /** Of test packets and of their replies. */
  readonly dscp: number;
  /** Packets in each session. */
  readonly count: number;
  readonly sessionCount: number;
  readonly intervalNanos: number;
  /** Intervals are random, and `intervalNanos` is their mean. */
  readonly exponential?: boolean | undefined;
  /** From the start of the sessions to the first packet; undefined: START_DELAY_NANOS. */
  readonly startDelayNanos?: number | undefined;
  readonly paddingOctets: number;
  readonly paddingFill?: SessionPlan['paddingFill'];
  /** The whole padding comes back, if the Server can do that (RFC 6038 §3). */
  readonly reflectOctets?: boolean | undefined;
  /** Packets are at least as long as their replies, if the Server can do that (RFC 6038 §4.1.2). */
  readonly symmetricalSize?: boolean | undefined;
  /** Replies tell the DSCP and ECN that packets arrived with, if the Server can do that (RFC 7750). */
  readonly dscpMonitoring?: boolean | undefined;
  /** Of our stamps and, if the Server can do that, of the reflector's (RFC 8186); a STAMP reflector has its own. */
  readonly timestampFormat?: TimestampFormat | undefined;
  /** How long a reply is waited for. */
  readonly timeoutNanos: number;
  /** Undefined: unauthenticated mode. */
  readonly user?: { readonly mode: KeyedMode; readonly keyId: string } | undefined;
  /** Where test packets are sent from; undefined: as configured. */
  readonly ports?: PortRange | undefined;
  /** Keep every packet; `count` times `sessionCount` is then at most LOGGED_PACKETS_MAX. */
  readonly raw?: boolean | undefined;
  /** How often the figures since the last time are wanted; undefined: at no time. */
  readonly sampleNanos?: number | undefined;
  /** What to report beside the median. */
  readonly percentiles?: readonly number[] | undefined;
}

/** What the configuration says of our side. */
export interface ClientSettings {
  /** By KeyID. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Where test packets are sent from. */
  readonly ports: PortRange;
}

/** All sessions together. */
export interface Progress {
  readonly planned: number;
  readonly sent: number;
  readonly received: number;
  /** Until the results are there at the latest. */
  readonly remainingNanos: number;
}

export interface MeasuredSession {
  readonly sender: Endpoint;
  readonly reflector: Endpoint;
  /** 32 hexadecimal digits; undefined: it is a session of STAMP … */
  readonly sid: string | undefined;
  /** … and has this instead; 0: none. */
  readonly ssid: number | undefined;
  readonly summary: Summary;
  /** What its TLVs have told; without any, nothing. */
  readonly tlvs: TlvFindings;
  /** The DSCP that its packets left with. */
  readonly dscp: number;
  /** Replies that came and were counted, but are in no figure: we were too slow to take them. */
  readonly samplesLost: number;
  readonly instrument: Instrument;
  /** Undefined unless they were asked for. */
  readonly packets: Iterable<LoggedPacket> | undefined;
  /** Undefined unless they were asked for. */
  readonly sampled: KeptSamples | undefined;
  /** Replies that are not among the packets: a few copies of each find room. */
  readonly packetsOmitted: number;
}

/** What is known of the error of our own end. */
export interface Instrument {
  readonly stamps: Capabilities['stamps'];
  /** Undefined when nothing was sent. */
  readonly pacing: PacingError | undefined;
  /** Replies that the kernel dropped because we did not fetch them in time; undefined: it cannot tell. */
  readonly kernelDrops: number | undefined;
}

export interface Measurement {
  readonly sessions: readonly MeasuredSession[];
  /** All but `complete` are cut short: the figures are those so far. */
  readonly ending: RoundEnding;
}

export interface MeasurementParts extends RoundParts {
  readonly instances: RoutingInstances;
  readonly client: ClientSettings;
}

export interface MeasurementOptions {
  /** Aborted when the person gives up: the sessions end, and what was measured so far is the result. */
  readonly signal: AbortSignal;
  /** Called when the sessions start and every second from then on. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Called with a sample of each session, if they were asked for. */
  readonly onSamples?: OnSamples | undefined;
}

/** Measures. Rejects with MeasurementError when not every session could be started, and with StoreError. */
export async function measure(
  request: TwpingRequest,
  parts: MeasurementParts,
  options: MeasurementOptions,
): Promise<Measurement> {
  const instance = instanceOf(request, parts);
  const { raw = false, count, sessionCount } = request;
  if (raw && count * sessionCount > LOGGED_PACKETS_MAX)
    throw new MeasurementError('too-many-to-log', { maximum: LOGGED_PACKETS_MAX });
  const place = await placeOf(request, instance, parts, options.signal);
  const twping = new Twping(request, parts, place);
  let reason: EndReason = 'refused';
  try {
    await abortable(twping.setUp(), options.signal);
    const measurement = await twping.run(options);
    reason = endReasons[measurement.ending];
    return measurement;
  } catch (error) {
    if (error instanceof MeasurementError && error.code === 'interrupted') reason = 'interrupted';
    throw error;
  } finally {
    await twping.close(reason);
  }
}

/** A network interface is bound to as a VRF device is. */
function instanceOf(
  { routingInstance: name, device }: TwpingRequest,
  { instances, transport }: MeasurementParts,
): RoutingInstance {
  const instance = instances.get(name);
  if (instance === undefined) throw new MeasurementError('no-such-instance', { name });
  if (device === undefined) return instance;
  const vrf = { kind: 'device', name: device } as const;
  const obstacle = device.includes('/') ? 'no-such-device' : transport.obstacleIn(vrf);
  if (obstacle === 'no-such-device') throw new MeasurementError('no-such-interface', { name: device });
  if (obstacle !== undefined) throw new MeasurementError(obstacle);
  return { name, vrf };
}

async function placeOf(
  request: TwpingRequest,
  instance: RoutingInstance,
  parts: MeasurementParts,
  signal: AbortSignal,
): Promise<RoundPlace> {
  const credentials = credentialsOf(request.user, parts.client);
  if (request.light === undefined) {
    const to = { ...request, credentials, features: featuresWantedBy(request) };
    return openPlace(to, instance, parts, signal);
  }
  const hmacKey = credentials && hmacKeyOf(credentials.secret);
  // Of no matter to who sends: replies show whose numbers they have.
  const reflector = 'stateless';
  const { timestampFormat } = request;
  const stamp = { reflector, ssid: request.light.ssid, timestampFormat, hmacKey } as const;
  return openStampPlace(request, stamp, instance, parts.transport, signal);
}

function featuresWantedBy(request: TwpingRequest): number {
  return (
    (request.reflectOctets === true ? modeFeatures.reflectOctets : 0) |
    (request.symmetricalSize === true ? modeFeatures.symmetricalSize : 0) |
    (request.dscpMonitoring === true ? modeFeatures.dscpAndEcnMonitoring : 0) |
    (request.timestampFormat === 'ptpv2' ? modeFeatures.ptpv2Timestamps : 0)
  );
}

function credentialsOf(user: TwpingRequest['user'], { secrets }: ClientSettings): Credentials | undefined {
  if (user === undefined) return undefined;
  const secret = secrets.get(user.keyId);
  if (secret === undefined) throw new MeasurementError('no-such-user', { name: user.keyId });
  return { ...user, secret };
}

/** A session of the round, and the figures of its samples. */
interface TwpingSession {
  readonly session: RoundSession;
  readonly statistics: Statistics;
  readonly log: PacketLog | undefined;
}

class Twping {
  readonly #request: TwpingRequest;
  readonly #clock: Clock & Timers;
  readonly #ports: PortRange;
  readonly #place: RoundPlace;
  readonly #round: TestRound;
  readonly #sessions: TwpingSession[] = [];
  /** All of them, if samples are wanted. */
  readonly #sampled: SampledSession[] = [];
  #settingUp: Promise<void> = Promise.resolve();

  constructor(request: TwpingRequest, parts: MeasurementParts, place: RoundPlace) {
    this.#request = request;
    this.#clock = parts.clock;
    this.#ports = request.ports ?? parts.client.ports;
    this.#place = place;
    this.#round = new TestRound(place, parts, request.startDelayNanos);
  }

  /** Requests and starts the sessions: all of them, or it rejects. */
  setUp(): Promise<void> {
    this.#settingUp = this.#openSessions();
    return this.#settingUp;
  }

  /** Sends, waits, stops. */
  async run({ signal, onProgress, onSamples }: MeasurementOptions): Promise<Measurement> {
    const stopProgress = this.#reportProgress(onProgress);
    const sampler = this.#sampler(onSamples);
    let ending: RoundEnding;
    try {
      ending = await this.#round.run(signal);
    } finally {
      stopProgress();
      sampler?.stop();
    }
    const sampled = await sampler?.finish();
    const { percentiles } = this.#request;
    const sessions = this.#sessions.map((session, index) => measured(session, percentiles, sampled?.[index]));
    return { sessions, ending };
  }

  /** Whatever happened: ends what is still open. */
  async close(reason: EndReason): Promise<void> {
    const closed = this.#place.peer.close();
    // Given up in its midst, it fails with the connection, but may just have bound a port.
    await this.#settingUp.catch(() => undefined);
    await this.#round.close(reason);
    await closed;
    this.#place.control?.end(reason);
  }

  async #openSessions(): Promise<void> {
    while (this.#sessions.length < this.#request.sessionCount) {
      const interval = this.#request.sampleNanos === undefined ? undefined : new IntervalStatistics();
      const replyNumbers = this.#request.light === undefined ? 'from-zero' : 'any';
      const statistics = new Statistics(replyNumbers, interval && ((nanos) => interval.add(nanos)));
      const log = this.#request.raw ? new PacketLog(this.#request.count) : undefined;
      const onSamples = (samples: SampleBatch): void => {
        statistics.add(samples);
        log?.add(samples);
      };
      const session = await this.#round.request({ ...this.#request, ports: this.#ports, onSamples });
      this.#sessions.push({ session, statistics, log });
      if (interval) this.#sampled.push({ session, statistics, interval });
    }
    await this.#round.start();
  }

  #sampler(onSamples: MeasurementOptions['onSamples']): Sampler | undefined {
    const { sampleNanos, timeoutNanos } = this.#request;
    if (sampleNanos === undefined) return undefined;
    const sampling = { intervalNanos: sampleNanos, startNanos: this.#round.startNanos, timeoutNanos };
    return new Sampler(this.#sampled, this.#clock, sampling, onSamples);
  }

  /** Gives the function that ends the reports. */
  #reportProgress(onProgress: MeasurementOptions['onProgress']): () => void {
    const clock = this.#clock;
    const { count, sessionCount, intervalNanos, timeoutNanos } = this.#request;
    const endNanos = this.#round.startNanos + count * intervalNanos + timeoutNanos;
    let timer: Timer | undefined;
    const report = (): void => {
      const counters = this.#sessions.map(({ session }) => session.sender.counters());
      const nowNanos = clock.monoNanos();
      onProgress?.({
        planned: count * sessionCount,
        sent: counters.reduce((sum, { sent }) => sum + sent, 0),
        received: counters.reduce((sum, { received }) => sum + received, 0),
        remainingNanos: Math.max(0, endNanos - nowNanos),
      });
      timer = clock.at(nowNanos + NANOS_PER_SECOND, report);
    };
    if (onProgress !== undefined) report();
    return () => timer?.cancel();
  }
}

function measured(
  { session, statistics, log }: TwpingSession,
  percentiles: TwpingRequest['percentiles'],
  sampled: KeptSamples | undefined,
): MeasuredSession {
  const { sender, local, reflector, sid, packets, samplesLost } = session;
  const counters = sender.counters();
  const awaitedFrom = sender.awaitedFrom();
  const { stamps } = sender.capabilities;
  return {
    sender: local,
    reflector,
    sid,
    ssid: packets.stamp?.ssid,
    summary: statistics.summary({ ...counters, awaitedFrom, percentiles }),
    tlvs: findingsOf(sender.tlvs()),
    dscp: session.plan.dscp,
    samplesLost,
    sampled,
    packets: log && { [Symbol.iterator]: () => log.packets({ ...counters, awaitedFrom }) },
    packetsOmitted: log?.omitted ?? 0,
    instrument: {
      stamps,
      pacing: sender.pacing(),
      kernelDrops: stamps === 'kernel' ? counters.kernelDrops : undefined,
    },
  };
}
