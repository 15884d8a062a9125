/** Part of the sessions suite: the import of a capture, beside the conversations that tshark finds in it. */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { ipProtocol } from '../../src/services/ip-protocols.ts';
import { ethernet, ip, pcap, tcp, tcpFlags, udp, type CapturedFrame } from '../../test/support/captures.ts';
import type { Workshop } from './programs.ts';
import type { Report } from './report.ts';
import type { Run } from './sessions.ts';
import { median } from './statistics.ts';
import type { Pace } from './suite.ts';

const FRAMES = 1_000_000;
const QUICK_FRAMES = 300_000;
const SESSIONS = 20_000;
const FRAMES_AT_ONCE = 5000;
const DATA_OCTETS = 260;
const FRAMES_PER_SECOND = 20_000;
const START_SECONDS = 1_795_000_000;
/** Of tshark's time. */
const GOAL = 0.2;
const MEMORY_GOAL_MEBIBYTES = 250;

/** As many sessions of which each has its next packet, forth and back; a third are UDP. */
function frameAt(index: number): CapturedFrame {
  const session = index % SESSIONS;
  const round = Math.floor(index / SESSIONS);
  const ends = [`10.0.${session >>> 8}.${session & 0xff}`, `192.0.2.${session % 250}`] as const;
  const isReply = round % 2 === 1;
  const [from, to] = isReply ? [ends[1], ends[0]] : ends;
  const isUdp = session % 3 === 0;
  const ports = [1024 + session, isUdp ? 4000 : 443] as const;
  const [fromPort, toPort] = isReply ? [ports[1], ports[0]] : ports;
  const data = new Uint8Array(DATA_OCTETS);
  const sequence = (round >>> 1) * DATA_OCTETS;
  const segment = round === 0 ? { flags: tcpFlags.syn } : { sequence, acknowledged: sequence, data };
  const inside = isUdp ? udp(fromPort, toPort, data) : tcp(fromPort, toPort, segment);
  const packet = ip(isUdp ? ipProtocol.udp : ipProtocol.tcp, from, to, inside);
  const wallNanos =
    BigInt(START_SECONDS) * 1_000_000_000n + BigInt(index) * (1_000_000_000n / BigInt(FRAMES_PER_SECOND));
  return { octets: ethernet(packet), wallNanos };
}

const FILE_HEADER_OCTETS = 24;

function writeCapture(path: string, frames: number): void {
  const file = openSync(path, 'w');
  writeSync(file, pcap([]));
  for (let first = 0; first < frames; first += FRAMES_AT_ONCE) {
    const some = Array.from({ length: FRAMES_AT_ONCE }, (_, at) => frameAt(first + at));
    writeSync(file, pcap(some), FILE_HEADER_OCTETS);
  }
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
