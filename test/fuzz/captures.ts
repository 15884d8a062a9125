/** Captures of either form, read at once and in pieces. */
import assert from 'node:assert/strict';
import { captureFormOf, type CaptureForm } from '../../src/services/capture/capture-file.ts';
import { readCapture } from '../support/captured-sessions.ts';
import type { Octets } from '../support/captures.ts';
import { checkConnection } from './service-session.ts';

const PIECES = [1, 61] as const;
const SHORTEST_FRAME_OCTETS = 12;

/** The same sessions come of a capture however it is cut; each can be shown; there are no more than frames. */
export function checkCapture(octets: Octets, form: CaptureForm): void {
  if (captureFormOf(octets) !== form) return;
  const whole = readCapture(octets);
  for (const chunk of PIECES) assert.deepEqual(readCapture(octets, { chunk }), whole);
  assert(whole.sessions.length <= whole.frames && whole.frames <= octets.length / SHORTEST_FRAME_OCTETS);
  for (const connection of whole.connections) checkConnection(connection);
}
