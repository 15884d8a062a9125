/** Blocks of pcap, of which a reader has only a part. */
import { expect, test } from 'vitest';
import type { Frame } from '../../../src/services/capture/frame.ts';
import { PcapBlocks } from '../../../src/services/capture/pcap.ts';
import { pcap, Scene } from '../../support/captures.ts';

test('whatever stands behind what has come is not looked at', () => {
  const file = pcap(new Scene().datagram('10.0.0.1', 1, '10.0.0.2', 2).frames);
  const [FILE_HEADER, START] = [24, 100] as const;
  const frame = {} as Frame;
  for (let has = 0; has <= file.length; has += 1) {
    const blocks = new PcapBlocks();
    const heard: number[] = [];
    // Older octets, which would be lengths that cannot be.
    const octets = new Uint8Array(1000).fill(0xff);
    octets.set(file.subarray(0, has), START);
    const take = (from: number): number =>
      blocks.take(octets, from, START + has, Object.assign(frame, { number: 0 }), ({ start, end }) =>
        heard.push(end - start),
      );
    expect(take(START), String(has)).toBe(has < FILE_HEADER ? 0 : FILE_HEADER);
    if (has < FILE_HEADER) continue;
    const isWhole = has === file.length;
    expect(take(START + FILE_HEADER), String(has)).toBe(isWhole ? file.length - FILE_HEADER : 0);
    expect(heard).toHaveLength(isWhole ? 1 : 0);
  }
});
