/** Captures in the form of pcapng, and the packets in them. */
import { pcapng } from '../support/captures.ts';
import { captureSeeds } from './capture-seeds.ts';
import { checkCapture } from './captures.ts';
import type { FuzzTarget } from './target.ts';

export const target: FuzzTarget = {
  octetsMax: 4096,
  run: (octets) => checkCapture(octets, 'pcapng'),
  seeds: () => captureSeeds((frames, linkType, isLittle) => pcapng(frames, [{ linkType }], isLittle)),
};
