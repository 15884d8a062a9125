/** The reflector of TWAMP Light and STAMP, before packets of anybody. */
import assert from 'node:assert/strict';
import { encodeAddress } from '../../src/twamp/address-field.ts';
import { CounterTable } from '../../src/twamp/counters.ts';
import { LightReflectorCore, SENDERS_MAX } from '../../src/twamp/light-reflector.ts';
import { formOf } from '../../src/twamp/packet-forms.ts';
import { createArena, PADDING_OCTETS_MAX } from '../../src/twamp/packets.ts';
import { NO_REPLY, ReflectorCore } from '../../src/twamp/reflector.ts';
import { createEnd } from '../../src/twamp/stamp-tlv-types.ts';
import { createTlvs } from '../../src/twamp/stamp-extensions.ts';
import { onWire, packetsIn, packetsOf, stampAfter, stampModes } from './test-packets.ts';
import { chosen, Choices, type FuzzTarget } from './target.ts';

const ROOM_OCTETS = 113 + PADDING_OCTETS_MAX;
const SOURCES = ['192.0.2.1', '198.51.100.1', '2001:db8::1'] as const;
const rules = {
  prefixes: [
    { version: 4, octets: encodeAddress('192.0.2.0'), length: 24, allow: true },
    { version: 6, octets: encodeAddress('2001:db8::'), length: 32, allow: true },
  ],
  reflectorPorts: [862],
} as const;
const tlvs = {
  location: true,
  timestampInformation: true,
  classOfService: { dscp: 46 },
  directMeasurement: true,
  followUpTelemetry: true,
  accessReport: { accessId: 1, returnCode: 1 },
  extraPadding: new Uint8Array(8),
};
const arena = createArena(ROOM_OCTETS);
const counters = new CounterTable(1);
const core = new ReflectorCore(1, counters, 0x8a0b, SENDERS_MAX);

/** The first octet chooses the mode, the second bits: sealed as its sender would; each packet's first octet, whose it is. */
export const target: FuzzTarget = {
  octetsMax: 2048,
  run: (octets) => {
    const choices = new Choices(octets);
    const stamp = choices.of(stampModes);
    const how = choices.octet();
    const light = new LightReflectorCore(core, counters, 1);
    light.open(0, stamp, rules);
    let [all, answered] = [0, 0];
    for (const said of packetsIn(choices)) {
      all += 1;
      const from = said[0] ?? 0;
      const address = SOURCES[from % SOURCES.length]!;
      const source = createEnd();
      source.version = address.includes(':') ? 6 : 4;
      source.port = from % 7 === 0 ? 862 : 1000 + from;
      source.octets.set(encodeAddress(address));
      const packet = onWire(said.subarray(1), { stamp }, formOf({ stamp }).sender, (how & 1) === 0);
      arena.bytes.fill(0, 0, 512);
      arena.bytes.set(packet);
      const length = light.reflectInto(arena, 0, source, 0, packet.length, stampAfter(all), 63, 0, 0);
      if (length === NO_REPLY) continue;
      answered += 1;
      assert(address !== '198.51.100.1' && source.port !== 862, 'only who may be is answered');
      // A packet is answered with no more than itself, but for the least that a reply has: nobody is flooded with it.
      assert.equal(length, Math.max(packet.length, formOf({ stamp }).reflector.padding));
      light.complete(arena, 0, 0, stampAfter(all));
    }
    const { received, dropped } = counters.read(0);
    const refused = Object.values(dropped).reduce((sum, count) => sum + count, 0);
    assert.deepEqual([received, refused], [answered, all - answered]);
  },
  seeds: () =>
    stampModes.flatMap((stamp, index) => {
      const padding = createTlvs(tlvs, stamp);
      const packet = new Uint8Array(1 + formOf({ stamp }).sender.padding + padding.length);
      packet.set(padding, packet.length - padding.length);
      packet[0] = 3;
      return [
        chosen([index, 0], packetsOf(packet, packet)),
        chosen([index, 1], packetsOf(packet.subarray(0, 15), packet)),
      ];
    }),
};
