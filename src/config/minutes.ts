/** Times whose unit is a minute, as the configuration has them: a number, or text such as `90s`. */
export type Minutes = number | `${number}s`;

const SECONDS_PER_MINUTE = 60;

export function secondsOf(minutes: Minutes): number {
  return typeof minutes === 'number' ? minutes * SECONDS_PER_MINUTE : Number(minutes.slice(0, -1));
}
