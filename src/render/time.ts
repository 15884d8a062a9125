/** Instants as people read them, always UTC. */

/** `27-Jan-2017 22:11:00 UTC`, as DNOS writes a time. */
export function utcTime(wallNanos: bigint): string {
  const date = new Date(Number(wallNanos / 1_000_000n));
  const [day, month, year] = [
    date.getUTCDate().toString().padStart(2, '0'),
    MONTHS[date.getUTCMonth()]!,
    date.getUTCFullYear(),
  ];
  return `${day}-${month}-${year} ${date.toISOString().slice(11, 19)} UTC`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** ISO 8601 with nanoseconds, for data. */
export function isoTime(wallNanos: bigint): string {
  const seconds = new Date(Number(wallNanos / 1_000_000n)).toISOString().slice(0, 19);
  return `${seconds}.${(wallNanos % 1_000_000_000n).toString().padStart(9, '0')}Z`;
}
