/** What passes on the wires of a network namespace. */
import { onTestFinished } from 'vitest';
import { available, succeed, type Libc } from '../../src/native/libc.ts';
import { within } from '../../src/native/routing-instance.ts';

const AF_PACKET = 17;
const SOCK_DGRAM_NONBLOCK = 2 | 0o4000;
/** ETH_P_ALL in network byte order. */
const EVERY_PROTOCOL = 0x0300;
const protocols: Readonly<Record<number, string>> = { 6: 'tcp', 17: 'udp' };

/** Listens on the wires of a namespace. The function it gives tells which `protocol source dscp` were seen. */
export function watchDscp(namespace: string): () => string[] {
  const { libc } = available() as { readonly libc: Libc };
  const fd = within(libc, { kind: 'namespace', name: namespace }, () =>
    succeed(libc, 'socket', libc.socket(AF_PACKET, SOCK_DGRAM_NONBLOCK, EVERY_PROTOCOL)),
  );
  onTestFinished(() => void libc.close(fd));
  const packet = libc.memory(2048);
  const octets = new Uint8Array(packet.buffer);
  return () => {
    const seen = new Set<string>();
    while (libc.read(fd, packet.address, octets.length) > 0) {
      const protocol = protocols[octets[9]!];
      if (octets[0]! >> 4 === 4 && protocol !== undefined)
        seen.add(`${protocol} ${octets.subarray(12, 16).join('.')} ${octets[1]! >> 2}`);
    }
    return [...seen].sort();
  };
}
