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

/** `Jun-22-2022-15:02:56`, as DNOS names a test after its time; UTC. */
export function dashedTime(wallNanos: bigint): string {
  const date = new Date(Number(wallNanos / 1_000_000n));
  const day = date.getUTCDate().toString().padStart(2, '0');
  return `${MONTHS[date.getUTCMonth()]!}-${day}-${date.getUTCFullYear()}-${date.toISOString().slice(11, 19)}`;
}

/** `2026-09-20 23:16:51 UTC`, as Junos writes a time. */
export function dateTime(wallNanos: bigint): string {
  return `${new Date(Number(wallNanos / 1_000_000n)).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Tue Jul 19 21:07:36 2016`, as Junos writes the time of a probe; UTC. */
export function calendarTime(wallNanos: bigint): string {
  const date = new Date(Number(wallNanos / 1_000_000n));
  const day = date.getUTCDate().toString().padStart(2);
  const time = date.toISOString().slice(11, 19);
  return `${DAYS[date.getUTCDay()]!} ${MONTHS[date.getUTCMonth()]!} ${day} ${time} ${date.getUTCFullYear()}`;
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** `Nov 22 08:20:34`, as system logs and Junos' CLI write a time (`%b %d %T`). */
export function logTime(wallNanos: bigint): string {
  const date = new Date(Number(wallNanos / 1_000_000n));
  const day = date.getUTCDate().toString().padStart(2, '0');
  return `${MONTHS[date.getUTCMonth()]!} ${day} ${date.toISOString().slice(11, 19)}`;
}

/** ISO 8601 with nanoseconds, for data. */
export function isoTime(wallNanos: bigint): string {
  const seconds = new Date(Number(wallNanos / 1_000_000n)).toISOString().slice(0, 19);
  return `${seconds}.${(wallNanos % 1_000_000_000n).toString().padStart(9, '0')}Z`;
}
