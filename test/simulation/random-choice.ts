/** Choices of a seeded random. */
import type { SeededRandom } from '../support/seeded-random.ts';

export function pick<Item>(random: SeededRandom, items: readonly Item[]): Item {
  return items[random.below(items.length)]!;
}

/** One of the rows, those of greater weight more often. */
export function weighted<Row extends { readonly weight: number }>(
  random: SeededRandom,
  rows: readonly Row[],
): Row {
  let left = random.below(rows.reduce((sum, { weight }) => sum + weight, 0));
  return rows.find(({ weight }) => (left -= weight) < 0)!;
}
