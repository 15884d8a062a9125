/** How test packets are sealed and laid out, as the first octets of an input choose. */
import type { PacketMode, SenderForm, StampMode } from '../../src/twamp/packet-forms.ts';
import { sealOf } from '../../src/twamp/packet-seal.ts';
import { createArena } from '../../src/twamp/packets.ts';
import type { Stamp } from '../../src/twamp/packets.ts';
import { modeFeatures, modes } from '../../src/twamp/protocol.ts';
import type { Choices } from './target.ts';

const KEYS = {
  aesKey: Uint8Array.from({ length: 16 }, (_, index) => index + 1),
  hmacKey: Uint8Array.from({ length: 32 }, (_, index) => index + 50),
};
const HMAC_KEY = Uint8Array.from({ length: 16 }, (_, index) => index + 9);
const TLV_HMAC_KEY = Uint8Array.from({ length: 64 }, (_, index) => index);

const stamps: readonly StampMode[] = [
  { reflector: 'stateful', ssid: 0 },
  { reflector: 'stateless', ssid: 7, permittedDscps: [0, 8, 46] },
  { reflector: 'stateful', ssid: 65_535, timestampFormat: 'ptpv2', tlvHmacKey: TLV_HMAC_KEY },
  { reflector: 'stateful', ssid: 9, hmacKey: HMAC_KEY, permittedDscps: [46] },
  { reflector: 'stateless', ssid: 9, hmacKey: HMAC_KEY, timestampFormat: 'ptpv2' },
];

const features = [
  0,
  modeFeatures.symmetricalSize,
  modeFeatures.dscpAndEcnMonitoring,
  modeFeatures.ptpv2Timestamps,
  modeFeatures.symmetricalSize | modeFeatures.dscpAndEcnMonitoring | modeFeatures.ptpv2Timestamps,
];

export const packetModes: readonly PacketMode[] = [
  ...Object.values<number>(modes).flatMap((mode) =>
    features.map((feature) => ({ mode: mode | feature, keys: KEYS })),
  ),
  { mode: modes.unauthenticated | modeFeatures.reflectOctets, paddingToReflect: 100 },
  { mode: modes.encrypted | modeFeatures.reflectOctets, keys: KEYS, paddingToReflect: 65_535 },
  ...stamps.map((stamp) => ({ stamp })),
];

export const stampModes = stamps;

/** Even on the wall clock, so that every format writes it exactly. */
export const stampAfter = (halfSeconds: number): Stamp => ({
  unixSeconds: 1_800_000_000 + Math.floor(halfSeconds / 2),
  nanos: (halfSeconds % 2) * 500_000_000,
  monoNanos: halfSeconds * 500_000_000,
});

/** The octets of a packet as it goes over the wire: sealed by its sender where the input wants it sealed. */
export function onWire(
  octets: Uint8Array,
  mode: PacketMode,
  form: SenderForm,
  isSealed: boolean,
): Uint8Array {
  if (!isSealed || octets.length < form.padding) return octets;
  const arena = createArena(octets.length);
  arena.bytes.set(octets);
  sealOf(mode)?.close(arena.view, 0, form);
  return arena.bytes;
}

/** Packets of an input, each with its length before it. */
export function* packetsIn(choices: Choices): Generator<Uint8Array> {
  let rest = choices.rest;
  for (let count = 0; rest.length > 2 && count < PACKETS_MAX; count += 1) {
    const length = Math.min((rest[0]! << 8) | rest[1]!, rest.length - 2);
    yield rest.subarray(2, 2 + length);
    rest = rest.subarray(2 + length);
  }
}

const PACKETS_MAX = 16;

export const packetsOf = (...packets: readonly Uint8Array[]): Uint8Array =>
  Buffer.concat(
    packets.flatMap((octets) => [Uint8Array.of(octets.length >> 8, octets.length & 0xff), octets]),
  );
