/** How long something has been up, as DNOS writes it. */

const NANOS_PER_SECOND = 1_000_000_000n;
const SECONDS_PER_MINUTE = 60n;
const SECONDS_PER_HOUR = 3600n;
const SECONDS_PER_DAY = 86_400n;

/** `1 day, 01:01:05`, `0 days, 22:50:07`: whole seconds only, and 0 where the clock stepped back. */
export function uptime(elapsedNanos: bigint): string {
  const seconds = elapsedNanos > 0n ? elapsedNanos / NANOS_PER_SECOND : 0n;
  const days = seconds / SECONDS_PER_DAY;
  const clock = [
    (seconds % SECONDS_PER_DAY) / SECONDS_PER_HOUR,
    (seconds % SECONDS_PER_HOUR) / SECONDS_PER_MINUTE,
    seconds % SECONDS_PER_MINUTE,
  ].map((part) => part.toString().padStart(2, '0'));
  return `${days.toString()} ${days === 1n ? 'day' : 'days'}, ${clock.join(':')}`;
}
