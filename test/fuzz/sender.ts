/** A Session-Sender that gets anything for a reply, in every mode. */
import assert from 'node:assert/strict';
import { CounterTable } from '../../src/twamp/counters.ts';
import { formOf } from '../../src/twamp/packet-forms.ts';
import { PacingHistogram } from '../../src/twamp/pacing.ts';
import { createArena } from '../../src/twamp/packets.ts';
import { SampleRing } from '../../src/twamp/samples.ts';
import { SenderCore } from '../../src/twamp/sender.ts';
import { createTlvs } from '../../src/twamp/stamp-extensions.ts';
import { ReflectorCore } from '../../src/twamp/reflector.ts';
import { onWire, packetModes, packetsIn, packetsOf, stampAfter } from './test-packets.ts';
import { chosen, Choices, type FuzzTarget } from './target.ts';

const PACKETS = 8;
const SENDER_ESTIMATE = 0x0102;
const wish = {
  location: true,
  timestampInformation: true,
  classOfService: { dscp: 46 },
  directMeasurement: true,
  followUpTelemetry: true,
  accessReport: { accessId: 1, returnCode: 1 },
  extraPadding: new Uint8Array(8),
};

function paddingOf(mode: (typeof packetModes)[number]): Uint8Array {
  return mode.stamp ? createTlvs(wish, mode.stamp) : new Uint8Array(40);
}

function openSender(
  mode: (typeof packetModes)[number],
  ring: SampleRing,
  counters: CounterTable,
): SenderCore {
  const timing = { count: PACKETS, intervalNanos: 1, startMonoNanos: 0, timeoutNanos: 10e9 };
  const plan = { ...mode, ...timing, padding: paddingOf(mode), errorEstimate: SENDER_ESTIMATE };
  counters.reset(0);
  return new SenderCore(plan, counters, 0, ring, new PacingHistogram());
}

/** What a reflector answers to the packets of a sender in this mode. */
function repliesIn(mode: (typeof packetModes)[number]): Uint8Array[] {
  const counters = new CounterTable(1);
  const sender = openSender(mode, SampleRing.create(32), counters);
  const core = new ReflectorCore(1, new CounterTable(1), 0x8a0b);
  core.open(0, mode);
  core.start(0);
  return Array.from({ length: 2 }, () => {
    const arena = createArena(70_000);
    const length = sender.makeInto(arena, 0, 0);
    sender.complete(arena, 0, stampAfter(0));
    const txLength = core.reflectInto(arena, 0, 0, length, stampAfter(1), 63, 0, 0);
    core.complete(arena, 0, 0, stampAfter(2));
    return arena.bytes.slice(0, txLength);
  });
}

/** The first octet chooses the mode, the second whether replies are sealed. */
export const target: FuzzTarget = {
  octetsMax: 2048,
  run: (octets) => {
    const choices = new Choices(octets);
    const mode = choices.of(packetModes);
    const isSealed = choices.octet() % 2 === 1;
    const counters = new CounterTable(1);
    const ring = SampleRing.create(64);
    const sender = openSender(mode, ring, counters);
    const arena = createArena(70_000);
    for (let packet = 0; packet < PACKETS; packet += 1) sender.makeInto(arena, 0, 0);
    let all = 0;
    for (const said of packetsIn(choices)) {
      all += 1;
      const packet = onWire(said, mode, formOf(mode).reflector, isSealed);
      const place = createArena(packet.length);
      place.bytes.set(packet);
      sender.take(place, 0, packet.length, stampAfter(all), 63, 0);
    }
    const { received, dropped } = counters.read(0);
    assert.equal(received + Object.values(dropped).reduce((sum, count) => sum + count, 0), all);
    ring.drain((samples) => {
      assert(samples.length <= received, 'no more samples than replies');
      for (let index = 0; index < samples.length; index += 1) {
        assert(samples.sequence(index) < PACKETS);
        for (const nanos of [
          samples.sendNanos(index),
          samples.reflectNanos(index),
          samples.roundTripNanos(index),
        ])
          assert(Number.isFinite(nanos));
      }
    });
    const report = sender.tlvs?.newest.read();
    assert(report === undefined || report.integrityFailures <= received);
  },
  seeds: () => packetModes.map((mode, index) => chosen([index, 0], packetsOf(...repliesIn(mode)))),
};
