/** What the benchmark's figures rest on: its quantiles, its reading of captures, its C reflectors and load. */
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { CapturedPackets } from '../../scripts/benchmark/capture.ts';
import { cpuSeconds } from '../../scripts/benchmark/process-usage.ts';
import { Workshop } from '../../scripts/benchmark/programs.ts';
import { Report } from '../../scripts/benchmark/report.ts';
import { sealPackets } from '../../scripts/benchmark/sealed-packets.ts';
import { median, quantile } from '../../scripts/benchmark/statistics.ts';
import { formOf, SEQUENCE, type PacketMode } from '../../src/twamp/packet-forms.ts';
import { sealOf } from '../../src/twamp/packet-seal.ts';
import { modes } from '../../src/twamp/protocol.ts';

const noCompiler = spawnSync('gcc', ['--version']).status !== 0;

/** A line of a capture: instants in nanoseconds after a whole second. */
function line(
  way: 'in' | 'out',
  [source, destination]: readonly [number, number],
  nanos: number,
  fields: { sequence: number; senderSequence?: number; receive?: number; transmit?: number },
): string {
  const octets = Buffer.alloc(41);
  const stamp = (offset: number, at = 0): void => {
    octets.writeUInt32BE(3_900_000_000, offset);
    octets.writeUInt32BE(Math.round((at * 2 ** 32) / 1e9), offset + 4);
  };
  octets.writeUInt32BE(fields.sequence, 0);
  stamp(4, fields.transmit);
  stamp(16, fields.receive);
  octets.writeUInt32BE(fields.senderSequence ?? 0, 24);
  return `${way} ${source} ${destination} ${1_700_000_000_000_000_000n + BigInt(nanos)} ${octets.toString('hex')}`;
}

describe('quantiles', () => {
  it('are values that were seen, the median of an even number lies between two', () => {
    expect(quantile([5, 1, 4, 2, 3], 0.99)).toBe(5);
    expect(quantile([5, 1, 4, 2, 3], 0.5)).toBe(3);
    expect(quantile([], 0.5)).toBeNaN();
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([3, 1, 2])).toBe(2);
  });
});

describe('the goals at the end', () => {
  it('are met, missed or not measured, and the missed ones are counted', () => {
    let printed = '';
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed += String(text);
      return true;
    });
    onTestFinished(() => write.mockRestore());
    const report = new Report();
    const row = { unit: 'µs', goal: { atMost: 15 } };
    report.add({ ...row, id: 'one', name: 'one', value: 15 });
    report.add({ ...row, id: 'two', name: 'two', value: 15.1 });
    report.add({ ...row, id: 'three', name: 'three', value: undefined });
    printed = '';
    expect(report.conclude({ two: 'in other words', four: 'left out' })).toBe(1);
    expect(printed.match(/^ {2}(\S.*?) {2}.*?(met|MISSED|not measured)$/gm)).toHaveLength(4);
    expect(printed).toMatch(/in other words .*15.1 µs .*≤ 15 {2}MISSED\n/);
    expect(printed).toContain('goals: 1 met, 1 missed, 2 not measured\n');
  });
});

