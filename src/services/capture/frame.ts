/** Frames of captures, and what cuts a file into them. */

/** One frame; the object is written anew for each. */
export interface Frame {
  /** Counted from 1. */
  number: number;
  /** The frame is from `start` to before `end`. */
  octets: Uint8Array;
  start: number;
  end: number;
  /** As it was on the wire; more than there are where the capture kept its beginning only. */
  wireOctets: number;
  /** LINKTYPE_* (https://www.tcpdump.org/linktypes.html). */
  linkType: number;
  /** Where it was seen: the number of the interface in the capture. */
  interface: number;
  /** Since 1970. */
  seconds: number;
  nanos: number;
}

export type HearFrame = (frame: Frame) => void;

/** What cuts blocks off the beginning of octets; how many it used, 0 where it needs more. */
export interface Blocks {
  /** Throws DamageError. */
  take(octets: Uint8Array, start: number, end: number, frame: Frame, hear: HearFrame): number;
}

export class DamageError extends Error {
  constructor() {
    super('the capture is damaged');
    this.name = 'DamageError';
  }
}

/** A frame with more octets is taken for damage: no tool captures as many (libpcap's MAXIMUM_SNAPLEN). */
export const FRAME_OCTETS_MAX = 262_144;
