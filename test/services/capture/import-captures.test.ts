/** Files that are captures, and those that are none: connections of one, of two, and what is said of them. */
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import {
  begun,
  captureReaderOf,
  connectionsInside,
  connectionsOf,
  connectionsOutside,
} from '../../../src/services/capture/import-captures.ts';
import { Pairing, type PairedConnection } from '../../../src/services/capture/pairing.ts';
import { connectionText } from '../../support/captured-sessions.ts';
import { link, pcap, pcapng, Scene, type Octets } from '../../support/captures.ts';
import { chunksOf } from '../../support/chunks.ts';

const [A, B, PUBLIC] = ['10.0.0.1', '10.0.0.2', '192.0.2.1'] as const;

async function textsOf(connections: AsyncIterable<PairedConnection>): Promise<string[]> {
  const texts: string[] = [];
  for await (const { connection, isFromOutside } of connections)
    texts.push(`${isFromOutside} ${connectionText(connection)}`);
  return texts;
}

const side = (client: string, hops: number): Octets => {
  const scene = new Scene({ hops: (from) => (from === client ? hops : 127 - hops) });
  scene.connect(client, client === A ? 1000 : 3000, B, 80).says('x');
  return pcap(scene.frames);
};

describe('the beginning of a file', () => {
  test.each([1, 2, 3, 4, 5, 100])('is read, and the file is still whole: pieces of %i', async (piece) => {
    const file = side(A, 64);
    const { beginning, chunks } = await begun(chunksOf(file, piece));
    expect(beginning.length).toBe(Math.ceil(4 / piece) * piece);
    expect(await buffer(chunks)).toEqual(Buffer.from(file));
  });

  test('may be all there is', async () => {
    for (const text of ['', 'x', 'xyz']) {
      const file = await begun(chunksOf(Buffer.from(text), 2));
      expect(captureReaderOf(file)).toBeUndefined();
      expect((await buffer(file.chunks)).toString()).toBe(text);
    }
  });

  test('says which form it has', async () => {
    const { frames } = new Scene().datagram(A, 1, B, 2);
    const formOf = async (octets: Octets) => captureReaderOf(await begun(chunksOf(octets, 7)))?.summary.form;
    expect(await formOf(pcap(frames))).toBe('pcap');
    expect(await formOf(pcapng(frames))).toBe('pcapng');
    expect(await formOf(Buffer.from('tcp 6 29 src='))).toBeUndefined();
  });
});

describe('connections', () => {
  test('of one capture, those that are over and then the rest, and what is said of it', async () => {
    const scene = new Scene().datagram(A, 1, B, 2).wait(31).datagram(A, 3, B, 4).datagram(A, 5, B, 6);
    const file = await begun(chunksOf(Buffer.concat([pcap(scene.frames), Buffer.of(1)]), 50));
    const reader = captureReaderOf(file)!;
    expect(await textsOf(connectionsOf(reader, file.chunks))).toEqual([
      'undefined 17 10.0.0.1:1 10.0.0.2:2 1/29 0/0',
      'undefined 17 10.0.0.1:3 10.0.0.2:4 1/29 0/0',
      'undefined 17 10.0.0.1:5 10.0.0.2:6 1/29 0/0',
    ]);
    expect(reader.summary).toEqual({ form: 'pcap', frames: 3, passed: {}, unfollowed: 0, damage: 'cut' });
    const other = await begun(chunksOf(pcap(scene.frames, { linkType: link.loop + 1000 }), 50));
    const passing = captureReaderOf(other)!;
    expect(await textsOf(connectionsOf(passing, other.chunks))).toEqual([]);
    expect(passing.summary).toMatchObject({ passed: { 'link-type': 3 }, damage: undefined });
  });

  test('of two, told when both have been read, or at once where too many wait', async () => {
    const read = async (max?: number): Promise<string[]> => {
      const pairing = new Pairing(max);
      const [inside, outside] = [
        await begun(chunksOf(side(A, 64), 99)),
        await begun(chunksOf(side(PUBLIC, 63), 99)),
      ];
      const first = await textsOf(connectionsInside(captureReaderOf(inside)!, inside.chunks, pairing));
      const then = await textsOf(connectionsOutside(captureReaderOf(outside)!, outside.chunks, pairing));
      return [...first, 'then', ...then];
    };
    const alone = (client: string) => `undefined 6 ${client} 10.0.0.2:80 3/121 2/80`;
    expect(await read()).toEqual(['then', 'false 6 10.0.0.1:1000 10.0.0.2:80 3/121 2/80']);
    expect(await read(0)).toEqual([alone('10.0.0.1:1000'), 'then', alone('192.0.2.1:3000')]);
  });
});