describe('a capture', () => {
  const inside = { receive: 10_000, transmit: 14_000 };

  it('gives round trips without the time inside the reflector, also where both ports are the same', () => {
    const packets = new CapturedPackets([
      line('out', [15_000, 15_000], 0, { sequence: 0 }),
      line('in', [15_000, 15_000], 20_000, { sequence: 0, senderSequence: 0, ...inside }),
      line('out', [15_000, 15_000], 1_000_000, { sequence: 1 }),
      line('out', [15_001, 15_002], 1_000_500, { sequence: 1 }),
      'end 3',
    ]);
    const [roundTrip, ...others] = packets.roundTrips({ sender: 15_000, reflector: 15_000 });
    expect(roundTrip).toBeCloseTo(16_000, 0);
    expect(others).toEqual([]);
    expect(packets.drops).toBe(3);
  });

  it('tells the two ways apart by their ports where every packet leaves, as on loopback', () => {
    const packets = new CapturedPackets([
      line('out', [15_000, 16_000], 0, { sequence: 7 }),
      line('out', [16_000, 15_000], 9_000, { sequence: 0, senderSequence: 7, ...inside }),
      'end 0',
    ]);
    expect(packets.roundTrips({ sender: 15_000, reflector: 16_000 })[0]).toBeCloseTo(5_000, 0);
  });

  it('gives how late each packet left by the best schedule there is, whatever was lost', () => {
    const left = (sequence: number, nanos: number): string =>
      line('out', [15_000, 16_000], nanos, { sequence });
    const packets = new CapturedPackets([left(0, 500), left(1, 1_200), left(3, 3_900), 'end 0']);
    expect(packets.lateness({ sender: 15_000, reflector: 16_000 }, 1_000)).toEqual([300, 0, 700]);
  });
});

const keyedMode: PacketMode = {
  mode: modes.encrypted,
  keys: { aesKey: new Uint8Array(16).fill(1), hmacKey: new Uint8Array(32).fill(2) },
};

it('seals packets that a reflector opens', () => {
  const sealed = sealPackets(keyedMode, 2, 112);
  const view = new DataView(sealed.buffer);
  const { sender } = formOf(keyedMode);
  const opened = [0, 112].map((offset) => sealOf(keyedMode)!.open(view, offset, sender));
  expect(opened).toEqual([true, true]);
  expect([view.getUint32(SEQUENCE), view.getUint32(112 + SEQUENCE)]).toEqual([0, 1]);
});

describe.skipIf(noCompiler)('the C programs (gcc is needed)', () => {
  it.each(['single', 'batched'])('reflect every packet of the load: %s, 1 and 20 sessions', async (how) => {
    const workshop = new Workshop();
    onTestFinished(() => workshop.close());
    workshop.compile();
    for (const sessions of [1, 20]) {
      const reflector = workshop.startC('reflector', [how, sessions]);
      const ports = (await reflector.line()).replace('ports', 'targets');
      const load = workshop.startC('load', [41, 64, 8]);
      await load.line();
      load.say(ports);
      expect(await load.line()).toBe(`targets ${sessions}`);
      load.say('run 0.1');
      const { sent, received, lost } = /sent (?<sent>\d+) received (?<received>\d+) lost (?<lost>\d+)/.exec(
        await load.line(),
      )!.groups!;
      expect(Number(sent)).toBeGreaterThan(64);
      expect([received, lost]).toEqual([sent, '0']);
      expect(cpuSeconds(reflector.pid)).toBeGreaterThan(0);
      await load.stop();
      await reflector.stop();
    }
  });

  it('send the packets that the load was given, round and round', async () => {
    const workshop = new Workshop();
    onTestFinished(() => workshop.close());
    workshop.compile();
    const reflector = createSocket('udp4').bind(0, '127.0.0.1');
    onTestFinished(() => void reflector.close());
    await once(reflector, 'listening');
    const arrived: Buffer[] = [];
    reflector.on('message', (packet, { port, address }) => {
      arrived.push(packet);
      reflector.send(packet, port, address);
    });
    const given = sealPackets(keyedMode, 3, 112);
    const load = workshop.startC('load', [112, 4, 8]);
    await load.line();
    load.say(`packets ${Buffer.from(given).toString('hex')}`);
    expect(await load.line()).toBe('packets 3');
    load.say(`targets ${reflector.address().port}`);
    await load.line();
    load.say('run 0.05');
    expect(await load.line()).toMatch(/ lost 0 /);
    expect(Buffer.concat(arrived.slice(0, 4))).toEqual(Buffer.concat([given, given.subarray(0, 112)]));
    await load.stop();
  });
});
