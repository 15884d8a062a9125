/** Captures in the form of pcap, and the packets in them. */
import { checkCapture } from './captures.ts';
import { captureSeeds } from './capture-seeds.ts';
import { pcap } from '../support/captures.ts';
import type { FuzzTarget } from './target.ts';

export const target: FuzzTarget = {
  octetsMax: 4096,
  run: (octets) => checkCapture(octets, 'pcap'),
  seeds: () => captureSeeds((frames, linkType, isLittle) => pcap(frames, { linkType, isLittle })),
};
