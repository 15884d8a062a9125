/** Packets of a Session-Sender that are made before a run, for a load that has no time to seal them. */
import { formOf, SEQUENCE, type PacketMode } from '../../src/twamp/packet-forms.ts';
import { sealOf } from '../../src/twamp/packet-seal.ts';
import { createArena } from '../../src/twamp/packets.ts';
import { writeNtp } from '../../src/twamp/timestamp.ts';

/** Multiplier 1, scale 0: not corrupt. RFC 4656 §4.1.2. */
const ERROR_ESTIMATE = 1;

/** Packets 0 to `count` - 1 of a session, of `octets` octets each, one after the other; their padding is zero. */
export function sealPackets(packets: PacketMode, count: number, octets: number): Uint8Array {
  const { view, bytes } = createArena(count * octets);
  const { sender } = formOf(packets);
  const seal = sealOf(packets);
  const unixSeconds = Math.floor(Date.now() / 1000);
  for (let sequence = 0; sequence < count; sequence += 1) {
    const offset = sequence * octets;
    view.setUint32(offset + SEQUENCE, sequence);
    writeNtp(view, offset + sender.timestamp, unixSeconds, 0);
    view.setUint16(offset + sender.errorEstimate, ERROR_ESTIMATE);
    seal?.close(view, offset, sender);
  }
  return bytes;
}
