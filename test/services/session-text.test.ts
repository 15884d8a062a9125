/** Sessions as text, drawn piece by piece. */
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { TEXT_OCTETS, drawnSessions, textOf, textsOf } from '../../src/services/session-text.ts';
import type { ServiceSession } from '../../src/services/session.ts';
import { flow, session } from '../support/service-sessions.ts';

const FORM = { extensive: false, isNamed: false };

const sessions = (from: number, count: number): ServiceSession[] =>
  Array.from({ length: count }, (_, at) =>
    session([flow(6, '10.0.0.1:1000', '[2001:db8::1]:80')], { id: from + at }),
  );

/** The octets of a piece are the reader's only until it asks for the next. */
async function piecesOf(batches: readonly (readonly ServiceSession[])[]): Promise<string[]> {
  const pieces: string[] = [];
  for await (const octets of drawnSessions(Readable.from(batches), FORM)) pieces.push(textOf(octets));
  return pieces;
}

const idsIn = (text: string): number[] =>
  [...text.matchAll(/^Session: (\d+),/gm)].map(([, id]) => Number(id));

test('whoever waits for the next batch has all that came before it', async () => {
  const pieces = await piecesOf([sessions(1, 2), [], sessions(3, 1)]);
  expect(pieces.map(idsIn)).toEqual([[1, 2], [3]]);
  expect(pieces[0]).toMatch(/^ms-0\/0\/0\n/);
  expect(pieces[0]).toContain('TCP');
  expect(pieces[0]).toContain('2001:db8::1');
  expect(await piecesOf([[]])).toEqual([]);
});

test('a piece has 64 KiB and the rest of a session, in whole lines', async () => {
  const pieces = await piecesOf([sessions(1, 2000)]);
  expect(pieces.flatMap(idsIn)).toEqual(sessions(1, 2000).map(({ id }) => id));
  const sizes = pieces.map((piece) => piece.length);
  for (const size of sizes.slice(0, -1)) expect(size - TEXT_OCTETS).toBeLessThan(1000);
  expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThanOrEqual(TEXT_OCTETS);
  expect(sizes.at(-1)).toBeLessThan(TEXT_OCTETS);
  for (const piece of pieces) expect(piece.endsWith('\n')).toBe(true);
});

test('the same in this thread', async () => {
  const batches = [sessions(1, 500), sessions(501, 1)];
  const texts = await Readable.from(textsOf(Readable.from(batches), FORM)).toArray();
  expect(texts).toEqual((await piecesOf(batches)).map((text) => [text]));
});
