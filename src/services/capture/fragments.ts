/** Which session the fragments of a packet are of: only the first one says it. */
import type { Packet } from './packet.ts';
import { keyWord } from './tuple-table.ts';

/** Packets in fragments whose session is kept; the oldest gives way. */
export const FRAGMENTED_PACKETS_MAX = 4096;

/** After which the rest of a packet does not come any more (RFC 8200, section 4.5). */
const REASSEMBLY_SECONDS = 60;

interface Fragmented<Session> {
  readonly session: Session;
  readonly isReply: boolean;
  readonly untilSeconds: number;
}

export class Fragments<Session> {
  readonly #packets = new Map<string, Fragmented<Session>>();

  /** The packet is the first fragment. Its key is another one afterwards. */
  add(packet: Packet, session: Session, isReply: boolean): void {
    const key = keyOf(packet);
    this.#packets.delete(key);
    if (this.#packets.size >= FRAGMENTED_PACKETS_MAX) {
      const [oldest] = this.#packets.keys();
      this.#packets.delete(oldest!);
    }
    this.#packets.set(key, { session, isReply, untilSeconds: packet.seconds + REASSEMBLY_SECONDS });
  }

  /** Of a later fragment. */
  find(packet: Packet): Fragmented<Session> | undefined {
    const found = this.#packets.get(keyOf(packet));
    return found === undefined || packet.seconds > found.untilSeconds ? undefined : found;
  }
}

/** Ports are not in it; neither is the protocol of IPv6, which a fragment does not always tell. */
function keyOf(packet: Packet): string {
  const { key, fragmentId, protocol, isIpv6 } = packet;
  packet.setCallKey();
  return `${key.subarray(keyWord.first, keyWord.ports).join()} ${fragmentId} ${isIpv6 ? 6 : protocol}`;
}
