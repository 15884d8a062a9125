/** A Session-Reflector that gets anything, in every mode. */
import assert from 'node:assert/strict';
import { CounterTable } from '../../src/twamp/counters.ts';
import { formOf, SEQUENCE } from '../../src/twamp/packet-forms.ts';
import { sealOf } from '../../src/twamp/packet-seal.ts';
import { createArena, PADDING_OCTETS_MAX } from '../../src/twamp/packets.ts';
import { NO_REPLY, ReflectorCore } from '../../src/twamp/reflector.ts';
import { recordedSessions, testVectors } from '../support/test-packets.ts';
import { onWire, packetModes, packetsIn, packetsOf, stampAfter } from './test-packets.ts';
import { chosen, Choices, type FuzzTarget } from './target.ts';

const TTL = 63;
/** Round what the reflector may touch. */
const GUARD_OCTETS = 32;
const GUARD = 0xaa;
const ROOM_OCTETS = 113 + PADDING_OCTETS_MAX;
const ARENA_OCTETS = 2 * (ROOM_OCTETS + GUARD_OCTETS);
const guards = Buffer.alloc(ARENA_OCTETS, GUARD);

/** The first octet chooses the mode, the second bits: sealed as its sender would, and elsewhere than in place. */
export const target: FuzzTarget = {
  octetsMax: 2048,
  run: (octets) => {
    const choices = new Choices(octets);
    const mode = choices.of(packetModes);
    const how = choices.octet();
    const { sender, reflector } = formOf(mode);
    const counters = new CounterTable(1);
    const core = new ReflectorCore(1, counters, 0x8a0b);
    core.open(0, mode);
    core.start(0);
    const arena = createArena(ARENA_OCTETS);
    let answered = 0;
    let all = 0;
    for (const said of packetsIn(choices)) {
      all += 1;
      const packet = onWire(said, mode, sender, (how & 1) === 0);
      arena.bytes.set(guards);
      arena.bytes.set(packet);
      const txOffset = (how & 2) === 0 ? 0 : ROOM_OCTETS + GUARD_OCTETS;
      const length = core.reflectInto(arena, 0, 0, packet.length, stampAfter(all), TTL, 0xb9, txOffset);
      if (length === NO_REPLY) continue;
      answered += 1;
      assert(packet.length >= sender.padding, 'what is shorter than a packet gets no reply');
      const toReflect = Math.min(
        mode.paddingToReflect ?? 0,
        packet.length - sender.padding,
        PADDING_OCTETS_MAX,
      );
      assert.equal(length, Math.max(packet.length, reflector.padding + toReflect));
      const sequence = core.complete(arena, 0, txOffset, stampAfter(all));
      const behind = arena.bytes.subarray(Math.max(txOffset + length, txOffset === 0 ? packet.length : 0));
      assert(guards.subarray(0, behind.length).equals(behind), 'nothing behind a reply is touched');
      assert.notEqual(sealOf(mode)?.open(arena.view, txOffset, reflector), false, 'a reply opens');
      assert.equal(arena.view.getUint32(txOffset + SEQUENCE), sequence);
      const asked = new DataView(said.buffer, said.byteOffset, said.length);
      const echoed = arena.view.getUint32(txOffset + reflector.senderSequence);
      if ((how & 1) === 0) assert.equal(echoed, asked.getUint32(SEQUENCE));
    }
    const { received, dropped } = counters.read(0);
    const refused = Object.values(dropped).reduce((sum, count) => sum + count, 0);
    assert.deepEqual([received, refused], [answered, all - answered]);
  },
  seeds: () => [
    ...testVectors.flatMap((name) =>
      recordedSessions(name)
        .slice(0, 1)
        .map(({ requests }) => chosen([0, 0], packetsOf(...requests.slice(0, 3).map((each) => each.octets)))),
    ),
    ...packetModes.map((mode, index) => {
      const packet = new Uint8Array(formOf(mode).sender.padding + 30);
      packet.set([0, 0, 0, 3]);
      return chosen([index, index % 4], packetsOf(packet, packet.subarray(0, formOf(mode).sender.padding)));
    }),
  ],
};
