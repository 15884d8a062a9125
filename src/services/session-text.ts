/** Sessions as they are shown: drawn where they are read, in a worker if there is one. */
import { LISTED_OCTETS_MAX, SessionListing, type ListingForm } from '../render/session-listing.ts';
import { addressText } from './address.ts';
import { protocolText } from './ip-protocols.ts';
import type { ServiceSession } from './session.ts';

export type { ListingForm };

/** Drawn text, whole lines, in pieces of about that many octets. */
export type SessionTexts = AsyncGenerator<readonly string[]>;

export const TEXT_OCTETS = 65_536;

export const listingOf = (form: ListingForm): SessionListing =>
  new SessionListing(form, { protocol: protocolText, ipv6: addressText });

export function textOf(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString();
}

/** What is drawn of sessions; a piece is at the reader's until it asks for the next. */
export async function* drawnSessions(
  batches: AsyncIterable<readonly ServiceSession[]>,
  form: ListingForm,
): AsyncGenerator<Uint8Array> {
  const listing = listingOf(form).over(new Uint8Array(TEXT_OCTETS + LISTED_OCTETS_MAX));
  const drawn = (): Uint8Array => listing.octets.subarray(0, listing.length);
  for await (const sessions of batches) {
    for (const session of sessions) {
      listing.add(session);
      if (listing.length < TEXT_OCTETS) continue;
      yield drawn();
      listing.over(listing.octets);
    }
    // Whoever waits for the next batch has what came before.
    if (listing.length > 0) yield drawn();
    listing.over(listing.octets);
  }
}

/** The same in this thread. */
export async function* textsOf(
  batches: AsyncIterable<readonly ServiceSession[]>,
  form: ListingForm,
): SessionTexts {
  for await (const octets of drawnSessions(batches, form)) yield [textOf(octets)];
}
