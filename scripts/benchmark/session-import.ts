/** Part of the sessions suite: the import of a capture, beside the conversations that tshark finds in it. */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { ipProtocol } from '../../src/services/ip-protocols.ts';
import { ethernet, ip, pcap, tcp, tcpFlags, udp } from '../../test/support/captures.ts';
import type { Workshop } from './programs.ts';
import type { Report } from './report.ts';
import type { Run } from './sessions.ts';
import { median } from './statistics.ts';
import type { Pace } from './suite.ts';

const FRAMES = 1_000_000;
const QUICK_FRAMES = 300_000;
const SESSIONS = 20_000;
const PIECE_OCTETS = 2 ** 20;
const DATA_OCTETS = 260;
const FRAMES_PER_SECOND = 20_000;
const START_SECONDS = 1_795_000_000;
/** Of tshark's time. */
const GOAL = 0.2;
const MEMORY_GOAL_MEBIBYTES = 250;

/** A packet of a session: its first, or the next one forth or back; a third are UDP. */
function packetOf(session: number, isFirst: boolean, isReply: boolean): Uint8Array {
  const ends = [`10.0.${session >>> 8}.${session & 0xff}`, `192.0.2.${session % 250}`] as const;
  const isUdp = isUdpSession(session);
  const ports = [1024 + session, isUdp ? 4000 : 443] as const;
  const [from, to] = isReply ? [ends[1], ends[0]] : ends;
  const [fromPort, toPort] = isReply ? [ports[1], ports[0]] : ports;
  const data = new Uint8Array(DATA_OCTETS);
  const segment = isFirst ? { flags: tcpFlags.syn } : { data };
  const inside = isUdp ? udp(fromPort, toPort, data) : tcp(fromPort, toPort, segment);
  return ethernet(ip(isUdp ? ipProtocol.udp : ipProtocol.tcp, from, to, inside));
}

const isUdpSession = (session: number): boolean => session % 3 === 0;

/** Of Ethernet, IPv4 without options, and TCP. */
const SEQUENCE_AT = 14 + 20 + 4;
const FILE_HEADER_OCTETS = 24;
const FRAME_HEADER_OCTETS = 16;

/** Frames one behind the other: as many sessions, of which each has its next packet, forth and back. */
function* framesOf(frames: number): Generator<Uint8Array> {
  /** Made once for each session and direction; what changes is written into them. */
  const made: Uint8Array[] = [];
  for (let index = 0; index < frames; index += 1) {
    const session = index % SESSIONS;
    const round = Math.floor(index / SESSIONS);
    const place = (round === 0 ? 0 : 1 + (round % 2)) * SESSIONS + session;
    const frame = (made[place] ??= pcap([
      { octets: packetOf(session, round === 0, round % 2 === 1), wallNanos: 0n },
    ]).subarray(FILE_HEADER_OCTETS));
    const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
    view.setUint32(0, START_SECONDS + Math.floor(index / FRAMES_PER_SECOND), true);
    view.setUint32(4, (index % FRAMES_PER_SECOND) * (1_000_000 / FRAMES_PER_SECOND), true);
    if (round > 0 && !isUdpSession(session))
      for (const at of [SEQUENCE_AT, SEQUENCE_AT + 4])
        view.setUint32(FRAME_HEADER_OCTETS + at, (round >>> 1) * DATA_OCTETS);
    yield frame;
  }
}

function writeCapture(path: string, frames: number): void {
  const file = openSync(path, 'w');
  writeSync(file, pcap([]));
  const piece = new Uint8Array(PIECE_OCTETS);
  let end = 0;
  for (const frame of framesOf(frames)) {
    if (end + frame.length > piece.length) {
      writeSync(file, piece, 0, end);
      end = 0;
    }
    piece.set(frame, end);
    end += frame.length;
  }
  writeSync(file, piece, 0, end);
  closeSync(file);
}

const hasTshark = (): boolean => {
  try {
    execFileSync('tshark', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** `run`: a command, to its end. */
export async function measureImport(
  workshop: Workshop,
  program: readonly string[],
  run: (words: readonly string[]) => Promise<Run>,
  pace: Pace,
  report: Report,
): Promise<void> {
  const room = workshop.room();
  const capture = join(room, 'capture.pcap');
  writeCapture(capture, pace.quick ? QUICK_FRAMES : FRAMES);
  const isCompared = hasTshark();
  const [ours, peers]: [Run[], Run[]] = [[], []];
  for (let round = 0; round < (pace.quick ? 1 : 3); round += 1) {
    const line = `request services sessions import ${capture} replace`;
    ours.push(await run([...program, '--state', workshop.room(), '-c', line]));
    const conversations = ['-q', '-n', '-z', 'conv,tcp', '-z', 'conv,udp', '-r', capture];
    if (isCompared) peers.push(await run(['tshark', ...conversations]));
  }
  rmSync(capture);
  const millis = (runs: readonly Run[]): number => median(runs.map((each) => each.millis));
  const add = (id: string, name: string, value: number | undefined, unit: string, rest: object = {}): void =>
    report.add({ id: `sessions/import/${id}`, name: `Import of a capture: ${name}`, value, unit, ...rest });
  add('millis', 'dnrouter -c', millis(ours), 'ms');
  add('tshark', 'tshark -z conv', isCompared ? millis(peers) : undefined, 'ms', {
    remark: isCompared ? '' : 'no tshark here',
  });
  const ratio = isCompared
    ? median(peers.map((peer, round) => ours[round]!.millis / peer.millis))
    : undefined;
  add('ratio', 'of tshark', ratio, '×', { goal: { atMost: GOAL } });
  const peak = Math.max(...ours.map((each) => each.peakOctets)) / 2 ** 20;
  add('memory', 'most resident', peak, 'MiB', { goal: { atMost: MEMORY_GOAL_MEBIBYTES } });
}
